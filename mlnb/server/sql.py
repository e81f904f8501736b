"""The platform's Statement Execution API, and the one warehouse its clients look for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from mlnb.core.errors import InvalidParameterError, NotFoundError, NotProvidedError
from mlnb.server.route import Empty, PlatformModel, routes_under

if TYPE_CHECKING:
    from mlnb.catalog.sql.session import StatementRun
    from mlnb.door import Workspace

_STATEMENTS = "/api/2.0/sql/statements"
_TYPE = re.compile(r"\w+")


class Parameter(PlatformModel):
    """The value of a ``:name``; values are text."""

    name: str
    value: str | None = None
    type: str | None = None


class ExecuteStatement(PlatformModel):
    """A statement to run."""

    statement: str
    warehouse_id: str | None = None
    catalog: str | None = None
    schema_: str | None = Field(default=None, alias="schema")
    parameters: list[Parameter] = Field(default_factory=list)
    row_limit: int | None = None
    byte_limit: int | None = None
    disposition: str = "INLINE"
    format: str = "JSON_ARRAY"
    wait_timeout: str = "10s"
    on_wait_timeout: Literal["CONTINUE", "CANCEL"] = "CONTINUE"


class StatementById(PlatformModel):
    """A statement by its id."""

    statement_id: str


class ChunkByIndex(PlatformModel):
    """A chunk of a result."""

    statement_id: str
    chunk_index: int


class StatementResponse(PlatformModel):
    """A statement's status, and with success its manifest and first chunk."""

    statement_id: str
    status: dict[str, Any]
    manifest: dict[str, Any] | None = None
    result: dict[str, Any] | None = None


class ResultChunk(PlatformModel):
    """Rows of a result."""

    chunk_index: int | None = None
    row_offset: int | None = None
    row_count: int | None = None
    next_chunk_index: int | None = None
    next_chunk_internal_link: str | None = None
    data_array: list[list[str | None]] = Field(default_factory=list)


class WarehouseById(PlatformModel):
    """A warehouse by its id."""

    id: str


class Warehouse(PlatformModel):
    """What clients are told the statements run on."""

    id: str = "mlnb"
    name: str = "mlnb"
    state: str = "RUNNING"
    cluster_size: str = "Small"
    num_clusters: int = 1
    warehouse_type: str = "PRO"
    enable_serverless_compute: bool = False


class Warehouses(PlatformModel):
    """The warehouses of this server."""

    warehouses: list[Warehouse]


def execute_statement(ws: Workspace, q: ExecuteStatement) -> StatementResponse:
    """Start a statement and wait for it as long as asked."""
    if q.disposition != "INLINE" or q.format != "JSON_ARRAY":
        raise NotProvidedError(
            f"Results as {q.disposition} {q.format} are not provided.",
            hint="Use disposition INLINE and format JSON_ARRAY, or write the rows into a table.",
        )
    run = ws.catalog.statements.execute(
        q.statement,
        parameters=[item.model_dump() for item in q.parameters],
        catalog=q.catalog,
        schema=q.schema_,
        row_limit=q.row_limit,
        wait_s=_seconds(q.wait_timeout),
        on_timeout=q.on_wait_timeout,
    )
    return _response(ws, run)


def get_statement(ws: Workspace, q: StatementById) -> StatementResponse:
    """Return how a statement is, with its first rows."""
    return _response(ws, ws.catalog.statements.get(q.statement_id))


def get_chunk(ws: Workspace, q: ChunkByIndex) -> ResultChunk:
    """Return a chunk of a result."""
    return _chunk(ws, ws.catalog.statements.get(q.statement_id), q.chunk_index)


def cancel_statement(ws: Workspace, q: StatementById) -> Empty:
    """Cancel a statement."""
    ws.catalog.statements.cancel(q.statement_id)
    return Empty()


def list_warehouses(ws: Workspace, q: Empty) -> Warehouses:
    """Return the one warehouse."""
    return Warehouses(warehouses=[Warehouse()])


def get_warehouse(ws: Workspace, q: WarehouseById) -> Warehouse:
    """Return the one warehouse."""
    if q.id != "mlnb":
        raise NotFoundError(f"There is no warehouse {q.id!r}.", hint="The only one is mlnb.")
    return Warehouse()


def _seconds(text: str) -> float:
    match = re.fullmatch(r"(\d+)s", text.strip())
    seconds = int(match[1]) if match else -1
    if seconds != 0 and not 5 <= seconds <= 50:
        raise InvalidParameterError(
            f"wait_timeout is {text!r}.",
            hint="Write 0s, or 5s to 50s; a statement that takes longer is asked for by its id.",
        )
    return float(seconds)


def _response(ws: Workspace, run: StatementRun) -> StatementResponse:
    status: dict[str, Any] = {"state": run.state}
    if run.state == "FAILED":
        hint = f" {run.hint}" if run.hint else ""
        status["error"] = {"error_code": "BAD_REQUEST", "message": f"[{run.error_code}] {run.message}{hint}"}
    if run.state != "SUCCEEDED":
        return StatementResponse(statement_id=run.id, status=status)
    offsets = [sum(run.chunks[:index]) for index in range(len(run.chunks))]
    columns = [
        {
            "name": column.name,
            "position": index,
            "type_text": column.type_text.upper(),
            "type_name": _type_name(column.type_text),
        }
        for index, column in enumerate(run.columns)
    ]
    manifest = {
        "format": "JSON_ARRAY",
        "schema": {"column_count": len(columns), "columns": columns},
        "total_row_count": sum(run.chunks),
        "total_chunk_count": len(run.chunks),
        "truncated": run.truncated,
        "chunks": [
            {"chunk_index": index, "row_offset": offset, "row_count": count}
            for index, (offset, count) in enumerate(zip(offsets, run.chunks, strict=True))
        ],
    }
    first = _chunk(ws, run, 0) if run.chunks else ResultChunk(data_array=[])
    return StatementResponse(
        statement_id=run.id, status=status, manifest=manifest, result=first.model_dump(exclude_none=True)
    )


def _chunk(ws: Workspace, run: StatementRun, index: int) -> ResultChunk:
    rows = ws.catalog.statements.chunk(run.id, index)
    following = index + 1 if index + 1 < len(run.chunks) else None
    return ResultChunk(
        chunk_index=index,
        row_offset=sum(run.chunks[:index]),
        row_count=len(rows),
        next_chunk_index=following,
        next_chunk_internal_link=f"{_STATEMENTS}/{run.id}/result/chunks/{following}" if following else None,
        data_array=rows,
    )


def _type_name(type_text: str) -> str:
    match = _TYPE.match(type_text)
    name = (match[0] if match else "string").upper()
    return {"BIGINT": "LONG", "SMALLINT": "SHORT", "TINYINT": "BYTE", "VOID": "NULL", "TIMESTAMP_NTZ": "TIMESTAMP"}.get(
        name, name
    )


_route = routes_under("", resource="catalog", tag="SQL statements", row="SQL-9")


ROUTES = [
    _route(
        "POST", _STATEMENTS, execute_statement, ExecuteStatement, StatementResponse, "Run a statement",
        action="execute", pool="slow",
    ),
    _route("GET", _STATEMENTS + "/{statement_id}", get_statement, StatementById, StatementResponse, "Return a statement"),
    _route(
        "POST", _STATEMENTS + "/{statement_id}/cancel", cancel_statement, StatementById, Empty, "Cancel a statement",
        action="execute", pool="slow",
    ),
    _route(
        "GET", _STATEMENTS + "/{statement_id}/result/chunks/{chunk_index}", get_chunk, ChunkByIndex, ResultChunk,
        "Return rows of a statement",
    ),
    _route("GET", "/api/2.0/sql/warehouses", list_warehouses, Empty, Warehouses, "List warehouses"),
    _route("GET", "/api/2.0/sql/warehouses/{id}", get_warehouse, WarehouseById, Warehouse, "Return a warehouse"),
]  # fmt: skip
