"""The questions that the plain classifier and the model are both asked: one for each name in a claim."""

import pytest

from training.data.readers import Attribution, AttributionArticle, Frame, Offsets
from training.measure.bag_of_words import Asked, figures, questions

TEXT = "Jane Roe said that Paul Lind had failed Riverton, and Lind must go. The town waits."
CLAIM = (TEXT.index("Paul"), TEXT.index(".") + 1)


def frame(*stances: tuple[str, str], speaker: str = "Jane Roe") -> Frame:
    """Return a frame."""
    return Frame(speaker=speaker, speaker_kind="person", stances=stances, check_worthy=False)


def asked(said: Frame, content: Offsets = CLAIM) -> dict[str, Asked]:
    """Return the questions about one claim by target."""
    item = Attribution(id="E1", source=((0, 8),), cue=((9, 13),), content=(content,), frame=said)
    article = AttributionArticle(id="a", text=TEXT, discard=(), attributions=(item,))
    return {row.target: row for row in questions([article])}


def test_a_target_is_asked_about_once_by_its_full_name() -> None:
    """Its stance is the annotators', its mentions are those in the claim, and other names are neutral."""
    rows = asked(frame(("Paul Lind", "against")))
    assert {row.target for row in rows.values() if row.label != "neutral"} == {"Paul Lind"}
    assert "Riverton" in rows
    assert TEXT[slice(*rows["Paul Lind"].mentions[0])] == "Paul Lind"


def test_the_target_is_masked_and_its_neighbours_are_features() -> None:
    """The classifier sees where a target stands and not who it is."""
    words = asked(frame(("Paul Lind", "against")))["Paul Lind"].words
    assert words["claim"].startswith("xtargetx had failed riverton")
    assert "paul" not in words["claim"]
    assert words["right"].startswith("had failed riverton and")
    assert words["cue"] == "said"


def test_the_author_s_claims_are_not_asked_about() -> None:
    """Nor is one without a frame: the comparison is of speakers' stances."""
    assert asked(frame(("Paul Lind", "against"), speaker="author")) == {}


def test_figures_count_each_label() -> None:
    """Macro-F1 is the mean over labels that occur; favor and against are told apart from neutral."""
    told = figures(["favor", "neutral", "neutral", "against"], ["favor", "neutral", "against", "against"])
    assert told["accuracy"] == 0.75
    assert told["favor_against_f1"] == pytest.approx((1 + 2 / 3) / 2, abs=1e-3)
    assert told["macro_f1"] == pytest.approx((1 + 2 / 3 + 2 / 3) / 3, abs=1e-3)
