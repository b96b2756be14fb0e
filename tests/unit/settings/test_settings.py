"""Settings are read from the environment alone, and a wrong one is one clear sentence."""

from pathlib import Path

import pytest

from service.core.errors import ConfigurationError
from service.settings import Settings


def test_nested_variables_reach_their_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two underscores lead into a section."""
    monkeypatch.setenv("CLAIMWIRE_KAFKA__TOPICS__ENRICHED", "frames")
    monkeypatch.setenv("CLAIMWIRE_WORKER__MAX_ARTICLES", "7")
    settings = Settings.load()
    assert settings.kafka.topics.enriched == "frames"
    assert settings.worker.max_articles == 7


def test_the_multilingual_model_is_left_out_by_an_empty_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty variable is no folder, not the one that the process stands in."""
    monkeypatch.setenv("CLAIMWIRE_MODEL__MULTILINGUAL_DIRECTORY", "")
    assert Settings.load().model.multilingual_directory is None
    monkeypatch.setenv("CLAIMWIRE_MODEL__MULTILINGUAL_DIRECTORY", "/models/multi")
    assert Settings.load().model.multilingual_directory == Path("/models/multi")


def test_a_wrong_value_names_its_variable_and_not_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the variable, says what is wrong, and repeats no value, since it may be a secret."""
    monkeypatch.setenv("CLAIMWIRE_API__PORT", "hunter2")
    with pytest.raises(ConfigurationError, match="CLAIMWIRE_API__PORT") as caught:
        Settings.load()
    assert "hunter2" not in str(caught.value)


def test_an_unknown_variable_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A typing error in a variable's name does not pass for a default."""
    monkeypatch.setenv("CLAIMWIRE_KAFKA__BOOTSTRAP_SERVER", "broker:9092")
    with pytest.raises(ConfigurationError, match="CLAIMWIRE_KAFKA__BOOTSTRAP_SERVER"):
        Settings.load()


def test_an_unknown_section_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does one in a section's name."""
    monkeypatch.setenv("CLAIMWIRE_KAFAK__GROUP", "other")
    with pytest.raises(ConfigurationError, match="CLAIMWIRE_KAFAK__GROUP"):
        Settings.load()


def test_a_secret_comes_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A file in the secrets directory is read like the variable that it is named after."""
    (tmp_path / "claimwire_kafka__sasl_password").write_text("from a file")
    monkeypatch.setenv("CLAIMWIRE_SECRETS_DIR", str(tmp_path))
    password = Settings.load().kafka.sasl_password
    assert password is not None
    assert password.get_secret_value() == "from a file"
    assert "from a file" not in repr(password)


def test_a_slow_article_is_given_up_before_the_worker_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """An article's limit that liveness would cut short is refused."""
    monkeypatch.setenv("CLAIMWIRE_KAFKA__MAX_POLL_INTERVAL", "100")
    with pytest.raises(ConfigurationError, match="CLAIMWIRE_WORKER__ARTICLE_TIMEOUT"):
        Settings.load()
    monkeypatch.setenv("CLAIMWIRE_WORKER__ARTICLE_TIMEOUT", "50")
    assert Settings.load().worker.article_timeout == 50
