"""What `claimwire analyze` takes for an article, for many, and for prose."""

import io
import json

import pytest

from service.commands.article_input import batches
from service.core.article import Article, Rejected

TWO = [{"id": "a", "body": "One."}, {"id": "b", "body": "Two."}]


def given(content: bytes) -> list[Article | Rejected]:
    """Return all that a file of this content gives."""
    file = io.BufferedReader(io.BytesIO(content))  # type: ignore[arg-type]
    return [each.article for batch in batches(file, name="x.txt", topics=(), max_bytes=10_000) for each in batch]


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(TWO).encode(),
        json.dumps(TWO, indent=1).encode(),
        b"\n\n " + json.dumps(TWO).encode() + b"\n",
        b"\xef\xbb\xbf" + json.dumps(TWO).encode(),
        "\n".join(map(json.dumps, TWO)).encode(),
        b"\xef\xbb\xbf" + "\n".join(map(json.dumps, TWO)).encode(),
    ],
)
def test_many_articles_come_as_an_array_or_as_lines(content: bytes) -> None:
    """With or without white space or a byte order mark before them."""
    assert [article.body for article in given(content) if isinstance(article, Article)] == ["One.", "Two."]


def test_an_element_that_is_no_article_is_refused_alone() -> None:
    """The articles around it are read."""
    kinds = [type(each) for each in given(json.dumps([TWO[0], "prose", {"id": "c"}, TWO[1]]).encode())]
    assert kinds == [Article, Rejected, Rejected, Article]


def test_elements_of_an_array_are_numbered() -> None:
    """From 1, over all batches."""
    file = io.BufferedReader(io.BytesIO(json.dumps([TWO[0]] * 40).encode()))  # type: ignore[arg-type]
    every = [each for batch in batches(file, name="x.json", topics=(), max_bytes=10_000) for each in batch]
    assert [(each.line, each.element) for each in every] == [(None, at) for at in range(1, 41)]


@pytest.mark.parametrize(
    "text", ["[Applause] The dam stays shut, he said.", "[1] The dam stays shut.", "The dam stays shut.", "[]x"]
)
def test_prose_may_begin_with_a_bracket(text: str) -> None:
    """What is not JSON is plain text, and a byte order mark is not part of it."""
    for content in (text.encode(), b"\xef\xbb\xbf" + text.encode()):
        (article,) = given(content)
        assert isinstance(article, Article)
        assert (article.id, article.body) == ("x.txt", text)
