"""How a stream of records is doing: the same figures for whoever reads one, each under a prefix of its own."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class StreamMetrics:
    """The figures of one stream.

    Args:
        registry: Where they are registered.
        prefix: What their names begin with.
    """

    def __init__(self, registry: CollectorRegistry, prefix: str) -> None:
        self.transactions = Counter(f"{prefix}_transactions", "Transactions by result.", ["result"], registry=registry)
        self.rebalances = Counter(
            f"{prefix}_rebalances", "Rebalances that this process took part in.", registry=registry
        )
        self.lag = Gauge(
            f"{prefix}_lag_records", "Records between the commit and the log's end.", ["partition"], registry=registry
        )
        self.committed_offset = Gauge(
            f"{prefix}_committed_offset",
            "The committed offset; its rate is the progress.",
            ["partition"],
            registry=registry,
        )
        self.failing_partitions = Gauge(
            f"{prefix}_failing_partitions", "Partitions of which nothing can be committed now.", registry=registry
        )
        self.in_hand = Gauge(
            f"{prefix}_in_hand_articles", "Articles taken from Kafka and not committed yet.", registry=registry
        )
        for result in ("committed", "fenced", "broker-unavailable", "infrastructure"):
            self.transactions.labels(result)
