"""The input topic, consumed exactly once: group membership, partitions, batches, transactions."""
