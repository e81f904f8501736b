"""Listens to statements, reads and writes, and stores what follows from them. What fails here is logged; nobody's statement fails for it."""

from __future__ import annotations

import logging
import os
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mlnb.core.access import TableAccess
from mlnb.core.caller import Caller, current_caller
from mlnb.core.clock import now_ms

from .. import metastore as rows
from ..hooks import Finished
from ..names import TableName, complete, key
from ..records import TableInfo, TableVersion
from ..sql.running import current_statement
from . import store
from .store import End, Flow, Maker

if TYPE_CHECKING:
    from sqlglot import exp

    from ..service import Catalog
    from .relations import EdgeKind, KnownTable
    from .sql import Edges

_LOG = logging.getLogger("mlnb.lineage")

#: Cells, requests and runs whose reads are remembered, and reads of each.
_UNITS, _READS = 64, 200

_HOUR_MS = 3_600_000

#: Seconds in which the same write after the same reads is stored once.
_PAUSE_S = 60.0

_EVOLUTION = re.compile(r"\bWITH\s+SCHEMA\s+EVOLUTION\b", re.IGNORECASE)


@dataclass(frozen=True)
class Query:
    """A query whose rows are being written."""

    text: str
    catalog: str
    schema: str
    reads: Sequence[TableVersion]
    frames: Sequence[str]


#: The query whose rows the code that runs is writing: they are not taken for those of other reads.
_written_query: ContextVar[Query | None] = ContextVar("mlnb_written_query", default=None)


@contextmanager
def writing(query: Query) -> Iterator[None]:
    """Say inside the block that what is written are the rows of a query."""
    token = _written_query.set(query)
    try:
        yield
    finally:
        _written_query.reset(token)


class Recording:
    """Records the lineage of one catalog.

    Parameters
    ----------
    catalog
        Whose tables.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._units: OrderedDict[tuple[str, str], OrderedDict[str, tuple[TableAccess, str | None]]] = OrderedDict()
        self._lock = threading.Lock()
        self._thinned_at = 0
        self._told: dict[object, float] = {}

    # -- SQL ------------------------------------------------------------------------------------------------------------

    def finished(self, one: Finished) -> None:
        """Store the edges of a statement that wrote."""
        if one.error_code is not None or not self._catalog.settings.lineage:
            return
        names = _Names(self._catalog, one)
        edges = names.edges(_tree(one))
        flows = names.flows(edges)
        if not flows:
            return
        ground = self._catalog.ground
        with ground.metastore.begin() as connection:
            target = flows[0].target
            if edges is not None and names.defines(target.id):
                store.forget_sources(connection, target.id)
            store.add(ground, flows, store.maker_of(one.caller, one.id), one.started_at, actor=one.caller.principal)
            if now_ms() - self._thinned_at > _HOUR_MS:
                self._thinned_at = now_ms()
                store.thin_out(connection, now_ms() - int(self._catalog.settings.query_history_days * 24 * _HOUR_MS))
        self._catalog.tell_openlineage(one, flows)

    def view(self, info: TableInfo) -> None:
        """Store what a view is made of; it was created or defined anew."""
        if not self._catalog.settings.lineage or info.view_definition is None:
            return
        text = f"CREATE VIEW `{info.name}` AS {info.view_definition}"
        now = now_ms()
        caller = current_caller()
        one = Finished("", text, "CREATE_VIEW", None, info.catalog_name, info.schema_name, [], [], [], caller, now, 0.0)
        names = _Names(self._catalog, one)
        flows = names.flows(names.edges(_tree(one)))
        with self._catalog.ground.metastore.begin() as connection:
            store.forget_sources(connection, info.table_id)
            store.add(self._catalog.ground, flows, store.maker_of(caller), now)

    # -- reads and writes through Python ----------------------------------------------------------------------------------

    def accessed(self, access: TableAccess) -> None:
        """Note a read; connect a write with the reads made before it in the same cell, request or run."""
        if not self._catalog.settings.lineage:
            return
        caller, running = current_caller(), current_statement()
        units = units_of(caller)
        statement = running.id if running is not None else None
        if access.direction == "read":
            self._note(units, access, statement)
        elif statement is not None:
            self._forget(units, statement)  # the statement's own tree says more than this
        elif (query := _written_query.get()) is not None:
            self._rows_of(query, access, caller)
        else:
            self._connect(self._reads(units), access, caller)

    def _note(self, units: Iterable[tuple[str, str]], access: TableAccess, statement: str | None) -> None:
        with self._lock:
            for unit in units:
                reads = self._units.setdefault(unit, OrderedDict())
                self._units.move_to_end(unit)
                before = reads.pop(access.name, None)
                known = before[0].columns if before is not None and access.columns else ()
                merged = tuple(dict.fromkeys((*known, *access.columns)))
                reads[access.name] = (TableAccess(access.name, access.version, "read", merged), statement)
                while len(reads) > _READS:
                    reads.popitem(last=False)
            while len(self._units) > _UNITS:
                self._units.popitem(last=False)

    def _forget(self, units: Iterable[tuple[str, str]], statement: str) -> None:
        with self._lock:
            for unit in units:
                reads = self._units.get(unit, OrderedDict())
                for name in [name for name, (_, by) in reads.items() if by == statement]:
                    del reads[name]

    def _reads(self, units: Iterable[tuple[str, str]]) -> list[TableAccess]:
        with self._lock:
            found = {name: read for unit in units for name, (read, _) in self._units.get(unit, {}).items()}
        return list(found.values())

    def _connect(self, reads: Sequence[TableAccess], write: TableAccess, caller: Caller) -> None:
        reads = [read for read in reads if key(read.name) != key(write.name)]
        if not reads or self._just_told(reads, write, caller):
            return
        catalog = self._catalog
        with catalog.ground.metastore.connect() as connection:
            target = _find(connection, write.name.split("."))
            sources = [(read, _find(connection, read.name.split("."))) for read in reads]
        if target is None or target.version < write.version:  # of another workspace in this process
            return
        written = {key(name): name for name in write.columns}
        flows = []
        for read, source in sources:
            if source is not None:
                columns = [(name, written[key(name)], "inferred") for name in read.columns if key(name) in written]
                start, end = End(source.table_id, source.full_name, read.version), _end(target, write.version)
                flows.append(Flow(start, end, "inferred", columns))  # type: ignore[arg-type]
        store.add(catalog.ground, flows, store.maker_of(caller), now_ms())

    def _just_told(self, reads: Sequence[TableAccess], write: TableAccess, caller: Caller) -> bool:
        """Return whether the same was stored a moment ago: a loop that appends leaves one edge a minute, not thousands."""
        what = (tuple(units_of(caller)), write.name, frozenset((read.name, read.columns) for read in reads))
        now = time.monotonic()
        with self._lock:
            before = self._told.get(what)
            if before is not None and now - before < _PAUSE_S:
                return True
            self._told[what] = now
            while len(self._told) > _UNITS * 4:
                self._told.pop(next(iter(self._told)))
        return False

    def _rows_of(self, query: Query, write: TableAccess, caller: Caller) -> None:
        """Connect a table with what the query reads whose rows were written into it."""
        written = TableVersion(name=write.name, version=write.version, columns=list(write.columns))
        one = Finished(
            id="",
            text=query.text,
            kind="SELECT",
            tree=None,
            catalog=query.catalog,
            schema=query.schema,
            reads=query.reads,
            writes=[written],
            frames=query.frames,
            caller=caller,
            started_at=now_ms(),
            duration_ms=0.0,
        )
        names = _Names(self._catalog, one)
        edges = names.edges(_tree(one))
        if edges is not None:
            edges = replace(edges, target=write.name)
        store.add(self._catalog.ground, names.flows(edges), store.maker_of(caller), one.started_at)

    # -- files ------------------------------------------------------------------------------------------------------------

    def loaded(self, table: str, version: int, files: Sequence[str]) -> None:
        """Connect files with the table they were loaded into."""
        if not self._catalog.settings.lineage or not files:
            return
        with self._catalog.ground.metastore.connect() as connection:
            target = _find(connection, table.split("."))
        if target is not None:
            shown = [self._relative(path) for path in files[:100]]
            flows = [Flow(End(f"path:{path}", path), _end(target, version)) for path in shown]
            store.add(self._catalog.ground, flows, store.maker_of(current_caller()), now_ms())

    def _relative(self, path: str) -> str:
        root = str(self._catalog.ground.root)
        return os.path.relpath(path, root) if path.startswith(root + os.sep) else path


def units_of(caller: Caller) -> list[tuple[str, str]]:
    """Return what a call belongs to, for connecting reads and writes: a run, and its cell or request.

    A script has neither: it is one unit as a whole. The supervisor's own work belongs to nothing.
    """
    found = [("run", caller.run_id)] if caller.run_id else []
    if caller.request_id:
        found.append(("request", caller.request_id))
    elif caller.cell_id or caller.notebook:
        found.append(("cell", f"{caller.notebook}#{caller.cell_id}"))
    elif caller.job_run_id:
        found.append(("job", caller.job_run_id))
    elif caller.source in ("kernel", "cli"):
        found.append(("process", str(os.getpid())))
    return found


class _Names:
    """What the names of one statement mean."""

    def __init__(self, catalog: Catalog, one: Finished) -> None:
        self._catalog = catalog
        self._one = one
        self._tables: dict[TableName, TableInfo | None] = {}
        self._versions = {key(item.name): item.version for item in (*one.reads, *one.writes)}

    def edges(self, tree: exp.Expr | None) -> Edges | None:
        """Return the statement's edges; None when its tree does not tell them."""
        from .sql import edges_of

        if tree is None:
            return None
        try:
            found = edges_of(tree, self.table)
        except Exception as error:
            _LOG.warning("lineage of statement %s: %s: %s", self._one.id, type(error).__name__, error)
            return None
        return None if found.unknown else found

    def table(self, parts: Sequence[str]) -> KnownTable | None:
        """Find a table or frame by the parts of its name."""
        from .relations import KnownTable

        if len(parts) > 3:
            return None
        info = self._info(complete(list(parts), self._one.catalog, self._one.schema))
        if info is not None:
            return KnownTable(info.full_name, [column.name for column in info.columns])
        if len(parts) == 1 and parts[0] in self._one.frames:
            return KnownTable(f"frame:{self._one.caller.notebook or ''}#{parts[0]}", None)
        if ".".join(parts).lower() in self._catalog.hooks.system_tables:
            return KnownTable(f"system:{'.'.join(parts).lower()}", None)
        return None

    def _info(self, name: TableName) -> TableInfo | None:
        if name not in self._tables:
            with self._catalog.ground.metastore.connect() as connection:
                self._tables[name] = rows.find_table(connection, name)
        return self._tables[name]

    def end(self, name: str) -> End | None:
        """Return the end of an edge that a name stands for."""
        if ":" in name.split(".", 1)[0] and name.partition(":")[0] in ("path", "frame", "system"):
            return End(name, name.partition(":")[2])
        parts = name.split(".")
        info = self._info(TableName(*parts)) if len(parts) == 3 else None
        return End(info.table_id, info.full_name, self._versions.get(key(info.full_name))) if info else None

    def defines(self, target_id: str) -> bool:
        """Return whether the statement says anew what its target is made of: a view, or a table that is replaced."""
        kind = self._one.kind
        return kind.startswith(("CREATE", "REPLACE")) and any(
            info is not None and info.table_id == target_id for info in self._tables.values()
        )

    def flows(self, edges: Edges | None) -> list[Flow]:
        """Return edges with ids; without edges every table read is connected with every table written."""
        if edges is None or (edges.target is None and self._one.writes):
            ends = [
                (self.end(read.name), self.end(write.name)) for write in self._one.writes for read in self._one.reads
            ]
            columns = self._copied()
            return [
                Flow(source, target, columns=columns)
                for source, target in ends
                if source and target and source.id != target.id
            ]
        target = self.end(edges.target) if edges.target else None
        if target is None:
            return []
        flows = []
        for name in dict.fromkeys([*edges.sources, *(edge.source for edge in edges.columns)]):
            source = self.end(name)
            if source is not None:
                columns = [(e.source_column, e.target_column, e.kind) for e in edges.columns if e.source == name]
                whole = source.id != target.id
                if whole or columns:
                    flows.append(Flow(source, target, "direct", columns, whole))
        return flows

    def _copied(self) -> list[tuple[str, str | None, EdgeKind]]:
        """Return the columns of a clone: each is the column of its name."""
        if self._one.kind != "CREATE_TABLE_CLONE" or len(self._one.reads) != 1:
            return []
        return [(name, name, "direct") for name in self._one.reads[0].columns]


def _tree(one: Finished) -> Any:
    """Return the statement's tree; what the parser library does not know is read without the words it does not know."""
    from ..sql.parse import tree_of

    if one.tree is not None:
        return one.tree
    try:
        return tree_of(_EVOLUTION.sub(" ", one.text))
    except Exception:
        return None


def _find(connection: Any, parts: Sequence[str]) -> TableInfo | None:
    return rows.find_table(connection, TableName(*parts)) if len(parts) == 3 else None


def _end(info: TableInfo, version: int | None) -> End:
    return End(info.table_id, info.full_name, version)


__all__ = ["Maker", "Recording", "units_of"]
