"""What counts as a direct quotation, as found and as right, is the same for every program."""

from typing import Any

import pytest

from benchmarks.comparison.quotations import (
    GoldQuotation,
    Quotation,
    bare,
    counts,
    figures,
    gold_quotations,
    is_speaker,
    matches,
)

TEXT = "“The bridge is safe,” said Jane Roe. “Nobody need fear it.” He said that 40 bolts are missing."
FIRST, SECOND = (1, 19), (38, 57)
INDIRECT = (TEXT.index("40 bolts"), len(TEXT) - 1)
SOURCE = (TEXT.index("Jane"), TEXT.index("Roe") + 3)


def attribution(name: str, *content: tuple[int, int], kind: str | None = None) -> dict[str, Any]:
    """Return one attribution with its spans."""
    row = {"id": name, "content": [list(piece) for piece in content], "source": [list(SOURCE)]}
    return row | ({"kind": kind} if kind else {})


def speakers(**names: str) -> dict[str, Any]:
    """Return frames that hold speakers alone."""
    return {"attributions": [{"id": name, "speaker": speaker} for name, speaker in names.items()]}


def gold(*pieces: tuple[int, int], speaker: str = "Jane Roe") -> GoldQuotation:
    """Return a gold quotation."""
    return GoldQuotation(pieces=pieces, speaker=speaker, source=(SOURCE,))


def said(
    *pieces: tuple[int, int], speakers: tuple[str, ...] = ("Roe",), source: tuple[int, int] | None = None
) -> Quotation:
    """Return what a program found."""
    return Quotation(pieces=pieces, speakers=speakers, source=source)


def test_a_kind_decides_where_there_is_one() -> None:
    """Direct attributions count, indirect ones do not, whatever marks their spans hold."""
    article = {
        "text": TEXT,
        "attributions": [attribution("E1", FIRST, kind="direct"), attribution("E2", INDIRECT, kind="indirect")],
    }
    (found,) = gold_quotations(article, speakers(E1="Jane Roe", E2="Paul Lind"))
    assert found == gold(FIRST)


def test_marks_decide_where_there_is_no_kind() -> None:
    """A content that begins and ends with a mark counts, in pieces too; one that only ends with it does not."""
    whole = attribution("E1", (0, 21), (37, 59))
    half = attribution("E2", (37, 59), (0, 0)) | {"content": [[4, 21]]}
    article = {"text": TEXT, "attributions": [whole, half, attribution("E3", INDIRECT)]}
    (found,) = gold_quotations(article, speakers(E1="Jane Roe", E2="Jane Roe", E3="Paul Lind"))
    assert found == gold(FIRST, SECOND)


def test_attributions_without_a_frame_do_not_count() -> None:
    """Nobody said who speaks there."""
    article = {"text": TEXT, "attributions": [attribution("E1", FIRST, kind="direct")]}
    assert gold_quotations(article, speakers(E9="Jane Roe")) == []


@pytest.mark.parametrize(
    ("text", "left"), [("“Yes,” ", "Yes"), ("Yes", "Yes"), ("’ ‘No.’", "No"), ("“”", "“”"), ("", "")]
)
def test_edges_do_not_count(text: str, left: str) -> None:
    """Marks, spaces, commas and full stops go, and a span of nothing else stays."""
    start, end = bare(text, 0, len(text))
    assert text[start:end] == left


def test_a_piece_of_an_interrupted_quotation_finds_it() -> None:
    """A program that cuts at the cue finds the attribution once; its second piece stays over."""
    found = [said(SECOND), said(FIRST)]
    assert [one for _, one in matches([gold(FIRST, SECOND)], found)] in ([found[0]], [found[1]])
    assert list(matches([gold(FIRST, SECOND)], [said((FIRST[0], SECOND[1]))]))


def test_matching_is_one_to_one_best_overlap_first() -> None:
    """The better of two candidates is taken, and less than half of the union is none."""
    near, exact = said((FIRST[0], FIRST[1] - 4)), said(FIRST)
    assert list(matches([gold(FIRST)], [near, exact])) == [(gold(FIRST), exact)]
    assert list(matches([gold(FIRST)], [said((FIRST[0], FIRST[0] + 5))])) == []


@pytest.mark.parametrize(
    ("annotated", "names", "right"),
    [
        ("Jane Roe", ["Roe"], True),
        ("Jane Roe", ["Mayor Jane Roe"], True),
        ("Jane Roe", ["her", "Jane Roe"], True),
        ("Jane Roe", ["he"], False),
        ("Jane Roe", [], False),
        ("author", [], True),
        ("author", ["Roe"], False),
    ],
)
def test_a_speaker_is_right_by_name(annotated: str, names: list[str], right: bool) -> None:  # noqa: FBT001
    """Names meet as in the evaluation of frames; nobody is right where the author speaks."""
    assert is_speaker(annotated, names) is right


def test_counts_of_one_article() -> None:
    """One found with the right speaker and source, one found without a speaker, one missed."""
    text = TEXT + " “It is not,” he said."
    third = (text.index("It is not"), text.index("It is not") + 9)
    golds = [gold(FIRST), gold(SECOND), gold(third)]
    found = [said((0, 21), source=SOURCE), said((37, 59), speakers=())]
    counted = counts(text, golds, found)
    assert counted["gold"] == 3
    assert (counted["found"], counted["right"], counted["unknown"], counted["returned"]) == (2, 1, 1, 2)
    assert (counted["written"], counted["written_right"]) == (2, 1)
    assert counted["letters"] == sum(end - start for start, end in (FIRST, SECOND, third))
    assert counted["letters_found"] == counted["letters"] - 9
    assert counted["letters_right"] == FIRST[1] - FIRST[0]


def test_figures_are_shares_with_their_intervals() -> None:
    """Each figure stands between its bounds; a set of one article has no width."""
    counted = counts(TEXT, [gold(FIRST), gold(SECOND)], [said(FIRST)])
    assert figures([counted])["found"] == [0.5, 0.5, 0.5]
    value, low, high = figures([counted, counts(TEXT, [gold(FIRST)], [said(FIRST)])])["found"]
    assert low <= value <= high
    assert value == pytest.approx(2 / 3, abs=1e-3)
