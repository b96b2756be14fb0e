"""A real Apache Kafka on loopback: what lies behind `claimwire kafka start|stop`, the demo and the tests.

`software` finds Java and fetches the broker, `node` is one of them, `cluster` runs them, `detached` lets a cluster
outlive the command that started it.
"""

from service.local_kafka.cluster import LocalKafka, free_ports
from service.local_kafka.detached import Detached, read_detached, start_detached, stop_detached
from service.local_kafka.node import HOST, Listener, Node
from service.local_kafka.process import Process

__all__ = [
    "HOST",
    "Detached",
    "Listener",
    "LocalKafka",
    "Node",
    "Process",
    "free_ports",
    "read_detached",
    "start_detached",
    "stop_detached",
]
