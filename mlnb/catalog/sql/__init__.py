"""SQL: the platform's dialect is parsed, names are resolved against the catalog, DuckDB computes."""
