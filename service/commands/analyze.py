"""`claimwire analyze`: articles in, events out, on standard streams and without Kafka."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from io import BufferedReader

import typer

from service.analysis.entities.listed import EntityList
from service.analysis.pipeline import Pipeline
from service.bootstrap.model import open_models
from service.commands.article_input import Given, batches
from service.commands.event_output import Form, printer
from service.commands.progress import Progress
from service.core.article import Article, Enriched, Outcome, Rejected, Retracted, Skipped
from service.entity_list.entries import read_list
from service.settings import Settings

_WORDS: dict[type[Outcome], str] = {
    Enriched: "read",
    Skipped: "skipped",
    Retracted: "retracted",
    Rejected: "rejected",
}


def run(settings: Settings, file: BufferedReader, *, name: str, topics: Sequence[str], form: Form) -> bool:
    """Print what is made of each article in the file, in order, each as soon as it is done; end with a summary.

    Returns:
        whether any article was rejected.

    Raises:
        ArtifactError: a model cannot be loaded.
        ConfigurationError: the list of entities is wrong.

    """
    began = time.monotonic()
    listed = EntityList() if settings.entities.file is None else read_list(settings.entities.file)
    count: Counter[type[Outcome]] = Counter()
    with Progress() as progress:
        progress.show("loading the models …")
        main, *others = open_models(settings.model, warm=False)
        pipeline = Pipeline(model=main, others=others, listed=lambda: listed)
        show = printer(form, pipeline.models.infos, quotes=settings.output.quotes)
        for batch in batches(file, name=name, topics=topics, max_bytes=settings.api.max_body):
            for given, outcome in _outcomes(pipeline, batch):
                count[type(outcome)] += 1
                progress.clear()
                show(outcome, given.line)
                if isinstance(outcome, Rejected):
                    typer.echo(_refusal(outcome, name, given), err=True)
                progress.show(f"{count.total()} articles in {time.monotonic() - began:.0f} s …")
    typer.echo(_summary(count, time.monotonic() - began), err=True)
    return count[Rejected] > 0


def _outcomes(pipeline: Pipeline, batch: Sequence[Given]) -> Iterator[tuple[Given, Outcome]]:
    read = pipeline.outcomes([given.article for given in batch if isinstance(given.article, Article)])
    for given in batch:
        yield given, next(read) if isinstance(given.article, Article) else given.article


def _refusal(rejected: Rejected, name: str, given: Given) -> str:
    place = name
    if given.line is not None:
        place = f"{name}, line {given.line}"
    elif given.element is not None:
        place = f"{name}, element {given.element}"
    field = f" at {rejected.field}" if rejected.field else ""
    return f"{place}: {rejected.message} ({rejected.code}{field})"


def _summary(count: Counter[type[Outcome]], seconds: float) -> str:
    told = [f"{count[kind]} {word}" for kind, word in _WORDS.items() if count[kind] or kind is not Retracted]
    return f"{', '.join(told)} in {seconds:.1f} s"
