"""Errors of the catalog, with the platform's own codes where it has one.

::

    NotFoundError             CatalogNotFoundError, SchemaNotFoundError, TableNotFoundError, VersionNotFoundError,
                              VolumeNotFoundError, FunctionNotFoundError
    AlreadyExistsError        NameTakenError
    InvalidParameterError     SqlError ─ SqlSyntaxError, UnresolvedColumnError, UnboundParameterError
                              TableSchemaError, IngestError ─ TooManyRejectsError
    NotProvidedError          UnsupportedStatementError
    ConflictError             ConcurrentWriteError
    StorageError              SpoolFullError
    DataLossError             TableCorruptError, VersionFilesMissingError
"""

from __future__ import annotations

from mlnb.core.errors import (
    AlreadyExistsError,
    ConflictError,
    DataLossError,
    InvalidParameterError,
    NotFoundError,
    NotProvidedError,
    StorageError,
)


class CatalogNotFoundError(NotFoundError):
    """No catalog of that name."""

    code = "CATALOG_NOT_FOUND"


class SchemaNotFoundError(NotFoundError):
    """No schema of that name."""

    code = "SCHEMA_NOT_FOUND"


class TableNotFoundError(NotFoundError):
    """No table of that name; the hint names the nearest ones."""

    code = "TABLE_OR_VIEW_NOT_FOUND"


class VolumeNotFoundError(NotFoundError):
    """No volume of that name."""

    code = "VOLUME_NOT_FOUND"


class FunctionNotFoundError(NotFoundError):
    """No function of that name."""

    code = "ROUTINE_NOT_FOUND"


class VersionNotFoundError(NotFoundError):
    """The table has no such version, or none that old."""

    code = "VERSION_NOT_FOUND"


class NameTakenError(AlreadyExistsError):
    """A catalog, schema or table of that name exists."""

    code = "TABLE_OR_VIEW_ALREADY_EXISTS"


class TableSchemaError(InvalidParameterError):
    """Data and table do not fit, column by column."""

    code = "DELTA_METADATA_MISMATCH"


class SqlError(InvalidParameterError):
    """A statement that cannot be run as written; its code says why."""

    code = "SQL_ERROR"


class SqlSyntaxError(SqlError):
    """The text is not SQL; the message names line and column."""

    code = "PARSE_SYNTAX_ERROR"


class UnresolvedColumnError(SqlError):
    """No table of the statement has that column; the hint names the nearest ones."""

    code = "UNRESOLVED_COLUMN"


class UnboundParameterError(SqlError):
    """A ``:name`` without a value."""

    code = "UNBOUND_SQL_PARAMETER"


class UnsupportedStatementError(NotProvidedError):
    """A statement of the platform that is not provided here; the hint names the method to use instead."""


class ConcurrentWriteError(ConflictError):
    """Another writer changed the rows that this write replaces."""

    code = "DELTA_CONCURRENT_WRITE"
    default_hint = "Nothing was written. Run it again, or replace fewer rows with a narrower condition."


class TableCorruptError(DataLossError):
    """Files of a table are missing or cannot be read."""

    code = "DELTA_TABLE_CORRUPT"


class VersionFilesMissingError(DataLossError):
    """Files of an earlier version were vacuumed away; later versions are not affected."""

    code = "VERSION_FILES_MISSING"


class IngestError(InvalidParameterError):
    """A file that cannot be loaded."""

    code = "INGEST_FAILED"


class TooManyRejectsError(IngestError):
    """More rows do not fit than was allowed; nothing was written."""

    code = "INGEST_TOO_MANY_REJECTS"


class SpoolFullError(StorageError):
    """The spool's disk is full; the caller decides what to do with the rows."""

    code = "SPOOL_FULL"
