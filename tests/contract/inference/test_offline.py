"""Opening and running a model uses no network and no training library."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from service.settings import DEFAULT_MODEL

ROOT = Path(__file__).resolve().parents[3]

SCRIPT = """
import json, sys
from pathlib import Path
asked = []
watched = {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}
sys.addaudithook(lambda event, arguments: asked.append(event) if event in watched else None)
from service.analysis.text.document import segment
from service.inference.artifact import load_model
model = load_model(Path(sys.argv[1]), engine=sys.argv[2])
reading = next(model.read([segment("The minister said no.")]))
heavy = sorted({"torch", "tensorflow", "transformers"} & set(sys.modules))
print(json.dumps({"asked": asked, "heavy": heavy, "tokens": len(reading.tokens)}))
"""


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
def test_a_model_opens_without_a_connection(engine: str) -> None:
    """In a fresh process no engine connects, resolves a name or sends a datagram, and nothing heavy is imported."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(DEFAULT_MODEL), engine],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["tokens"] == 5
    assert found["asked"] == []
    assert found["heavy"] == []
