"""Everything that can be explored, opened: the only place here that reads rows, so held-out ones stay out by one rule.

A name is a table, a query or a file; anything else that is tabular is taken as it is. What can be read only once (a query, a relation, a
stream) is kept: in memory while it is small, else in a temporary file that is mapped.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlnb.core.access import TableAccess, record_access
from mlnb.core.caller import current_caller
from mlnb.core.errors import InvalidParameterError, PermissionDeniedError, did_you_mean
from mlnb.core.origin import origin_of

from ..records import ColumnNotFoundError, DataNotFoundError, HoldoutNote, Source
from .frames import PandasReader, arrow_column
from .parquet import ParquetReader
from .readers import ArrowReader, Data, Reader
from .spill import kept
from .withholding import looked, query_note, table_note, without_held_out

if TYPE_CHECKING:
    from mlnb.catalog.service import Catalog
    from mlnb.catalog.sql.result import SqlResult
    from mlnb.catalog.table import Table
    from mlnb.scope.service import Scopes

__all__ = ["Data", "DataNotReadableError", "arrow_column", "open_source"]

SUFFIXES = {".parquet": "parquet", ".pq": "parquet", ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".csv.gz": "csv"}
_QUERY = re.compile(r"\s*(select|with|from|values|table|\()\b", re.IGNORECASE)
_AT_VERSION = re.compile(r"(.+)@v(\d+)")


class DataNotReadableError(InvalidParameterError):
    """A file is there but not what its name says."""

    code = "DATA_NOT_READABLE"


def open_source(
    data: Any,
    catalog: Catalog,
    scopes: Scopes | None = None,
    *,
    root: Path | None = None,
    columns: Sequence[str] | None = None,
    exclude: Sequence[str] = (),
    where: str | None = None,
    include_holdout: str | None = None,
) -> Data:
    """Open ``data``: a table's name (also with ``@v3``), a query, a path or anything tabular.

    Parameters
    ----------
    root
        Where relative paths start; by default the workspace's folder.
    columns, exclude
        Look at these only; leave these out.
    where
        An SQL condition that the rows satisfy.
    include_holdout
        Why held-out rows are to be in: one counted look.

    Raises
    ------
    DataNotFoundError
        When a name is neither a table nor a file.
    ColumnNotFoundError
        When one of ``columns`` or ``exclude`` does not exist.
    """
    opened = _opened(data, catalog, scopes, root, where, include_holdout)
    names = _chosen(opened.schema.names, columns, exclude)
    return opened if names == opened.schema.names else opened.select(names)


def _opened(
    data: Any, catalog: Catalog, scopes: Scopes | None, root: Path | None, where: str | None, include: str | None
) -> Data:
    if isinstance(data, str) and data.startswith("/Volumes/"):
        return _filtered(_read_volume_file(data, catalog), where)
    if isinstance(data, Path) or (isinstance(data, str) and _suffix(data) and not _is_query(data)):
        return _filtered(_read_file(Path(data), root or Path.cwd()), where)
    if isinstance(data, str):
        if _is_query(data):
            return _filtered(_read_query(data, catalog, scopes, include), where)
        return _read_table(data, catalog, scopes, where, include)
    if hasattr(data, "reader") and hasattr(data, "reads"):
        return _filtered(_read_result(data, scopes, include), where)
    opened = _read_frame(data)
    opened.tables = _tables_of(data)
    return _filtered(without_held_out(opened, _splittable(data, opened), scopes, include), where)


def _is_query(text: str) -> bool:
    return _QUERY.match(text) is not None and len(text.split()) > 1


def _chosen(names: list[str], columns: Sequence[str] | None, exclude: Sequence[str]) -> list[str]:
    for name in [*(columns or ()), *exclude]:
        if name not in names:
            raise ColumnNotFoundError.for_name(name, names)
    wanted = names if columns is None else list(dict.fromkeys(columns))
    return [name for name in wanted if name not in set(exclude)]


def _filtered(data: Data, where: str | None) -> Data:
    """The rows that satisfy an SQL condition, read through DuckDB once."""
    if where is None:
        return data
    from .conditions import satisfying

    data.reader = satisfying(data, where)
    return data


# -- catalog tables ----------------------------------------------------------------------------------------------------


def _read_table(name: str, catalog: Catalog, scopes: Scopes | None, where: str | None, include: str | None) -> Data:
    match = _AT_VERSION.fullmatch(name)
    plain, version = (match[1], int(match[2])) if match else (name, None)
    if "." not in plain and not catalog.exists(plain):
        raise DataNotFoundError(
            f"{name!r} is neither a variable nor a table nor a file.",
            hint=_nearest_table(plain, catalog) or "Tables are named catalog.schema.table.",
        )
    if catalog.info(plain).view_definition is not None:
        return _read_view(plain, catalog, scopes, where, include)
    newest = catalog.table(plain, version=version)
    # The version is fixed here: a commit in the meantime changes nothing of what is read.
    table = catalog.table(plain, version=newest.version, filtered=include is None)
    note = looked(scopes, plain, include) if include is not None else table_note(scopes, plain, table.version)
    hidden = include is None and bool(catalog.hooks.predicates(table.full_name, "duckdb"))
    source = Source(kind="table", name=table.full_name, version=table.version)
    reader, whose = _table_reader(table, where, hidden), frozenset({table.full_name})
    return Data(source, reader, holdout=note, key=list(newest.primary_key), tables=whose)


def open_table(table: Table, catalog: Catalog) -> Data:
    """Open a table or view in hand, with the rows that it shows."""
    source = Source(kind="table", name=table.full_name, version=table.version)
    if table.info.view_definition is not None:
        return Data(source, kept(table.reader()))
    hidden = bool(catalog.hooks.predicates(table.full_name, "duckdb"))
    return Data(source, _table_reader(table, None, hidden))


def _table_reader(table: Table, where: str | None, hidden: bool) -> Reader:
    """Read the files themselves where they hold exactly the rows to see, else through the catalog."""
    snapshot = table._found.snapshot
    local = all("://" not in path for path in snapshot.files)
    if where is None and not hidden and snapshot.direct and local and snapshot.files:
        record_access(TableAccess(table.full_name, table.version, "read", tuple(snapshot.columns)))
        return ParquetReader(snapshot.files, table.schema)
    return kept(table.reader(None, where))


def _read_view(name: str, catalog: Catalog, scopes: Scopes | None, where: str | None, include: str | None) -> Data:
    view = catalog.table(name, filtered=True)
    result = view.scan(None, where)
    note = query_note(scopes, result)
    if include is not None and note is not None:
        note = _looked_at(result, scopes, include)
        result = catalog.table(name, filtered=False).scan(None, where)
    return Data(Source(kind="view", name=view.full_name), kept(result.reader()), holdout=note)


def _nearest_table(name: str, catalog: Catalog) -> str | None:
    """The full name of a table whose last part is near ``name``."""
    by_last = {full.rsplit(".", 1)[-1].casefold(): full for full in _table_names(catalog)}
    near = difflib.get_close_matches(name.casefold(), list(by_last), n=1, cutoff=0.6)
    return f"Did you mean {by_last[near[0]]}?" if near else None


def _table_names(catalog: Catalog) -> list[str]:
    """Names for a hint: the tables of the first few schemas."""
    found: list[str] = []
    for parent in catalog.catalogs().items[:5]:
        for schema in catalog.schemas(parent.name).items[:20]:
            found += [table.full_name for table in catalog.tables(f"{parent.name}.{schema.name}").items]
    return found


def _read_query(text: str, catalog: Catalog, scopes: Scopes | None, include: str | None) -> Data:
    from mlnb.catalog.sql.parse import parse_query

    parse_query(text)
    result = catalog.sql(text, filtered=True)
    note = query_note(scopes, result)
    if include is not None and note is not None:
        note = _looked_at(result, scopes, include)
        result = catalog.sql(text, filtered=False)
    whose = frozenset(read.name for read in result.reads)
    return Data(Source(kind="query", name=_short(text)), kept(result.reader()), holdout=note, tables=whose)


def _read_result(result: SqlResult, scopes: Scopes | None, include: str | None) -> Data:
    """The rows of a query that has run: with the filters, or else each table's key decides."""
    data = Data(Source(kind="query", name=_short(result.statement or "query")), ArrowReader(result.to_arrow()))
    data.tables = frozenset(read.name for read in result.reads)
    if result.notes:
        data.holdout = query_note(scopes, result)
        if include is not None:
            data.notes.append("Held-out rows were left out when the query ran; profile its text to include them.")
        return data
    for read in result.reads:
        data = without_held_out(data, data.frame(), scopes, include, read.name)
    return data


def _looked_at(result: SqlResult, scopes: Scopes | None, include: str) -> HoldoutNote | None:
    """One look at each table of a query that has held-out rows."""
    notes = [looked(scopes, read.name, include) for read in result.reads]
    return next((note for note in notes if note is not None), None)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else line[:79] + "…"


# -- files -------------------------------------------------------------------------------------------------------------


def _suffix(text: str) -> str | None:
    low = text.lower()
    return next((kind for suffix, kind in SUFFIXES.items() if low.endswith(suffix)), None)


def _read_file(path: Path, root: Path) -> Data:
    if current_caller().source == "rest":
        # A request must not read whatever files the server process may read.
        raise PermissionDeniedError(
            "Files cannot be profiled over REST.", hint="Ingest the file as a table and profile that."
        )
    found = next((item for item in (path.expanduser(), root / path) if item.is_file()), None)
    if found is None:
        folder = path.parent if path.parent.is_dir() else root
        names = [item.name for item in folder.iterdir() if _suffix(item.name)]
        raise DataNotFoundError(f"The file {path} does not exist.", hint=did_you_mean(path.name, names))
    return _rows_of(found, str(path))


def _read_volume_file(path: str, catalog: Catalog) -> Data:
    """The rows of a file in a volume, whose rights decide, also over HTTP."""
    from mlnb.catalog.volumes import resolve

    _, found = resolve(catalog, path, "READ VOLUME")
    if not found.is_file() or not _suffix(found.name):
        folder = found.parent if found.parent.is_dir() else None
        names = [item.name for item in folder.iterdir() if _suffix(item.name)] if folder is not None else []
        raise DataNotFoundError(f"There is no CSV or Parquet file {path}.", hint=did_you_mean(found.name, names))
    return _rows_of(found, path)


def _rows_of(found: Path, shown: str) -> Data:
    import duckdb

    kind = _suffix(found.name)
    try:
        reader = _parquet(found) if kind == "parquet" else _csv(found)
    except (duckdb.Error, OSError, ValueError) as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        raise DataNotReadableError(
            f"{shown} cannot be read as {kind}: {lines[0] if lines else error}.",
            hint=next((line for line in lines if line.lower().startswith("line:")), "Check the file's first lines."),
        ) from error
    return Data(Source(kind="file", name=shown), reader)


def _parquet(path: Path) -> Any:
    import pyarrow.parquet as pq

    return ParquetReader([str(path)], pq.read_schema(path))


def _csv(path: Path) -> Any:
    import duckdb

    connection = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    try:
        return kept(connection.sql("SELECT * FROM read_csv(?)", params=[str(path)]).to_arrow_reader())
    finally:
        connection.close()


# -- frames ------------------------------------------------------------------------------------------------------------


def _read_frame(data: Any) -> Data:
    import pyarrow as pa

    module = type(data).__module__.split(".")[0]
    if module == "pandas":
        return _from_pandas(data)
    if isinstance(data, pa.RecordBatch):
        data = pa.Table.from_batches([data])
    if isinstance(data, pa.Table):
        return Data(Source(kind="frame", name="Arrow table"), ArrowReader(data))
    if module == "numpy" and getattr(data, "ndim", 0) in (1, 2):
        import pandas as pd

        return _from_pandas(
            pd.DataFrame(data, columns=[f"x{i}" for i in range(1 if data.ndim == 1 else data.shape[1])])
        )
    if module == "polars":
        return Data(Source(kind="frame", name="data frame"), ArrowReader(_from_polars(data)))
    if hasattr(data, "to_arrow_reader"):  # a DuckDB relation
        return Data(Source(kind="frame", name="relation"), kept(data.to_arrow_reader()))
    if hasattr(data, "__arrow_c_stream__"):
        return Data(Source(kind="frame", name="frame"), kept(pa.RecordBatchReader.from_stream(data)))
    raise InvalidParameterError(
        f"A {type(data).__name__} cannot be explored.",
        hint="Give a data frame, an Arrow table, a table name or a path to a CSV or Parquet file.",
    )


def _splittable(data: Any, opened: Data) -> Any:
    """What the hold-outs can read the key of: the frame itself, or the rows that a stream left."""
    known = hasattr(data, "iloc") or hasattr(data, "column_names") or type(data).__module__.startswith("polars.")
    return data if known else opened.frame()


def _from_polars(data: Any) -> Any:
    if hasattr(data, "collect"):
        data = data.collect()
    if hasattr(data, "to_frame"):
        data = data.to_frame()
    return data.to_arrow()


def _from_pandas(frame: Any) -> Data:
    import pandas as pd

    if isinstance(frame, pd.Series):
        frame = frame.to_frame(name=frame.name if frame.name is not None else "value")
    if not isinstance(frame, pd.DataFrame):
        raise InvalidParameterError(f"A {type(frame).__name__} cannot be explored.", hint="Give a data frame.")
    reader = PandasReader(frame)
    # Its rows are from a table, but are no version of it: whatever was done to them since goes with the frame.
    name = " of ".join(["data frame", *sorted(_tables_of(frame))[:1]])
    return Data(Source(kind="frame", name=name), reader, reader.mixed)


def _tables_of(frame: Any) -> frozenset[str]:
    """Return the tables that a frame says its rows are from."""
    origin = origin_of(frame)
    named = origin.get("tables") or {}
    return frozenset({str(origin["table"])} if origin.get("table") else map(str, named))
