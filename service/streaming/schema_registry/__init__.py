"""A schema registry with Confluent's API: its client, and the framing of values."""
