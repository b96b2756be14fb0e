"""Everything that speaks Kafka: the way in, the way through, the way out."""
