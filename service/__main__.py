"""The command line: `claimwire …`, the same as `python -m service …`.

Results go to stdout; logs, progress and errors to stderr. Parts are imported inside the commands, so that `--help` and
`kafka` need not wait for the model's libraries.
"""

import contextlib
import os
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from service.commands.console import load_settings
from service.commands.groups import dead_letter, entities, kafka, keys, ledger, schemas, topics
from service.core.errors import ClaimwireError
from service.core.version import own_version
from service.shutdown import Lifecycle, leave

app = typer.Typer(
    name="claimwire",
    help="News articles in, who claims what about whom out: one event per article, exactly once.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(topics.app, name="topics")
app.add_typer(dead_letter.app, name="dead-letter")
app.add_typer(schemas.app, name="schemas")
app.add_typer(keys.app, name="keys")
app.add_typer(kafka.app, name="kafka")
app.add_typer(ledger.app, name="ledger")
app.add_typer(entities.app, name="entities")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"claimwire {own_version()}")
        raise typer.Exit


@app.callback()
def claimwire(
    _version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Hold what every command shares."""


@app.command()
def serve(
    role: Annotated[Literal["all", "api", "worker", "ledger"], typer.Option(help="The role of this process.")] = "all",
    local_kafka: Annotated[
        bool, typer.Option(help="Start a Kafka of its own, unless CLAIMWIRE_KAFKA__BOOTSTRAP_SERVERS names one.")
    ] = False,
) -> None:
    """Run the service, until SIGTERM or Ctrl-C. A second signal, a second or more later, leaves at once."""
    lifecycle = Lifecycle()
    lifecycle.listen()
    with contextlib.suppress(KeyboardInterrupt):
        from service.commands import serve as command

        command.run(load_settings(), lifecycle, role=role, local_kafka=local_kafka)
    leave()


@app.command()
def demo(
    form: Annotated[
        Literal["text", "json"], typer.Option("--format", help="Tables for people, or the event.")
    ] = "text",
    language: Annotated[Literal["en", "ru", "hy"], typer.Option(help="The sample's language.")] = "en",
) -> None:
    """Send one article the whole way, and print its event.

    The service and the Kafka are its own, and end with it.
    """
    from service.commands import demo as story

    story.run(form, language)


@app.command()
def analyze(
    source: Annotated[str, typer.Argument(metavar="FILE|-", help="An Article as JSON, JSON lines, or plain text.")],
    topic: Annotated[list[str] | None, typer.Option(help="A topic to give stances on; may be repeated.")] = None,
    form: Annotated[
        Literal["table", "json", "csv"],
        typer.Option("--format", help="Tables for people, the events, or a row for each claim."),
    ] = "json",
) -> None:
    """Print what is claimed in articles, without Kafka.

    Each is printed as soon as it is read. A summary ends it, on stderr; the exit code is 1 if an article was rejected.
    """
    from service.commands import analyze as command

    settings = load_settings()
    if source == "-":
        with open(sys.stdin.fileno(), "rb", closefd=False) as file:
            failed = command.run(settings, file, name="stdin", topics=topic or (), form=form)
    else:
        with _existing(source).open("rb") as file:
            failed = command.run(settings, file, name=Path(source).name, topics=topic or (), form=form)
    raise typer.Exit(1 if failed else 0)


@app.command()
def config() -> None:
    """Print every setting, its value and what it is. Secrets are hidden."""
    from service.commands import config

    config.print_settings(load_settings())


@app.command()
def erase(
    article: Annotated[str, typer.Argument(metavar="ID", help="The article's id.")],
    purge: Annotated[
        bool, typer.Option(help="Also delete the input up to the article, where it is already processed.")
    ] = False,
) -> None:
    """Tell consumers to forget an article.

    What the topics still hold of it is listed, and until when.
    """
    from service.commands import erase as command

    command.run(load_settings(), article, purge=purge)


def _existing(name: str) -> Path:
    path = Path(name)
    if not path.is_file():
        raise ClaimwireError(f"There is no file {name}; name one, or - for standard input.")
    return path


def main() -> None:
    """Run the command line; an error that a user can meet is one sentence on stderr and exit code 1."""
    # Read when numpy is loaded, by one of the commands. Threads of its own fight the engine's for the same cores: the
    # pipeline then needs three times the CPU seconds for an article.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        app(prog_name="claimwire")
    except ClaimwireError as error:
        typer.echo(f"claimwire: {error}", err=True)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
