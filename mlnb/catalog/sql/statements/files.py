"""LIST, PUT, GET, REMOVE on volumes, and COPY INTO."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlnb.core.errors import InvalidParameterError, NotFoundError, PermissionDeniedError
from mlnb.core.files import storage_errors

from ...errors import SqlError
from .answers import counted, full_name, rows_result

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..context import Context
    from ..front import SqlFront
    from ..parse import Statement
    from ..result import SqlResult

#: COPY INTO's options of a format -> ours.
_OPTIONS = {
    "header": "header",
    "delimiter": "delimiter",
    "sep": "delimiter",
    "quote": "quote",
    "nullvalue": "nulls",
    "encoding": "encoding",
    "charset": "encoding",
    "dateformat": "date_format",
}
#: Options that say what happens here anyway.
_ALREADY = ("inferschema", "mergeschema", "multiline", "mode", "timestampformat", "escape", "ignoreleadingwhitespace")


def list_files(front: SqlFront, statement: Statement, context: Context) -> SqlResult:  # noqa: ARG001
    """``LIST 'path' [LIMIT n]``."""
    entries = list(front.catalog.list_files(statement.args["path"]))
    limit = statement.args["limit"]
    rows = [
        {
            "path": item.path,
            "name": item.name + ("/" if item.is_directory else ""),
            "size": item.size or 0,
            "modification_time": item.modified * 1000 if item.modified is not None else None,
        }
        for item in (entries if limit is None else entries[:limit])
    ]
    kinds = {"path": "string", "name": "string", "size": "long", "modification_time": "timestamp"}
    return rows_result(statement, rows, kinds)


def put(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``PUT 'local file' INTO '/Volumes/…' [OVERWRITE]``."""
    _refuse_restricted(context, "PUT")
    source, path = Path(statement.args["source"]).expanduser(), statement.args["path"]
    if not source.is_file():
        raise NotFoundError(
            f"There is no file {source}.", code="FILE_NOT_FOUND", hint="PUT takes a file of this machine."
        )
    with source.open("rb") as stream:
        front.catalog.write_file(path, stream, overwrite=statement.args["overwrite"])
    row = {"source": str(source), "target": path, "size": source.stat().st_size, "status": "UPLOADED"}
    return rows_result(statement, [row], {"source": "string", "target": "string", "size": "long", "status": "string"})


def get(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``GET '/Volumes/…' TO 'local file'``."""
    _refuse_restricted(context, "GET")
    path, target = statement.args["path"], Path(statement.args["target"]).expanduser()
    source = Path(front.catalog.path(path))
    if not source.is_file():
        raise NotFoundError(f"There is no file {path}.", code="FILE_NOT_FOUND", hint="LIST shows what is in a volume.")
    if target.is_dir():
        target = target / source.name
    unfinished = target.with_name(f".{target.name}.part")
    with storage_errors(target):
        shutil.copyfile(source, unfinished)
        unfinished.replace(target)
    row = {"source": path, "target": str(target), "size": target.stat().st_size, "status": "DOWNLOADED"}
    return rows_result(statement, [row], {"source": "string", "target": "string", "size": "long", "status": "string"})


def remove_file(front: SqlFront, statement: Statement, context: Context) -> SqlResult:  # noqa: ARG001
    """``REMOVE '/Volumes/…'``."""
    path = statement.args["path"]
    front.catalog.delete_file(path)
    return rows_result(statement, [{"path": path, "status": "REMOVED"}], ("path", "status"))


def _refuse_restricted(context: Context, what: str) -> None:
    """Refuse statements that touch files of the server from a statement that came over the network."""
    if getattr(context, "restricted", False):
        raise InvalidParameterError(
            f"{what} works in a notebook or terminal, where the file is.",
            code="UNSUPPORTED_FEATURE",
            hint="Use the files API: /api/2.0/fs/files.",
        )


def copy_into(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``COPY INTO t FROM 'path' FILEFORMAT = …``: files that were loaded before are skipped."""
    args = statement.args
    if args["query"] is not None or args["columns"] is not None:
        raise SqlError(
            "COPY INTO takes whole files here.",
            code="UNSUPPORTED_FEATURE",
            hint="Load them as they are, or write INSERT INTO t SELECT … FROM read_files('path').",
        )
    if getattr(context, "restricted", False) and not str(args["source"]).startswith("/Volumes/"):
        raise PermissionDeniedError(
            "COPY INTO from a place on this machine is for notebooks.", hint="Put the files into a volume."
        )
    name = full_name(args["name"], "table", context)
    options = _format_options(args["format_options"])
    copy = {key.lower(): _flag(value) for key, value in args["copy_options"].items()}
    unknown = [key for key in copy if key not in ("force", "mergeschema")]
    if unknown:
        raise SqlError(f"{unknown[0]} is no option of COPY INTO.", hint="COPY_OPTIONS: force, mergeSchema.")
    merge = copy.get("mergeschema", False) or _flag(_lower(args["format_options"]).get("mergeschema", False))
    if args["validate"]:
        return _validate(front, statement, options)
    report = front.catalog.ingest(
        args["source"],
        name,
        format=_format(args["format"]),
        files=args["files"],
        pattern=args["pattern"],
        force=copy.get("force", False),
        merge_schema=merge,
        **options,
    )
    counts = {
        "num_affected_rows": report.rows,
        "num_inserted_rows": report.rows,
        "num_skipped_corrupt_files": 0,
    }
    result = counted(statement, counts)
    result.metrics |= {
        "rejected": report.rejected,
        "files": len(report.files),
        "skipped_files": len(report.skipped_files),
    }
    from ...records import TableVersion

    result.writes.append(TableVersion(name=report.table, version=report.version))
    return result


def _validate(front: SqlFront, statement: Statement, options: Mapping[str, Any]) -> SqlResult:
    """``COPY INTO … VALIDATE``: how the files would be read, without loading them."""
    args = statement.args
    plan = front.catalog.preview_ingest(args["source"], format=_format(args["format"]), **options)
    rows = [{"col_name": c.name, "data_type": c.type, "comment": c.reason} for c in plan.columns]
    return rows_result(statement, rows, ("col_name", "data_type", "comment"))


def _format(given: str | None) -> str:
    form = (given or "auto").lower()
    if form not in ("auto", "csv", "json", "parquet"):
        raise SqlError(
            f"Files of the format {given} cannot be loaded.",
            code="UNSUPPORTED_FEATURE",
            hint="CSV, JSON and PARQUET can.",
        )
    return form


def _lower(options: Mapping[str, Any]) -> dict[str, Any]:
    return {key.lower(): value for key, value in options.items()}


def _format_options(given: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in _lower(given).items():
        if key in _OPTIONS:
            found[_OPTIONS[key]] = (
                _flag(value) if key == "header" else [str(value)] if key == "nullvalue" else str(value)
            )
        elif key not in _ALREADY:
            raise SqlError(f"{key} is no option of a format here.", hint=f"FORMAT_OPTIONS: {', '.join(_OPTIONS)}.")
    return found


def _flag(value: Any) -> bool:
    return value is True or str(value).strip().lower() in ("true", "1", "yes")
