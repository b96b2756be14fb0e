"""The page's modules, each in the browser that will run it, against Python doing the same."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page

from service.api.app import WEB
from service.core.frames import joined
from service.core.span import Span
from tests.browser.newsroom import Newsroom

ROOT = Path(__file__).parents[2]
QUICK = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

letters = st.one_of(
    st.sampled_from("ab \n🌊👩‍🔬🏴𝔗שלוםسلام\u200d\u202e\ufe0f\u0301"),
    st.characters(exclude_categories=["Cs"]),
)
texts = st.text(letters, max_size=60)


@pytest.fixture(scope="module")
def modules(browser: Browser) -> Iterator[Page]:
    """Load the modules into a page of the service, which is what its policy allows them in."""
    newsroom = Newsroom()
    newsroom.start()
    page = browser.new_page()
    page.goto(newsroom.url)
    page.evaluate(
        """async (url) => {
             for (const name of ["offsets", "excerpts", "nesting", "stream", "measures"]) {
               Object.assign(globalThis, await import(`${url}/${name}.js`));
             }
           }""",
        newsroom.url,
    )
    yield page
    page.close()
    newsroom.stop()


@QUICK
@given(text=texts, ends=st.lists(st.tuples(st.integers(0, 70), st.integers(0, 70)), max_size=5))
def test_code_points_slice_as_python_does(modules: Page, text: str, ends: list[tuple[int, int]]) -> None:
    """For every text and every pair of offsets the page's slice is Python's, whose strings are made of code points."""
    sliced = modules.evaluate(
        """([text, ends]) => {
             const points = new CodePoints(text);
             return [points.length, ends.map(([start, end]) => points.slice(start, end))];
           }""",
        [text, ends],
    )
    assert sliced == [len(text), [text[start:end] for start, end in ends]]


@pytest.mark.parametrize(
    ("text", "cue", "pieces"),
    [
        ("Roe accused the board of lying.", "accused", ["the board of lying"]),
        ("Roe accused the board, and Poe, of lying.", "accused", ["the board", "of lying"]),
        ("Roe said said is a word.", "said", ["said is a word"]),
        ("🌊 “Enough,” said Roe, “of it.”", "said", ["Enough,", "of it."]),
    ],
)
@pytest.mark.parametrize("with_cue", [True, False])
def test_pieces_of_a_claim_stand_where_the_text_has_them(
    modules: Page, text: str, cue: str, pieces: list[str], *, with_cue: bool
) -> None:
    """A claim is laid out from its text alone, with or without the cue in front, as the event's encoder writes it."""
    at = text.index(cue)
    spans = [
        Span(start := text.index(piece, at + len(cue) if piece.startswith(cue) else 0), start + len(piece))
        for piece in pieces
    ]
    if spans[0].start < at:
        with_cue = False
    worded = joined(text, [Span(at, at + len(cue)), *spans] if with_cue else spans)
    shown = modules.evaluate(
        "event => excerpts(event).map(({ start, text }) => [start, text])",
        {
            "article": {},
            "claims": [
                {
                    "text": worded,
                    "spans": [{"start": span.start, "end": span.end} for span in spans],
                    "cue": {"start": at, "end": at + len(cue), "text": cue},
                }
            ],
        },
    )
    assert all(text[start : start + len(words)] == words for start, words in shown)
    assert {(span.start, span.of(text)) for span in spans} <= {(start, words) for start, words in shown}


stretches = st.lists(
    st.builds(
        lambda start, length, rank: {"start": start, "end": start + length, "rank": rank},
        st.integers(0, 25),
        st.integers(0, 12),
        st.integers(0, 2),
    ),
    max_size=8,
)


@QUICK
@given(marks=stretches, start=st.integers(0, 5), length=st.integers(1, 25))
def test_nesting_keeps_every_letter_and_every_mark(
    modules: Page, marks: list[dict[str, int]], start: int, length: int
) -> None:
    """However stretches nest and cross, each place is written once, in order, under exactly the marks that cover it."""
    marks = [{**mark, "mark": number} for number, mark in enumerate(marks)]
    end = start + length
    tree = modules.evaluate("([marks, start, end]) => nest(marks, start, end)", [marks, start, end])
    written: list[tuple[int, frozenset[int]]] = []

    def walk(nodes: list[dict[str, object]], around: frozenset[int], low: int, high: int) -> None:
        for node in nodes:
            assert low <= node["start"] < node["end"] <= high
            low = node["end"]
            inside = around if node["mark"] is None else around | {node["mark"]}
            if node["mark"] is None:
                written.extend((place, inside) for place in range(node["start"], node["end"]))
            else:
                walk(node["children"], inside, node["start"], node["end"])

    walk(tree, frozenset(), start, end)
    assert written == [
        (place, frozenset(mark["mark"] for mark in marks if mark["start"] <= place < mark["end"]))
        for place in range(start, end)
    ]


@QUICK
@given(data=st.data())
def test_stream_is_read_the_same_however_it_is_cut(modules: Page, data: st.DataObject) -> None:
    """Server-sent events come out whole wherever the network cuts them, with the id to go on behind."""
    newline = data.draw(st.sampled_from(["\n", "\r\n"]))
    messages = data.draw(st.lists(st.lists(st.text("ab: 🌊{}", max_size=6), min_size=1, max_size=3), max_size=4))
    lines = ["retry: 2000", ": a comment", "id: 0:0", ""]
    for number, parts in enumerate(messages, start=1):
        lines += ["event: enriched", f"id: 0:{number}", *(f"data: {part}" for part in parts), ""]
    wire = "".join(line + newline for line in lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(wire)), max_size=8)))
    chunks = [wire[low:high] for low, high in zip([0, *cuts], [*cuts, len(wire)], strict=True)]
    last, read = modules.evaluate(
        """chunks => {
             const parser = new Parser();
             const read = chunks.flatMap((chunk) => parser.take(chunk));
             return [parser.last, read];
           }""",
        chunks,
    )
    assert read == [{"type": "enriched", "data": "\n".join(parts)} for parts in messages]
    assert last == f"0:{len(messages)}"


def test_measures_of_prometheus(modules: Page) -> None:
    """Samples are summed over their labels, and a name is not taken for another that begins like it."""
    exposition = 'a_lag{p="0"} 2.0\na_lag{p="1"} 3.0\na_lag_created{p="0"} 1.7e+09\nb 7.0\n'
    assert modules.evaluate("text => ['a_lag', 'b', 'c'].map((name) => total(text, name))", exposition) == [5, 7, None]


def test_sample_is_the_repositorys_own() -> None:
    """The page's samples are the samples of the schemas, in each language."""
    for language in ("", "-ru", "-hy"):
        sample = (WEB / f"sample{language}.json").read_text(encoding="utf-8")
        assert sample == (ROOT / f"schemas/examples/article{language}.json").read_text(encoding="utf-8")


def test_text_never_becomes_markup() -> None:
    """No file of the page uses what would parse text as markup or run it, or names an address elsewhere."""
    forbidden = (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "Function(",
        "srcdoc",
        "setHTML",
    )
    for file in WEB.glob("*.*"):
        text = file.read_text(encoding="utf-8")
        assert [word for word in forbidden if word in text] == [], file.name
        if file.suffix in {".css", ".js", ".html"}:
            assert "//" not in text.replace("http://www.w3.org/2000/svg", "").replace(" // ", "").replace(
                "\n// ", ""
            ), file.name
        assert "style=" not in text, file.name
        assert " on" + "click=" not in text, file.name
