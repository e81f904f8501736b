"""The contract of an online store."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from mlnb.core.errors import InvalidParameterError

Key = int | bytes


@dataclass(frozen=True)
class OnlineSchema:
    """A published table.

    Attributes
    ----------
    columns
        Name and type of each feature, in the order in which rows are packed.
    keys
        The primary key without the time.
    timeseries
        The time column; rows of such a table keep their history.
    version
        Of the source.
    published_at
        Milliseconds UTC.
    max_ts
        Newest time in microseconds.
    """

    name: str
    source: str
    source_table_id: str
    version: int
    columns: tuple[tuple[str, str], ...]
    keys: tuple[str, ...]
    timeseries: str | None
    published_at: int
    rows: int = 0
    max_ts: int | None = None


class Reader(ABC):
    """One consistent view of the store: every read inside it sees the same state."""

    @abstractmethod
    def schema(self, name: str) -> OnlineSchema | None:
        """Return a table's schema, None when it is not published."""

    @abstractmethod
    def get(self, name: str, keys: Sequence[Key | None]) -> list[bytes | None]:
        """Return the packed row of each key; None for a key that is None or absent."""

    @abstractmethod
    def get_as_of(
        self, name: str, keys: Sequence[tuple[Key, int] | None], *, inclusive: bool = True
    ) -> list[tuple[int, bytes] | None]:
        """Return for each (key, time in microseconds) the newest row that is not later, with its time."""


class OnlineStore(ABC):
    """Keeps packed rows by key.

    Implementations are safe for many threads and processes. A reader never sees a table half replaced: `replace` makes the new rows
    visible in one step, and whoever is killed in it leaves the old ones.
    """

    @abstractmethod
    def replace(self, schema: OnlineSchema, rows: Iterable[tuple[Key, int, bytes]]) -> OnlineSchema:
        """Put ``rows`` (key, time, packed row; time 0 without time series) in the place of a table, or make it.

        Returns
        -------
        OnlineSchema
            With the number of rows and the newest time filled in.
        """

    @abstractmethod
    def drop(self, name: str) -> None:
        """Remove a table; nothing happens when there is none."""

    @abstractmethod
    def read(self) -> AbstractContextManager[Reader]:
        """Open a consistent view."""


def open_store(url: str) -> OnlineStore:
    """Return the store at a URL.

    Raises
    ------
    InvalidParameterError
        For a kind of store that is not known.
    """
    if url.startswith("sqlite:///"):
        from .sqlite import SqliteOnlineStore

        return SqliteOnlineStore(url.removeprefix("sqlite:///"))
    raise InvalidParameterError(
        f"The online store {url.split(':', 1)[0]}: is not known.", hint="Set online_store_url to sqlite:///PATH."
    )
