"""A larger model's answers to training examples of a smaller one."""

import json
from pathlib import Path

import numpy as np
import pytest

from service.inference.artifact import load_model
from service.inference.tokenizer import Tokenizer
from tests.models import SMALL
from training.data import readers
from training.data.entity_examples import taught_names
from training.data.readers import Taught
from training.data.sentence_examples import taught_pairs, taught_stances
from training.teach import teaching

SENTENCE = "Governor Okoro praised Lagos, but Mayor Bello accused the Water Board of lying."


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder of one article of each corpus and two arguments."""
    folder = tmp_path_factory.mktemp("data")
    words = SENTENCE[:-1].replace(",", " ,").split()
    files = {
        "attribution/polnear.train": [{"id": "a", "text": SENTENCE, "discard": [], "attributions": []}],
        "ner/worldwide.train": [{"doc": "b", "tokens": [*words, "."], "tags": ["O"] * (len(words) + 1)}],
        "discourse/newsdiscourse.train": [
            {"id": "c", "sentences": [{"text": SENTENCE, "role": "Main", "speech": True}]}
        ],
        "topic_stance/gwsd.train": [],
        "topic_stance/perspectrum.train": [
            {"text": "Firearms kill.", "target": "We should ban firearms", "label": "favor"},
            {"text": "Firearms protect.", "target": "Firearms make homes safer", "label": "favor"},
        ],
        "topic_stance/argkp.train": [],
    }
    for name, rows in files.items():
        path = folder / f"{name}.jsonl"
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


@pytest.fixture(scope="module")
def lessons(data: Path) -> list[Taught]:
    """Return what the small model says of that folder."""
    output = data / "taught.jsonl"
    teaching.write(SMALL, data, output)
    return readers.taught(output)


def test_teacher_is_asked_of_every_article_and_of_other_topics(lessons: list[Taught]) -> None:
    """Articles get names, their sentences get stances, and arguments get topics that are not their own."""
    named = [item for item in lessons if item.names]
    assert len(named) == 3
    assert all(item.text[start:end].strip() for item in named for start, end, _ in item.names)
    assert sum(bool(item.directed and item.author) for item in lessons) == 3
    asked = {(item.text, topic) for item in lessons for topic, _ in item.topics}
    assert ("Firearms kill.", "Firearms make homes safer") in asked
    assert ("Firearms kill.", "We should ban firearms") not in asked


def test_teacher_gives_distributions_before_calibration(lessons: list[Taught]) -> None:
    """Every answer adds up to one, and is what the head says before the manifest's calibration."""
    said = [
        *(one for item in lessons for _, one in (*item.author, *item.topics)),
        *(one for item in lessons for *_, one in item.directed),
    ]
    assert np.allclose([sum(one) for one in said], 1.0, atol=1e-3)
    calibrated = load_model(SMALL).topics([("Firearms kill.", "Firearms make homes safer")])[0]
    raw = next(one for item in lessons if item.text == "Firearms kill." for _, one in item.topics)
    assert not np.allclose(raw, calibrated, atol=1e-3)


def test_same_seed_asks_the_same(data: Path, lessons: list[Taught]) -> None:
    """Pairs, names and topics are drawn from the seed."""
    teaching.write(SMALL, data, data / "again.jsonl")
    assert readers.taught(data / "again.jsonl") == lessons


def test_lessons_point_at_the_tokens_of_their_mentions(tokenizer: Tokenizer) -> None:
    """A question's holder and target are the spans of the mentions, and its answer is the teacher's."""
    board, okoro = SENTENCE.index("Water Board"), SENTENCE.index("Okoro")
    five, three = (0.1, 0.2, 0.3, 0.1, 0.3), (0.2, 0.7, 0.1)
    taught = Taught(
        text=SENTENCE,
        directed=(((okoro, okoro + 5), (board, board + 11), five),),
        author=(((board, board + 11), three),),
    )
    (example,) = taught_stances([taught], tokenizer, 254)
    tokens = tokenizer([SENTENCE])[0]

    def words(index: int) -> str:
        ((first, last),) = example.spans[index]
        return SENTENCE[int(tokens.start[first]) : int(tokens.end[last])]

    (directed,), (author,) = example.taught_directed, example.taught_author
    assert (words(directed.holder), words(directed.target), directed.said) == ("Okoro", "Water Board", five)
    assert (author.holder, words(author.target), author.said) == (-1, "Water Board", three)
    assert words(0) == SENTENCE


def test_taught_names_and_topics_become_examples(tokenizer: Tokenizer) -> None:
    """The names of an article are its entity states; a topic's answer is kept as it is."""
    at = SENTENCE.index("Lagos")
    (example,) = taught_names([Taught(text=SENTENCE, names=((at, at + 5, "location"),))], tokenizer, 254)
    tokens = tokenizer([SENTENCE])[0]
    marked = np.flatnonzero(example.states["entity"])
    assert SENTENCE[int(tokens.start[marked[0]]) : int(tokens.end[marked[-1]])] == "Lagos"
    (pair,) = taught_pairs([Taught(text=SENTENCE, topics=(("water", (0.5, 0.3, 0.2)),))], tokenizer, 40)
    assert pair.said == (0.5, 0.3, 0.2)
    assert pair.length <= 42
