"""Everything that can be explored, read once into Arrow: the only place here that reads rows.

Columns become Arrow one by one, so that one column of foreign Python objects is described as such instead of failing the page.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlnb.core.caller import current_caller
from mlnb.core.errors import InvalidParameterError, PermissionDeniedError, did_you_mean

from .records import ColumnNotFoundError, DataNotFoundError, HoldoutNote, Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from mlnb.catalog.service import Catalog

SUFFIXES = {".parquet": "parquet", ".pq": "parquet", ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".csv.gz": "csv"}


class DataNotReadableError(InvalidParameterError):
    """A file is there but not what its name says."""

    code = "DATA_NOT_READABLE"


@dataclass
class Data:
    """Rows to explore. ``mixed`` names columns that hold several Python types, with the types."""

    source: Source
    table: pa.Table
    mixed: dict[str, list[str]] = field(default_factory=dict)
    holdout: HoldoutNote | None = None


def open_source(data: Any, catalog: Catalog, root: Path, columns: Sequence[str] | None = None) -> Data:
    """Read ``data``, a table name, a path or anything tabular, into Arrow.

    Raises
    ------
    DataNotFoundError
        When a name is neither a table nor a file.
    ColumnNotFoundError
        When one of ``columns`` does not exist.
    """
    if isinstance(data, Path) or (isinstance(data, str) and _suffix(data)):
        return _pick(_read_file(Path(data), root), columns)
    if isinstance(data, str):
        return _read_table(data, catalog, columns)
    return _pick(_read_frame(data), columns)


def _pick(data: Data, columns: Sequence[str] | None) -> Data:
    if columns is None:
        return data
    names = data.table.column_names
    for name in columns:
        if name not in names:
            raise ColumnNotFoundError.for_name(name, names)
    data.table = data.table.select(list(dict.fromkeys(columns)))
    return data


# -- catalog tables ----------------------------------------------------------------------------------------------------


def _read_table(name: str, catalog: Catalog, columns: Sequence[str] | None) -> Data:
    import re

    match = re.fullmatch(r"(.+)@v(\d+)", name)
    plain, version = (match[1], int(match[2])) if match else (name, None)
    if "." not in plain and not catalog.exists(plain):
        raise DataNotFoundError(
            f"{name!r} is neither a variable nor a table nor a file.",
            hint=_nearest_table(plain, catalog) or "Tables are named catalog.schema.table.",
        )
    table = catalog.table(plain, version=version)
    names = list(table.schema.names)
    for wanted in columns or ():
        if wanted not in names:
            raise ColumnNotFoundError.for_name(wanted, names)
    rows = table.to_arrow(columns=list(dict.fromkeys(columns)) if columns is not None else None)
    return Data(Source(kind="table", name=table.full_name, version=table.version), rows)


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
    import duckdb

    kind = _suffix(found.name)
    try:
        table = _read_parquet(found) if kind == "parquet" else _read_csv(found)
    except (duckdb.Error, OSError, ValueError) as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        raise DataNotReadableError(
            f"{path} cannot be read as {kind}: {lines[0] if lines else error}.",
            hint=next((line for line in lines if line.lower().startswith("line:")), "Check the file's first lines."),
        ) from error
    return Data(Source(kind="file", name=str(path)), table)


def _read_parquet(path: Path) -> pa.Table:
    import pyarrow.parquet as pq

    return pq.read_table(path)


def _read_csv(path: Path) -> pa.Table:
    import duckdb

    connection = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    try:
        return connection.sql("SELECT * FROM read_csv(?)", params=[str(path)]).to_arrow_table()
    finally:
        connection.close()


# -- frames ------------------------------------------------------------------------------------------------------------


def _read_frame(data: Any) -> Data:
    import pyarrow as pa

    module = type(data).__module__.split(".")[0]
    if module == "pandas":
        return _from_pandas(data)
    if isinstance(data, pa.Table):
        return Data(Source(kind="frame", name="Arrow table"), _unique(data))
    if hasattr(data, "to_arrow_table"):  # a DuckDB relation
        return Data(Source(kind="frame", name="relation"), _unique(data.to_arrow_table()))
    if hasattr(data, "to_arrow") and callable(data.to_arrow):  # polars, and results of ws.sql
        return Data(Source(kind="frame", name="frame"), _unique(data.to_arrow()))
    if hasattr(data, "__arrow_c_stream__"):
        return Data(Source(kind="frame", name="frame"), _unique(pa.table(data)))
    if module == "numpy" and getattr(data, "ndim", 0) in (1, 2):
        import pandas as pd

        frame = pd.DataFrame(data, columns=[f"x{i}" for i in range(1 if data.ndim == 1 else data.shape[1])])
        return _from_pandas(frame)
    raise InvalidParameterError(
        f"A {type(data).__name__} cannot be explored.",
        hint="Give a data frame, an Arrow table, a table name or a path to a CSV or Parquet file.",
    )


def _from_pandas(frame: Any) -> Data:
    import pandas as pd
    import pyarrow as pa

    if isinstance(frame, pd.Series):
        frame = frame.to_frame(name=frame.name if frame.name is not None else "value")
    names = [".".join(map(str, name)) if isinstance(name, tuple) else str(name) for name in frame.columns]
    arrays, mixed = [], {}
    for position, name in enumerate(names):
        array, types = arrow_column(frame.iloc[:, position])
        arrays.append(array)
        if types:
            mixed[name] = types
    source = Source(kind="frame", name="data frame")
    origin = frame.attrs.get("mlnb.source")
    if isinstance(origin, dict) and origin.get("table"):
        source = Source(kind="frame", name=str(origin["table"]), version=origin.get("version"))
    return Data(source, _unique(pa.Table.from_arrays(arrays, names=names)), mixed)


def arrow_column(series: Any) -> tuple[Any, list[str]]:
    """Return one pandas column as Arrow, and the Python types when several are mixed (it is text then)."""
    import numpy as np
    import pyarrow as pa

    if getattr(series.dtype, "tz", None) is not None and not isinstance(series.dtype, np.dtype):
        # Arrow would ask the series for `.values`, which warns for time zones since pandas 3.1.
        naive = pa.array(series.dt.tz_convert(None).to_numpy(), from_pandas=True)
        return naive.cast(pa.timestamp(naive.type.unit, "UTC")), []
    try:
        return pa.array(series, from_pandas=True), []
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
        present = series[series.notna()]
        types = sorted({type(value).__name__ for value in present.head(10_000)})
        text = [None if missing else str(value) for value, missing in zip(series, series.isna(), strict=True)]
        return pa.array(text, pa.string()), types if len(types) > 1 else []


def _unique(table: pa.Table) -> pa.Table:
    """The table with repeated names told apart as ``name#2``."""
    seen: dict[str, int] = {}
    names = []
    for name in table.column_names:
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return table if names == table.column_names else table.rename_columns(names)
