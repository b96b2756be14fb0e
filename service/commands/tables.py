"""An enriched event for people: who says what about whom, as a table of claims and a table of stances."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

_STANCE_MARKS = {"favor": ("+", "green"), "against": ("−", "red"), "neutral": ("·", "dim")}
_SURE = 0.5  # a stance below it is a hint, and shown as one
_KINDS = {
    "direct_quote": "quote",
    "indirect_quote": "paraphrase",
    "mixed_quote": "partly quoted",
    "author_statement": "the article itself",
}


def _names(event: Mapping[str, Any]) -> dict[str, str]:
    return {"author": "the article"} | {e["id"]: e["name"] or e["id"] for e in event["entities"]}


def _stances(stances: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> Text:
    line = Text()
    for stance in stances:
        mark, style = _STANCE_MARKS[stance["label"]]
        doubt = "?" if stance["confidence"] < _SURE else ""
        line.append(f"{', ' if line else ''}{mark} {names[stance['target']]}{doubt}", style=style)
    return line


def _claims(event: Mapping[str, Any], names: Mapping[str, str]) -> Table:
    table = Table(title="Who says what", title_justify="left", show_lines=True, expand=True)
    table.add_column("Speaker", ratio=2, style="bold")
    table.add_column("Says", ratio=6)
    table.add_column("How", ratio=2)
    table.add_column("For + / against −, ? unsure", ratio=3)
    table.add_column("Worth checking", justify="right", min_width=8)
    for claim in event["claims"]:
        speaker = claim["speaker"]
        cue = claim["cue"]
        how = _KINDS[claim["kind"]] + (f"\n“{cue['text']}”" if cue and cue["text"] else "")
        table.add_row(
            Text(names.get(speaker["entity"] or "author", speaker["name"] or "")),
            Text(_said(claim)),
            Text(how),
            _stances(claim["stances"], names),
            f"{claim['check_worthiness']:.2f}",
        )
    return table


def _said(claim: Mapping[str, Any]) -> str:
    """Return a claim's pieces without the words between them; positions, where the event holds no text."""
    if claim["text"] is None:
        return f"{claim['start']}-{claim['end']}"
    at = claim["start"]
    return " … ".join(claim["text"][span["start"] - at : span["end"] - at] for span in claim["spans"])


def _positions(event: Mapping[str, Any], names: Mapping[str, str]) -> Table:
    table = Table(title="Who stands where", title_justify="left", expand=True)
    table.add_column("Holder", ratio=3, style="bold")
    table.add_column("Stance", ratio=2)
    table.add_column("Target", ratio=4)
    table.add_column("Confidence", justify="right")
    table.add_column("Claims", ratio=2)
    for stance in event["stances"]:
        mark, style = _STANCE_MARKS[stance["label"]]
        table.add_row(
            Text(names[stance["holder"]]),
            Text(f"{mark} {stance['label']}", style=style),
            Text(names[stance["target"]]),
            f"{stance['confidence']:.2f}",
            ", ".join(stance["claims"]),
        )
    for topic in event["topics"]:
        for holder in topic["holders"]:
            mark, style = _STANCE_MARKS[holder["label"]]
            table.add_row(
                Text(names[holder["holder"]]),
                Text(f"{mark} {holder['label']}", style=style),
                Text(f"“{topic['topic']}”"),
                f"{holder['confidence']:.2f}",
                ", ".join(holder["claims"]),
            )
    return table


def render(event: Mapping[str, Any]) -> RenderableType:
    """Return an `EnrichedArticle` (as parsed JSON) as something that rich prints."""
    names = _names(event)
    article, model = event["article"], event["model"]
    head = Text.assemble(
        (article["title"] or article["id"], "bold"),
        f"\n{len(event['claims'])} claims, {len(event['entities'])} entities",
        f" · {model['name']} {model['version']} ({model['sha256'][:12]})",
    )
    return Group(Panel(head), _claims(event, names), _positions(event, names))


def print_event(event: Mapping[str, Any]) -> None:
    """Print an event to stdout: in colour on a terminal, plain elsewhere."""
    Console(soft_wrap=False, width=None if Console().is_terminal else 140).print(render(event))
