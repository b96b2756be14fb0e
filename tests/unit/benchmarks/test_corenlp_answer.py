"""The quotations in the answer of CoreNLP's server: offsets, speakers, sources."""

from benchmarks.comparison.corenlp_server import code_points, quotations

TEXT = "🌉 “It is safe,” she said."


def answer(**quote: object) -> dict[str, object]:
    """Return an answer with one quotation; the emoji is two UTF-16 code units."""
    places = [(0, 2), (3, 4), (4, 6), (7, 9), (10, 14), (14, 15), (15, 16), (17, 20), (21, 25), (25, 26)]
    tokens = [{"characterOffsetBegin": start, "characterOffsetEnd": end} for start, end in places]
    return {"sentences": [{"tokens": tokens}], "quotes": [{"beginIndex": 3, "endIndex": 16} | quote]}


def test_offsets_become_code_points() -> None:
    """What lies beyond the basic plane moves nothing."""
    assert code_points("a🌉b") == [0, 1, 1, 2, 3]
    (found,) = quotations(TEXT, answer(speaker="she", mentionBegin=7, mentionEnd=7))
    ((start, end),) = found.pieces
    assert TEXT[start:end] == "“It is safe,”"
    assert found.source is not None
    assert TEXT[slice(*found.source)] == "she"


def test_both_names_are_answers() -> None:
    """The speaker as found and whom coreference takes them for; its word for nobody is not a name."""
    assert quotations(TEXT, answer(speaker="she", canonicalSpeaker="Jane  Roe"))[0].speakers == ("she", "Jane Roe")
    assert quotations(TEXT, answer(speaker="Roe", canonicalSpeaker="Unknown"))[0].speakers == ("Roe",)


def test_unknown_is_no_speaker() -> None:
    """Nobody is named, and a quotation without a mention has no source."""
    (found,) = quotations(TEXT, answer(speaker="Unknown", canonicalSpeaker="Unknown"))
    assert found.speakers == ()
    assert found.source is None
