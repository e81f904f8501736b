"""What is known about a statement while it runs, and what the recorder is told of it."""

from __future__ import annotations

import time
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlnb.core.caller import current_caller
from mlnb.core.clock import now_ms
from mlnb.core.errors import MlnbError

from ..hooks import Finished
from .context import Context
from .parse import Statement
from .result import SqlResult
from .running import OnProgress

if TYPE_CHECKING:
    from .front import SqlFront


class StatementLog:
    """What is known about a statement while it runs, and tells the recorder once when it has ended."""

    def __init__(
        self, front: SqlFront, text: str, context: Context, on_progress: OnProgress | None, *, kind: str = ""
    ) -> None:
        self._front = front
        self.text = text
        self.context = context
        self._caller = current_caller()
        self._started_at = now_ms()
        self._started = time.perf_counter()
        self._ended = self._noted = False
        self.kind = kind
        self.engine = "duckdb"
        self.reads: list[Any] = []
        self._writes: list[Any] = []
        self._result_metrics: dict[str, Any] = {}
        self.running = front.statements.start(str(uuid.uuid4()), on_progress)

    def attach(self, result: SqlResult) -> None:
        """Let the result carry the statement's id and its time."""
        result.statement_id = self.running.id
        self._result_metrics = result.metrics
        result.metrics["duration_ms"] = self._milliseconds()
        self.reads, self._writes = result.reads, result.writes

    def _milliseconds(self) -> float:
        return round((time.perf_counter() - self._started) * 1000, 1)

    def end(self, rows: int | None, error: BaseException | None) -> None:
        """Note that the statement has ended; the first call counts."""
        if self._ended:
            return
        self._ended = True
        self._front.statements.end(self.running)
        duration = self._milliseconds()
        self._result_metrics["duration_ms"] = duration
        self._front.catalog.recorder.add(self._finished(duration, rows, error))

    def note(self, statement: Statement) -> None:
        """Write a statement that writes down before it begins: its lineage survives the process."""
        from .unfinished import frames_in, note

        started = replace(self._finished(0.0, None, None), frames=frames_in(statement, self.context.frames))
        self._noted = note(self._front.catalog, started)

    def _finished(self, duration: float, rows: int | None, error: BaseException | None) -> Finished:
        return Finished(
            id=self.running.id,
            text=self.text,
            kind=self.kind or "UNKNOWN",
            tree=None,
            catalog=self.context.catalog,
            schema=self.context.schema,
            reads=list(self.reads),
            writes=list(self._writes),
            frames=list(self.running.frames),
            views=list(self.running.views),
            caller=self._caller,
            started_at=self._started_at,
            duration_ms=duration,
            engine=self.engine,
            rows=rows,
            error_code=_code_of(error),
            noted=self._noted,
        )


def _code_of(error: BaseException | None) -> str | None:
    if error is None or isinstance(error, GeneratorExit):  # whoever read the rows wanted no more of them
        return None
    if isinstance(error, KeyboardInterrupt):
        return "CANCELLED"
    return error.code if isinstance(error, MlnbError) else "INTERNAL_ERROR"


def rows_of(result: SqlResult) -> int:
    """Return how many rows a statement changed, or returned."""
    if "num_affected_rows" in result.columns:
        return int(result.rows(1)[0]["num_affected_rows"] or 0)
    return result.num_rows
