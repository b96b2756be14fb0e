"""A real Apache Kafka on loopback: what lies behind `claimwire kafka start|stop`, the demo and the tests.

`software` finds Java and fetches the broker, `node` is one of them, `cluster` runs them, `detached` lets a cluster
outlive the command that started it, `probe` asks who listens on a port, `scratch` holds what need not stay. Imports
`telemetry` and `core`.
"""

from service.local_kafka.cluster import LocalKafka, free_ports
from service.local_kafka.detached import Detached, read_detached, start_detached, stop_detached
from service.local_kafka.node import HOST, Listener, Node
from service.local_kafka.probe import ask, is_free, who_listens
from service.local_kafka.process import Process
from service.local_kafka.scratch import Scratch

__all__ = [
    "HOST",
    "Detached",
    "Listener",
    "LocalKafka",
    "Node",
    "Process",
    "Scratch",
    "ask",
    "free_ports",
    "is_free",
    "read_detached",
    "start_detached",
    "stop_detached",
    "who_listens",
]
