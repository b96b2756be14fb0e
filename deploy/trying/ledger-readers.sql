-- Who may read the ledger and not change it: Grafana, and whoever looks at the tables with a client of PostgreSQL.
-- Default privileges hold for the schema that `claimwire ledger rebuild` makes anew as well; a plain GRANT would be lost.
CREATE ROLE reader LOGIN PASSWORD 'for-trying-only';
ALTER ROLE reader SET search_path = claimwire;
ALTER ROLE reader SET default_transaction_read_only = on;
ALTER ROLE reader SET statement_timeout = '20s';
ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO reader;
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO reader;
