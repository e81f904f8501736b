"""What stages hand down to SQL: functions, system tables and row filters. The catalog knows none of them by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import pyarrow as pa
    import sqlalchemy as sa

    from mlnb.core.caller import Caller

    from .lineage.records import LineageProvider
    from .records import TableVersion
    from .search.records import SearchProvider


@dataclass(frozen=True)
class FunctionCall:
    """A call of a registered function, as written in a statement.

    Attributes
    ----------
    name
        As registered.
    arguments
        One per argument: the value when it is a literal or a bound parameter, else :data:`COLUMN`.
    in_from
        Whether it stands in FROM, where a table is expected.
    """

    name: str
    arguments: Sequence[Any] = field(default_factory=tuple)
    in_from: bool = False


class _Column:
    """Marks an argument that is computed row by row."""

    def __repr__(self) -> str:
        return "COLUMN"


#: Stands for an argument that differs from row to row.
COLUMN = _Column()


@dataclass(frozen=True)
class ScalarFunction:
    """The plan of a call among expressions: a function over batches.

    Attributes
    ----------
    function
        Receives one Arrow array per argument, returns one of the same length.
    parameters
        DuckDB's types of the arguments.
    returns
        DuckDB's type of the result.
    sees_nulls
        Whether it is called for NULL too; else NULL in means NULL out.
    """

    function: Callable[..., pa.Array]
    parameters: Sequence[str]
    returns: str
    sees_nulls: bool = False


Plan: TypeAlias = "ScalarFunction | pa.Table"
Planner: TypeAlias = Callable[[FunctionCall], Plan]
#: Returns the rows of a system table.
TableProvider: TypeAlias = "Callable[[], pa.Table]"
#: ``(full table name, dialect) -> predicate`` that a row must satisfy to be shown, or None.
RowFilter: TypeAlias = Callable[[str, str], str | None]
#: ``(full table name, version) -> line`` to show below rows that a row filter was applied to, or None.
FilterNote: TypeAlias = Callable[[str, int], str | None]
#: Returns full name and newest version of every registered model: they have names in the catalog, and versions in the registry.
ModelNames: TypeAlias = "Callable[[sa.Connection], list[tuple[str, int | None]]]"


@dataclass(frozen=True)
class Finished:
    """A statement that ended: what lineage, insights and the query history are made from.

    Attributes
    ----------
    id
        The statement's id; also in the commits it made.
    text, kind
        As written, and SELECT, INSERT, MERGE, ….
    tree
        Its parse tree with names as written; None for statements that only look.
    catalog, schema
        For names of one and two parts.
    reads, writes
        Tables with versions and columns.
    frames
        Names of data frames it read.
    views
        Views that it went through; what they read is among ``reads``.
    caller
        Who ran it, and from where.
    started_at, duration_ms
        Milliseconds UTC, milliseconds.
    rows
        Rows returned, or changed.
    error_code
        None when it succeeded.
    noted
        Whether it was written down as running before it began.
    """

    id: str
    text: str
    kind: str
    tree: Any
    catalog: str
    schema: str
    reads: Sequence[TableVersion]
    writes: Sequence[TableVersion]
    frames: Sequence[str]
    caller: Caller
    started_at: int
    duration_ms: float
    engine: str = "duckdb"
    rows: int | None = None
    error_code: str | None = None
    views: Sequence[TableVersion] = ()
    noted: bool = False


class Hooks:
    """The registered functions, system tables and row filters of one catalog."""

    def __init__(self) -> None:
        self.functions: dict[str, Planner] = {}
        self.system_tables: dict[str, TableProvider] = {}
        self.row_filters: list[RowFilter] = []
        self.filter_notes: list[FilterNote] = []
        self.models: ModelNames | None = None
        #: What stages know about the lineage of their objects.
        self.lineage_providers: list[LineageProvider] = []
        #: Find things of stages by name.
        self.search_providers: list[SearchProvider] = []
        #: Called in a thread of their own with every statement that has ended.
        self.on_finished: list[Callable[[Finished], None]] = []

    def predicates(self, table: str, dialect: str) -> list[str]:
        """Return the conditions that rows of a table must satisfy."""
        found = (provider(table, dialect) for provider in self.row_filters)
        return [predicate for predicate in found if predicate]

    def notes(self, table: str, version: int) -> list[str]:
        """Return what is to be said below rows of a table that were read with the filters."""
        found = (provider(table, version) for provider in self.filter_notes)
        return [note for note in found if note]
