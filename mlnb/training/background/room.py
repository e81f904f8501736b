"""What ``ws.runs`` does with runs in the background: ask for one, look at it, read its log, stop it, wait for it."""

from __future__ import annotations

import ast
import contextlib
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from mlnb.core.errors import InvalidParameterError, InvalidStateError, NotFoundError
from mlnb.core.processes import ProcessIdentity, host_name, is_alive
from mlnb.core.supervisor import SupervisorError

from ..records import run_sessions
from ..records_background import BackgroundInfo, LogPart
from .executors import checked_executor
from .folder import RunFolder, log_part
from .handle import BackgroundRun
from .launching import launch
from .plan import Plan, PlannedCell
from .sending import packed
from .store import OPEN, BackgroundStore, Beside, Row

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

    from ..reading.reader import RunRow
    from ..settings import TrainingSettings

#: Options of ``ws.runs.start`` that mean something only where the code is.
_NOT_ELSEWHERE = ("cell", "nested", "resume")
_MOST_LISTED = 200
_LARGEST_PART = 4 * 2**20
#: Statuses of a run that is not over.
_OPEN_STATUSES = ("SCHEDULED", "RUNNING")


class Background:
    """Runs in a process of their own.

    Parameters
    ----------
    ground
        The workspace's stores.
    settings
        Section ``[training]``.
    read
        Returns a run as MLflow stores it.
    """

    def __init__(self, ground: Ground, settings: TrainingSettings, read: Callable[[str], RunRow | None]) -> None:
        self._ground, self._settings, self._read = ground, settings, read
        self.store = BackgroundStore(ground)

    # -- starting ----------------------------------------------------------------------------------------------------------

    def start(
        self, plan: Plan, *, experiment_id: str = "", experiment: str = "", beside: Beside | None = None
    ) -> BackgroundRun:
        """Make the run of a plan and see that somebody works on it.

        Parameters
        ----------
        experiment_id, experiment
            Where it is made, when the plan does not say so.
        beside
            Writes what else is known of the run, in the transaction that makes it.
        """
        plan = _checked(plan, self._settings)
        if experiment_id:
            options = {**plan.options, "experiment": experiment}
            plan = replace(plan, experiment_id=experiment_id, options=options)
        run_id = launch(self._ground, self.store, plan, beside)
        try:
            self._ground.supervisor.ensure()
        except SupervisorError as error:
            hint = f"{error.hint} The run waits, and begins when one runs (mlnb up); ws.runs.stop({run_id[:8]!r}) takes it back."
            raise SupervisorError(error.message, hint=hint) from error
        return BackgroundRun(self, run_id)

    def plan(
        self,
        code: str,
        *,
        experiment_id: str,
        name: str | None,
        cells_above: Sequence[str | PlannedCell],
        setup: Sequence[str | PlannedCell],
        send: Mapping[str, Any] | None,
        options: Mapping[str, Any],
        **more: Any,
    ) -> Plan:
        """Return the plan of a cell: cells that prepare it, what it is sent, and itself.

        Raises
        ------
        MlnbError
            When something asked for cannot be done in another process. Nothing has been started then.
        """
        if not code.strip():
            raise InvalidParameterError("There is no code to run.", hint="Put it below the line %%mlrun --background.")
        _check_code(code)
        for option in _NOT_ELSEWHERE:
            if options.get(option):
                raise InvalidParameterError(
                    f"{option} has no meaning for a run in the background.", hint=f"Leave {option} out."
                )
        before = [_as_cell(cell) for cell in (*setup, *cells_above)]
        cell_id = more.pop("cell_id", None)
        return Plan(
            [*before, PlannedCell(code, cell_id, "run")],
            experiment_id,
            {key: value for key, value in options.items() if value is not None},
            name,
            sent=packed(send, self._settings.background_send_mb) if send else None,
            **more,
        )

    def start_options(self, run_id: str) -> dict[str, Any]:
        """Return what the run's cell is started with in its kernel, and ``purpose``.

        Raises
        ------
        InvalidStateError
            When the run does not wait for its code in this kernel.
        """
        row = self.store.row(run_id)
        status = self._status(run_id)
        if row is None or row.state not in ("RUNNING", "STOPPING") or status != "SCHEDULED":
            raise InvalidStateError(
                f"Run {run_id} does not wait for its code.",
                hint="--as belongs to cells of runs in the background; write %%mlrun without it.",
            )
        return {"mode": "replay" if row.purpose == "replay" else "background", **row.options["start"]}

    # -- looking -----------------------------------------------------------------------------------------------------------

    def info(self, run_id: str) -> BackgroundInfo:
        """Return how far a run in the background is.

        Raises
        ------
        NotFoundError
            When the run was not one.
        """
        row = self.store.row(run_id)
        if row is None:
            raise NotFoundError(
                f"Run {run_id[:8]} is no run in the background.", hint="It ran in the kernel of its notebook."
            )
        return self._info(row)

    def list(self, state: str | Sequence[str] | None = None) -> list[BackgroundInfo]:
        """Return runs in the background that are not over, or in these states; the newest first."""
        wanted = OPEN if state is None else (state,) if isinstance(state, str) else tuple(state)
        for name in wanted:
            if name not in (*OPEN, "ENDED"):
                raise InvalidParameterError(
                    f"There is no state {name}.", hint=f"States are {', '.join(OPEN)} and ENDED."
                )
        rows = self.store.rows(wanted, newest=_MOST_LISTED)
        return [
            self._info(row) for row in rows if self._read(row.run_id) is not None
        ]  # a purged run has no row in MLflow

    def _info(self, row: Row) -> BackgroundInfo:
        run, folder = self._read(row.run_id), RunFolder(self._ground, row.run_id)
        return BackgroundInfo(
            run_id=row.run_id,
            name=run.name if run else "",
            state=row.state,
            status=run.status if run else "KILLED",
            purpose=row.purpose,
            executor=row.options["executor"],
            created_at=row.created_at,
            started_at=row.started_at,
            ended_at=row.ended_at,
            timeout_s=row.timeout_s,
            log_bytes=folder.log_bytes(),
            cells=folder.cells(),
            error=row.error,
        )

    def _status(self, run_id: str) -> str | None:
        run = self._read(run_id)
        return None if run is None else run.status

    # -- the log -----------------------------------------------------------------------------------------------------------

    def log(self, run_id: str, offset: int, limit: int, kept: Callable[[], bytes]) -> LogPart:
        """Return a part of what a run printed: live from its folder, later from the file that is kept with the run.

        Parameters
        ----------
        offset
            Where to begin, in bytes; negative counts from the end.
        kept
            Reads ``mlnb/stdout.log``.
        """
        if not 0 < limit <= _LARGEST_PART:
            raise InvalidParameterError(f"limit={limit} is not between 1 and {_LARGEST_PART} bytes.")
        row, folder = self.store.row(run_id), RunFolder(self._ground, run_id)
        done = (row is None or row.state == "ENDED") and self._status(run_id) not in _OPEN_STATUSES
        if row is not None:
            total = folder.log_bytes()
            start = max(0, total + offset) if offset < 0 else offset
            content = folder.read_log(start, limit)
            if content is not None:
                return log_part(content, start, max(total, start + len(content)), done=done)
        content = kept()
        start = max(0, len(content) + offset) if offset < 0 else offset
        return log_part(content[start : start + limit], start, len(content), done=done)

    # -- stopping ----------------------------------------------------------------------------------------------------------

    def stop(self, run_id: str) -> BackgroundInfo:
        """Ask a run to stop; one in the kernel of a notebook is interrupted there. What is over stays as it is.

        Raises
        ------
        InvalidStateError
            When it runs where nobody here can stop it.
        """
        state = self.store.ask_to_stop(run_id)
        if state is None:
            return self._interrupt(run_id)
        if state in OPEN:
            self._ground.supervisor.ensure()
        return self.info(run_id)

    def _interrupt(self, run_id: str) -> BackgroundInfo:
        """Interrupt the cell of a run, as the button in its notebook does."""
        run = self._read(run_id)
        found = BackgroundInfo(run_id=run_id, name=run.name if run else "", executor="kernel", state="ENDED")
        found.status = run.status if run else "KILLED"
        if found.status not in _OPEN_STATUSES:
            return found
        query = sa.select(run_sessions).where(run_sessions.c.run_id == run_id, run_sessions.c.state == "RUNNING")
        with self._ground.metastore.connect() as connection:
            session = connection.execute(query).first()
        if session is not None and session.mode == "cell" and session.host == host_name():
            process = ProcessIdentity(session.host, session.boot_id, session.pid, session.process_created)
            if is_alive(process):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(process.pid, signal.SIGINT)
                return found.model_copy(update={"state": "STOPPING"})
        raise InvalidStateError(
            f"Run {run_id[:8]} cannot be stopped from here.",
            hint="Stop the program that runs it; if that is gone already, the run is marked KILLED within 90 seconds.",
        )

    # -- waiting -----------------------------------------------------------------------------------------------------------

    def wait(self, run_id: str, timeout: float | None = None) -> BackgroundInfo:
        """Wait until a run is over, or ``timeout`` seconds have passed, and return how it is then."""

        def look() -> Row | None:
            row = self.store.row(run_id)
            return row if row is None or row.state == "ENDED" else None

        if self.store.row(run_id) is not None:
            self._ground.supervisor.wait_until(look, timeout=timeout)
        return self.info(run_id)


def _as_cell(cell: str | PlannedCell) -> PlannedCell:
    return cell if isinstance(cell, PlannedCell) else PlannedCell(cell)


def _check_code(code: str) -> None:
    """Refuse what no kernel will execute, now that somebody looks."""
    from IPython.core.getipython import get_ipython
    from IPython.core.inputtransformer2 import TransformerManager

    manager: Any = TransformerManager
    shell: Any = get_ipython()
    transform = shell.transform_cell if shell is not None else manager().transform_cell
    try:
        compile(transform(code), "<cell>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        place = f" in line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        said = f": {error.text.strip()}" if isinstance(error, SyntaxError) and error.text else "."
        raise InvalidParameterError(
            f"The code has an error{place} ({getattr(error, 'msg', error)}){said}",
            hint="Nothing was started. Mend it, and run it again.",
        ) from error


def _checked(plan: Plan, settings: TrainingSettings) -> Plan:
    if plan.timeout_s is not None and plan.timeout_s <= 0:
        raise InvalidParameterError(f"A timeout of {plan.timeout_s:g} s leaves no time.", hint="Give more than 0.")
    if plan.cwd is not None and not Path(plan.cwd).is_dir():
        raise InvalidParameterError(f"There is no folder {plan.cwd}.", hint="Change to a folder that exists.")
    return replace(plan, executor=checked_executor(plan.executor, settings.background_executor))
