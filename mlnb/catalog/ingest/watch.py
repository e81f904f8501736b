"""Who looks on while files are loaded: a load tells it how far it is, and asks it whether to go on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .sources import SourceFile

if TYPE_CHECKING:
    import duckdb


class Watch:
    """Looks on; this one does not mind what it sees.

    Attributes
    ----------
    ingest_id
        The load's id, when it has one before it begins.
    """

    ingest_id: str | None = None

    def __init__(self) -> None:
        self._total = 0
        self._looked = 0
        self._loaded: dict[str, float] = {}

    def begin(self, total: int) -> None:
        """Learn how many bytes there are; each is looked at once and loaded once."""
        self._total = total
        self.report(0, total, "Finding types")

    def looked(self, file: SourceFile) -> None:
        """Learn that a file's types are known."""
        self._looked += file.size
        self.report(self._looked / 2, self._total, "Finding types")
        self.check()

    def loaded(self, file: SourceFile, rows: int, of: int) -> None:
        """Learn how many rows of a file are loaded."""
        self._loaded[file.path] = file.size * min(rows / of, 1.0) if of else float(file.size)
        done = (self._looked + sum(self._loaded.values())) / 2
        self.report(done, self._total, f"Loading {file.path}")
        self.check()

    def report(self, done: float, total: float, message: str) -> None:
        """Say how far the load is, in bytes."""

    def check(self) -> None:
        """Raise when the load is to end."""

    @contextmanager
    def interrupting(self, connection: duckdb.DuckDBPyConnection) -> Iterator[None]:  # noqa: ARG002
        """While inside, a request to end the load also ends what DuckDB is doing."""
        yield
