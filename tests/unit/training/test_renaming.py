"""Gold articles with other people's names in them."""

import random

from hypothesis import given
from hypothesis import strategies as st

from training.data.readers import Attribution, AttributionArticle, Frame, FrameQuery, TaggedRow
from training.data.renaming import Names, names_of, renamed, speakers

NAMES = Names(given=("Nadia",), surnames=("Okonkwo-Bell",), known=frozenset(["Jane"]))
CHANCE = random.Random(0)  # noqa: S311 - repeatable draws are wanted
TEXT = "Jane Roe praised Paul Lind’s bridge. “Lind did well,” Roe said in May; she may return."


def span(text: str, words: str) -> tuple[int, int]:
    """Return where words stand."""
    return text.index(words), text.index(words) + len(words)


def article(text: str = TEXT) -> AttributionArticle:
    """Return an article of one quote."""
    frame = Frame(
        speaker="Jane Roe", speaker_kind="person", stances=(("Paul Lind’s bridge", "favor"),), check_worthy=False
    )
    return AttributionArticle(
        id="a",
        text=text,
        discard=(),
        attributions=(
            Attribution(
                id="E1",
                source=((text.index("Roe said"), text.index("Roe said") + len("Roe")),),
                cue=(span(text, "said"),),
                content=(span(text, "“Lind did well,”"),),
                frame=frame,
            ),
        ),
    )


def test_every_span_follows_its_words() -> None:
    """Sources, contents, stances and questions point at the same words when a name becomes longer."""
    query = FrameQuery(article="a", attribution="E1", target=span(TEXT, "Jane Roe"), label="neutral")
    again, (moved,) = renamed(article(), [query], NAMES, CHANCE)
    item = again.attributions[0]
    assert again.text.startswith("Nadia Okonkwo-Bell praised Paul Lind’s bridge.")
    assert again.text[slice(*item.source[0])] == "Okonkwo-Bell"
    assert again.text[slice(*item.content[0])] == "“Lind did well,”"
    assert again.text[slice(*moved.target)] == "Nadia Okonkwo-Bell"
    assert item.frame is not None
    assert item.frame.speaker == "Nadia Okonkwo-Bell"


def test_a_word_that_is_no_name_elsewhere_stays() -> None:
    """A surname that the text also uses as a common word is not replaced."""
    text = "Jane Roe spoke. Jane Roe likes the roe of carp, Roe said, “Lind did well,”"
    again, _ = renamed(article(text), [], NAMES, CHANCE)
    assert "Nadia Roe likes the roe of carp" in again.text


def test_a_person_is_told_by_who_speaks_elsewhere() -> None:
    """A target who is a speaker in another article is a person here too, without being in the entity corpus."""
    names = NAMES.and_those(["Paul Lind", "Cher"])
    assert names.known == {"Jane", "Paul"}
    assert speakers([article()]) == {"Jane Roe"}


def test_names_are_those_of_two_words() -> None:
    """Given names and surnames come from persons of two plain words; a given name counts as known from two on."""
    rows = [
        TaggedRow(
            doc=None,
            tokens=("Asha", surname, "met", "J.", "Doe"),
            tags=("B-Person", "I-Person", "O", "B-Person", "I-Person"),
        )
        for surname in ("Rao", "Sen")
    ]
    names = names_of(rows)
    assert (names.given, names.surnames, names.known) == (("Asha",), ("Rao", "Sen"), frozenset(["Asha"]))


@given(st.text(alphabet="Jane Ro.,\n", max_size=60), st.integers(0, 100), st.integers(0, 100))
def test_any_span_stays_a_span(tail: str, one: int, other: int) -> None:
    """A span stays a span of the new text whatever is replaced, and words between names stay as they are."""
    text = TEXT + tail
    start, end = sorted((one % len(text), other % len(text)))
    query = FrameQuery(article="a", attribution="E1", target=(start, end + 1), label="favor")
    again, (moved,) = renamed(article(text), [query], NAMES, CHANCE)
    at, until = moved.target
    assert 0 <= at < until <= len(again.text)
    if not any(word in text[max(0, start - 8) : end + 9] for word in ("Jane", "Roe")):
        assert again.text[at:until] == text[start : end + 1]
