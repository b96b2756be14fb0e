"""The pipeline over a scripted model: what comes in is marked-up text, what comes out are frames.

The script is the text itself with its tags in brackets: `[s1 Jane Roe]` is the source of attribution 1, `[c1 said]` its
cue, `[q1 prices fell]` (a piece of) its content, `[person Jane Roe]` a named entity. Brackets nest.
"""

import asyncio
import re
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest

from service.analysis.pipeline import Pipeline
from service.core.article import (
    Article,
    ArticleId,
    BodyType,
    Enriched,
    Extraction,
    Rejected,
    Retracted,
    Skipped,
    Status,
)
from service.core.document import Document
from service.core.errors import TooSlowError
from service.core.frames import AUTHOR, Claim, ClaimKind, Entity, EntityType, SpeakerKind, StanceLabel
from service.core.model import (
    Candidate,
    Floats,
    Ints,
    Links,
    ModelInfo,
    Named,
    Pairs,
    Reading,
    Scored,
    StanceQuestion,
    Tagged,
    Tokens,
)
from service.core.span import Span
from service.inference import windows
from service.inference.weighing import weigh
from service.inference.windows import Encoded
from service.inference_thread import Reader
from service.instrument.timed_model import TimedModel
from service.settings import Settings, WorkerSettings
from service.telemetry.metrics import Metrics
from tests.referees import Literal

TAG = re.compile(r"\[(s|c|q)(\d+) |\[(person|organization|location|group|other) |\]")


@dataclass
class Script:
    """A marked-up text, taken apart."""

    text: str = ""
    spans: list[tuple[str, int, Span]] = field(default_factory=list)
    named: list[Named] = field(default_factory=list)

    @classmethod
    def of(cls, marked: str) -> "Script":
        """Read the brackets."""
        script = cls()
        parts: list[str] = []
        opened: list[tuple[str, int, int]] = []
        length = at = 0
        for tag in TAG.finditer(marked):
            parts.append(marked[at : tag.start()])
            length += tag.start() - at
            at = tag.end()
            if tag.group() != "]":
                opened.append((tag[1] or tag[3], int(tag[2] or 0), length))
                continue
            kind, number, start = opened.pop()
            span = Span(start, length)
            if number:
                script.spans.append((kind, number, span))
            else:
                script.named.append(Named(span=span, type=EntityType(kind), confidence=0.9))
        parts.append(marked[at:])
        script.text = "".join(parts)
        return script


class ScriptedModel:
    """A model that finds in each known text what its script marks; its stances go by the words around the target."""

    info = ModelInfo(name="scripted", version="1", sha256="0" * 64, thresholds={"author_statement": 0.5})
    window = 64

    def __init__(self, *scripts: Script) -> None:
        self._scripts = {script.text: script for script in scripts}
        self.asked: list[StanceQuestion] = []

    def tokenize(self, texts: Sequence[str]) -> list[Tokens]:
        """Cut at white space and punctuation."""
        found = []
        for text in texts:
            words = list(re.finditer(r"\w+|[^\w\s]", text))
            found.append(
                Tokens(
                    ids=np.arange(len(words), dtype=np.int64),
                    start=np.array([word.start() for word in words], dtype=np.int64),
                    end=np.array([word.end() for word in words], dtype=np.int64),
                )
            )
        return found

    def encode(self, windows: Sequence[Ints]) -> list[Encoded]:
        """Return nothing of interest."""
        return [
            Encoded(hidden=np.zeros((len(ids), 2), dtype=np.float32), tags=np.zeros((len(ids), 2), dtype=np.float32))
            for ids in windows
        ]

    def read(self, documents: Sequence[Document]) -> Iterator[Reading]:
        """Read by windows, as the real model does."""
        return windows.read(self, documents)

    def spans(self, reading: Reading) -> Tagged:
        """Return what the script marks."""
        text = reading.document.text
        script = self._scripts.get(text, Script(text=text))

        def of(kind: str) -> tuple[Scored, ...]:
            found = [span for k, _, span in sorted(script.spans, key=_start) if k == kind]
            return tuple(Scored(span=span, confidence=0.9) for span in found)

        named = tuple(sorted(script.named, key=lambda item: item.span))
        return Tagged(sources=of("s"), cues=of("c"), contents=of("q"), boilerplate=(), entities=named)

    def link(self, reading: Reading, tagged: Tagged) -> Links:
        """Link what bears the same number."""
        script = self._scripts.get(reading.document.text, Script())
        number = {(kind, span): n for kind, n, span in script.spans}

        def matrix(a: str, rows: Sequence[Scored], b: str, columns: Sequence[Scored]) -> Pairs:
            table = np.array(
                [[float(number[a, row.span] == number[b, column.span]) for column in columns] for row in rows],
                dtype=np.float32,
            ).reshape(len(rows), len(columns))
            return Pairs.of_table(table)

        return Links(
            content_cue=matrix("q", tagged.contents, "c", tagged.cues),
            content_source=matrix("q", tagged.contents, "s", tagged.sources),
            source_cue=matrix("s", tagged.sources, "c", tagged.cues),
            content_content=matrix("q", tagged.contents, "q", tagged.contents),
        )

    def references(self, reading: Reading) -> Literal:
        """Take sources at their word."""
        return Literal(reading.document.text)

    def worth(self, reading: Reading, spans: Sequence[Span]) -> Floats:
        """Find figures worth checking."""
        text = reading.document.text
        found = [0.9123456 if re.search(r"\d", span.of(text)) else 0.2 for span in spans]
        return np.array(found, dtype=np.float32).reshape(len(spans))

    def stance(self, reading: Reading, questions: Sequence[StanceQuestion]) -> Floats:
        """Return against for what "failed" and favor for what "won"."""
        self.asked += questions
        text = reading.document.text
        rows = []
        for question in questions:
            words = " ".join(piece.of(text) for piece in question.claim)
            against, favor = "failed" in words, "won" in words
            row = [0.05, 0.9, 0.05] if against else [0.8, 0.1, 0.1] if favor else [0.1, 0.1, 0.8]
            rows += [row] * len(question.targets)
        return np.array(rows, dtype=np.float32).reshape(len(rows), 3)

    def weigh(self, candidates: Sequence[Candidate]) -> Floats:
        """Leave the answers as they are."""
        return weigh(candidates, {})

    def topics(self, pairs: Sequence[tuple[str, str]]) -> Floats:
        """Return favor for what "should" be, of a claim that holds the topic's last word."""
        rows = [
            [0.9, 0.05, 0.05] if "should" in claim and topic.split()[-1] in claim else [0.1, 0.1, 0.8]
            for claim, topic in pairs
        ]
        return np.array(rows, dtype=np.float32).reshape(len(rows), 3)


def _start(item: tuple[str, int, Span]) -> Span:
    return item[2]


def article(body: str, **fields: object) -> Article:
    """Return an article with an id."""
    return Article(id=ArticleId("urn:test:1"), body=body, **fields)  # type: ignore[arg-type]


def read(marked: str, **fields: object) -> Enriched:
    """Send a marked-up text through the pipeline."""
    script = Script.of(marked)
    (outcome,) = Pipeline(model=ScriptedModel(script)).process([article(script.text, language="en", **fields)])
    assert isinstance(outcome, Enriched)
    return outcome


def claims(outcome: Enriched) -> list[tuple[str, str]]:
    """Return (speaker, text) of each claim that is not an author's statement."""
    return [
        (claim.speaker.name, " / ".join(span.of(outcome.text) for span in claim.spans))
        for claim in outcome.enrichment.claims
        if claim.kind is not ClaimKind.AUTHOR_STATEMENT
    ]


def only(outcome: Enriched) -> Claim:
    """Return the one claim."""
    (claim,) = outcome.enrichment.claims
    return claim


def entity(outcome: Enriched, name: str) -> Entity:
    """Return the entity of that name."""
    return next(one for one in outcome.enrichment.entities if one.name == name)


def test_an_article_that_takes_too_long_ends_in_the_inference_thread() -> None:
    """The service's thread sets the time limit, and the stages within it observe it."""
    script = Script.of("The dam holds.")
    settings = Settings(worker=WorkerSettings(article_timeout=1e-9))

    async def main() -> None:
        reader = Reader(settings, Metrics(), load=lambda: Pipeline(model=ScriptedModel(script)))
        await reader.start()
        try:
            with pytest.raises(TooSlowError):
                await reader.process([article(script.text, language="en")])
        finally:
            reader.close()

    asyncio.run(main())


def test_a_withheld_article_is_retracted_unread() -> None:
    """A publisher's withdrawal comes before everything else."""
    (outcome,) = Pipeline(model=ScriptedModel()).process([article("", status=Status.WITHHELD)])
    assert isinstance(outcome, Retracted)


def test_an_empty_text_is_rejected() -> None:
    """White space is not an article."""
    (outcome,) = Pipeline(model=ScriptedModel()).process([article(" \n\t ")])
    assert isinstance(outcome, Rejected)
    assert outcome.code == "empty-text"


@pytest.mark.parametrize(("language", "detected"), [(None, "fr"), ("fr-CA", None), ("ru", "fr")])
def test_a_foreign_article_is_skipped(language: str | None, detected: str | None) -> None:
    """An unsupported language is reported, whether stated, detected, or detected in place of an impossible one."""
    body = "Le ministre a déclaré hier que le gouvernement ne changera pas sa politique économique cette année."
    (outcome,) = Pipeline(model=ScriptedModel()).process([article(body, language=language)])
    assert isinstance(outcome, Skipped)
    assert (outcome.reason, outcome.detected_language) == ("language-not-supported", detected)


def test_english_said_to_be_of_another_script_is_read() -> None:
    """A sender's wrong default loses no article, and the event names the language that was read."""
    (outcome,) = Pipeline(model=ScriptedModel()).process([article("The mill closed on Monday.", language="ru")])
    assert isinstance(outcome, Enriched)
    assert outcome.language == "en"


def test_a_page_of_script_is_rejected() -> None:
    """The title of a page whose text a script makes is not its article."""
    page = '<html><head><title>Dam row</title></head><body><div id="app"></div></body></html>'
    (outcome,) = Pipeline(model=ScriptedModel()).process([article(page, body_type=BodyType.HTML)])
    assert isinstance(outcome, Rejected)
    assert outcome.code == "empty-text"


@pytest.mark.parametrize(
    ("body_type", "extraction"), [(BodyType.PLAIN, None), (BodyType.HTML, Extraction(method="fragment", share=1.0))]
)
def test_the_way_that_html_was_read_is_told(body_type: BodyType, extraction: Extraction | None) -> None:
    """Plain text has no extraction."""
    (outcome,) = Pipeline(model=ScriptedModel()).process([article("<p>It closed.</p>", body_type=body_type)])
    assert isinstance(outcome, Enriched)
    assert outcome.extraction == extraction


def test_too_deep_html_is_rejected() -> None:
    """Markup that could exhaust a parser never reaches it."""
    (outcome,) = Pipeline(model=ScriptedModel()).process([article("<div>" * 5000, body_type=BodyType.HTML)])
    assert isinstance(outcome, Rejected)
    assert outcome.code == "html-too-complex"


def test_outcomes_keep_the_order_of_articles() -> None:
    """Each article has its outcome at its own place, good or bad."""
    bodies = ["The council met on Monday to vote.", " ", "The river rose by 3 metres on Tuesday night."]
    outcomes = Pipeline(model=ScriptedModel()).process([article(body, language="en") for body in bodies])
    assert [type(outcome) for outcome in outcomes] == [Enriched, Rejected, Enriched]


def test_a_quote_has_speaker_cue_and_kind() -> None:
    """The plainest attribution comes out whole."""
    outcome = read('"[q1 Prices fell by half]," [c1 said] [s1 [person Jane Roe], an analyst].')
    claim = only(outcome)
    assert claim.kind is ClaimKind.DIRECT_QUOTE
    assert claim.speaker.kind is SpeakerKind.PERSON
    assert claim.speaker.name == "Jane Roe"
    assert claim.cue is not None
    assert claim.cue.of(outcome.text) == "said"


def test_confidences_have_three_decimals() -> None:
    """The last bits of arithmetic never reach an event."""
    claim = only(read("[s1 [person Jane Roe]] [c1 said] [q1 that 40 mills closed]."))
    assert claim.check_worthiness == 0.912


def test_a_cue_that_ends_in_a_colon_leads_in_the_next_paragraph() -> None:
    """A quote that opens the paragraph after "… responded:" has that cue and its source, though nothing links them."""
    outcome = read(
        "[s2 The [organization Mill Board]] [c2 said] [q2 that nobody was harmed]. "
        "[s1 [person Jane Roe]] [c1 responded:]\n\n“[q3 There is no mill without its people].”"
    )
    assert claims(outcome) == [
        ("Mill Board", "that nobody was harmed"),
        ("Jane Roe", "There is no mill without its people."),
    ]
    last = outcome.enrichment.claims[-1]
    assert last.cue is not None
    assert last.cue.of(outcome.text) == "responded:"


def test_a_split_quote_is_one_claim() -> None:
    """Where the cue interrupts the quote, the claim has two pieces."""
    outcome = read('"[q1 The mills closed]," [c1 said] [s1 [person Jane Roe]]. "[q1 Nobody asked us]."')
    assert claims(outcome) == [("Jane Roe", "The mills closed, / Nobody asked us.")]


@pytest.mark.parametrize(
    ("marked", "text"),
    [
        (
            "“It moved”, [s1 [person Jane Roe]] [c1 said], “[q1 by a metre in March.]” It did.",
            "It moved / by a metre in March.",
        ),
        ("“No”, [c1 said] [s1 [person Jane Roe]], “[q1 the road stays shut.]”", "No / the road stays shut."),
        (
            "“Midway”, a film, was, [s1 [person Jane Roe]] [c1 said], “[q1 a bore to sit through]”.",
            "a bore to sit through",
        ),
        ("“It moved”, by and by, and [s1 [person Jane Roe]] [c1 said] [q1 it was over].", "it was over"),
    ],
)
def test_a_quote_of_few_words_that_its_cue_interrupts_keeps_both_pieces(marked: str, text: str) -> None:
    """A comma behind the first piece, then the cue, then the piece that the tagger found."""
    assert [found for _, found in claims(read(marked))] == [text]


@pytest.mark.parametrize(
    ("marked", "text"),
    [
        ("[s1 Roe] [c1 accused] [q1 the board of lying].", "accused the board of lying"),
        ("[s1 Roe] [c1 called for] [q1 an urgent vote].", "called for an urgent vote"),
        ("[s1 Roe] [c1 rejected] [q1 the report].", "rejected the report"),
        ("[s1 Roe] [c1 denied] [q1 it].", "denied it"),
        ("[s1 Roe] [c1 denies] [q1 that the dam leaks].", "denies that the dam leaks"),
        ("[s1 Roe] [c1 urged] [q1 both towns to pay].", "urged both towns to pay"),
        ("[s1 Roe] [c1 called] [q1 the vote “a farce.”]", "called the vote “a farce.”"),
        ("[s1 Roe] [c1 said] [q1 the dam leaks].", "the dam leaks"),
        ("[s1 Roe] [c1 warned] [q1 that the dam leaks].", "that the dam leaks"),
        ("[s1 Roe] [c1 reported] [q1 the bridge had collapsed].", "the bridge had collapsed"),
        ("[s1 Roe] [c1 told] reporters [q1 the dam leaks].", "the dam leaks"),
        ("“[q1 The dam leaks],” [c1 said] [s1 Roe].", "The dam leaks,"),
        ("[q1 The dam], [s1 Roe] [c1 says], [q1 leaks].", "The dam … leaks"),
    ],
)
def test_a_claim_is_read_alone(marked: str, text: str) -> None:
    """What is the object of its verb has the verb in its text; what is a clause, or stands apart from it, has not."""
    outcome = read(marked)
    assert [claim.wording(outcome.text) for claim in outcome.enrichment.claims] == [text]


@pytest.mark.parametrize("marked", ["Nobody [c1 believed] [q1 him].", "It was over. [q1 They themselves]."])
def test_a_pronoun_that_nobody_says_is_not_a_claim(marked: str) -> None:
    """Without a source, a content of pronouns alone says nothing."""
    assert claims(read(marked)) == []


def test_a_pronoun_stands_for_the_last_speaker() -> None:
    """Gender and who spoke last decide who "she" is."""
    outcome = read(
        "[s1 Mayor [person Jane Roe]] [c1 said] [q1 the bridge is safe]. [person John Doe] built it. "
        "[s2 She] [c2 added] [q2 that it was tested twice]."
    )
    assert [speaker for speaker, _ in claims(outcome)] == ["Jane Roe", "Jane Roe"]


def test_a_surname_is_the_person() -> None:
    """The name given in full once is the speaker's name from then on."""
    outcome = read(
        "[s1 [person Jane Roe]] [c1 said] [q1 the bridge is safe]. [s2 Ms [person Roe]] [c2 denied] [q2 all rumours]."
    )
    assert [speaker for speaker, _ in claims(outcome)] == ["Jane Roe", "Jane Roe"]
    assert len(entity(outcome, "Jane Roe").mentions) == 2


def test_a_bodys_anonymous_voice_is_the_body() -> None:
    """What a spokesman of a ministry says is the ministry's word."""
    outcome = read("[s1 A [organization Harbour Ministry] spokesman] [c1 said] [q1 the port is open].")
    assert claims(outcome)[0][0] == "Harbour Ministry"


def test_a_quoted_paragraph_after_a_colon_belongs_to_the_lead_in() -> None:
    """A quote that the tagger missed is found by its marks, and attributed by the line before."""
    outcome = read(
        "Prime Minister [person John Doe] responded:\n"
        "“There is no border here and there never was one.”\nThe end came soon."
    )
    assert claims(outcome) == [("John Doe", "There is no border here and there never was one.")]


def test_a_quote_over_paragraphs_is_one_claim() -> None:
    """An opening mark on each paragraph and a closing one on the last make one quote."""
    outcome = read(
        "[s1 [person Jane Roe]] [c1 said]: “[q1 We came in the morning and saw the smoke.]\n\n"
        "“Then the roof fell and everybody ran to the river.”"
    )
    (found,) = claims(outcome)
    assert found[0] == "Jane Roe"
    assert found[1].endswith("ran to the river.")


def test_a_claim_inside_a_claim_has_its_own_speaker() -> None:
    """Nested attributions stay nested."""
    outcome = read(
        "[s1 [person Jane Roe]] [c1 said] [q1 [s2 [person John Doe]] [c2 claimed] [q2 that the mill failed]]."
    )
    assert [speaker for speaker, _ in claims(outcome)] == ["Jane Roe", "John Doe"]


def test_teasers_and_repeated_headlines_make_no_claims() -> None:
    """Boilerplate of the page is not a claim, even where the tagger finds one."""
    outcome = read(
        "Mill closes\n[s1 [person Jane Roe]] [c1 said] [q1 the mill is lost].\n"
        "- [s2 Roe]: [q2 the mill “cannot” be saved]\nMill closes"
    )
    assert claims(outcome) == [("Jane Roe", "the mill is lost")]


def test_the_author_states_what_is_worth_checking() -> None:
    """A sentence that is not attributed is the author's claim when it is check-worthy."""
    outcome = read("The plant lost 400 jobs in May. The weather was rather nice all week.")
    claim = only(outcome)
    assert claim.kind is ClaimKind.AUTHOR_STATEMENT
    assert claim.speaker.kind is SpeakerKind.AUTHOR
    assert claim.speaker.entity is None


def test_stances_have_holder_and_target() -> None:
    """What a speaker says of an entity is summed under the speaker."""
    outcome = read("[s1 [person Jane Roe]] [c1 said] [q1 the [organization Mill Board] failed everyone].")
    (summed,) = outcome.enrichment.stances
    assert summed.holder == entity(outcome, "Jane Roe").id
    assert summed.target == entity(outcome, "Mill Board").id
    assert summed.label is StanceLabel.AGAINST
    assert summed.claims == (only(outcome).id,)


def test_the_quoted_voice_is_not_the_authors() -> None:
    """A stance in the author's own statement is held by the author alone."""
    outcome = read(
        "[s1 [person Jane Roe]] [c1 said] [q1 the [organization Mill Board] failed everyone]. "
        "The [organization Mill Board] won 12 prizes in 1990."
    )
    holders = {stance.holder: stance.label for stance in outcome.enrichment.stances}
    assert holders == {entity(outcome, "Jane Roe").id: StanceLabel.AGAINST, AUTHOR: StanceLabel.FAVOR}


def test_the_inner_claims_words_are_not_the_outer_speakers_stance() -> None:
    """Reporting an attack is not joining it."""
    outcome = read(
        "[s1 [person Jane Roe]] [c1 said] [q1 [s2 [person John Doe]] [c2 claimed] "
        "[q2 that the [organization Mill Board] failed]]."
    )
    held = {claim.speaker.name: claim.stances for claim in outcome.enrichment.claims}
    board = entity(outcome, "Mill Board").id
    assert board not in {stance.target for stance in held["Jane Roe"]}
    assert board in {stance.target for stance in held["John Doe"]}


def test_an_untouched_topic_is_neutral_without_claims() -> None:
    """Silence on a topic is not a position."""
    topics = ("Whaling is wrong", "The mill")
    outcome = read("[s1 [person Jane Roe]] [c1 said] [q1 the mill should open].", topics=topics)
    untouched, touched = outcome.enrichment.topics
    assert (untouched.label, untouched.holders) == (StanceLabel.NEUTRAL, ())
    assert untouched.confidence < 0.5
    assert touched.label is StanceLabel.FAVOR
    assert touched.holders[0].claims == (only(outcome).id,)


def test_a_batch_changes_nothing() -> None:
    """An article gives the same frames alone and among thirty-one others."""
    script = Script.of("[s1 [person Jane Roe]] [c1 said] [q1 the [organization Mill Board] failed 40 towns]. It rose.")
    others = [article(f"The town lost {n} houses. " * (n + 1), language="en") for n in range(31)]
    alone = Pipeline(model=ScriptedModel(script)).process([article(script.text, language="en")])
    batch = [*others[:16], article(script.text, language="en"), *others[16:]]
    assert Pipeline(model=ScriptedModel(script)).process(batch)[16] == alone[0]


def test_an_article_is_brought_to_its_end_while_the_encoder_goes_on() -> None:
    """The claims of the first article are looked for before the last article's window is taken from the encoder."""
    events: list[str] = []

    class Telling(ScriptedModel):
        def encode(self, windows: Sequence[Ints]) -> Iterator[Encoded]:  # type: ignore[override]
            for window in super().encode(windows):
                events.append("encoded")
                yield window

        def spans(self, reading: Reading) -> Tagged:
            events.append("read")
            return super().spans(reading)

    bodies = ["The plant lost 400 jobs in May.", "The mill burnt down.", "Nobody was hurt at all."]
    Pipeline(model=Telling()).process([article(body, language="en") for body in bodies])
    assert events == ["encoded", "read"] * 3


def test_one_reading_is_held_at_a_time() -> None:
    """Of a batch, what the encoder said of an article is given up before the next one's is put together."""
    readings: list[weakref.ref[Ints]] = []

    class Watching(ScriptedModel):
        def encode(self, windows: Sequence[Ints]) -> Iterator[Encoded]:  # type: ignore[override]
            for window in super().encode(windows):
                assert not [each for each in readings if each() is not None]
                yield window

        def spans(self, reading: Reading) -> Tagged:
            readings.append(weakref.ref(reading.hidden))
            return super().spans(reading)

    bodies = ["The plant lost 400 jobs in May.", "The mill burnt down.", "Nobody was hurt at all."]
    Pipeline(model=TimedModel(Watching(), Metrics())).process([article(body, language="en") for body in bodies])
    assert len(readings) == 3


def test_a_text_of_too_many_tokens_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is rejected before the encoder sees any of it; one of just so many, and its neighbours, are read."""
    encoded: list[int] = []

    class Counting(ScriptedModel):
        def encode(self, windows: Sequence[Ints]) -> list[Encoded]:
            encoded.extend(len(ids) for ids in windows)
            return super().encode(windows)

    monkeypatch.setattr(windows, "MAX_TOKENS", 60)
    bodies = ["The mill burnt down.", "( " * 61, "It rose. " * 20, "Nobody was hurt."]
    first, long, just, last = Pipeline(model=Counting()).process([article(body, language="en") for body in bodies])
    assert isinstance(long, Rejected)
    assert (long.code, long.field) == ("text-too-long", "/body")
    assert {type(outcome) for outcome in (first, just, last)} == {Enriched}
    assert sum(encoded) == 5 + 60 + 4
