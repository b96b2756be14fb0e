"""Rows of the data to training examples: what is learned is what was annotated."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from service.inference.crf import FORBIDDEN, Layer, allowed, characters, decode
from service.inference.tokenizer import Tokenizer
from training.data import readers
from training.data.attribution_examples import attribution_examples, frame_questions, mentions, short_examples
from training.data.entity_examples import entity_examples, marked_entity_examples
from training.data.second_examples import second_examples
from training.data.sentence_examples import topic_pairs

ROOT = Path(__file__).resolve().parents[3]
TEXT = "“We lost everything,” said Ada Okoro. She blamed the Water Board: it had known for years.\n\nRead more here."


def place(part: str) -> tuple[int, int]:
    """Return where `part` stands in the text."""
    return TEXT.index(part), TEXT.index(part) + len(part)


@pytest.fixture(scope="module")
def article() -> readers.AttributionArticle:
    """Return an article of two attributions, the second with a gold frame."""
    return readers.AttributionArticle(
        id="a",
        text=TEXT,
        discard=(place("Read more here."),),
        attributions=(
            readers.Attribution(
                id="E1", source=(place("Ada Okoro"),), cue=(place("said"),), content=(place("“We lost everything,”"),)
            ),
            readers.Attribution(
                id="E2",
                source=(place("She"),),
                cue=(place("blamed"),),
                content=(place("the Water Board: it had known for years"),),
                frame=readers.Frame(
                    speaker="Ada Okoro",
                    speaker_kind="person",
                    stances=(("Water Board", "against"),),
                    check_worthy=True,
                ),
            ),
        ),
    )


def test_layers_decode_back_to_the_annotated_spans(tokenizer: Tokenizer, article: readers.AttributionArticle) -> None:
    """The states of each layer, decoded as scores, give the trimmed spans of the annotation and no other."""
    (example,) = attribution_examples([article], tokenizer, 254)
    tokens = tokenizer([TEXT])[0]
    assert np.array_equal(example.ids, tokens.ids)
    expected = {
        "source": ["Ada Okoro", "She"],
        "cue": ["said", "blamed"],
        "content": ["We lost everything,", "the Water Board: it had known for years"],
        "boilerplate": ["Read more here."],
    }
    for name, texts in expected.items():
        chain = Layer(name=name, types=(name,), column=0, transitions=np.where(allowed(1), 0.0, FORBIDDEN))
        scores = (np.eye(5)[example.states[name]] * 9).astype(np.float32)
        found = [characters(TEXT, tokens, span.first, span.last) for span in decode(scores, [chain])[0]]
        assert [span.of(TEXT) for span in found if span] == texts
    assert "inner_content" not in example.states or article.nested


def test_links_join_the_spans_of_one_attribution(tokenizer: Tokenizer, article: readers.AttributionArticle) -> None:
    """A source and a cue belong together exactly where one attribution has both."""
    (example,) = attribution_examples([article], tokenizer, 254)
    sources, cues = example.roles["source"], example.roles["cue"]
    together = [[bool(example.owners[s] & example.owners[c]) for c in cues] for s in sources]
    assert together == [[True, False], [False, True]]


def test_a_frame_asks_about_the_names_of_its_content(article: readers.AttributionArticle) -> None:
    """A gold stance is asked at the mention of its target, with the speaker's source as the holder."""
    (question,) = frame_questions(article)
    assert question.source == place("She")
    assert question.check_worthy
    assert (place("Water Board"), "against") in question.targets


def test_added_queries_are_asked_too(tokenizer: Tokenizer, article: readers.AttributionArticle) -> None:
    """A question about a pronoun or a name outside the content joins the frame's own."""
    query = readers.FrameQuery(article="a", attribution="E2", target=place("Ada Okoro"), label="neutral")
    (plain,) = attribution_examples([article], tokenizer, 254)
    (more,) = attribution_examples([article], tokenizer, 254, [query])
    assert len(more.frame) == len(plain.frame) + 1


@pytest.mark.parametrize(
    ("text", "name", "found"),
    [
        ("Mr. Trump and Trump’s wall", "Donald Trump", ["Trump", "Trump"]),
        ("the NRA and guns", "National Rifle Association", ["NRA"]),
        ("They met the president", "President Obama", []),
        ("nuclear energy, he said", "nuclear energy", ["nuclear energy"]),
    ],
)
def test_a_name_is_found_by_its_own_words(text: str, name: str, found: list[str]) -> None:
    """Short forms and initials count, titles alone do not."""
    assert [text[start:end] for start, end in mentions(text, [(0, len(text))], name)] == found


def test_a_window_never_passes_the_limit(tokenizer: Tokenizer, article: readers.AttributionArticle) -> None:
    """Cut small, every token of an article is still labelled in some window of at most that size."""
    examples = list(attribution_examples([article], tokenizer, 16))
    assert len(examples) > 1
    assert max(len(example.ids) for example in examples) <= 16
    assert sum(int((example.states["cue"] > 0).sum()) for example in examples) >= 2


def test_entities_are_labelled_by_type(tokenizer: Tokenizer) -> None:
    """Words and tags become running text and states; a date is not an entity."""
    row = readers.TaggedRow(
        doc="d",
        tokens=("Ada", "Okoro", "left", "Lagos", "on", "Monday"),
        tags=("B-Person", "I-Person", "O", "B-Location", "O", "B-Date"),
    )
    (example,) = entity_examples([row], tokenizer, 254, 1)
    tokens = tokenizer(["Ada Okoro left Lagos on Monday"])[0]
    marked = {tokens.start[index] for index in np.flatnonzero(example.states["entity"])}
    assert {0, 15} <= marked
    assert all(start < 20 for start in marked)


def test_unrelated_topics_make_neutral_pairs(tokenizer: Tokenizer) -> None:
    """A text is paired with its own topic as labelled, and with a topic of other words as neutral."""
    rows = [
        readers.TopicRow(text="Guns kill.", topic="We should ban firearms", label="favor"),
        readers.TopicRow(text="Zoos are cruel.", topic="Animals belong in nature", label="favor"),
    ]
    pairs = list(topic_pairs(rows, tokenizer, 60, seed=3, unrelated=1.0))
    assert [pair.said.index(1.0) for pair in pairs].count(0) == 2
    assert [pair.said.index(1.0) for pair in pairs].count(2) >= 1
    assert all(pair.length <= 62 for pair in pairs)


def test_marked_articles_teach_only_their_known_sentences(tokenizer: Tokenizer) -> None:
    """The windows of a marked article hold its known sentences with their names, and nothing of the others."""
    sentence = place("She blamed the Water Board: it had known for years.")
    marked = readers.MarkedArticle(
        id="a", text=TEXT, sentences=(sentence,), entities=((*place("Water Board"), "organization"),)
    )
    (example,) = marked_entity_examples([marked], tokenizer, 254, seed=1)
    tokens = tokenizer([TEXT[slice(*sentence)]])[0]
    assert example.ids.tolist() == tokens.ids.tolist()
    inside = np.flatnonzero(example.states["entity"])
    start, end = int(tokens.start[inside[0]]), int(tokens.end[inside[-1]])
    assert TEXT[slice(*sentence)][start:end] == "Water Board"


def test_found_attributions_teach_no_tags(tokenizer: Tokenizer, article: readers.AttributionArticle) -> None:
    """Where a model found the attributions, their frames are learned, but no tag and no link."""
    (example,) = attribution_examples([replace(article, found=True)], tokenizer, 254)
    assert not example.states
    assert not example.roles
    assert example.worth


def test_a_window_of_which_nothing_is_known_is_left_out(tokenizer: Tokenizer) -> None:
    """Where a model found the attributions, a window that holds none of them teaches nothing."""
    silent = readers.AttributionArticle(id="b", text=TEXT, discard=(), attributions=(), nested=True, found=True)
    assert list(attribution_examples([silent], tokenizer, 254)) == []


def test_short_texts_hold_whole_spans(tokenizer: Tokenizer, article: readers.AttributionArticle) -> None:
    """A text of a few sentences is tagged as in its article, begins as a text does, and cuts no span in two."""
    nested = replace(article, text=TEXT + " " + TEXT, nested=True)
    found = [example for seed in range(20) for example in short_examples([nested], tokenizer, seed)]
    assert len({len(example.ids) for example in found}) > 1
    whole = tokenizer([nested.text])[0]
    for example in found:
        assert len(example.ids) < len(whole)
        assert "boilerplate" not in example.states  # nobody marks it where contents inside contents are marked
        for states in example.states.values():
            assert len(states) == len(example.ids)
            assert not np.isin(states[:1], (2, 3)).any()  # inside, end
            assert not np.isin(states[-1:], (1, 2)).any()  # begin, inside


def test_a_claim_is_read_again_with_the_names_in_front(
    tokenizer: Tokenizer, article: readers.AttributionArticle
) -> None:
    """The window of a second reading has the speaker, the targets and the claim's sentences, and asks by name."""
    start = TEXT.index("the Water Board")
    asked = [
        readers.FrameQuery(
            article="a", attribution="E2", target=(start, start + 15), label="against", name="Water Board"
        ),
        readers.FrameQuery(article="a", attribution="E2", target=place("it"), label="against", name="Water Board"),
    ]
    (example,) = second_examples(article, tokenizer, asked, separator=102)
    separators = [index for index, number in enumerate(example.ids) if number == 102]
    assert len(separators) == 2
    (query,) = example.second
    assert query.label == 1
    assert [len(example.spans[query.holder]), len(example.spans[query.target])] == [2, 3]
    context = example.ids[separators[-1] + 1 :]
    assert np.array_equal(context, tokenizer([TEXT])[0].ids[: len(context)])


def test_nobody_is_asked_about_without_a_target(tokenizer: Tokenizer, article: readers.AttributionArticle) -> None:
    """A claim without a possible target, and an attribution without a frame, make no second reading."""
    first = replace(article, attributions=article.attributions[:1])
    assert not list(second_examples(first, tokenizer, (), separator=102))
