"""Rows of a frame that DuckDB can ask: what drill-down and grid stand on.

Conditions are typed records. Names are quoted identifiers that the frame has, values are bound parameters: no text of a request ever becomes
SQL. Every question ends after a limit of seconds, and when its reader has gone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from mlnb.catalog.delta.types import arrow_text
from mlnb.catalog.names import quote_duckdb
from mlnb.core.caller import client_left
from mlnb.core.errors import InvalidParameterError, InvalidStateError
from mlnb.explore.records import ColumnNotFoundError

from .conditions import condition

if TYPE_CHECKING:
    import pyarrow as pa

    from mlnb.explore.questions import DrillFilter

T = TypeVar("T")

#: Seconds one question may take unless a setting says otherwise.
SECONDS = 10.0
#: The relation's name and the number of a row in it, which no column of data is called.
VIEW = "mlnb_rows"
POSITION = "__mlnb_row__"
#: How often a running question looks whether its reader has gone.
_LOOK = 0.05

_CONFIG: dict[str, Any] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "python_enable_replacements": False,
}


class TooLongError(InvalidStateError):
    """A question took longer than its limit of seconds."""

    code = "DEADLINE_EXCEEDED"
    http_status = 408  # a client must not repeat it: it would take as long again


class Rows:
    """The rows of a frame, ready for questions from several threads.

    Parameters
    ----------
    frame
        A pandas or polars frame, an Arrow table or data set, a DuckDB relation, anything with an Arrow stream.
    name
        What the reader calls it: the variable, the table.
    seconds
        Limit of one question.
    """

    def __init__(self, frame: Any, *, name: str | None = None, seconds: float = SECONDS) -> None:
        self.name = name
        self.seconds = seconds
        self._frame: Any = _held(frame)
        self._lock = threading.RLock()
        self._source: Any = None
        self._connection: Any = None
        self._kept: dict[Any, Any] = {}
        #: What was held out when they were opened: rows that were held out since must not be answered from.
        self.rules: Any = None
        #: Columns of personal data, which answers do not show, with what they hold.
        self.masked: dict[str, str] = {}

    def mask(self, values: Sequence[Any], name: str, *, numbered: bool = False) -> list[Any]:
        """Return a column's values as they may be shown; with ``numbered`` equal ones stay equal and others differ."""
        form = self.masked.get(name)
        if form is None:
            return list(values)
        seen: dict[Any, str] = {}
        label = f"‹{form}›"
        return [
            None if value is None else seen.setdefault(value, f"‹{form} {len(seen) + 1}›") if numbered else label
            for value in values
        ]

    # -- what there is ---------------------------------------------------------------------------------------------------

    @property
    def source(self) -> Any:
        """The rows as an Arrow table, or as a data set of files, which is never read as a whole; converted when first needed."""
        with self._lock:
            if self._source is None:
                self._source = to_arrow(self._frame)
                if type(self._frame).__module__.split(".")[0] != "pandas":
                    self._frame = self._source
            return self._source

    @property
    def frame(self) -> Any:
        """What the rows came from: a pandas frame says where it is from itself, which decides on held-out rows."""
        return self._frame

    @property
    def schema(self) -> pa.Schema:
        """The columns; each name stands once."""
        return self.source.schema

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        return list(self.schema.names)

    @property
    def types(self) -> list[str]:
        """The platform's types, in the order of `names`."""
        return [arrow_text(field.type) for field in self.schema]

    @property
    def count(self) -> int:
        """How many rows there are."""
        found = self.source
        return int(self.kept("count", found.count_rows) if _is_files(found) else found.num_rows)

    @property
    def nbytes(self) -> int:
        """Bytes that keeping these rows costs, as far as that is known without converting them."""
        with self._lock:
            held = self._source if self._source is not None else self._frame
            return 0 if _is_files(held) else _bytes_of(held)

    def take(self, numbers: Sequence[int]) -> pa.Table:
        """Return the rows with these numbers, in this order."""
        import pyarrow as pa

        return self.source.take(pa.array(numbers, pa.int64()))

    def slice(self, offset: int, length: int) -> pa.Table:
        """Return rows as they are stored."""
        found = self.source
        if _is_files(found):
            return self.take(range(offset, min(offset + length, self.count)))
        return found.slice(offset, length)

    def head(self, length: int) -> tuple[Any, int]:
        """Return the first rows, without converting the others of a frame, and how many there are in all."""
        with self._lock:
            held: Any = self._frame
        module = type(held).__module__.split(".")[0]
        if module == "pandas":
            return held.iloc[:length], len(held)
        if module == "polars" and hasattr(held, "height"):
            return held.head(length), int(held.height)
        return self.slice(0, length), self.count

    def whole(self) -> pa.Table:
        """Return all rows in memory."""
        found = self.source
        return found.to_table() if _is_files(found) else found

    def type_of(self, name: str) -> pa.DataType:
        """Return the Arrow type of a column.

        Raises
        ------
        ColumnNotFoundError
            With the nearest names.
        """
        if name not in self.schema.names:
            raise ColumnNotFoundError.for_name(name, self.names)
        return self.schema.field(name).type

    # -- questions -------------------------------------------------------------------------------------------------------

    def where(self, filters: Sequence[DrillFilter], extra: Sequence[str] = ()) -> tuple[str, list[Any]]:
        """Return the conditions as ``WHERE …`` (or nothing) and the values they bind."""
        parts, values = list(extra), []
        for one in filters:
            text, bound = condition(quote_duckdb(one.column), self.type_of(one.column), one)
            parts.append(text)
            values += bound
        return (f" WHERE {' AND '.join(parts)}" if parts else ""), values

    def ask(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a statement of ours and return its rows.

        Raises
        ------
        TooLongError
            After the limit of seconds.
        InvalidParameterError
            When the data cannot be computed with.
        """
        with self._running() as connection:
            found: list[tuple[Any, ...]] = connection.execute(sql, list(values)).fetchall()
            return found

    def ask_arrow(self, sql: str, values: Sequence[Any] = ()) -> pa.Table:
        """Run a statement of ours and return its rows as Arrow."""
        with self._running() as connection:
            return connection.sql(sql, params=list(values)).to_arrow_table()

    def kept(self, key: Any, make: Callable[[], T], *, most: int = 24) -> T:
        """Return what was computed for a key before, or compute it now; the last ``most`` are kept."""
        with self._lock:
            if key in self._kept:
                self._kept[key] = self._kept.pop(key)
                found: T = self._kept[key]
                return found
            made = self._kept[key] = make()
            while len(self._kept) > most:
                self._kept.pop(next(iter(self._kept)))
            return made

    @contextmanager
    def _running(self) -> Iterator[Any]:
        """Give the connection to one question at a time, and end the question when it has had its time."""
        import duckdb

        with self._lock:
            connection = self._open()
            ended = threading.Event()
            watching = (connection, time.monotonic() + self.seconds, client_left(), ended)
            threading.Thread(target=_watch, args=watching, daemon=True).start()
            try:
                yield connection
            except duckdb.InterruptException:
                raise TooLongError(
                    f"The answer took longer than {self.seconds:g} s.",
                    hint="Narrow the rows with a filter, or raise drill_seconds in [explore] of mlnb.toml.",
                ) from None
            except KeyboardInterrupt:
                connection.interrupt()
                raise
            except duckdb.Error as error:
                first = str(error).splitlines()[0]
                raise InvalidParameterError(f"The rows cannot be computed with: {first}.") from error
            finally:
                ended.set()

    def _open(self) -> Any:
        if self._connection is None:
            import duckdb

            found = self.source
            connection = duckdb.connect(config=_CONFIG)
            connection.execute("SET TimeZone = 'UTC'; SET enable_external_access = false")
            if _is_files(found):
                connection.register(f"{VIEW}_files", found)
                connection.execute(
                    f"CREATE TEMP VIEW {VIEW} AS SELECT *, row_number() OVER () - 1 AS {POSITION} FROM {VIEW}_files"
                )
            else:
                connection.register(VIEW, _numbered(_scannable(found)))
            self._connection = connection
        return self._connection


def _watch(connection: Any, deadline: float, left: threading.Event | None, ended: threading.Event) -> None:
    """Interrupt the connection's statement after the deadline, or when its reader has gone."""
    while not ended.wait(_LOOK if left is not None else max(deadline - time.monotonic(), 0.001)):
        if time.monotonic() >= deadline or (left is not None and left.is_set()):
            connection.interrupt()


def _numbered(table: pa.Table) -> pa.Table:
    """The table with the number of each row."""
    import numpy as np
    import pyarrow as pa

    return table.append_column(POSITION, pa.array(np.arange(table.num_rows, dtype=np.int64)))


def _is_files(found: Any) -> bool:
    """Whether rows lie in files, as an Arrow data set."""
    return hasattr(found, "count_rows") and hasattr(found, "get_fragments")


def _scannable(table: pa.Table) -> pa.Table:
    """The table with the few types that DuckDB does not read in others."""
    import pyarrow as pa
    import pyarrow.types as types

    for at, field in enumerate(table.schema):
        if isinstance(field.type, pa.BaseExtensionType):
            column = pa.chunked_array([chunk.storage for chunk in table.column(at).chunks], field.type.storage_type)
            table = table.set_column(at, field.name, column)
        elif types.is_float16(field.type) or types.is_decimal256(field.type):
            table = table.set_column(at, field.name, table.column(at).cast(pa.float64()))
    return table


def _held(frame: Any) -> Any:
    """Hold a pandas frame as it is now: its columns are shared until one of the two is written to."""
    if type(frame).__module__.split(".")[0] == "pandas" and hasattr(frame, "copy"):
        return frame.copy(deep=False)
    return frame


def _bytes_of(frame: Any) -> int:
    if hasattr(frame, "nbytes"):
        return int(frame.nbytes)
    if hasattr(frame, "estimated_size"):
        return int(frame.estimated_size())
    if hasattr(frame, "memory_usage"):
        used = frame.memory_usage(index=False)
        return int(used.sum() if hasattr(used, "sum") else used)
    return 0


def to_arrow(frame: Any) -> Any:
    """Return a frame as an Arrow table whose names differ, files as the data set they are.

    Raises
    ------
    InvalidParameterError
        When it has no rows and columns.
    """
    import pyarrow as pa

    if _is_files(frame):
        return frame
    if isinstance(frame, pa.Table):
        return _distinct(frame)
    if type(frame).__module__.split(".")[0] == "pandas":
        return _distinct(_from_pandas(frame))
    for method in ("to_arrow_table", "to_arrow"):  # a DuckDB relation; polars, a result of SQL
        if callable(getattr(frame, method, None)):
            found = getattr(frame, method)()
            return _distinct(found if isinstance(found, pa.Table) else pa.table(found))
    if callable(getattr(frame, "collect", None)):  # polars' lazy frame
        return to_arrow(frame.collect())
    if hasattr(frame, "__arrow_c_stream__"):
        return _distinct(pa.table(frame))
    raise InvalidParameterError(
        f"A {type(frame).__name__} has no rows and columns.",
        hint="Give a data frame, an Arrow table or a result of SQL.",
    )


def _from_pandas(frame: Any) -> pa.Table:
    import pandas as pd
    import pyarrow as pa

    from mlnb.explore.reading.frames import PandasReader

    if isinstance(frame, pd.Series):
        frame = frame.to_frame(name=frame.name if frame.name is not None else "value")
    # An index that says something is a column like the others; numbers of rows are not.
    if not isinstance(frame.index, pd.RangeIndex) and any(name is not None for name in frame.index.names):
        frame = frame.reset_index(allow_duplicates=True)
    reader = PandasReader(frame)
    return pa.Table.from_batches(list(reader.batches()), reader.schema)


def _distinct(table: pa.Table) -> pa.Table:
    """Tell repeated names apart as ``name#2``: also those that differ in case only, which SQL takes for one name."""
    seen: dict[str, int] = {}
    names: list[str] = []
    for name in table.column_names:
        key = name.casefold()
        seen[key] = seen.get(key, 0) + 1
        names.append(name if seen[key] == 1 and name != POSITION else f"{name}#{max(seen[key], 2)}")
    return table if names == table.column_names else table.rename_columns(names)
