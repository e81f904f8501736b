"""Loading: files to one commit, each file once, rejected rows kept and counted."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa

from mlnb.core.caller import current_caller
from mlnb.core.errors import InvalidParameterError

from .. import metastore as rows
from ..create import create_table, taken
from ..delta.data import Stream, reader_of
from ..delta.types import duckdb_type
from ..names import TableName
from ..records import Commit, IngestedColumn, IngestedFile, IngestReport, TableInfo
from ..sql.values import is_frame
from .columns import renamed
from .outcome import LoadedFile, Outcome, committed, discard, finish, locked, recorded, rejects_path, save, settle
from .plan import Options, Part, Task, asked_type, connect, make_plan
from .records import Mode
from .rejects import Rejects, table_for
from .sources import Places, SourceFile, check_format, opened
from .union import common_schema, differing, in_order, merged_columns, open_part, unknown_columns
from .watch import Watch

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from ..service import Catalog


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
    quote: str | None = None,
    header: bool | None = None,
    encoding: str = "utf-8",
    date_format: str | None = None,
    files: Sequence[str] | None = None,
    pattern: str | None = None,
    watch: Watch | None = None,
    **about: Any,
) -> IngestReport:
    """Load files or a data frame into a table, in one commit.

    Parameters
    ----------
    source
        A path, a pattern, a folder, a path in a volume, a list of these (CSV, TSV, JSON, JSON lines or Parquet; also packed with gzip,
        zstd, bzip2, xz or zip), or a data frame.
    name
        The table.
    mode
        ``append`` to it, creating it when missing; ``create`` it, which must not exist; ``replace`` it.
    format
        ``csv``, ``json``, ``jsonl`` or ``parquet``, when the names of the files do not tell.
    types
        Types by column, in the platform's words (``{"zip": "string"}``); the others are found from every value.
    max_rejects
        Share of rows that may fail to fit before the load is refused. Those that do are kept in ``_rejected_<table>``.
    force
        Load files again that were loaded before.
    merge_schema
        Add new columns to the table instead of refusing them, and load files whose columns differ.
    nulls
        Texts that mean a missing value, besides the empty one; by default ``NA`` and its like where number columns prove it.
    delimiter, quote, header, encoding
        Of a CSV, when they are not found right.
    date_format
        How dates are written, ``dd/MM/yyyy`` or ``%d/%m/%Y``, when their values do not show it.
    files, pattern
        Of a folder: only the files of these names, or those that match the pattern.
    watch
        Told how far the load is; may end it.
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
    options = Options(
        check_format(format),
        dict(types or {}),
        max_rejects,
        nulls,
        delimiter,
        quote,
        header,
        encoding,
        date_format,
        merge_schema,
        files,
        pattern,
    )
    if watch is not None and (done := _resumed(catalog, watch.ingest_id)) is not None:
        return done
    target, existing = checked(catalog, name, mode, options)
    load = Load(catalog, target, existing if mode == "append" else None, mode, options, about, watch or Watch())
    if is_frame(source) or hasattr(source, "__arrow_c_stream__"):
        return load.frame(source)
    with opened(source, options.format, places_of(catalog), files=files, pattern=pattern) as found:
        return load.files(found, force=force)


def _resumed(catalog: Catalog, ingest_id: str | None) -> IngestReport | None:
    """Return the report of a load that was stopped after its commit, with what was left to do done."""
    outcome = recorded(catalog, ingest_id) if ingest_id is not None else None
    if outcome is None:
        return None
    with locked(catalog, catalog.parse(outcome.table)):
        info = committed(catalog, outcome)
        settle(catalog, catalog.parse(outcome.table))
    if info is None:
        return None
    outcome.report.version = info.version
    return outcome.report


def checked(catalog: Catalog, name: str, mode: str, options: Options) -> tuple[TableName, TableInfo | None]:
    """Return the table's name and, if it exists, the table, refusing what cannot work before any file is read."""
    if mode not in ("append", "create", "replace"):
        raise InvalidParameterError(f"{mode!r} is no mode.", hint="Use append, create or replace.")
    if not 0 <= options.max_rejects <= 1:
        raise InvalidParameterError("max_rejects is a share between 0 and 1.", hint="0.1 allows one row in ten.")
    for kind in options.types.values():
        asked_type(kind)
    target = catalog.parse(name)
    catalog.schema_row(target.catalog, target.schema)
    existing = catalog.info(name) if catalog.exists(name) else None
    if existing is not None and mode == "create":
        error = taken(target)
        error.hint = "Add the rows to it (append), replace them (replace), or choose another name."
        raise error
    return target, existing


def places_of(catalog: Catalog) -> Places:
    """Return where the caller's sources may lie: one that is not on this computer reads below the notebook root and in volumes."""
    ground = catalog.ground
    return Places(
        root=ground.root,
        scratch=ground.path / "tmp",
        uploads=ground.path / "uploads",
        volume=lambda text: catalog.path(text),
        hidden=ground.path,
        contained=current_caller().source == "rest",
    )


def given_types(catalog: Catalog, info: TableInfo | None) -> dict[str, str]:
    """Return the types of a table's columns in DuckDB's words."""
    if info is None:
        return {}
    fields = catalog.lookup.found(info, privilege="BROWSE").snapshot.fields
    return {item["name"].lower(): duckdb_type(item["type"]) for item in fields}


def fresh(catalog: Catalog, info: TableInfo, files: Sequence[SourceFile]) -> list[SourceFile]:
    """Return the files that the table does not have yet."""
    with catalog.ground.metastore.connect() as connection:
        known = rows.ingested(connection, info.table_id)
    return [file for file in files if (file.path, file.size, file.etag) not in known]


class Load:
    """One call of :func:`ingest`."""

    def __init__(
        self,
        catalog: Catalog,
        target: TableName,
        existing: TableInfo | None,
        mode: Mode,
        options: Options,
        about: dict[str, Any],
        watch: Watch,
    ) -> None:
        self._catalog = catalog
        self._target = target
        self._existing = existing
        self._mode = mode
        self._options = options
        self._about = about
        self._watch = watch
        self._id = watch.ingest_id or str(uuid.uuid4())

    # -- frames ---------------------------------------------------------------------------------------------------------

    def frame(self, source: Any) -> IngestReport:
        """Load a data frame; its columns are renamed where a table cannot have their names."""
        import pyarrow as pa

        reader = reader_of(source)
        names = renamed(reader.schema.names)
        schema = pa.schema([field.with_name(name) for field, (_, name) in zip(reader.schema, names, strict=True)])
        batches = (pa.RecordBatch.from_arrays(batch.columns, schema=schema) for batch in reader)
        stream = self._stream(pa.RecordBatchReader.from_batches(schema, batches))
        commit = self._write(stream, None)
        report = self._report(commit.version, stream.rows)
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
        with locked(self._catalog, self._target, self._watch.check):
            settle(self._catalog, self._target)
            if self._mode == "append" and self._existing is None and self._catalog.exists(self._target.full_name):
                self._existing = self._catalog.info(self._target.full_name)  # made while this load waited
            skipped: list[str] = []
            if self._existing is not None and not force:
                new = fresh(self._catalog, self._existing, files)
                skipped = [file.path for file in files if file not in new]
                files = new
            if not files:
                version = self._catalog.history(self._target.full_name, 1)[0].version
                return self._report(version, 0, skipped)
            return self._load(files, skipped)

    def _load(self, files: list[SourceFile], skipped: list[str]) -> IngestReport:
        rejects = Rejects(self._id, rejects_path(self._catalog, self._id))
        self._watch.begin(sum(file.size for file in files))
        try:
            with ExitStack() as stack:
                connection = connect(self._catalog.settings, self._catalog.ground.path / "tmp")
                stack.callback(connection.close)
                stack.callback(rejects.close)
                stack.enter_context(self._watch.interrupting(connection))
                task = Task(connection, self._options, given_types(self._catalog, self._existing))
                parts = make_plan(task, files, self._watch.looked)
                notes = self._notes(parts)
                outcome = Outcome(
                    ingest_id=self._id,
                    table=self._target.full_name,
                    files=[],
                    afresh=self._mode == "replace",
                    report=self._report(-1, 0, skipped),
                )
                outcome.report.columns = merged_columns(parts)
                outcome.report.notes = notes
                stream = self._stream(self._reader(connection, parts, rejects, outcome))
                commit = self._write(stream, outcome)
        except BaseException as error:
            if isinstance(error, Exception):
                settle(self._catalog, self._target)
            if recorded(self._catalog, self._id) is None:
                discard(self._catalog, self._id)
            raise
        outcome.report.version = commit.version
        self._catalog.note_ingest(outcome.report)
        finish(self._catalog, outcome)
        return outcome.report

    def _notes(self, parts: Sequence[Part]) -> list[str]:
        """Refuse columns that the table lacks, and say which ones a file lacks."""
        names = {name.lower() for part in parts for name in (column.name for column in part.columns)}
        return differing(parts, self._options) + self._check_columns(parts, names)

    def _check_columns(self, parts: Sequence[Part], names: set[str]) -> list[str]:
        if self._existing is None:
            return []
        known = {column.name.lower(): column for column in self._existing.columns}
        new = [c.name for part in parts for c in part.columns if c.name.lower() not in known]
        if new and not self._options.merge_schema:
            raise unknown_columns(self._target, list(dict.fromkeys(new)))
        missing = [column for key, column in known.items() if key not in names]
        return [f"{column.name} is not in the files and stays empty" for column in missing if column.nullable]

    def _reader(
        self, connection: duckdb.DuckDBPyConnection, parts: Sequence[Part], rejects: Rejects, outcome: Outcome
    ) -> pa.RecordBatchReader:
        """Return all rows of all files; at their end the rejects are counted, and too many stop the load before it commits."""
        import pyarrow as pa

        opened = {0: open_part(connection, parts[0])}
        schema = common_schema(connection, parts, opened[0][1].schema)

        def batches() -> Iterator[pa.RecordBatch]:
            for number, part in enumerate(parts):
                cursor, reader = opened.pop(number) if number in opened else open_part(connection, part)
                try:
                    for batch in reader:
                        part.rows += batch.num_rows
                        yield in_order(batch, schema)
                        self._watch.loaded(part.file, part.rows, part.expected)
                    part.rejected = rejects.collect(cursor, part)
                finally:
                    cursor.close()
                self._watch.loaded(part.file, part.expected, part.expected)
            self._complete(parts, rejects, outcome)

        return pa.RecordBatchReader.from_batches(schema, batches())

    def _complete(self, parts: Sequence[Part], rejects: Rejects, outcome: Outcome) -> None:
        """Write down what the load will have done; the commit follows."""
        rejects.close()
        count = sum(part.rows for part in parts)
        rejects.check(count, self._options.max_rejects, self._options.encoding)
        outcome.files = [
            LoadedFile(
                path=part.file.path,
                size=part.file.size,
                etag=part.file.etag,
                rows=part.rows,
                rejected=part.rejected,
            )
            for part in parts
        ]
        report = outcome.report
        report.rows, report.rejected = count, rejects.count
        report.rejects_table = table_for(self._target) if rejects.count else None
        report.files = [IngestedFile(path=part.file.path, rows=part.rows, rejected=part.rejected) for part in parts]
        save(self._catalog, outcome)
        self._watch.check()

    # -- writing --------------------------------------------------------------------------------------------------------

    def _stream(self, reader: pa.RecordBatchReader) -> Stream:
        if self._existing is None:
            return Stream(reader)
        schema = self._catalog.lookup.found(self._existing, privilege="MODIFY").snapshot.schema
        # Columns that files lack stay empty; those the table lacks were refused already.
        merge = self._options.merge_schema or not set(map(str.lower, reader.schema.names)) - {
            name.lower() for name in schema.names
        }
        return Stream(reader, schema, "merge" if merge else "strict")

    def _write(self, stream: Stream, outcome: Outcome | None) -> Commit:
        def also(connection: sa.Connection, table_id: str, _: Commit) -> None:
            if outcome is not None:
                loaded = outcome.remembered(table_id)
                rows.mark_ingested(connection, table_id, loaded, afresh=outcome.afresh)

        info = self._existing
        transaction = outcome.transaction if outcome is not None else None
        if info is None:
            mode: Literal["error", "replace"] = "replace" if self._mode == "replace" else "error"
            return create_table(
                self._catalog, self._target, stream, mode=mode, also=also, transaction=transaction, **self._about
            )
        merges = {name.lower() for name in stream.schema.names} != {column.name.lower() for column in info.columns}

        def write(writer: Any) -> int:
            writer.append(info.storage_location, stream, merge_schema=merges)
            return stream.rows

        return self._catalog.commits.commit(info, write, transaction=transaction, also=also)

    def _report(self, version: int, count: int, skipped: Sequence[str] = ()) -> IngestReport:
        return IngestReport(
            table=self._target.full_name,
            version=version,
            rows=count,
            rejected=0,
            skipped_files=list(skipped),
            ingest_id=self._id,
        )
