"""Statements that look at tables: DESCRIBE, DESCRIBE HISTORY, DESCRIBE DETAIL."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ... import names
from .answers import full_name, result, rows_result

if TYPE_CHECKING:
    import pyarrow as pa

    from ...records import TableInfo
    from ..context import Context
    from ..front import SqlFront
    from ..parse import Statement
    from ..result import SqlResult

_DESCRIBED = ("col_name", "data_type", "comment")


def history(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``DESCRIBE HISTORY t [LIMIT n]``."""
    table = front.catalog.table(full_name(statement.args["name"], "table", context))
    return result(statement, _history(table.history(statement.args["limit"])))


def describe(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``DESCRIBE [EXTENDED] t [column] [AS JSON]``."""
    args = statement.args
    table = front.catalog.table(full_name(args["name"], "table", context))
    info = table.info
    if args["column"] is not None:
        return _column(front, statement, info)
    if args["as_json"]:
        return rows_result(statement, [{"json_metadata": json.dumps(info.to_dict())}], ("json_metadata",))
    rows: list[dict[str, Any]] = [
        {"col_name": c.name, "data_type": c.type_text, "comment": c.comment} for c in info.columns
    ]
    partitions = sorted(
        (c for c in info.columns if c.partition_index is not None), key=lambda c: c.partition_index or 0
    )
    if partitions:
        rows += [_line("# Partition Information"), _line("# col_name", "data_type", "comment")]
        rows += [{"col_name": c.name, "data_type": c.type_text, "comment": c.comment} for c in partitions]
    if args["extended"]:
        rows += [_line(""), _line("# Detailed Table Information"), *_details(front, info)]
    return rows_result(statement, rows, _DESCRIBED)


def _line(name: str, value: str = "", comment: str | None = "") -> dict[str, Any]:
    return {"col_name": name, "data_type": value, "comment": comment}


def _details(front: SqlFront, info: TableInfo) -> list[dict[str, Any]]:
    """Return what DESCRIBE EXTENDED says about a table beyond its columns."""
    facts: list[tuple[str, Any]] = [
        ("Catalog", info.catalog_name),
        ("Database", info.schema_name),
        ("Table", info.name),
        ("Owner", info.owner),
        ("Created Time", _time(info.created_at)),
        ("Created By", info.created_by),
        ("Last Altered", _time(info.updated_at)),
        ("Type", info.table_type),
        ("Provider", info.data_source_format.lower() if not info.view_definition else None),
        ("Location", info.storage_location),
        ("Comment", info.comment),
        ("View Text", info.view_definition),
        ("Primary Key", ", ".join(info.primary_key)),
        ("Time Series", info.timeseries),
        ("Constraints", "; ".join(f"{c.name} CHECK ({c.expression})" for c in info.constraints)),
        ("Table Properties", _properties(info.properties)),
        ("Statistics", _statistics(info)),
    ]
    kind = "view" if info.view_definition else "table"
    tags = front.catalog.tags(names.quote_name(info.full_name), kind=kind)
    facts.append(("Tags", ", ".join(f"{t.key}={t.value}" if t.value else t.key for t in tags if not t.column)))
    return [_line(name, str(value)) for name, value in facts if value not in (None, "")]


def _statistics(info: TableInfo) -> str | None:
    if info.num_rows is None or info.view_definition:
        return None
    return f"{info.size_bytes or 0} bytes, {info.num_rows} rows"


def _properties(properties: dict[str, str]) -> str:
    return f"[{','.join(f'{key}={value}' for key, value in sorted(properties.items()))}]" if properties else ""


def _time(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _column(front: SqlFront, statement: Statement, info: TableInfo) -> SqlResult:
    """``DESCRIBE [EXTENDED] t column``."""
    from ..front import unknown_column

    name = statement.args["column"]
    column = next((c for c in info.columns if c.name.lower() == name.lower()), None)
    if column is None:
        raise unknown_column(name, front.catalog.table(info.full_name)._found)
    rows: list[dict[str, Any]] = [
        {"info_name": "col_name", "info_value": column.name},
        {"info_name": "data_type", "info_value": column.type_text},
        {"info_name": "comment", "info_value": column.comment},
    ]
    return rows_result(statement, rows, ("info_name", "info_value"))


def describe_object(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``DESCRIBE {CATALOG | SCHEMA | VOLUME | FUNCTION} [EXTENDED] name``."""
    kind = statement.args["kind"]
    info = front.catalog.object_info(full_name(statement.args["name"], kind, context), kind=kind)
    facts: list[tuple[str, Any]] = [
        (f"{kind.title()} Name", info.name if kind in ("catalog", "schema") else info.full_name),
        ("Comment", info.comment or ""),
        ("Owner", info.owner),
    ]
    if kind == "function":
        function = front.catalog.function(names.quote_name(info.full_name))
        facts += [("Signature", function.signature), ("Language", function.language), ("Body", function.body)]
    if statement.args["extended"]:
        facts += [
            ("Created At", _time(info.created_at)),
            ("Created By", info.created_by),
            ("Updated At", _time(info.updated_at)),
            ("Properties", _properties(info.properties)),
            ("Tags", ", ".join(f"{t.key}={t.value}" if t.value else t.key for t in info.tags if not t.column)),
        ]
    rows = [{"info_name": name, "info_value": str(value)} for name, value in facts]
    return rows_result(statement, rows, ("info_name", "info_value"))


def describe_query(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``DESCRIBE QUERY query``: its columns, without running it."""
    found = front.select(statement, context, 0)
    rows = [_line(name, kind, None) for name, kind in zip(found.columns, found.types, strict=True)]
    return rows_result(statement, rows, _DESCRIBED)


def explain(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``EXPLAIN query``: which files of which versions are read, and DuckDB's plan; nothing is run."""
    found = front.explain(statement.args["query"], context)
    return rows_result(statement, [{"plan": str(found)}], ("plan",))


def detail(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``DESCRIBE DETAIL t``."""
    table = front.catalog.table(full_name(statement.args["name"], "table", context))
    info = table.info
    snapshot = table._found.snapshot
    protocol = snapshot._table.protocol()
    partitions = sorted(
        (c for c in info.columns if c.partition_index is not None), key=lambda c: c.partition_index or 0
    )
    row = {
        "format": info.data_source_format.lower(),
        "id": info.table_id,
        "name": info.full_name,
        "description": info.comment,
        "location": info.storage_location,
        "createdAt": info.created_at * 1000,
        "lastModified": table.history(1)[0].timestamp * 1000,
        "partitionColumns": [column.name for column in partitions],
        "clusteringColumns": [],
        "numFiles": info.num_files,
        "sizeInBytes": info.size_bytes,
        "properties": list({**snapshot.configuration, **info.properties}.items()),
        "minReaderVersion": protocol.min_reader_version,
        "minWriterVersion": protocol.min_writer_version,
        "tableFeatures": sorted({*(protocol.reader_features or ()), *(protocol.writer_features or ())}),
    }
    kinds = {"createdAt": "timestamp", "lastModified": "timestamp", "properties": "map"}
    kinds |= dict.fromkeys(("partitionColumns", "clusteringColumns", "tableFeatures"), "strings")
    kinds |= dict.fromkeys(("numFiles", "sizeInBytes", "minReaderVersion", "minWriterVersion"), "long")
    return rows_result(statement, [row], {name: kinds.get(name, "string") for name in row})


def _history(commits: Sequence[Any]) -> pa.Table:
    """Return the platform's columns of a history."""
    import pyarrow as pa

    def text(value: Any) -> str | None:
        return None if not value else json.dumps(value, default=str)

    rows = [
        {
            "version": c.version,
            "timestamp": c.timestamp * 1000,
            "userId": c.user,
            "userName": c.user,
            "operation": c.operation,
            "operationParameters": text(c.operation_parameters),
            "job": c.job,
            "notebook": c.notebook,
            "clusterId": None,
            "readVersion": c.version - 1 if c.version else None,
            "isolationLevel": "WriteSerializable",
            "isBlindAppend": str(c.operation_parameters.get("mode", "")).lower() == "append",
            "operationMetrics": text(c.metrics),
            "userMetadata": text(
                {"cell": c.cell, "run": c.run_id, "statement": c.statement_id} if c.statement_id else None
            ),
            "engineInfo": "mlnb",
        }
        for c in commits
    ]
    special = {
        "version": pa.int64(),
        "readVersion": pa.int64(),
        "timestamp": pa.timestamp("us", "UTC"),
        "isBlindAppend": pa.bool_(),
    }
    names = (
        "version", "timestamp", "userId", "userName", "operation", "operationParameters", "job", "notebook", "clusterId",
        "readVersion", "isolationLevel", "isBlindAppend", "operationMetrics", "userMetadata", "engineInfo",
    )  # fmt: skip
    return pa.Table.from_pylist(rows, pa.schema([(name, special.get(name, pa.string())) for name in names]))
