"""The result of a statement: rows that stream, or are kept once somebody looked at all of them."""

from __future__ import annotations

import importlib
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from mlnb.core.errors import InvalidStateError
from mlnb.core.origin import note_origin_of

from ..delta.types import arrow_text
from ..records import Commit, TableVersion

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

Write = Callable[[str, Any, Any], Commit]
Guard = Callable[[], AbstractContextManager[None]]
#: ``(rows, error)``: called once, when the last row has been read, the statement failed or nobody wants its rows any more.
OnEnd = Callable[["int | None", "BaseException | None"], None]

#: Rows that ``repr`` shows.
_SHOWN = 10

#: Rows of a batch that is probably the last.
_SMALL = 50_000


@dataclass(frozen=True)
class Explanation:
    """How a query would be run.

    Attributes
    ----------
    scans
        One line per table: version, files read of files there are, and by which route.
    plan
        The engine's own.
    """

    scans: list[str]
    plan: str

    def __repr__(self) -> str:
        return "\n".join([*self.scans, "", self.plan])


class SqlResult:
    """Rows of a statement, with what it read and wrote.

    Reading all rows (``to_pandas``, ``to_arrow``, ``rows``, ``len``) keeps them; ``reader`` streams them once, so that a result larger
    than memory can be written.

    Attributes
    ----------
    kind
        ``SELECT``, ``INSERT``, ….
    statement
        The text as written.
    statement_id
        Also stands in the commit of a statement that wrote.
    columns, types
        Names and the platform's types.
    reads, writes
        Tables with their versions.
    metrics
        Numbers about the execution.
    earlier
        The results of the statements before this one, when the text held several.
    """

    def __init__(
        self,
        schema: pa.Schema,
        batches: Iterator[pa.RecordBatch],
        *,
        kind: str,
        statement: str = "",
        reads: list[TableVersion] | None = None,
        writes: list[TableVersion] | None = None,
        metrics: dict[str, Any] | None = None,
        write: Write | None = None,
        guard: Guard | None = None,
        on_end: OnEnd | None = None,
        notes: Callable[[], list[str]] | None = None,
        origin: Mapping[str, Any] | None = None,
    ) -> None:
        self.schema = schema
        self.kind = kind
        self.statement = statement.strip()
        self.statement_id = str(uuid.uuid4())
        self.columns: list[str] = list(schema.names)
        self.types: list[str] = [arrow_text(field.type) for field in schema]
        self.reads = reads or []
        self.writes = writes or []
        self.metrics = metrics or {}
        self._write = write
        self._notes = notes
        self._origin = origin
        self.earlier: list[SqlResult] = []
        self._kept: pa.Table | None = None
        self._batches: Iterator[pa.RecordBatch] | None = _guarded(batches, guard, on_end)
        # The first batch is computed now: most errors in data then surface where the statement stands. A small one is probably all
        # there is, and asking for the next ends the statement.
        self._first = list(islice(self._batches, 1))
        if self._first and self._first[0].num_rows < _SMALL:
            self._first += list(islice(self._batches, 1))

    @property
    def script(self) -> list[SqlResult]:
        """The results of all statements, when the text held several; this one is the last."""
        return [*self.earlier, self]

    def _take(self) -> Iterator[pa.RecordBatch]:
        """Return the batches that were not read yet."""
        if self._batches is None:
            raise InvalidStateError(
                "The rows of this result have been streamed already.",
                hint="Run the statement again, or use to_arrow() first, which keeps them.",
            )
        batches, self._batches = self._batches, None
        first, self._first = self._first, []
        yield from first
        yield from batches

    @cached_property
    def notes(self) -> list[str]:
        """What there is to know of the rows: how many were left out, of which table. It is found out when it is asked for."""
        return self._notes() if self._notes is not None else []

    def keep(self) -> None:
        """Compute all rows and keep them, unless somebody streams them."""
        if self._batches is not None:
            self.to_arrow()

    def to_arrow(self) -> pa.Table:
        """Return all rows as an Arrow table."""
        import pyarrow as pa

        if self._kept is None:
            self._kept = pa.Table.from_batches(list(self._take()), schema=self.schema)
            note_origin_of(self._kept, self._origin)
        return self._kept

    def to_pandas(self) -> pd.DataFrame:
        """Return all rows as a pandas data frame; its ``attrs["mlnb.source"]`` says where they came from, as far as known."""
        frame: pd.DataFrame = self.to_arrow().to_pandas()
        note_origin_of(frame, self._origin)
        return frame

    def to_polars(self) -> Any:
        """Return all rows as a polars data frame."""
        try:
            polars = importlib.import_module("polars")  # optional, and in no list of what is installed with us
        except ImportError as error:
            raise InvalidStateError(
                "polars is not installed.", hint="pip install polars, or use to_pandas()."
            ) from error
        frame = polars.from_arrow(self.to_arrow())
        note_origin_of(frame, self._origin)
        return frame

    def reader(self) -> pa.RecordBatchReader:
        """Return the rows as a stream, without keeping them."""
        import pyarrow as pa

        if self._kept is not None:
            return self._kept.to_reader()
        return pa.RecordBatchReader.from_batches(self.schema, self._take())

    def rows(self, n: int | None = None) -> list[dict[str, Any]]:
        """Return the first ``n`` rows, or all, as dictionaries."""
        table = self.to_arrow()
        if not table.column_names:
            return []  # a slice of a table without columns has as many rows as it was asked for
        found: list[dict[str, Any]] = (table if n is None else table.slice(0, n)).to_pylist()
        return found

    @property
    def num_rows(self) -> int:
        """How many rows there are."""
        return int(self.to_arrow().num_rows)

    def write(self, name: str, mode: Literal["error", "append", "overwrite", "ignore"] = "error") -> Commit:
        """Write the rows into a table; see :meth:`mlnb.catalog.service.Catalog.write` for ``mode``."""
        if self._write is None:
            raise InvalidStateError("This result cannot be written.", hint="Write the rows of a SELECT.")
        return self._write(name, self.reader(), mode)

    def __len__(self) -> int:
        return self.num_rows

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.rows())

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.reader().__arrow_c_stream__(requested_schema)

    def __repr__(self) -> str:
        shown = self.to_arrow().slice(0, _SHOWN).to_pandas().to_string(index=False, max_colwidth=40)
        more = f"\n… {self.num_rows - _SHOWN:,} more rows" if self.num_rows > _SHOWN else ""
        notes = "".join(f"\n{note}" for note in self.notes)
        return f"{shown}{more}{notes}" if self.columns else f"{self.kind.replace('_', ' ')}: done"


def _guarded(batches: Iterator[pa.RecordBatch], guard: Guard | None, on_end: OnEnd | None) -> Iterator[pa.RecordBatch]:
    """Return the batches with errors translated and the end reported: also when whoever reads them lets go half-way."""
    rows, failure = 0, None
    try:
        with guard() if guard is not None else nullcontext():
            for batch in batches:
                rows += batch.num_rows
                yield batch
    except BaseException as error:
        failure = error
        raise
    finally:
        if on_end is not None:
            on_end(rows, failure)
