"""Logs say where something failed, and contain nothing of the article."""

import logging

import pytest

from service.telemetry.logs import configure_logging, logger


@pytest.fixture(autouse=True)
def _restored_logging() -> object:
    """Give the root logger back as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_traceback_is_logged_without_the_errors_words(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    """An exception's text may quote the article, so its type and where it was raised are all that is logged."""
    configure_logging(level="INFO", form=form)

    words = "the minister's " + "secret"[::-1]

    def read_the_article() -> None:
        try:
            {}[words]
        except KeyError as cause:
            raise ValueError(words) from cause

    for name, library in (("ours", False), ("theirs", True)):
        try:
            read_the_article()
        except ValueError as error:
            if library:
                logging.getLogger(name).exception("a library failed")
            else:
                logger(name).warning("something.failed", exc_info=error)
    logged = capsys.readouterr().err
    assert "terces" not in logged
    assert logged.count("read_the_article") >= 2
    assert "ValueError" in logged
    assert "KeyError" in logged
