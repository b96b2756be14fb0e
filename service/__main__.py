"""The command line: `claimwire …`, the same as `python -m service …`.

Results go to stdout; logs, progress and errors to stderr. Parts are imported inside the commands, so that `--help` and
`kafka` need not wait for the model's libraries.
"""

import asyncio
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from service.core.errors import ClaimwireError
from service.core.version import own_version
from service.settings import Settings
from service.telemetry.logs import configure_logging

KAFKA_DIRECTORY = Path(".claimwire/kafka")

Code = Annotated[str | None, typer.Option(help="Only those with this error code.")]
Since = Annotated[datetime | None, typer.Option(help="Only those written since, UTC.")]

app = typer.Typer(
    name="claimwire",
    help="News articles in, who claims what about whom out: one event per article, exactly once.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
topics_app = typer.Typer(help="The three topics.", no_args_is_help=True)
dead_letter_app = typer.Typer(help="What could not be read.", no_args_is_help=True)
schemas_app = typer.Typer(help="The contracts as files.", no_args_is_help=True)
keys_app = typer.Typer(help="Keys for the HTTP API.", no_args_is_help=True)
kafka_app = typer.Typer(help="A local Apache Kafka, for trying and testing.", no_args_is_help=True)
app.add_typer(topics_app, name="topics")
app.add_typer(dead_letter_app, name="dead-letter")
app.add_typer(schemas_app, name="schemas")
app.add_typer(keys_app, name="keys")
app.add_typer(kafka_app, name="kafka")


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
    role: Annotated[Literal["all", "api", "worker"], typer.Option(help="Which part this process plays.")] = "all",
    local_kafka: Annotated[
        bool, typer.Option(help="Start a Kafka of its own, unless CLAIMWIRE_KAFKA__BOOTSTRAP_SERVERS names one.")
    ] = False,
) -> None:
    """Run the service, until SIGTERM or Ctrl-C. A second signal, a second or more later, leaves at once."""
    from service.commands import serve as command

    command.run(_settings(), role=role, local_kafka=local_kafka)


@app.command()
def demo(
    form: Annotated[
        Literal["text", "json"], typer.Option("--format", help="Tables for people, or the event.")
    ] = "text",
) -> None:
    """Send one article the whole way, and print its event.

    The service and the Kafka are its own, and end with it.
    """
    from service.commands import demo as story

    story.run(form)


@app.command()
def analyze(
    source: Annotated[str, typer.Argument(metavar="FILE|-", help="An Article as JSON, JSON lines, or plain text.")],
    topic: Annotated[list[str] | None, typer.Option(help="A stance is wanted on this; may be repeated.")] = None,
    form: Annotated[
        Literal["table", "json", "csv"],
        typer.Option("--format", help="Tables for people, the events, or a row for each claim."),
    ] = "json",
) -> None:
    """Print what is claimed in articles, without Kafka.

    Each is printed as soon as it is read. A summary ends it, on stderr; the exit code is 1 if an article was rejected.
    """
    from service.commands import analyze as command

    settings = _settings()
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

    config.print_settings(_settings())


@keys_app.command("new")
def keys_new(
    name: Annotated[str, typer.Argument(metavar="ID", help="Whose key it is; named in logs and metrics.")],
    scope: Annotated[list[str], typer.Option(help="write, read or metrics; may be repeated.")],
    expires: Annotated[
        datetime | None, typer.Option(help="The last day on which it opens.", formats=["%Y-%m-%d"])
    ] = None,
) -> None:
    """Make an API key. It goes to stdout, once, and the line to store to stderr."""
    from service.api.access.auth import Scope, new_key

    unknown = set(scope) - {each.value for each in Scope}
    if unknown:
        raise ClaimwireError(f"{', '.join(sorted(unknown))} is not a scope; the scopes are write, read and metrics.")
    scopes = frozenset(Scope(each) for each in scope)
    key, line = new_key(name, scopes, expires=expires.date() if expires else None)
    typer.echo(key)
    _say(f"Add this line to the file of CLAIMWIRE_API__AUTH__KEYS_FILE:\n{line}")


@app.command()
def erase(
    article: Annotated[str, typer.Argument(metavar="ID", help="The article's id.")],
    purge: Annotated[bool, typer.Option(help="Delete the input up to it too, where it is already worked off.")] = False,
) -> None:
    """Tell consumers to forget an article.

    What the topics still hold of it is listed, and until when.
    """
    from service.streaming.admin.erasure import erase as erase_article

    done = asyncio.run(erase_article(_settings().kafka, article, purge=purge))
    typer.echo(f"tombstone at partition {done.partition}, offset {done.offset} of the output topic")
    for partition, offset in sorted(done.purged.items()):
        typer.echo(f"input partition {partition} deleted up to offset {offset}")
    for record in done.left:
        until = f"until {record.gone_by:%Y-%m-%dT%H:%MZ} at the latest" if record.gone_by else "for ever"
        typer.echo(f"left in {record.topic} {record.partition}/{record.offset}, {until}")


@topics_app.command("ensure")
def topics_ensure(
    partitions: Annotated[
        int | None, typer.Option(min=1, help="Of each topic. Default: as many as there are, 12 for new topics.")
    ] = None,
    replication: Annotated[
        int | None, typer.Option(min=1, help="Default: three, or as many as there are brokers.")
    ] = None,
    grow: Annotated[
        bool, typer.Option(help="Add partitions where there are fewer: articles change partition.")
    ] = False,
) -> None:
    """Create the three topics, or report how they differ.

    From what they should be, that is; nothing is ever shrunk.
    """
    from service.streaming.admin.topics import Done, ensure_topics

    findings = asyncio.run(ensure_topics(_settings().kafka, partitions=partitions, replication=replication, grow=grow))
    for finding in findings:
        found = "absent" if finding.found is None else finding.found
        typer.echo(f"{finding.done:8} {finding.topic}  {finding.what}: wanted {finding.wanted}, found {found}")
    if any(finding.done is Done.DIFFERS for finding in findings):
        raise ClaimwireError("The topics differ from what they should be in the lines above that begin with `differs`.")


@dead_letter_app.command("list")
def dead_letter_list(code: Code = None, since: Since = None) -> None:
    """List the dead letters that were not replayed.

    Where each lies, since when, and why.
    """
    from service.streaming.admin.dead_letters import list_dead_letters

    for letter in asyncio.run(list_dead_letters(_settings().kafka, code=code, since=_utc(since))):
        why = letter.content
        typer.echo(
            f"{letter.partition}/{letter.offset}  {letter.written_at:%Y-%m-%dT%H:%M:%SZ}  {why.code}  "
            f"from {why.original.topic} {why.partition}/{why.offset}, attempts {why.attempts}, "
            f"replays {letter.replays}: {why.message}"
        )


@dead_letter_app.command("show")
def dead_letter_show(
    place: Annotated[str, typer.Argument(metavar="PARTITION/OFFSET", help="As `list` prints it.")],
) -> None:
    """Write the original bytes of one dead letter to stdout."""
    from service.streaming.admin.dead_letters import show_dead_letter

    partition, _, offset = place.partition("/")
    if not (partition.isdecimal() and offset.isdecimal()):
        raise ClaimwireError(f"{place} is not a valid PARTITION/OFFSET; give one as `dead-letter list` prints it.")
    letter = asyncio.run(show_dead_letter(_settings().kafka, int(partition), int(offset)))
    if letter is None:
        raise ClaimwireError(f"No dead letter that was not replayed lies at {place}.")
    sys.stdout.buffer.write(letter.content.original.value or b"")


@dead_letter_app.command("replay")
def dead_letter_replay(
    code: Code = None,
    since: Since = None,
    to: Annotated[str | None, typer.Option(help="Another topic than the one it came from.")] = None,
    rounds: Annotated[int, typer.Option(min=1, help="A letter replayed this often stays where it is.")] = 3,
) -> None:
    """Send dead letters round again, each exactly once."""
    from service.streaming.admin.dead_letters import replay_dead_letters

    done = asyncio.run(replay_dead_letters(_settings().kafka, code=code, since=_utc(since), to=to, rounds=rounds))
    typer.echo(f"replayed {done.replayed}, parked after {rounds} rounds {done.parked}, kept {done.kept}")


@schemas_app.command("export")
def schemas_export() -> None:
    """Write today's JSON Schemas beside the stored ones."""
    from schemas import export

    for path in export.export():
        typer.echo(path)


@schemas_app.command("check")
def schemas_check() -> None:
    """Compare today's wire with every stored schema.

    Old readers and writers must be able to go on.
    """
    from schemas import export

    faults = export.check()
    for fault in faults:
        typer.echo(fault)
    if faults:
        raise ClaimwireError("The wire breaks a promise in each line above: give the change a new event type instead.")


@kafka_app.command("start")
def kafka_start(
    brokers: Annotated[int, typer.Option(min=1, help="How many brokers.")] = 1,
    port: Annotated[list[int] | None, typer.Option(help="A port for each broker; free ones by default.")] = None,
) -> None:
    """Start a local Apache Kafka that stays.

    Its bootstrap address goes to stdout.
    """
    from service.local_kafka import start_detached

    typer.echo(start_detached(directory=KAFKA_DIRECTORY, brokers=brokers, ports=port, progress=_say))


@kafka_app.command("stop")
def kafka_stop() -> None:
    """End the brokers that `kafka start` left running, and nothing else."""
    from service.local_kafka import stop_detached

    count = stop_detached(directory=KAFKA_DIRECTORY)
    _say(f"Stopped {count} broker(s)" if count else "No local Kafka of ours was running here")


def _say(step: str) -> None:
    typer.echo(step, err=True)


def _utc(time: datetime | None) -> datetime | None:
    return None if time is None else time.replace(tzinfo=time.tzinfo or UTC)


def _existing(name: str) -> Path:
    path = Path(name)
    if not path.is_file():
        raise ClaimwireError(f"There is no file {name}; name one, or - for standard input.")
    return path


def _settings() -> Settings:
    settings = Settings.load()
    configure_logging(level=settings.log.level, form=settings.log.format)
    return settings


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
