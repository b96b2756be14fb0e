"""The project's own annotations: whole, in the guidelines' terms, and bound to the texts that they were made on."""

import json
from pathlib import Path

import pytest

from service.core.frames import EntityType, SpeakerKind
from training.data import annotated, readers
from training.data.readers import TaggedRow

ROWS = [
    TaggedRow(doc="a.txt", tokens=("Jane", "Roe", "left", "."), tags=("B-Person", "I-Person", "O", "O")),
    TaggedRow(doc="a.txt", tokens=("“", "It", "is", "safe", "”", ",", "she", "said", "."), tags=("O",) * 9),
]


WRITTEN = [annotated.written(language) for language in annotated.WRITTEN_LANGUAGES]
PARALLEL = [annotated.parallel(language) for language in annotated.PARALLEL_LANGUAGES]


@pytest.mark.parametrize(
    "file", [annotated.POLNEAR, annotated.POLNEAR_UNSEEN, annotated.WORLDWIDE, annotated.COMPLETE, *PARALLEL, *WRITTEN]
)
def test_frames_speak_the_terms_of_the_guidelines(file: Path) -> None:
    """Each row has a speaker of a known kind, no other speaker is called the author, and stances take a side."""
    every = [item for row in readers.rows(file) for item in row["attributions"]]
    assert len(every) > 100
    for item in every:
        assert item["speaker"] == item["speaker"].strip() != ""
        assert SpeakerKind(item["speaker_kind"])
        assert (item["speaker"] == "author") == (item["speaker_kind"] == "author")
        assert all(stance["label"] in {"favor", "against"} and stance["target"] for stance in item["stances"])


@pytest.mark.parametrize("file", [annotated.ENTITIES, *map(annotated.parallel_names, annotated.PARALLEL_LANGUAGES[1:])])
def test_marked_names_stand_inside_marked_sentences(file: Path) -> None:
    """Every name lies in one of the sentences that are wholly known, and none overlaps another."""
    for row in readers.rows(file):
        ends = 0
        for start, end, kind in row["entities"]:
            assert EntityType(kind)
            assert any(first <= start < end <= last for first, last in row["sentences"])
            assert start >= ends
            ends = end


def test_offsets_are_refused_on_another_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Annotations of a document count only while the corpus gives the text that they were made on."""
    text = annotated.running_text("a.txt", ROWS)
    start = text.index("It is safe")
    item = {"id": "E1", "source": [], "cue": [], "content": [[start, start + 10]], "speaker": "Jane Roe"}
    item |= {"speaker_kind": "person", "stances": [{"target": "bridge", "label": "favor"}], "check_worthy": True}
    file = tmp_path / "frames.jsonl"
    monkeypatch.setattr(annotated, "WORLDWIDE", file)
    file.write_text(json.dumps({"id": "a.txt", "characters": len(text), "attributions": [item]}))
    (article,) = annotated.found_articles(ROWS)
    assert article.found
    assert article.text[slice(*article.attributions[0].content[0])] == "It is safe"
    file.write_text(json.dumps({"id": "a.txt", "characters": len(text) + 1, "attributions": [item]}))
    with pytest.raises(ValueError, match=r"a\.txt in frames\.jsonl"):
        annotated.found_articles(ROWS)


@pytest.mark.parametrize(
    "files",
    [
        (annotated.POLNEAR, annotated.POLNEAR_UNSEEN),
        (annotated.WORLDWIDE, annotated.WORLDWIDE_UNSEEN),
        (annotated.WORLDWIDE, annotated.TEST),
        (annotated.COMPLETE, annotated.TEST),
        (annotated.WORLDWIDE_UNSEEN, annotated.TEST),
    ],
    ids=["polnear", "worldwide", "worldwide, test", "complete, test", "tuned on, test"],
)
def test_what_thresholds_are_fitted_on_is_not_trained_on(files: tuple[Path, Path]) -> None:
    """No article is in both files of frames."""
    trained, unseen = ({row["id"] for row in readers.rows(file)} for file in files)
    assert trained
    assert unseen
    assert not trained & unseen


@pytest.mark.parametrize("path", [annotated.COMPLETE, *PARALLEL, *WRITTEN])
def test_spans_of_complete_annotations_lie_in_their_texts(path: Path) -> None:
    """Pieces of a content are apart and in order."""
    for row in readers.rows(path):
        for item in row["attributions"]:
            edges = [edge for piece in item["content"] for edge in piece]
            assert edges == sorted(set(edges)), (row["id"], item["id"])
            assert all(0 <= start < end <= row["characters"] for start, end in (*item["source"], *item["cue"]))
            assert edges[-1] <= row["characters"]


def test_translations_are_of_the_same_documents(tmp_path: Path) -> None:
    """Each language has the same documents; lines are joined, and another translation is refused."""
    rows = {language: list(readers.rows(annotated.parallel(language))) for language in annotated.PARALLEL_LANGUAGES}
    assert len({tuple(row["id"] for row in each) for each in rows.values()}) == 1
    file = tmp_path / "parallel/ntrex.ka.jsonl"
    file.parent.mkdir()
    lines = [json.dumps({"id": row["id"], "lines": ["", "x" * (row["characters"] - 1)]}) for row in rows["ka"]]
    file.write_text("\n".join(lines))
    articles = annotated.parallel_articles(tmp_path, "ka")
    assert len(articles) == len(lines)
    assert all(article.nested and article.text.startswith("\nx") for article in articles)
    file.write_text("\n".join(json.dumps({"id": row["id"], "lines": ["x"]}) for row in rows["ka"]))
    with pytest.raises(ValueError, match=r"in ntrex\.ka\.frames\.jsonl"):
        annotated.parallel_articles(tmp_path, "ka")


def test_complete_annotations_are_bound_to_the_raw_articles(tmp_path: Path) -> None:
    """Another text of an article is refused."""
    rows = list(readers.rows(annotated.COMPLETE))
    file = tmp_path / "articles/worldwide.train.jsonl"
    file.parent.mkdir()
    file.write_text("".join(json.dumps({"id": row["id"], "text": "x" * row["characters"]}) + "\n" for row in rows))
    assert len(annotated.complete_articles(tmp_path)) == len(rows)
    file.write_text("".join(json.dumps({"id": row["id"], "text": "x"}) + "\n" for row in rows))
    with pytest.raises(ValueError, match=r"in worldwide\.complete\.frames\.jsonl"):
        annotated.complete_articles(tmp_path)


def test_articles_kept_from_training_come_with_their_frames(tmp_path: Path) -> None:
    """What is kept apart is read as articles, each attribution with the frame of its id."""
    row = next(iter(readers.rows(annotated.POLNEAR_UNSEEN)))
    text = "Jane Roe said so."
    attributions = [
        {"id": item["id"], "source": [[0, 8]], "cue": [[9, 13]], "content": [[14, 16]]} for item in row["attributions"]
    ]
    for name, lines in {
        "attribution/polnear.train.jsonl": [{"id": row["id"], "text": text, "attributions": attributions}],
        "ner/worldwide.train.jsonl": [],
    }.items():
        path = tmp_path / name
        path.parent.mkdir()
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    found = next(article for article in annotated.unseen_articles(tmp_path) if article.id == row["id"])
    assert found.text == text
    assert [item.frame for item in found.attributions] == [readers.frame_of(item) for item in row["attributions"]]


@pytest.mark.parametrize("language", annotated.WRITTEN_LANGUAGES)
def test_written_articles_are_marked_at_the_borders_of_words(language: str) -> None:
    """Names lie within one line and do not overlap; sources, cues and names begin where a word does."""
    articles, marked = annotated.written_articles(language)
    assert len(articles) == len(marked) > 10
    for article, names in zip(articles, marked, strict=True):
        assert article.id == names.id
        assert article.id.startswith(f"{language}-")
        ends = 0
        for start, end, kind in names.entities:
            assert EntityType(kind)
            assert any(first <= start < end <= last for first, last in names.sentences)
            assert start >= ends
            ends = end
        places = [place for item in article.attributions for place in (*item.source, *item.cue)]
        for start, end in [*places, *((start, end) for start, end, _ in names.entities)]:
            assert article.text[start:end] == article.text[start:end].strip() != ""
            assert start == 0 or not (article.text[start - 1].isalnum() and article.text[start].isalnum())
