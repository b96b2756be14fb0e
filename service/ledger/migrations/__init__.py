"""The migrations of the ledger's tables, by Alembic. Written by hand; a test holds their result against `tables`."""
