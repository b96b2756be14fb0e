"""What tests of training share."""

import json

import pytest

from service.inference.tokenizer import Tokenizer
from tests.models import SMALL


@pytest.fixture(scope="session")
def tokenizer() -> Tokenizer:
    """The small model's tokenizer."""
    vocabulary = json.loads((SMALL / "manifest.json").read_text())["tokenizer"]["vocabulary"]
    return Tokenizer.load(SMALL / "tokenizer.json", vocabulary)
