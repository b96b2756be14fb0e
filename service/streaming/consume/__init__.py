"""The input topic, consumed exactly once: group membership, partitions, batches, transactions.

Imports the clients, records and `schema_registry` of `streaming`.
"""
