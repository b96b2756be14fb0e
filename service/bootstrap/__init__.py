"""The one composition root: here, and only here, settings become parts and parts are put together.

`model` is all that reading needs; `serve` adds HTTP and Kafka, which take longer to import than a text to read. Imports
everything below it in `service` but `local_kafka`.
"""
