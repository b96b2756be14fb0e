"""An event for people: who says what about whom, as a table of claims and a table of stances.

Words are the event's own. Columns are as wide as they need to be; where the terminal is too narrow for all of them,
what was said is wrapped first, names next, and never within a word.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

_STANCE_MARKS = {"favor": ("+", "green"), "against": ("−", "red"), "neutral": ("·", "dim")}
_SURE = 0.5  # a stance below it is a hint, and shown as one
_NAMES: Final = 24  # columns at most for a speaker, and for the targets of a claim
_ELSEWHERE: Final = 140  # columns where there is no terminal


def _names(event: Mapping[str, Any]) -> dict[str, str]:
    return {"author": "The author"} | {e["id"]: e["name"] or e["id"] for e in event["entities"]}


def _stance(label: str, words: str, confidence: float) -> Text:
    mark, style = _STANCE_MARKS[label]
    return Text(f"{mark} {words}{'?' if confidence < _SURE else ''}", style=style)


def _stances(stances: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> Text:
    """Return a line for each target of a claim."""
    return Text("\n").join(_stance(each["label"], names[each["target"]], each["confidence"]) for each in stances)


def _source(claim: Mapping[str, Any], names: Mapping[str, str]) -> Text:
    """Return who says it, and below how: the kind of claim and the cue."""
    speaker, cue = claim["speaker"], claim["cue"]
    how = claim["kind"].replace("_", " ") + (f", “{cue['text']}”" if cue and cue["text"] else "")
    return Text.assemble((names.get(speaker["entity"] or "author", speaker["name"] or ""), "bold"), "\n", (how, "dim"))


def _said(claim: Mapping[str, Any]) -> str:
    """Return a claim's text; its position, where the event holds no text."""
    return f"{claim['start']}-{claim['end']}" if claim["text"] is None else str(claim["text"])


def _claims(event: Mapping[str, Any], names: Mapping[str, str]) -> Table:
    sources = [_source(claim, names) for claim in event["claims"]]
    stances = [_stances(claim["stances"], names) for claim in event["claims"]]
    table = _titled("Who says what", show_lines=True)
    table.add_column("", no_wrap=True)
    _add_names(table, "Speaker", sources)
    table.add_column("Says", overflow="fold")
    _add_names(table, "Stance", stances)
    table.add_column("Worth\nchecking", justify="right", no_wrap=True)
    for claim, source, stance in zip(event["claims"], sources, stances, strict=True):
        table.add_row(claim["id"], source, Text(_said(claim)), stance, f"{claim['check_worthiness']:.2f}")
    return table


def _positions(event: Mapping[str, Any], names: Mapping[str, str]) -> Table:
    rows = [
        (names[each["holder"]], each, names[each["target"]])  # toward somebody
        for each in event["stances"]
    ] + [
        (names[each["holder"]], each, f"“{topic['topic']}”")  # toward what the caller asked
        for topic in event["topics"]
        for each in topic["holders"]
    ]
    table = _titled("Who stands where", show_lines=False)
    _add_names(table, "Holder", [Text(holder) for holder, *_ in rows])
    table.add_column("Stance", no_wrap=True)
    table.add_column("Target", overflow="fold")
    table.add_column("Confidence", justify="right", no_wrap=True)
    _add_names(table, "Claims", [Text(", ".join(each["claims"])) for _, each, _ in rows])
    for holder, each, target in rows:
        stance = _stance(each["label"], each["label"], each["confidence"])
        table.add_row(
            Text(holder, style="bold"), stance, Text(target), f"{each['confidence']:.2f}", ", ".join(each["claims"])
        )
    return table


def _titled(title: str, *, show_lines: bool) -> Table:
    return Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        show_lines=show_lines,
    )


def _add_names(table: Table, title: str, cells: Iterable[Text]) -> None:
    """Add a column that is wide enough for the longest word in it."""
    longest = max((len(word) for cell in cells for word in cell.plain.split()), default=1)
    table.add_column(title, min_width=longest, max_width=max(longest, _NAMES))


def render(event: Mapping[str, Any]) -> RenderableType:
    """Return an event (as parsed JSON) as something that rich prints; one without claims is a line or two."""
    article = event["article"]
    title = Text(article.get("title") or article["id"], style="bold")
    if "claims" not in event:
        return Text.assemble(title, "\n", event.get("detail") or f"The publisher's status of it is {event['status']}.")
    names, model = _names(event), event["model"]
    head = Text.assemble(
        title,
        f"\n{len(event['claims'])} claims, {len(event['entities'])} entities",
        f" · {model['name']} {model['version']} ({model['sha256'][:12]})",
        "\nA stance is + favor, − against or · neutral; with ? the model doubts it.",
    )
    return Group(head, _claims(event, names), _positions(event, names))


def print_event(event: Mapping[str, Any]) -> None:
    """Print an event to stdout: in colour on a terminal, plain elsewhere and where NO_COLOR is set."""
    found = Console()
    Console(
        color_system=None if found.no_color else "auto",
        width=None if found.is_terminal else _ELSEWHERE,
        soft_wrap=False,
    ).print(render(event))
