"""What the HTTP API needs of Kafka: publishing articles and following the output topic.

Imports the clients, records and `schema_registry` of `streaming`.
"""
