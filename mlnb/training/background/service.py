"""The methods of ``ws.runs`` for runs in the background; no work of their own."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlnb.core.caller import current_caller
from mlnb.core.errors import InvalidParameterError, NotFoundError, did_you_mean

from ..records_background import BackgroundInfo, LogPart

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

    from ..reading.reader import TrackingReader
    from ..recording.starting import Starter
    from ..settings import TrainingSettings
    from .handle import BackgroundRun
    from .plan import Plan, PlannedCell
    from .room import Background
    from .store import Beside


#: Options that mean something when they are False: what is on by default is switched off.
_OFF = ("autolog", "log_models", "figures", "stdout", "system_metrics")


class BackgroundRuns:
    """Runs that outlive kernel and Jupyter; a part of :class:`mlnb.training.service.Runs`."""

    _ground: Ground
    _settings: TrainingSettings

    if TYPE_CHECKING:

        @property
        def _reader(self) -> TrackingReader: ...

        @property
        def _starter(self) -> Starter: ...

        def resolve(self, run: object) -> str: ...  # noqa: D102
        def read_artifact(self, run: object, path: str) -> bytes: ...  # noqa: D102

    @cached_property
    def _background(self) -> Background:
        from .room import Background

        return Background(self._ground, self._settings, lambda run_id: self._reader.get(run_id))

    def background(
        self,
        code: str,
        *,
        name: str | None = None,
        experiment: str | None = None,
        cells_above: Sequence[str | PlannedCell] = (),
        setup: Sequence[str | PlannedCell] = (),
        send: Mapping[str, Any] | None = None,
        timeout: float | None = None,
        executor: str | None = None,
        cell_id: str | None = None,
        cwd: str | os.PathLike[str] | None = None,
        **start_options: Any,
    ) -> BackgroundRun:
        """Run code as a run in a process of its own, which outlives this kernel and Jupyter; returns at once.

        A fresh kernel executes ``setup``, ``cells_above``, then receives ``send``, then runs the code as a cell headed ``%%mlrun`` does.

        Parameters
        ----------
        code
            Of the run's own cell, without ``%%mlrun``.
        name, experiment
            As in :meth:`start`.
        cells_above, setup
            Code cells to execute before, in this order: setup first.
        send
            Variables for the run, pickled; together at most ``background_send_mb``.
        timeout
            The run is stopped after so many seconds of work.
        executor
            ``local``, or a Dask scheduler as ``dask://host:port``; by default as the settings say.
        cell_id
            The cell the code stands in.
        cwd
            Working directory; by default this process's, for a caller over HTTP the notebook's folder.
        start_options
            Further options of :meth:`start`, such as ``tags``, ``params``, ``seed``, ``scope``.

        Returns
        -------
        BackgroundRun
            With ``info``, ``log()``, ``stop()`` and ``wait()``.

        Raises
        ------
        SendError
            When a variable cannot be pickled, or all are too large.
        ExecutorError
            When there is no such executor here.
        MlnbError
            When an option cannot be fulfilled; nothing has been started then.
        """
        from ..recording.starting import experiment_of

        options = self._checked(start_options)
        path, folder = self._standing()
        plan = self._background.plan(
            code,
            name=name,
            experiment_id="",
            cells_above=cells_above,
            setup=setup,
            send=send,
            options=options,
            cell_id=cell_id,
            notebook=path,
            cwd=Path(cwd) if cwd is not None else folder,
            python=None if current_caller().source == "rest" else sys.executable,
            timeout_s=timeout,
            executor=executor or "",
        )
        experiment_id, experiment_name = experiment_of(self._ground, experiment, path)
        return self._background.start(plan, experiment_id=experiment_id, experiment=experiment_name)

    def launch(self, plan: Plan, beside: Beside | None = None) -> BackgroundRun:
        """Run a plan that another room of training made, such as a replay, which writes ``beside`` what it knows of the run."""
        return self._background.start(plan, beside=beside)

    def waiting_options(self, run_id: str) -> dict[str, Any]:
        """Return what the cell of a run in the background is started with, in the kernel it was given, and its ``mode``."""
        return self._background.start_options(run_id)

    def backgrounds(self, state: str | Sequence[str] | None = None) -> list[BackgroundInfo]:
        """Return the runs in the background that are not over, or in these states, the newest first."""
        return self._background.list(state)

    def background_info(self, run: object) -> BackgroundInfo:
        """Return how far a run in the background is: its cells, how much it has printed, how it ended.

        Raises
        ------
        NotFoundError
            When the run was not in the background.
        """
        return self._background.info(self.resolve(run))

    def background_run(self, run: object) -> BackgroundRun:
        """Return a run in the background in hand, also after a restart."""
        from .handle import BackgroundRun

        return BackgroundRun(self._background, self.background_info(run).run_id)

    def log(self, run: object, offset: int = 0, limit: int = 262_144) -> LogPart:
        """Return a part of what a run printed, live while it runs; ask again with ``offset=part.next_offset`` until ``done``.

        Parameters
        ----------
        offset
            Where to begin, in bytes; negative counts from the end.
        limit
            At most so many bytes.
        """
        run_id = self.resolve(run)

        def kept() -> bytes:
            try:
                return self.read_artifact(run_id, "mlnb/stdout.log")
            except NotFoundError:
                return b""

        return self._background.log(run_id, offset, limit, kept)

    def stop(self, run: object) -> BackgroundInfo:
        """Stop a run: KILLED within seconds in the background; in the kernel of a notebook its cell is interrupted.

        Raises
        ------
        InvalidStateError
            When it runs where it cannot be stopped from here: in a program of somebody's, on another computer.
        """
        return self._background.stop(self.resolve(run))

    def _checked(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Refuse options that the run's cell would refuse in its kernel, now that somebody looks."""
        from dataclasses import fields

        from ..recording.starting import Wanted

        known = {field.name for field in fields(Wanted)} - {"name", "experiment", "cell"}
        for option in options:
            if option not in known:
                raise InvalidParameterError(
                    f"There is no option {option}.", hint=did_you_mean(option, known) or "See help(ws.runs.start)."
                )
        self._starter.check(Wanted(**options))
        return {
            key: _plain(value)
            for key, value in options.items()
            if value is not None and (value is not False or key in _OFF)
        }

    def _standing(self) -> tuple[str | None, Path]:
        """Return the notebook that asks, as seen from the notebook root, and the folder to work in."""
        from ..recording.notebooks import current_path
        from ..recording.source import relative_path

        caller = current_caller()
        path = None
        if caller.notebook is not None:
            path = current_path(self._ground, relative_path(self._ground.root / caller.notebook, self._ground.root))
        if caller.source != "rest":
            return path, Path.cwd()
        folder = (self._ground.root / path).parent if path else self._ground.root
        return path, folder if folder.is_dir() else self._ground.root


def _plain(value: Any) -> Any:
    """Return an option as JSON can hold it."""
    if isinstance(value, Mapping):
        return {str(key): str(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [str(item) for item in value]
    return value
