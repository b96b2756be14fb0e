"""The listener on a port, and the owner of a temporary folder."""

import socket
import threading
from pathlib import Path

import pytest

from service.local_kafka import Scratch, ask, free_ports, is_free, who_listens


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x00\x00\x00\x08" + b"\xff" * 8])
def test_a_listener_that_speaks_no_kafka_is_no_kafka(answer: bytes) -> None:
    """Silence, HTTP and a frame of nonsense are all taken for another program."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            for _ in range(2):
                connection, _ = listener.accept()
                with connection:
                    connection.recv(1024)
                    connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        port = listener.getsockname()[1]
        assert ask(port) is None
        assert who_listens(port) == "another program"
        thread.join()
        assert not is_free(port)
    assert is_free(free_ports(1)[0])


def test_a_folder_is_swept_once_its_owner_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An abandoned folder is removed by the next start; one in use stays."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    left = tmp_path / "claimwire-scratch-kafka-gone"
    left.mkdir()
    first = Scratch("kafka")
    assert not left.exists()
    second = Scratch("kafka")
    assert first.path.is_dir()
    for scratch in (first, second):
        scratch.remove()
    assert list(tmp_path.iterdir()) == []
