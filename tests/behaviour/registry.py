"""A schema registry to test against: the part of Confluent's API that the service speaks, over HTTP on loopback.

`POST /subjects/{subject}/versions` registers, `POST /subjects/{subject}` looks up, and readers get a schema by its id,
by its GUID or as a subject's latest version; the same schema has the same id under every subject; errors carry the
documented statuses and `error_code`s.
"""

import json
import ssl
import urllib.parse
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass(kw_only=True)
class Registry:
    """What the registry holds, and how it answers."""

    subjects: dict[str, list[int]] = field(default_factory=dict)
    schemas: dict[int, str] = field(default_factory=dict)
    guids: bool = True
    authorization: str | None = None  # what a request must carry
    frozen: bool = False  # holds every further schema to be incompatible
    answer: tuple[int, dict[str, str], bytes] | None = None  # given in place of all of this
    asked: list[str] = field(default_factory=list)
    address: str = ""

    def post(self, path: str, headers: Any, body: bytes) -> tuple[int, dict[str, str], bytes]:
        """Answer a request."""
        self.asked.append(path)
        if self.answer is not None:
            return self.answer
        if self.authorization is not None and headers["Authorization"] != self.authorization:
            return _error(401, 401, "Unauthorized")
        request = json.loads(body)
        if request["schemaType"] != "JSON" or not isinstance(json.loads(request["schema"]), dict):
            return _error(422, 42201, "Invalid schema")
        parts = [urllib.parse.unquote(part) for part in path.partition("?")[0].split("/")[1:]]
        subject, registers = parts[1], parts[2:] == ["versions"]
        number = next((each for each, text in self.schemas.items() if text == request["schema"]), None)
        if number is None or number not in self.subjects.get(subject, ()):
            if not registers:
                return _error(404, 40403 if subject in self.subjects else 40401, "not found")
            if self.frozen:
                return _error(409, 409, f"incompatible: {request['schema']}")
            number = number or len(self.schemas) + 1
            self.schemas[number] = request["schema"]
            self.subjects.setdefault(subject, []).append(number)
        known = {"id": number, "version": self.subjects[subject].index(number) + 1}
        return 200, {}, json.dumps(known | ({"guid": str(self.guid(number))} if self.guids else {})).encode()

    def get(self, path: str) -> tuple[int, dict[str, str], bytes]:
        """Answer a reader."""
        match [urllib.parse.unquote(part) for part in path.partition("?")[0].split("/")[1:]]:
            case ["subjects"]:
                found: Any = list(self.subjects)
            case ["subjects", subject, "versions"] if subject in self.subjects:
                found = list(range(1, len(self.subjects[subject]) + 1))
            case ["subjects", subject, "versions", "latest"] if subject in self.subjects:
                versions = self.subjects[subject]
                found = self._told(versions[-1]) | {"subject": subject, "version": len(versions)}
            case ["schemas", "ids", number] if int(number) in self.schemas:
                found = self._told(int(number))
            case ["schemas", "guids", guid] if self.guids:
                found = self._told(next(number for number in self.schemas if str(self.guid(number)) == guid))
            case _:
                return _error(404, 40403, "not found")
        return 200, {}, json.dumps(found).encode()

    def _told(self, number: int) -> dict[str, Any]:
        guid = {"guid": str(self.guid(number))} if self.guids else {}
        return {"id": number, "schemaType": "JSON", "schema": self.schemas[number]} | guid

    def guid(self, number: int) -> uuid.UUID:
        """Return the GUID of a schema."""
        return uuid.uuid5(uuid.NAMESPACE_URL, self.schemas[number])


@contextmanager
def running(*, tls: ssl.SSLContext | None = None, **options: Any) -> Iterator[Registry]:
    """Give a registry that answers at its `address`, over TLS where a context is given."""
    registry = Registry(**options)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self._answer(*registry.post(self.path, self.headers, body))

        def do_GET(self) -> None:
            self._answer(*registry.get(self.path))

        def _answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(content))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    registry.address = f"{'http' if tls is None else 'https'}://127.0.0.1:{server.server_port}"
    try:
        yield registry
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _error(status: int, code: int, message: str) -> tuple[int, dict[str, str], bytes]:
    return status, {}, json.dumps({"error_code": code, "message": message}).encode()
