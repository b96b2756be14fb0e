"""Secrets that come in a variable, or in a file as orchestrators mount them."""

from pathlib import Path

from pydantic import SecretStr

from service.core.errors import ConfigurationError


def secret(value: SecretStr | None, file: Path | None) -> str | None:
    """Return the secret of the file, or else of the variable; None where neither is set.

    Raises:
        ConfigurationError: the file cannot be read.
    """
    if file is not None:
        return read_secret(file)
    return None if value is None else value.get_secret_value()


def read_secret(file: Path) -> str:
    """Return what the file holds, without space around it.

    Raises:
        ConfigurationError: it cannot be read, or is not text.
    """
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        raise ConfigurationError(f"The secret file {file} cannot be read: {reason}.") from None
