"""Alembic asks for this file; the migrations are run by :func:`mlnb.core.migrations.upgrade`, on the caller's transaction."""
