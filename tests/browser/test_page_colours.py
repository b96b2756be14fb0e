"""The page's colours, as eyes of every kind see them."""

import re
from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from service.api.app import WEB

Colour = NDArray[np.float64]

# Machado, Oliveira and Fernandes (2009), severity 1.0, on linear RGB.
VISION = {
    "full": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
APART = 0.08  # distance in Oklab; some four times what is just noticed side by side
READABLE = 4.5  # contrast that WCAG 2.2 asks of text
SCHEMES = ("light", "dark")


def colour(name: str, scheme: str) -> Colour:
    """Return a custom property of the page's style sheet as linear RGB."""
    css = (WEB / "page.css").read_text(encoding="utf-8")
    found = re.search(rf"--{name}: light-dark\(#(\w{{6}}), #(\w{{6}})\)", css)
    assert found is not None, name
    digits = found[1 + SCHEMES.index(scheme)]
    channels = np.array([int(digits[at : at + 2], 16) for at in (0, 2, 4)]) / 255
    linear: Colour = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return linear


def oklab(linear: Colour) -> Colour:
    """Return a colour's place in Oklab (Ottosson, 2020), where distances are as they are seen."""
    cones = np.array(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ]
    )
    axes = np.array(
        [
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ]
    )
    place: Colour = axes @ np.cbrt(cones @ np.clip(linear, 0, 1))
    return place


def contrast(one: Colour, other: Colour) -> float:
    """Return the contrast ratio of WCAG 2."""
    bright, dark = sorted((float(np.dot(each, (0.2126, 0.7152, 0.0722))) for each in (one, other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("vision", VISION)
def test_speakers_stay_apart(scheme: str, vision: str) -> None:
    """Any two of the eight speakers' colours, and the two stances', differ for every kind of colour vision."""
    seen = {
        name: oklab(VISION[vision] @ colour(name, scheme))
        for name in [*(f"voice-{number}" for number in range(1, 9)), "favor", "against"]
    }
    pairs = [*combinations([name for name in seen if name.startswith("voice")], 2), ("favor", "against")]
    assert min(float(np.linalg.norm(seen[one] - seen[other])) for one, other in pairs) > APART


@pytest.mark.parametrize("scheme", SCHEMES)
def test_numbers_can_be_read_on_their_colours(scheme: str) -> None:
    """A speaker's number has the contrast of readable text on each of the nine colours."""
    on = colour("on-accent", scheme)
    assert min(contrast(colour(f"voice-{number}", scheme), on) for number in range(9)) > READABLE
