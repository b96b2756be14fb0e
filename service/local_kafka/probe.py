"""Who listens on a port: nobody, a broker of which cluster, or something else. One request of Kafka's protocol."""

import socket
import struct
from dataclasses import dataclass

from service.local_kafka.node import HOST

_SECONDS = 2.0
_MOST = 1 << 20  # bytes of an answer; what says that it is longer does not speak Kafka
_METADATA, _VERSION = 3, 2  # the first version whose answer names the cluster
_CORRELATION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a broker says about its cluster."""

    cluster: str | None
    brokers: int


def ask(port: int) -> Answer | None:
    """Ask the broker on `port` for its cluster and how many brokers it knows; None: no answer, or not in Kafka's words.

    Metadata request, version 2, for no topics (https://kafka.apache.org/protocol#The_Messages_Metadata).
    """
    client = b"claimwire"
    header = struct.pack(">hhih", _METADATA, _VERSION, _CORRELATION, len(client)) + client
    body = header + struct.pack(">i", 0)
    try:
        with socket.create_connection((HOST, port), timeout=_SECONDS) as connection:
            connection.settimeout(_SECONDS)
            connection.sendall(struct.pack(">i", len(body)) + body)
            (size,) = struct.unpack(">i", _exactly(connection, 4))
            return _parsed(_exactly(connection, size)) if 0 < size <= _MOST else None
    except (OSError, EOFError, struct.error, ValueError):
        return None


def is_free(port: int) -> bool:
    """Return whether `port` of loopback is free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections that wait to be forgotten bind nobody
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def who_listens(port: int) -> str:
    """Return what listens on `port`, in words."""
    answer = ask(port)
    return "another Kafka" if answer is not None else "another program"


def _exactly(connection: socket.socket, count: int) -> bytes:
    received = b""
    while len(received) < count:
        chunk = connection.recv(count - len(received))
        if not chunk:
            raise EOFError
        received += chunk
    return received


def _parsed(answer: bytes) -> Answer | None:
    correlation, brokers = struct.unpack_from(">ii", answer)
    if correlation != _CORRELATION or not 0 <= brokers < len(answer):
        return None
    at = 8
    for _ in range(brokers):  # id, host, port, rack
        _, at = _string(answer, at + 4)
        _, at = _string(answer, at + 4)
    cluster, _ = _string(answer, at)
    return Answer(cluster=cluster, brokers=brokers)


def _string(answer: bytes, at: int) -> tuple[str | None, int]:
    """Return the string that begins at `at` (a length of -1 stands for none), and where it ends."""
    (length,) = struct.unpack_from(">h", answer, at)
    end = at + 2 + max(length, 0)
    return (None if length < 0 else answer[at + 2 : end].decode()), end
