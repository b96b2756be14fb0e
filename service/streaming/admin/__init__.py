"""Commands on topics: creating and checking them, erasing an article, reading and replaying dead letters.

Imports the clients and records of `streaming`.
"""
