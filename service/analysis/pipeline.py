"""The stages, in order: segment, read, resolve, judge, assemble. Everything here blocks and runs in one thread."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from service.analysis.assemble import assemble
from service.analysis.attributions import join
from service.analysis.attributions.attribution import Attribution
from service.analysis.attributions.inversion import upright
from service.analysis.attributions.turns import find_turns, with_turns
from service.analysis.coreference.mentions import Mentions
from service.analysis.entities.actor import Actor
from service.analysis.entities.cluster import cluster
from service.analysis.entities.listed import EntityList
from service.analysis.judge import Judgement, judge
from service.analysis.languages.lookup import language_of
from service.analysis.speakers.interview import attach_answers
from service.analysis.speakers.refer import refer
from service.analysis.speakers.voice import Voice
from service.analysis.text import html, language
from service.analysis.text.characters import ReadText, as_read
from service.analysis.text.document import segment
from service.core.article import Article, BodyType, Enriched, Extraction, Outcome, Rejected, Retracted, Skipped, Status
from service.core.deadline import in_time
from service.core.document import Document
from service.core.model import MAX_TOKENS, Model, Reading
from service.core.models import Models
from service.core.span import Span

MAX_CHARACTERS = 1_000_000  # of text; the longest reportage has a tenth of it


@dataclass(frozen=True, slots=True, kw_only=True)
class _Readable:
    """An article that has a text in a language that is read."""

    article: Article
    sent: str  # the text that the event's offsets point into
    read: ReadText
    document: Document
    language: str
    model: Model  # of that language
    extraction: Extraction | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Resolved:
    """An article of which it is known who says what."""

    model: Model
    reading: Reading
    actors: Sequence[Actor]
    spoken: Sequence[tuple[Attribution, Voice]]
    mentions: Mentions
    asked: tuple[Span, ...]


class Pipeline:
    """Articles in, outcomes out.

    Args:
        model: what reads, and what answers for texts that show no language.
        others: what reads the languages that `model` does not know.
        max_characters: the longest text that is read; a longer one is rejected.
        stage: entered with the name of each stage, of a batch or of one article, and left when it is over.
        listed: returns the list of entities to recognise that is in use; asked once for each batch.
    """

    def __init__(
        self,
        *,
        model: Model,
        others: Sequence[Model] = (),
        max_characters: int = MAX_CHARACTERS,
        stage: Callable[[str], AbstractContextManager[object]] = nullcontext,
        listed: Callable[[], EntityList] = EntityList,
    ) -> None:
        self._models = Models(model, *others)
        self._max_characters = max_characters
        self._stage = stage
        self._listed = listed

    @property
    def models(self) -> Models:
        """What reads."""
        return self._models

    @property
    def model(self) -> Model:
        """The main model."""
        return self._models.main

    def process(self, articles: Sequence[Article]) -> list[Outcome]:
        """Return one outcome for each article, in order. Bad articles are outcomes; exceptions are our own faults.

        Raises:
            TooSlowError: a limit that `service.core.deadline` sets is over.
        """
        return list(self.outcomes(articles))

    def outcomes(self, articles: Sequence[Article]) -> Iterator[Outcome]:
        """Yield what `process` returns, each outcome as soon as it is there."""
        with self._stage("segment"):
            prepared = [self._segment(article) for article in articles]
        readable = [item for item in prepared if isinstance(item, _Readable)]
        readings = {
            id(model): model.read([item.document for item in readable if item.model is model]) for model in self._models
        }
        listed = self._listed()
        for item in prepared:
            yield self._enrich(item, readings[id(item.model)], listed) if isinstance(item, _Readable) else item

    def _enrich(self, item: _Readable, readings: Iterator[Reading], listed: EntityList) -> Enriched | Rejected:
        """Take one article to its end while the encoder goes on with those after it."""
        with self._stage("read"):
            reading = next(readings)
        if reading.too_long:
            what = f"The text has more than {MAX_TOKENS:,} tokens (words, parts of words and marks): split it."
            return _rejected(item.article, "text-too-long", what)
        in_time()
        with self._stage("resolve"):
            resolved = self._resolve(item.model, reading)
        in_time()
        with self._stage("judge"):
            judgement = self._judge(resolved, item.article.topics)
        in_time()
        with self._stage("assemble"):
            enrichment = assemble(reading.document, resolved.actors, judgement, item.model.info.thresholds, listed)
        return Enriched(
            article=item.article,
            text=item.sent,
            language=item.language,
            model=item.model.info,
            enrichment=item.read.sent_enrichment(enrichment),
            extraction=item.extraction,
        )

    def _segment(self, article: Article) -> _Readable | Retracted | Skipped | Rejected:
        """Return the article with its text cut up, or why there is nothing to read."""
        if article.status is not Status.USABLE:
            return Retracted(article=article)
        text, extraction = article.body, None
        if article.body_type is BodyType.HTML:
            try:
                text, extraction = html.extract(article.body)
            except html.TooComplexError as error:
                return _rejected(article, "html-too-complex", f"The body is not a readable article: {error}.")
        if not text.strip():
            return _rejected(article, "empty-text", "The body has no text.")
        if len(text) > self._max_characters:
            return _rejected(article, "text-too-long", f"The text is longer than {self._max_characters} code points.")
        read = as_read(text)
        title = as_read(article.title).text if article.title else None
        spoken = self._models.languages
        stated = _believed(article.language, read.text)
        detected = None if stated else language.detect(read.text, read=spoken, title=title)
        tag = stated or detected or spoken[0]
        code = language.primary(tag)
        model = self._models.of(code)
        if model is None:
            detail = f"The article is in {code!r}; the languages read here are {', '.join(spoken)}."
            return Skipped(article=article, reason="language-not-supported", detail=detail, detected_language=detected)
        document = segment(read.text, title=title, language=code)
        if not document.sentences:
            return _rejected(article, "empty-text", "The body has no text.")
        return _Readable(
            article=article,
            sent=text,
            read=read,
            document=document,
            language=tag,
            model=model,
            extraction=extraction,
        )

    @staticmethod
    def _resolve(model: Model, reading: Reading) -> _Resolved:
        """Decode the scores of one article, and find who says what."""
        document = reading.document
        language = language_of(document.language)
        tagged = model.spans(reading)
        if language.has_grammar:
            tagged = upright(document.text, tagged)
        links = model.link(reading, tagged)
        named = cluster(document.text, tagged.entities, [item.span for item in tagged.sources], language=language)
        turns = attach_answers(find_turns(document, tagged), named)
        attributions = with_turns(document, turns, join.attributions(document, tagged, links))
        mentions = Mentions(document, named)
        voices, actors = refer(document, named, mentions, attributions, model.references(reading))
        spoken = list(zip(attributions, voices, strict=True))
        asked = tuple(Span(turn.label.start, turn.pieces[-1].end) for turn in turns if turn.asks)
        return _Resolved(model=model, reading=reading, actors=actors, spoken=spoken, mentions=mentions, asked=asked)

    @staticmethod
    def _judge(resolved: _Resolved, topics: Sequence[str]) -> Judgement:
        """Ask the model about the claims of one article."""
        return judge(
            reading=resolved.reading,
            actors=resolved.actors,
            spoken=resolved.spoken,
            mentions=resolved.mentions,
            topics=topics,
            asked=resolved.asked,
            model=resolved.model,
        )


def _believed(tag: str | None, text: str) -> str | None:
    """Return the language tag that the sender states, unless the text is in another script."""
    return tag if tag and language.fits(language.primary(tag), text) else None


def _rejected(article: Article, code: str, message: str) -> Rejected:
    return Rejected(code=code, message=message, field="/body", article_id=article.id)
