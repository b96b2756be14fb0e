"""Secrets for Kafka and for the registry, in variables or in files."""

import asyncio
from pathlib import Path

import pytest
from pydantic import SecretStr

from service.core.errors import ConfigurationError
from service.settings import KafkaSettings
from service.streaming.client import FileTokenProvider, connection

SCRAM = KafkaSettings(security_protocol="SASL_PLAINTEXT", sasl_mechanism="SCRAM-SHA-512", sasl_username="claimwire")


def test_a_file_goes_before_a_variable(tmp_path: Path) -> None:
    """What a file holds is the secret, without the line end that editors leave."""
    file = tmp_path / "secret"
    file.write_text("of the file\n")
    both = SCRAM.model_copy(update={"sasl_password": SecretStr("of the variable"), "sasl_password_file": file})
    alone = both.model_copy(update={"sasl_password_file": None})
    found = [connection(each)["sasl_plain_password"] for each in (both, alone)]
    assert found == ["of the file", "of the variable"]


def test_a_token_may_rotate(tmp_path: Path) -> None:
    """Each connection reads the file anew."""
    file = tmp_path / "token"
    file.write_text("first")
    provider = FileTokenProvider(file)
    file.write_text("second")
    assert asyncio.run(provider.token()) == "second"


@pytest.mark.parametrize("content", [b"\xff\xfe", None])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    """No such file, or one that is not UTF-8, is one sentence with its path and nothing of what is in it."""
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigurationError, match=rf"^The secret file {file} cannot be read: [^.]+\.$"):
        connection(SCRAM.model_copy(update={"sasl_password_file": file}))
