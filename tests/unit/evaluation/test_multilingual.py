"""The measurement of names and quotes in other languages, on a document whose counts can be told by hand."""

import json
from collections import Counter
from pathlib import Path

from evaluation.multilingual import documents, names, places, quotes
from service.analysis.languages.language import Language
from service.analysis.languages.lookup import language_of

TEXT = "«Мост цел, — сказал Глеб Серов. — Никто не пострадал». Ответа Серова ждали. Орлова молчит."


def document(folder: Path) -> dict[str, object]:
    """Return a document with two speakers, one of them named in two cases."""
    pieces = [(TEXT.index(piece), TEXT.index(piece) + len(piece)) for piece in ("Мост цел", "Никто не пострадал")]
    cue = TEXT.index("сказал")
    said = {
        "speaker": "Глеб Серов",
        "speaker_kind": "person",
        "kind": "direct",
        "content": pieces,
        "cue": [(cue, cue + 6)],
    }
    other = {"speaker": "Орлова", "speaker_kind": "person", "kind": "indirect", "content": [], "cue": []}
    row = {"id": "a", "text": TEXT, "attributions": [said, other]}
    (folder / "multi.dev.ru.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    (read,) = documents(folder, "ru")
    return read


def test_names_are_counted_with_and_without_endings(tmp_path: Path) -> None:
    """The speaker's two mentions are one entity by the endings, and two without them."""
    row = document(tmp_path)
    assert {one.speaker: [span.of(TEXT) for span in one.spans] for one in places(row)} == {
        "Глеб Серов": ["Глеб Серов", "Серова"],
        "Орлова": ["Орлова"],
    }
    expected = Counter(speakers=2, several=1, whole=1, mentions=2, together=2, named=2)
    assert +names(row, language_of("ru")) == expected
    assert +names(row, Language(code="ru")) == expected - Counter(whole=1, together=1)


def test_quotes_are_counted_in_pieces(tmp_path: Path) -> None:
    """The writer's words part a quote in two in Russian; read as English it is neither of them."""
    row = document(tmp_path)
    assert quotes(row, "ru") == Counter(pieces=2, found=2)
    assert quotes(row, "en") == Counter(pieces=2, found=0)
