"""One broker: its ports, its files, its process, and the configuration it is started with."""

import string
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from service.local_kafka.software import resources

HOST = "127.0.0.1"
_MAX_REPLICATION = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """One more listener on every broker, beside the plain one.

    `advertised` holds the port that each broker tells clients to use (a proxy's); None: the one it listens on.
    """

    name: str
    protocol: str
    advertised: tuple[int, ...] | None = None


@dataclass(slots=True, kw_only=True)
class Node:
    """One broker: its ports, its files, and its process while it runs."""

    id: int
    directory: Path
    port: int
    controller_port: int
    listener_ports: Mapping[str, int]
    process: subprocess.Popen[bytes] | None = None

    @property
    def config(self) -> Path:
        """The file that the node is started with."""
        return self.directory / "server.properties"

    @property
    def data(self) -> Path:
        """Where the node keeps its logs."""
        return self.directory / "data"

    @property
    def log(self) -> Path:
        """What the node printed."""
        return self.directory / "server.log"

    def advertised(self, listener: Listener) -> int:
        """The port that the node tells clients of this listener to use."""
        return listener.advertised[self.id - 1] if listener.advertised else self.listener_ports[listener.name]


def configuration(
    node: Node, nodes: Sequence[Node], listeners: Sequence[Listener], properties: Mapping[str, str]
) -> str:
    """Fill the template of a node's `server.properties`; `properties` come last, so that they win."""
    replication = min(len(nodes), _MAX_REPLICATION)
    ports = {"PLAINTEXT": node.port, "CONTROLLER": node.controller_port, **node.listener_ports}
    advertised = {"PLAINTEXT": node.port} | {each.name: node.advertised(each) for each in listeners}
    protocols = {"PLAINTEXT": "PLAINTEXT", "CONTROLLER": "PLAINTEXT"} | {each.name: each.protocol for each in listeners}
    template = string.Template((resources() / "server.properties").read_text(encoding="utf-8"))
    filled = template.substitute(
        node_id=node.id,
        voters=",".join(f"{each.id}@{HOST}:{each.controller_port}" for each in nodes),
        listeners=",".join(f"{name}://{HOST}:{port}" for name, port in ports.items()),
        advertised=",".join(f"{name}://{HOST}:{port}" for name, port in advertised.items()),
        protocols=",".join(f"{name}:{protocol}" for name, protocol in protocols.items()),
        data=node.data,
        replication=replication,
        min_insync=max(1, replication - 1),
        internal_partitions=4 * len(nodes),
    )
    return filled + "\n" + "".join(f"{name}={value}\n" for name, value in properties.items())
