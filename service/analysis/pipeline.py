"""The stages, in order: segment, pack, score, resolve, assemble. Everything here blocks and runs in one thread."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from service.analysis.assemble import assemble
from service.analysis.attributions import join
from service.analysis.attributions.attribution import Attribution
from service.analysis.coreference.pronouns import Casting
from service.analysis.entities import cluster
from service.analysis.entities.cluster import Actor
from service.analysis.speakers import resolve
from service.analysis.speakers.resolve import Voice
from service.analysis.text import html, language
from service.analysis.text.document import Document, segment
from service.core.article import Article, BodyType, Enriched, Outcome, Rejected, Retracted, Skipped, Status
from service.core.model import Model, Reading
from service.inference import windows

MAX_CHARACTERS = 1_000_000  # of text; the longest reportage has a tenth of it


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sound:
    """An article that has a text in a language that the model speaks."""

    article: Article
    document: Document
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Resolved:
    """An article of which it is known who says what."""

    item: _Sound
    reading: Reading
    actors: Sequence[Actor]
    spoken: Sequence[tuple[Attribution, Voice]]
    casting: Casting


class Pipeline:
    """Articles in, outcomes out.

    Args:
        model: what reads.
        max_characters: the longest text that is read; a longer one is rejected.
        stage: told of each stage by name, of a batch or of one article, and left when it is over.
    """

    def __init__(
        self,
        *,
        model: Model,
        max_characters: int = MAX_CHARACTERS,
        stage: Callable[[str], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        self._model = model
        self._max_characters = max_characters
        self._stage = stage

    @property
    def model(self) -> Model:
        """What reads."""
        return self._model

    def process(self, articles: Sequence[Article]) -> list[Outcome]:
        """Return one outcome for each article, in order. Bad articles are outcomes; exceptions are faults of ours."""
        with self._stage("segment"):
            prepared = [self._segment(article) for article in articles]
        readings = self._readings([item for item in prepared if isinstance(item, _Sound)])
        return [self._read(item, readings) if isinstance(item, _Sound) else item for item in prepared]

    def _read(self, item: _Sound, readings: Iterator[Reading]) -> Enriched:
        """Bring one article to its end while the encoder goes on with those after it."""
        with self._stage("score"):
            reading = next(readings)
        with self._stage("resolve"):
            resolved = self._resolve(item, reading)
        with self._stage("assemble"):
            return self._assemble(resolved)

    def _segment(self, article: Article) -> _Sound | Retracted | Skipped | Rejected:
        """Find the text and cut it up, or tell why there is nothing to read."""
        if article.status is not Status.USABLE:
            return Retracted(article=article)
        text = article.body
        if article.body_type is BodyType.HTML:
            try:
                text = html.extract(article.body)
            except html.TooComplexError as error:
                return _rejected(article, "html-too-complex", f"The body is no readable article: {error}.")
        if not text.strip():
            return _rejected(article, "empty-text", "The body has no text.")
        if len(text) > self._max_characters:
            return _rejected(article, "text-too-long", f"The text is longer than {self._max_characters} code points.")
        spoken = self._model.info.languages
        code = language.primary(article.language) if article.language else language.detect(text, expected=spoken[0])
        if code not in spoken:
            detail = f"The article is in {code!r}; the model reads {', '.join(spoken)}."
            return Skipped(article=article, reason="language-not-supported", detail=detail)
        document = segment(text, title=article.title)
        if not document.sentences:
            return _rejected(article, "empty-text", "The body has no text.")
        return _Sound(article=article, document=document, language=article.language or code)

    def _readings(self, sound: Sequence[_Sound]) -> Iterator[Reading]:
        """Cut all texts into windows and run the encoder over them."""
        return windows.read(
            self._model,
            [item.document.text for item in sound],
            [[sentence.span for sentence in item.document.sentences] for item in sound],
        )

    def _resolve(self, item: _Sound, reading: Reading) -> _Resolved:
        """Decode the scores of one article, and find who says what."""
        document = item.document
        tagged = self._model.spans(document.text, reading)
        links = self._model.link(reading, tagged)
        actors = cluster.cluster(document.text, tagged.entities)
        found = join.attributions(document, tagged, links)
        casting = Casting(document, actors)
        voices = resolve.resolve(document, actors, casting, found)
        spoken = list(zip(found, voices, strict=True))
        return _Resolved(item=item, reading=reading, actors=actors, spoken=spoken, casting=casting)

    def _assemble(self, resolved: _Resolved) -> Enriched:
        """Put one article's claims, stances and entities together."""
        item = resolved.item
        enrichment = assemble(
            document=item.document,
            reading=resolved.reading,
            actors=resolved.actors,
            spoken=resolved.spoken,
            casting=resolved.casting,
            topics=item.article.topics,
            model=self._model,
        )
        return Enriched(article=item.article, text=item.document.text, language=item.language, enrichment=enrichment)


def _rejected(article: Article, code: str, message: str) -> Rejected:
    return Rejected(code=code, message=message, field="/body", article_id=article.id)
