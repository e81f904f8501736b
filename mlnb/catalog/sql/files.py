"""Files of volumes in a query: ``read_files('/Volumes/…', format => 'csv')`` and ``csv.`/Volumes/…```.

The path is resolved by the catalog, which knows volumes and rights; what it names is read by a DuckDB of its own that sees nothing else
of the user's statement. Rows stream into the statement.
"""

from __future__ import annotations

import glob
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlnb.core.errors import InvalidParameterError, NotFoundError, PermissionDeniedError, did_you_mean

from ..errors import SqlError
from .engine import MEMORY_SHARE, memory_bytes

if TYPE_CHECKING:
    import pyarrow as pa

    from ..service import Catalog

_ENDINGS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "text",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
    ".parquet": "parquet",
}

#: Option of the platform -> option of DuckDB's reader, with what turns the value into SQL.
_CSV = {
    "header": "header",
    "sep": "delim",
    "delimiter": "delim",
    "quote": "quote",
    "escape": "escape",
    "comment": "comment",
    "nullvalue": "nullstr",
    "dateformat": "dateformat",
    "timestampformat": "timestampformat",
    "skiprows": "skip",
    "encoding": "encoding",
}
_JSON = {"dateformat": "dateformat", "timestampformat": "timestampformat"}
_COMMON = (
    "format",
    "schema",
    "schemahints",
    "inferschema",
    "mode",
    "multiline",
    "recursivefilelookup",
    "pathglobfilter",
)

#: Most files that one call reads.
MAX_FILES = 10_000


def read(catalog: Catalog, path: str, options: dict[str, Any]) -> pa.Table:
    """Return the rows of files of a volume.

    Parameters
    ----------
    path
        Below ``/Volumes``: a file, a folder, or a pattern with ``*``, ``?``, ``[…]``.
    options
        Of the platform's ``read_files``, by lower-case name.
    """
    found = _files(catalog, path, options)
    kind = str(options.get("format") or _guess(found[0])).lower()
    import duckdb

    config = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}
    limit = catalog.settings.sql_memory_limit or f"{memory_bytes() * MEMORY_SHARE / 1e6:.0f}MB"
    with duckdb.connect(":memory:", config={**config, "memory_limit": limit}) as own:
        own.execute("SET TimeZone = 'UTC'")
        reader = _reader(kind, options)
        try:
            return own.sql(f"SELECT * FROM {reader}", params={"files": found}).to_arrow_table()
        except duckdb.Error as error:
            first = str(error).splitlines()[0]
            raise SqlError(
                f"{path} cannot be read as {kind}: {first}.",
                code="FAILED_READ_FILE",
                hint="Check format and options; ws.catalog.preview_ingest(path) shows what is wrong with which line.",
            ) from error


def _files(catalog: Catalog, path: str, options: dict[str, Any]) -> list[str]:
    """Return the files that a path means; none outside its volume."""
    parts = path.split("/")
    if not path.startswith("/Volumes/") or len(parts) < 5 or ".." in parts:
        raise PermissionDeniedError(
            f"{path!r} is not a path in a volume.",
            hint="SQL reads files only in volumes: /Volumes/catalog/schema/volume/path.",
        )
    root = Path(os.path.realpath(catalog.path("/".join(parts[:5]))))
    rest = "/".join(parts[5:]).strip("/")
    target = root / rest if rest else root
    deep = _flag(options.get("recursivefilelookup"))
    names = str(options.get("pathglobfilter") or "*")
    if glob.has_magic(str(rest)):
        hits = glob.glob(str(Path(glob.escape(str(root))) / rest), recursive=True)
    elif target.is_dir():
        hits = [str(item) for item in (target.rglob(names) if deep else target.glob(names))]
    else:
        hits = [str(target)]
    files = sorted(hit for hit in hits if os.path.isfile(hit) and not os.path.basename(hit).startswith((".", "_")))
    inside = [hit for hit in files if Path(os.path.realpath(hit)).is_relative_to(root)]
    if len(inside) != len(files):
        raise PermissionDeniedError(f"{path} leads out of its volume.", hint="Links out of a volume are not followed.")
    if not inside:
        near = (
            did_you_mean(target.name, [item.name for item in target.parent.iterdir()])
            if target.parent.is_dir()
            else None
        )
        raise NotFoundError(
            f"There are no files at {path}.", code="PATH_NOT_FOUND", hint=near or "LIST shows what is in a volume."
        )
    if len(inside) > MAX_FILES:
        raise InvalidParameterError(
            f"{path} holds {len(inside):,} files.", hint=f"Read at most {MAX_FILES:,} at once; narrow the pattern."
        )
    return inside


def _guess(path: str) -> str:
    name = path.lower()
    for packed in (".gz", ".zst"):
        name = name.removesuffix(packed)
    kind = _ENDINGS.get(os.path.splitext(name)[1])
    if kind is None:
        raise InvalidParameterError(
            f"The format of {os.path.basename(path)} is not known.",
            hint="Give it: format => 'csv', json, parquet or text.",
        )
    return kind


def _reader(kind: str, options: dict[str, Any]) -> str:
    known = {"csv": _CSV, "json": _JSON, "parquet": {}, "text": {}, "binaryfile": {}}
    if kind not in known:
        raise InvalidParameterError(f"{kind!r} is no format.", hint="Formats: csv, json, parquet, text, binaryFile.")
    given = []
    for name, value in options.items():
        if name in _COMMON:
            continue
        if name not in known[kind]:
            raise InvalidParameterError(
                f"read_files has no option {name} for {kind}.",
                hint=did_you_mean(name, [*known[kind], *_COMMON]) or f"Options: {', '.join(known[kind])}.",
            )
        given.append(f"{known[kind][name]} = {_literal(value)}")
    if kind == "csv":
        if "header" not in options:
            given.append("header = false")
        if not _flag(options.get("inferschema", True)):
            given.append("all_varchar = true")
        given += ["union_by_name = true", *_columns("types", options.get("schemahints"))]
        given += _columns("columns", options.get("schema"), auto="auto_detect = false")
        given += ["ignore_errors = true"] if str(options.get("mode", "")).upper() == "DROPMALFORMED" else []
        return f"read_csv($files, {', '.join(given)})"
    if kind == "json":
        given += ["union_by_name = true", *_columns("columns", options.get("schema"))]
        given += ["format = 'auto'" if _flag(options.get("multiline")) else "format = 'newline_delimited'"]
        return f"read_json($files, {', '.join(given)})"
    if kind == "parquet":
        return "read_parquet($files, union_by_name = true, hive_partitioning = false)"
    if kind == "text":
        return "(SELECT unnest(string_split(rtrim(content, chr(10)), chr(10))) AS value FROM read_text($files))"
    return "(SELECT filename AS path, content, size AS length FROM read_blob($files))"


def _columns(option: str, schema: Any, auto: str = "") -> list[str]:
    """Return columns given as ``'id BIGINT, name STRING'`` as DuckDB's option."""
    if not schema:
        return []
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    try:
        kind = exp.DataType.build(f"STRUCT<{schema}>", dialect="databricks")
        pairs = [(item.name, item.args["kind"].sql("duckdb")) for item in kind.expressions]
    except (SqlglotError, KeyError, AttributeError) as error:
        raise InvalidParameterError(
            f"{schema!r} is no list of columns.", hint="Write it like 'id BIGINT, name STRING'."
        ) from error
    text = ", ".join(f"{_literal(name)}: {_literal(kind)}" for name, kind in pairs)
    return [f"{option} = {{{text}}}", *([auto] if auto else [])]


def _flag(value: Any) -> bool:
    return value if isinstance(value, bool) else str(value).strip().lower() in ("true", "1")


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return str(value)
    text = str(value)
    if text.lower() in ("true", "false"):
        return text.lower()
    return "'" + text.replace("'", "''") + "'"
