"""Names, Delta tables and SQL: the catalog that every stage stands on.

Tables are Delta tables in open files; names, schemas, versions and statistics are rows of the metastore; SQL is the platform's dialect,
run by DuckDB over the files of one version. The entry point is :class:`mlnb.catalog.service.Catalog` (``ws.catalog``).
"""
