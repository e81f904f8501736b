"""How the notebook reads its rows: from the table's files at one version, from the file itself, or from a copy of the rows beside it.

The table and the file are read directly only where every row may be seen. Wherever rows are held out or filtered, and for everything
that only this process holds, the notebook reads a copy of the rows that may be seen: then not even a changed notebook reaches the others.
"""

from __future__ import annotations

import io
import os
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mlnb.explore.reading.parquet import ParquetReader
from mlnb.explore.reading.readers import Data
from mlnb.explore.records import ColumnProfile, Profile

from .cells import listed, names, plain

if TYPE_CHECKING:
    import pyarrow as pa

    from mlnb.catalog.service import Catalog

#: Rows of a copy; of more, a sample is copied and the notebook says so.
COPIED_ROWS = 500_000


@dataclass
class Loading:
    """How rows come into the notebook.

    Attributes
    ----------
    code
        Puts the rows into ``df``.
    imports
        What the code needs beside pandas.
    notes
        Sentences on it, in Markdown.
    columns
        Those in ``df``.
    copy
        Rows to be written beside the notebook, and the file's name.
    """

    code: str
    columns: list[ColumnProfile]
    imports: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    copy: tuple[str, bytes] | None = None


def kept(profile: Profile) -> tuple[list[ColumnProfile], list[str]]:
    """Return the columns that the notebook reads, and sentences on the others: values that are personal, lists and objects."""
    target = profile.target.column if profile.target is not None else None
    roles = {target, profile.time_column, profile.group}
    columns = [c for c in profile.columns if c.column_name in roles or not (c.masked or c.kind == "other")]
    if not columns:
        return profile.columns, []
    here = {column.column_name for column in columns}
    left = [column for column in profile.columns if column.column_name not in here]
    personal = [column.column_name for column in left if column.masked]
    nested = [column.column_name for column in left if not column.masked]
    notes = []
    if personal:
        notes.append(f"Left out because they hold personal data: {names(personal, 12)}.")
    if nested:
        notes.append(f"Left out because they hold lists or objects: {names(nested, 12)}.")
    return columns, notes


def given(profile: Profile, code: str) -> Loading:
    """Return the loading that somebody else wrote."""
    columns, notes = kept(profile)
    here = [column.column_name for column in columns]
    chosen = "" if len(here) == len(profile.columns) else f"\n{listed(here, 'columns')}\ndf = df[columns]"
    return Loading(code.strip() + chosen, columns, notes=notes)


def plan(opened: Data, profile: Profile, catalog: Catalog | None, path: Path, filtered: bool) -> Loading:
    """Decide how the rows of opened data come into the notebook at ``path``.

    Parameters
    ----------
    filtered
        Only some rows were asked for.
    """
    columns, notes = kept(profile)
    here = [column.column_name for column in columns]
    if opened.holdout is not None and opened.holdout.note:
        notes.append(_sentence(f"Hold-out: {opened.holdout.note}"))
    held = opened.holdout is not None and bool(opened.holdout.excluded)
    if not filtered and not held and not _spans(opened.schema):
        made = _table(opened, here, catalog) or _file(opened, here, path)
        if made is not None:
            return Loading(made.code, columns, made.imports, [*notes, *made.notes])
    return _copy(opened, columns, notes, path)


def _spans(schema: pa.Schema) -> list[str]:
    """Columns of durations, which a profile counts in microseconds."""
    return [item.name for item in schema if str(item.type).startswith("duration")]


def _sentence(text: str) -> str:
    text = plain(text)
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _table(opened: Data, here: list[str], catalog: Catalog | None) -> Loading | None:
    """A table whose files hold exactly the rows to see is read at its version."""
    if opened.source.kind != "table" or not isinstance(opened.reader, ParquetReader) or catalog is None:
        return None
    info = catalog.table(opened.source.name, version=opened.source.version).info
    place = os.fspath(info.storage_location).removeprefix("file://")
    stored = {column.name for column in info.columns}
    if (
        not Path(place).is_dir() or not set(here) <= stored
    ):  # structures were flattened: their fields are columns here only
        return None
    chosen = "" if len(here) == len(stored) else "columns=columns"
    code = f"df = DeltaTable({place!r}, version={opened.source.version}).to_pandas({chosen})"
    if chosen:
        code = f"{listed(here, 'columns')}\n{code}"
    version = (
        f"`DeltaTable` reads version {opened.source.version} of the table's files: the same rows whenever it is run."
    )
    return Loading(code, [], ["from deltalake import DeltaTable"], [version])


def _file(opened: Data, here: list[str], path: Path) -> Loading | None:
    """A file on disk is read where pandas finds the columns in it that the profile has."""
    found = Path(opened.source.name)
    if opened.source.kind != "file" or opened.source.name.startswith("/Volumes/"):
        return None
    found = next((item for item in (found.expanduser(), path.parent / found) if item.is_file()), found)
    if not found.is_file():
        return None
    place = os.path.relpath(found.resolve(), path.parent)
    name = place if not place.startswith("..") else os.fspath(found.resolve())
    low = found.name.lower()
    if low.endswith((".parquet", ".pq")):
        import pyarrow.parquet as parquet

        if not set(here) <= set(parquet.read_schema(found).names):
            return None
        return Loading(f"{listed(here, 'columns')}\ndf = pd.read_parquet({name!r}, columns=columns)", [])
    return _csv(found, name, here)


def _csv(found: Path, name: str, here: list[str]) -> Loading | None:
    import duckdb
    import pandas as pd

    connection = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    try:
        told = connection.execute("SELECT Delimiter FROM sniff_csv(?)", [os.fspath(found)]).fetchone()
    except duckdb.Error:
        return None
    finally:
        connection.close()
    sign = str(told[0]) if told else ","
    try:
        first = pd.read_csv(found, sep=sign, nrows=5, keep_default_na=False, na_values=[""])
    except (ValueError, OSError):
        return None
    if not set(here) <= set(map(str, first.columns)):
        return None
    options = "keep_default_na=False, na_values=['']"
    if sign != ",":
        options = f"sep={sign!r}, {options}"
    if len(here) == len(first.columns):
        return Loading(f"df = pd.read_csv({name!r}, {options})", [])
    return Loading(f"{listed(here, 'columns')}\ndf = pd.read_csv({name!r}, usecols=columns, {options})", [])


def _copy(opened: Data, columns: list[ColumnProfile], notes: list[str], path: Path) -> Loading:
    """The rows that may be seen, in a file of the notebook's own."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as parquet

    here = [column.column_name for column in columns]
    drawn = opened.select(here).sample(COPIED_ROWS, 0)
    rows = drawn.table.take(pa.array(np.argsort(drawn.positions, kind="stable"))).replace_schema_metadata(None)
    for name in _spans(rows.schema):
        place = rows.schema.names.index(name)
        micros = rows.column(place).cast(pa.duration("us"), safe=False).cast(pa.int64())
        rows = rows.set_column(place, name, micros)
    content = io.BytesIO()
    parquet.write_table(rows, content)
    name = f"{path.stem}-{uuid.uuid4().hex[:8]}.parquet"
    sampled = f", a random sample of the {opened.rows:,} rows" if rows.num_rows < opened.rows else ""
    held = " Held-out rows are not in it." if opened.holdout is not None and opened.holdout.excluded else ""
    note = f"`{plain(name)}` beside this notebook holds {rows.num_rows:,} rows{sampled}.{held} Move the two together."
    return Loading(f"df = pd.read_parquet({name!r})", columns, notes=[*notes, note], copy=(name, content.getvalue()))


def prepared(columns: list[ColumnProfile]) -> str:
    """Return code that gives decimals and dates the types that pandas computes with."""
    decimals = [c.column_name for c in columns if c.data_type.lower().startswith(("decimal", "numeric"))]
    dates = [c.column_name for c in columns if c.kind == "datetime"]
    code = ""
    if decimals:
        code += f"\n{listed(decimals, 'decimals')}\ndf[decimals] = df[decimals].astype(float)"
    if dates:
        code += f"\nfor column in {dates!r}:\n    df[column] = pd.to_datetime(df[column], errors='coerce')"
    return code
