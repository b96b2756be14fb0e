"""What the HTTP API needs of Kafka: publishing articles and following the output topic."""
