"""Loading: files to one commit, each file once, rejected rows kept and counted."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa

from mlnb.core.clock import now_ms
from mlnb.core.errors import InvalidParameterError

from .. import metastore as rows
from ..create import create_table, taken
from ..delta.data import Stream, reader_of
from ..delta.types import duckdb_type, platform_type
from ..errors import IngestError
from ..names import TableName
from ..records import Commit, IngestedColumn, IngestedFile, IngestReport, TableInfo
from ..sql.engine import BATCH_ROWS
from ..sql.values import is_frame
from .plan import Options, Part, connect, make_plan
from .rejects import Rejects, table_for
from .sniff import renamed
from .sources import SourceFile, opened

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from ..service import Catalog

Mode = Literal["append", "create", "replace"]


def ingest(
    catalog: Catalog,
    source: Any,
    name: str,
    *,
    mode: Mode = "append",
    format: str = "auto",
    types: Mapping[str, str] | None = None,
    max_rejects: float = 0.1,
    force: bool = False,
    merge_schema: bool = False,
    nulls: Sequence[str] | None = None,
    delimiter: str | None = None,
    header: bool | None = None,
    encoding: str = "utf-8",
    **about: Any,
) -> IngestReport:
    """Load files or a data frame into a table, in one commit.

    Parameters
    ----------
    source
        A path, a pattern, a folder, a list of these (CSV, TSV or Parquet; also zipped or gzipped), or a data frame.
    name
        The table.
    mode
        ``append`` to it, creating it when missing; ``create`` it, which must not exist; ``replace`` it.
    types
        Types by column, in the platform's words (``{"zip": "string"}``); the others are found from every value.
    max_rejects
        Share of rows that may fail to fit before the load is refused. Those that do are kept in ``_rejected_<table>``.
    force
        Load files again that were loaded before.
    merge_schema
        Add new columns to the table instead of refusing them.
    nulls
        Texts that mean a missing value; by default the empty one, and ``NA`` and its like where number columns prove it.
    delimiter, header, encoding
        Of a CSV, when they are not found right.
    about
        ``primary_key``, ``timeseries``, ``comment``, ``properties`` of a table that is created.

    Returns
    -------
    IngestReport
        Rows, rejected rows, skipped files, and each column's type with its reason.

    Raises
    ------
    TooManyRejectsError
        With counts and the first lines; nothing is written then.
    PathNotFoundError
        When there is no such file.
    """
    _check(mode, max_rejects)
    target = catalog.parse(name)
    catalog.schema_row(target.catalog, target.schema)
    existing = catalog.info(name) if catalog.exists(name) else None
    if existing is not None and mode == "create":
        raise taken(target)
    options = Options(dict(types or {}), max_rejects, nulls, delimiter, header, encoding, merge_schema)
    load = _Load(catalog, target, existing if mode == "append" else None, mode, options, about)
    if is_frame(source) or hasattr(source, "__arrow_c_stream__"):
        return load.frame(source)
    with opened(source, format, catalog.ground.path / "tmp", catalog.ground.root) as files:
        return load.files(files, force=force)


def _check(mode: str, max_rejects: float) -> None:
    if mode not in ("append", "create", "replace"):
        raise InvalidParameterError(f"{mode!r} is no mode.", hint="Use append, create or replace.")
    if not 0 <= max_rejects <= 1:
        raise InvalidParameterError("max_rejects is a share between 0 and 1.", hint="0.1 allows one row in ten.")


class _Load:
    """One call of :func:`ingest`."""

    def __init__(
        self,
        catalog: Catalog,
        target: TableName,
        existing: TableInfo | None,
        mode: Mode,
        options: Options,
        about: dict[str, Any],
    ) -> None:
        self._catalog = catalog
        self._target = target
        self._existing = existing
        self._mode = mode
        self._options = options
        self._about = about
        self._id = str(uuid.uuid4())

    # -- frames ---------------------------------------------------------------------------------------------------------

    def frame(self, source: Any) -> IngestReport:
        """Load a data frame; its columns are renamed where a table cannot have their names."""
        import pyarrow as pa

        reader = reader_of(source)
        names = renamed(reader.schema.names)
        schema = pa.schema([field.with_name(name) for field, (_, name) in zip(reader.schema, names, strict=True)])
        batches = (pa.RecordBatch.from_arrays(batch.columns, schema=schema) for batch in reader)
        stream = Stream(pa.RecordBatchReader.from_batches(schema, batches), self._schema(), self._schema_mode())
        commit = self._write(stream, [], None)
        report = self._report(commit, stream.rows, 0, None)
        report.columns = [
            IngestedColumn(
                name=name,
                source_name=source_name,
                type=info.type_text,
                reason="type of the data frame",
                warnings=[f"renamed from {source_name!r}, which a table cannot have"] if name != source_name else [],
            )
            for (source_name, name) in names
            for info in self._catalog.info(self._target.full_name).columns
            if info.name.lower() == name.lower()
        ]
        return report

    # -- files ----------------------------------------------------------------------------------------------------------

    def files(self, files: list[SourceFile], *, force: bool) -> IngestReport:
        """Load files; those loaded before are skipped unless forced."""
        skipped: list[str] = []
        if self._existing is not None and not force:
            fresh = self._fresh(files)
            skipped = [file.path for file in files if file not in fresh]
            files = fresh
        if not files:
            return self._report(self._catalog.history(self._target.full_name, 1)[0], 0, 0, None, skipped)
        rejects = Rejects(self._id)
        with ExitStack() as stack:
            connection = connect()
            stack.callback(connection.close)
            parts = make_plan(connection, files, self._options, self._given())
            stream = Stream(self._reader(connection, parts, rejects), self._schema(), self._schema_mode())
            commit = self._write(stream, parts, None if force or self._mode != "append" else self._application(files))
        if commit.replayed:  # the table has them: an earlier call was stopped after its commit
            return self._report(commit, 0, 0, None, [*skipped, *(file.path for file in files)])
        kept = self._keep(rejects) if rejects.count else None
        report = self._report(commit, stream.rows, rejects.count, kept, skipped)
        report.files = [IngestedFile(path=part.file.path, rows=part.rows, rejected=part.rejected) for part in parts]
        report.columns = _merged_columns(parts)
        return report

    def _fresh(self, files: list[SourceFile]) -> list[SourceFile]:
        assert self._existing is not None
        with self._catalog.ground.metastore.connect() as connection:
            known = rows.ingested(connection, self._existing.table_id)
        return [file for file in files if (file.path, file.size, file.etag) not in known]

    def _application(self, files: Sequence[SourceFile]) -> str:
        """Return the transaction of this set of files: killed after the commit, the same call finds it done."""
        text = "\n".join(f"{file.path}|{file.size}|{file.etag}" for file in files)
        return f"ingest:{hashlib.sha256(text.encode()).hexdigest()[:32]}"

    def _given(self) -> dict[str, str]:
        """Return the types of the table's columns."""
        if self._existing is None:
            return {}
        fields = self._catalog.lookup.found(self._existing).snapshot.fields
        return {item["name"].lower(): duckdb_type(item["type"]) for item in fields}

    def _reader(
        self, connection: duckdb.DuckDBPyConnection, parts: Sequence[Part], rejects: Rejects
    ) -> pa.RecordBatchReader:
        """Return all rows of all files; at their end the rejects are counted, and too many stop the load before it commits."""
        import pyarrow as pa

        opened = {0: _open(connection, parts[0])}
        schema = opened[0][1].schema

        def batches() -> Iterator[pa.RecordBatch]:
            for number, part in enumerate(parts):
                cursor, reader = opened.pop(number) if number in opened else _open(connection, part)
                try:
                    for batch in reader:
                        part.rows += batch.num_rows
                        yield _in_order(batch, schema, part.file.path)
                    if part.rejects_table:
                        part.rejected = rejects.collect(cursor, part.file.path, part.rejects_table)
                finally:
                    cursor.close()
            rejects.check(sum(part.rows for part in parts), self._options.max_rejects, self._options.encoding)

        return pa.RecordBatchReader.from_batches(schema, batches())

    # -- writing --------------------------------------------------------------------------------------------------------

    def _schema(self) -> Any:
        return self._catalog.lookup.found(self._existing).snapshot.schema if self._existing is not None else None

    def _schema_mode(self) -> Literal["strict", "merge"]:
        return "merge" if self._options.merge_schema else "strict"

    def _write(self, stream: Stream, parts: Sequence[Part], application: str | None) -> Commit:
        def also(connection: sa.Connection, table_id: str, _: Commit) -> None:
            loaded = [
                {
                    "table_id": table_id,
                    "path": part.file.path,
                    "size": part.file.size,
                    "etag": part.file.etag,
                    "ingest_id": self._id,
                    "rows": part.rows,
                    "rejected": part.rejected,
                    "loaded_at": now_ms(),
                }
                for part in parts
            ]
            rows.mark_ingested(connection, table_id, loaded, afresh=self._mode == "replace")

        info = self._existing
        if info is None:
            mode: Literal["error", "replace"] = "replace" if self._mode == "replace" else "error"
            return create_table(self._catalog, self._target, stream, mode=mode, also=also, **self._about)

        def write(writer: Any) -> int:
            writer.append(info.storage_location, stream, merge_schema=self._options.merge_schema)
            return stream.rows

        transaction = (application, 1) if application else None
        return self._catalog.commits.commit(info, write, transaction=transaction, also=also)

    def _keep(self, rejects: Rejects) -> str:
        """Add the rejected rows to their own table."""
        name = table_for(self._target)
        data = rejects.to_arrow()
        if self._catalog.exists(name):
            self._catalog.append(name, data)
        else:
            self._catalog.create_table(name, data, comment=f"Rows that did not fit {self._target.full_name}.")
        return name

    def _report(
        self, commit: Commit, count: int, rejected: int, rejects_table: str | None, skipped: Sequence[str] = ()
    ) -> IngestReport:
        return IngestReport(
            table=self._target.full_name,
            version=commit.version,
            rows=count,
            rejected=rejected,
            rejects_table=rejects_table,
            skipped_files=list(skipped),
        )


def _open(connection: duckdb.DuckDBPyConnection, part: Part) -> tuple[duckdb.DuckDBPyConnection, pa.RecordBatchReader]:
    """Start reading a file, on a cursor of its own."""
    cursor = connection.cursor()
    return cursor, cursor.sql(part.query, params=part.values).to_arrow_reader(BATCH_ROWS)


def _in_order(batch: pa.RecordBatch, schema: pa.Schema, path: str) -> pa.RecordBatch:
    """Return a batch with the columns in the first file's order."""
    if batch.schema.names == schema.names:
        return batch
    if sorted(batch.schema.names) != sorted(schema.names):
        raise IngestError(
            f"{os.path.basename(path)} has other columns than the first file: {', '.join(batch.schema.names)}.",
            hint="Load files with different columns one after the other, with merge_schema=True.",
        )
    return batch.select(schema.names)


def _merged_columns(parts: Sequence[Part]) -> list[IngestedColumn]:
    """Return the columns of all files, each once, with the warnings of all."""
    found: dict[str, IngestedColumn] = {}
    for part in parts:
        for column in part.columns:
            item = found.setdefault(
                column.name,
                IngestedColumn(
                    name=column.name, source_name=column.source, type=platform_type(column.type), reason=column.reason
                ),
            )
            item.warnings.extend(text for text in column.warnings if text not in item.warnings)
    return list(found.values())
