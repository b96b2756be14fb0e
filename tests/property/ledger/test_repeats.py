"""Near-duplicates are found whatever was changed a little, and sets are compared as Jaccard says."""

from hypothesis import given
from hypothesis import strategies as st

from service.ledger.repeats import LIKE, alike, bands, shingles

WORDS = st.lists(st.text("abcdefghijklmnopqrstuvwxyz", min_size=4, max_size=9), min_size=20, max_size=30)


@given(st.text(max_size=200), st.text(max_size=200))
def test_likeness_is_symmetric_and_bounded(one: str, other: str) -> None:
    """Any two texts are alike to a degree from 0 to 1, and a text long enough is wholly like itself."""
    first, second = shingles(one), shingles(other)
    assert 0.0 <= alike(first, second) == alike(second, first) <= 1.0
    assert not first or alike(first, first) == 1.0


@given(WORDS, st.data())
def test_case_and_punctuation_do_not_matter(words: list[str], data: st.DataObject) -> None:
    """A copy in capitals and with other marks has the same shingles, hence the same bands."""
    mark = data.draw(st.sampled_from([", ", "; ", " – ", " “", ".  "]))
    plain, copy = " ".join(words), mark.join(words).upper()
    assert shingles(plain) == shingles(copy)
    assert bands("someone", shingles(plain)) == bands("someone", shingles(copy))


@given(WORDS)
def test_the_speaker_is_part_of_every_band(words: list[str]) -> None:
    """Two speakers of one text share no band."""
    parts = shingles(" ".join(words))
    assert not set(bands("one", parts)) & set(bands("other", parts))


@given(st.integers(0, 19), st.text("abcdefghijklmnopqrstuvwxyz", max_size=12))
def test_a_changed_word_leaves_texts_alike(at: int, word: str) -> None:
    """A sentence of twenty words in which one was changed or left out counts as a repeat."""
    words = [
        "we",
        "will",
        "not",
        "allow",
        "the",
        "alliance",
        "to",
        "move",
        "its",
        "military",
        "infrastructure",
        "closer",
        "to",
        "our",
        "borders",
        "whatever",
        "the",
        "price",
        "may",
        "turn",
        "out",
    ]
    changed = [*words[:at], word, *words[at + 1 :]]
    assert alike(shingles(" ".join(words)), shingles(" ".join(changed))) >= LIKE


def test_the_bands_are_those_that_databases_hold() -> None:
    """Bands are stored: another version of the library that gives other ones would find no old claim any more."""
    found = bands("someone", shingles("The treaty is dead and buried for good."))
    assert found[:2] == [
        -8663927281484786373,
        -1489697774606848720,
    ]


def test_a_short_text_repeats_nothing() -> None:
    """A few words are alike by chance."""
    assert bands("someone", shingles("No comment.")) == []
