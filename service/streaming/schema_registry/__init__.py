"""A schema registry with Confluent's API: its client, and the framing of values.

Imports `http_client`, and of `streaming` the files of secrets.
"""
