"""Spark Connect: the same statements on a cluster, or on any server that speaks its protocol.

Names are resolved here, by the same rules and to the same versions as for DuckDB; each scan becomes a temporary view on the table's files,
the query goes out in Spark's dialect and comes back as Arrow. What it writes is written by the Delta library as always.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import re
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from mlnb.core.errors import InvalidParameterError, InvalidStateError, MlnbError, NotProvidedError, UnavailableError

from ..delta.handles import Found, Snapshot
from ..errors import SqlError
from ..records import TableVersion
from .failures import unresolved_column
from .prune import conditions
from .resolve import Resolved, Resolver
from .running import Running, current_statement
from .scopes import rename

if TYPE_CHECKING:
    import pyarrow as pa

_COLUMN = re.compile(
    r"(?:parameter with name|attribute ObjectName\(\[Identifier\(\")[\s`\"]*(?P<a>[^`\")]+)|cannot resolve attribute.*Identifier\(\"(?P<b>[^\"]+)",
)
_CODE = re.compile(r"\[([A-Z][A-Z0-9_]+(?:\.[A-Z0-9_]+)*)\]")


#: Seconds that the end of a session may take.
_FAREWELL_S = 2.0


@dataclass
class Scan:
    """A table of a statement, as a temporary view."""

    view: str
    snapshot: Snapshot
    files: list[str]
    whole: bool
    predicates: list[str] = field(default_factory=list)


class SparkResolver(Resolver):
    """Resolves a statement for Spark: tables become temporary views instead of common table expressions."""

    dialect = "databricks"

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.scans: list[Scan] = []
        self._unique = f"mlnb_{uuid.uuid4().hex[:12]}"

    def resolve(self, query: exp.Query, text: str) -> Resolved:
        """Resolve a query; see :meth:`Resolver.resolve`."""
        resolved = super().resolve(query, text)
        if resolved.functions:
            raise NotProvidedError(
                "Python functions and functions of stages run on DuckDB only.",
                hint='Run the statement with engine="duckdb".',
            )
        return resolved

    def _scan(self, table: exp.Table, found: Found, used: set[str], every: bool) -> None:
        snapshot = found.snapshot
        types = {item["name"].lower(): (item["name"], item["type"]) for item in snapshot.fields}
        columns = snapshot.columns if every else [name for name in snapshot.columns if name.lower() in used]
        self._note(self.out.reads, TableVersion(name=found.full_name, version=snapshot.version, columns=list(columns)))
        self.out.columns.update(snapshot.columns)
        # Files alone say everything only when no log entry changes how they are read.
        whole = snapshot.direct and not found.evolved
        files = list(snapshot.prune(conditions(table, types, self.out.binds))) if whole else []
        name = f"{self._unique}_t{len(self.scans)}"
        predicates = self.service.hooks.predicates(found.full_name, "spark") if self.filtered else []
        if predicates:
            self.out.guarded.add(found.full_name)
        self.scans.append(Scan(name, snapshot, files, whole, predicates))
        how = f"{len(files)} of {len(snapshot.files)} files" if whole else "as a Delta table"
        self.out.routes.append(f"{found.full_name} version {snapshot.version}: {how}, by Spark")
        rename(table, name)

    def register(self, table: exp.Table, data: pa.Table, name: str) -> None:
        """Turn a reference into data that is sent along."""
        before = set(self.out.arrow)
        super().register(table, data, name)
        (added,) = set(self.out.arrow) - before
        unique = f"{self._unique}_{added}"
        self.out.arrow[unique] = self.out.arrow.pop(added)
        table.set("this", exp.to_identifier(unique))


def _nothing() -> None:
    """Stand for a farewell that this version of the client does not have."""


class SparkEngine:
    """A session on a Spark Connect server.

    Parameters
    ----------
    address
        ``sc://host:port``.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self._lock = threading.Lock()
        self._made: Any = None

    @property
    def _session(self) -> Any:
        with self._lock:
            if self._made is None:
                try:
                    SparkSession = importlib.import_module("pyspark.sql").SparkSession  # noqa: N806
                except ImportError as error:
                    raise InvalidStateError(
                        "The client of Spark Connect is not installed.", hint="pip install pyspark-client."
                    ) from error
                try:
                    made = SparkSession.builder.remote(self.address).getOrCreate()
                    made.conf.set("spark.sql.session.timeZone", "UTC")
                except Exception as error:
                    raise UnavailableError(
                        f"The Spark Connect server at {self.address} does not answer: {_first(error)}.",
                        hint='Start it, mend sql_engine in [catalog] of mlnb.toml, or use engine="duckdb".',
                    ) from error
                # The client registers a farewell of its own, which asks a server that is gone for minutes while the process should end.
                atexit.unregister(getattr(made.client, "_cleanup_ml_cache", _nothing))
                self._made = made
            return self._made

    def run(
        self, resolver: SparkResolver, resolved: Resolved, limit: int | None, text: str, query: exp.Expr
    ) -> SparkRows:
        """Run a resolved query and return its rows."""
        running = current_statement()
        return SparkRows(self, resolver, resolved, limit, running, text, query)

    def table(
        self,
        resolver: SparkResolver,
        resolved: Resolved,
        limit: int | None,
        running: Running | None,
        text: str,
        query: exp.Expr,
    ) -> pa.Table:
        """Return all rows of a query."""
        session = self._session
        tag = f"mlnb-{uuid.uuid4().hex}"
        handle: Any = _Handle(session, tag)
        views: list[str] = []
        session.addTag(tag)
        try:
            if running is not None:
                running.attach(handle)
            for scan in resolver.scans:
                _view(session, scan)
                views.append(scan.view)
            for name, data in resolved.arrow.items():
                session.createDataFrame(data.to_pandas()).createOrReplaceTempView(name)
                views.append(name)
            sql = resolved.sql
            if limit is not None or resolved.prefix:
                tail = f" LIMIT {int(limit)}" if limit is not None else ""
                sql = f"{resolved.prefix}SELECT * FROM ({sql}) AS q{tail}"
            return session.sql(sql, args=dict(resolved.binds) or None).toArrow()
        except MlnbError:
            raise
        except Exception as error:
            raise _translated(error, text, query, resolved, running, self.address) from error
        finally:
            if running is not None:
                running.detach(handle)
            with contextlib.suppress(Exception):
                session.removeTag(tag)
            for name in views:
                with contextlib.suppress(Exception):
                    session.catalog.dropTempView(name)

    def close(self) -> None:
        """End the session."""
        with self._lock:
            made, self._made = self._made, None
        if made is not None:
            # The client asks a server that is gone again and again, for minutes.
            farewell = threading.Thread(target=_stop, args=(made,), name="mlnb-spark-stop", daemon=True)
            farewell.start()
            farewell.join(_FAREWELL_S)


class SparkRows:
    """The rows of a query that Spark ran."""

    def __init__(
        self,
        engine: SparkEngine,
        resolver: SparkResolver,
        resolved: Resolved,
        limit: int | None,
        running: Running | None,
        text: str,
        query: exp.Expr,
    ) -> None:
        def work() -> pa.Table:
            return engine.table(resolver, resolved, limit, running, text, query)

        self._table = running.call(work) if running is not None else work()
        self.schema: pa.Schema = self._table.schema

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Return the batches."""
        yield from self._table.to_batches()


class _Handle:
    """What cancels a statement on Spark, as a cursor would."""

    def __init__(self, session: Any, tag: str) -> None:
        self._session, self._tag = session, tag

    def interrupt(self) -> None:
        self._session.interruptTag(self._tag)

    def query_progress(self) -> float:
        return -1.0


def _stop(session: Any) -> None:
    with contextlib.suppress(Exception):
        session.stop()


def _view(session: Any, scan: Scan) -> None:
    """Make the temporary view of a scan."""
    if scan.whole and not scan.files:
        columns = ", ".join(
            f"CAST(NULL AS {_type(item['type'])}) AS `{item['name'].replace('`', '``')}`"
            for item in scan.snapshot.fields
        )
        frame = session.sql(f"SELECT {columns} WHERE false")
    elif scan.whole:
        frame = session.read.parquet(*scan.files)
    else:
        frame = (
            session.read.format("delta").option("versionAsOf", str(scan.snapshot.version)).load(scan.snapshot.location)
        )
    for predicate in scan.predicates:
        frame = frame.filter(predicate)
    frame.createOrReplaceTempView(scan.view)


def _type(kind: Any) -> str:
    """Return Spark's name of a Delta type."""
    if isinstance(kind, str):
        return {"long": "bigint", "integer": "int", "short": "smallint", "byte": "tinyint"}.get(kind, kind)
    if kind["type"] == "array":
        return f"array<{_type(kind['elementType'])}>"
    if kind["type"] == "map":
        return f"map<{_type(kind['keyType'])},{_type(kind['valueType'])}>"
    return "struct<" + ",".join(f"`{item['name']}`:{_type(item['type'])}" for item in kind["fields"]) + ">"


def _translated(
    error: Exception, text: str, query: exp.Expr, resolved: Resolved, running: Running | None, address: str
) -> MlnbError:
    """Return our error for one of Spark's."""
    raw = str(error)
    if running is not None and running.cancelled:
        return SqlError("The statement was cancelled.", code="CANCELLED", hint="Nothing was written.")
    if re.search(r"PATH_NOT_FOUND|Path does not exist|No such file|not found in object store", raw):
        return InvalidParameterError(
            f"The Spark server at {address} cannot open the table's files.",
            code="STORAGE_NOT_SHARED",
            hint='Put storage_root where both can reach it, or use engine="duckdb".',
        )
    found = _COLUMN.search(raw)
    if found and ("UNRESOLVED_COLUMN" in raw or "missing from the schema" in raw or "cannot resolve" in raw):
        name = (found["a"] or found["b"]).strip().split(".")[-1].strip("`")
        return unresolved_column(name, text, query, resolved.columns)
    code = _CODE.search(raw)
    return SqlError(
        f"{_first(error)}.", code=code[1].split(".")[0] if code else None, hint="Spark refused the statement."
    )


def _first(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return _CODE.sub("", lines[0]).strip(" .") if lines else type(error).__name__
