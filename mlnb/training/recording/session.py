"""An open run: from the first line of its code to its end, whatever way that comes."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mlnb.core.clock import now_ms
from mlnb.core.errors import MlnbError, NotFoundError

from ..records import RunData, RunModel, RunStatus, RunSummary, RunTimeoutError, is_system_metric, run_sessions
from .active import ActiveRunGuard
from .artifacts import Artifacts, local_folder
from .batches import error_line, finite
from .data import dataset_inputs, merged, pin_reads, stated_data
from .interrupts import held_back
from .limits import fitting
from .opening import create_run, end_session, open_session
from .recorder import Recorder, RunOptions
from .resuming import changed_tag
from .store import RunStore
from .values import RunLogging

if TYPE_CHECKING:
    from types import TracebackType

    from mlnb.catalog.service import Catalog
    from mlnb.core.ground import Ground

    from ..reading.reader import TrackingReader
    from ..records_plan import RunPlan
    from ..settings import TrainingSettings
    from .heartbeat import Heart

log = logging.getLogger("mlnb.training")

#: Estimators logged from one cell by ``--log-models``.
_MOST_MODELS = 10
#: Errors looked at when one made another.
_LONGEST_CHAIN = 20


class RunContext(RunLogging):
    """One run, used as a context manager; made by :meth:`mlnb.training.service.Runs.start`.

    It always ends: FINISHED, FAILED with the traceback when the block raises, KILLED when it is interrupted; MLflow's active run is then
    what it was before.

    Attributes
    ----------
    run_id, name
        Known inside the block.
    experiment_id, experiment_name
        Where the run is.
    models
        The models logged so far.
    """

    def __init__(
        self,
        ground: Ground,
        catalog: Catalog,
        heart: Heart,
        settings: TrainingSettings,
        options: RunOptions,
        reader: TrackingReader,
    ) -> None:
        self._ground, self._catalog, self._heart, self._options = ground, catalog, heart, options
        self._reader, self._settings = reader, settings
        artifacts = local_folder(ground.tracking.artifact_root)
        apart = (ground.path, *([artifacts] if artifacts is not None else []))
        self._recorder = Recorder(options, settings, root=ground.root, apart=apart)
        self.run_id = ""
        self.name = options.name or ""
        self.experiment_id, self.experiment_name = options.experiment_id, options.experiment_name
        self.models: list[RunModel] = []
        self._params: dict[str, str] = {}
        self._changed: dict[str, str] = {}
        self._metrics: dict[str, float] = {}
        self._data: list[RunData] = []
        self._status: RunStatus = "RUNNING"
        self._error: str | None = None
        self._started = self._ended = 0
        self._flushed = 0
        self._flushing = threading.Lock()
        self._guard: ActiveRunGuard | None = None
        self._waiting: tuple[str, str] | None = None

    def take(self, run_id: str, mode: str) -> None:
        """Fill a run that was made beforehand and waits for its code, instead of making one; called before the block.

        Parameters
        ----------
        run_id
            The run, whose status is SCHEDULED.
        mode
            ``background`` or ``replay``.
        """
        self._waiting = run_id, mode

    def plan(self) -> RunPlan:
        """Return what the run would record; nothing is run and nothing stored."""
        from .planning import plan_of

        return plan_of(self._options, self._settings, self._recorder)

    # -- the block -------------------------------------------------------------------------------------------------------------------

    def __enter__(self) -> RunContext:
        self._recorder.check()
        early = self._recorder.around.early_tags()
        try:
            with held_back():
                self._open(early)
        except BaseException as error:
            if self.run_id:  # nobody leaves a block that was not entered
                self._abandon(error)
            raise
        return self

    def _open(self, early: Mapping[str, str]) -> None:
        """Create the run and begin to listen."""
        self._started = now_ms()
        self._client, run = create_run(self._ground, self._options, self._started, self._waiting, more=early)
        self.run_id, self.name = run.info.run_id, run.info.run_name
        self._artifacts = Artifacts(run.info.artifact_uri, self._ground.files)
        self._store = RunStore(self._ground, self._client, self.run_id)
        open_session(self._ground, self._options, run, self._started, name=self.name, tags=run.data.tags)
        self._write_early()
        self._guard = ActiveRunGuard(run)
        self._recorder.start(self.run_id)
        self._heart.add(self.run_id, self._tell, self._flush_output if self._artifacts.is_local else None)

    def _abandon(self, error: BaseException) -> None:
        """End a run whose code never ran."""
        self._recorder.stop()
        self._status, self._error = _status_of(error), error_line(error)
        try:
            self._store.log(tags=fitting({"mlnb.error": self._error}, "tags")[0])
            self._leave()
        except Exception as failure:
            log.warning("run %s could not be closed completely: %s", self.run_id, failure)
        finally:
            self._heart.remove(self.run_id)
            self._recorder.release()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        status = _status_of(error)
        self._error = error_line(error) if error is not None and status != "FINISHED" else None
        try:
            self._close(error if self._error else None, status)
        except Exception as failure:
            if error is None:
                raise
            # The user's own error matters more; the sweep ends the run in MLflow by what the session says.
            log.warning("run %s could not be closed completely: %s", self.run_id, failure)
        finally:
            self._heart.remove(self.run_id)
            self._recorder.release()

    def _tell(self) -> None:
        """Send what could not be sent, the computer's figures and what was printed."""
        self._store.send()
        figures, step = self._recorder.sample()
        self._store.log(metrics=figures, step=step)
        self._flush_output()

    def _flush_output(self) -> None:
        """Save what was printed so far: what is left of a run whose process is killed."""
        with self._flushing:
            written = self._recorder.printed
            if written != self._flushed and self._status == "RUNNING":
                self._artifacts.write({"mlnb/stdout.log": self._recorder.output})
                self._flushed = written

    def _write_early(self) -> None:
        """Write what is known before the code runs: it is left there if the process is killed."""
        try:
            self._keep_whole({**self._options.tags, "mlflow.note.content": self._options.note or ""})
            if self._artifacts.is_local:  # elsewhere every file is a journey
                self._artifacts.write(self._early_files())
        except MlnbError as error:  # a full disk is no reason not to train
            self._recorder.notes.append(f"Not everything was recorded: {error_line(error)}")

    def _early_files(self) -> dict[str, bytes | str]:
        files = self._recorder.around.early_files()
        resumed = self._options.resumed
        if resumed is not None and resumed.number:
            # what the part before had executed and printed stays beside what this one does
            for path in ("mlnb/cell.py", "mlnb/source.py", "mlnb/stdout.log"):
                with contextlib.suppress(NotFoundError):
                    files[f"mlnb/part_{resumed.number}/{path.removeprefix('mlnb/')}"] = self._artifacts.read(path)
        return files

    # -- told by others --------------------------------------------------------------------------------------------------------------

    def note_result(self, value: Any) -> None:
        """Take the value of the cell's last expression: a dictionary of numbers becomes metrics, a figure is kept."""
        self._recorder.note_result(value)

    def note_output(self, data: Mapping[str, Any]) -> None:
        """Take something the cell displayed, as a MIME bundle; figures are kept."""
        self._recorder.note_output(data)

    def note_metrics(self, metrics: Mapping[str, float]) -> None:
        """Take metrics that another stage logged on this run, so that the summary shows them."""
        self._metrics.update(metrics)

    @property
    def is_open(self) -> bool:
        """Whether the block has not been left yet."""
        return self._status == "RUNNING"

    # -- the end ---------------------------------------------------------------------------------------------------------------------

    def _close(self, error: BaseException | None, status: RunStatus) -> None:
        interrupt: KeyboardInterrupt | None = None
        try:
            with held_back():
                self._recorder.stop()
                with self._flushing:  # what was printed is written once more below, and nothing behind that
                    self._status = status
                self._note_wish()
            if self._guard is not None:
                self._guard.ensure()
            self._record(error)
        except KeyboardInterrupt as pressed:  # recording takes too long for somebody: the run ends all the same
            interrupt, self._status = pressed, "KILLED"
            self._error = self._error or "KeyboardInterrupt: interrupted while the run was recorded"
            self._recorder.notes.append("Not everything was recorded: that was interrupted.")
            self._note_wish()
        except Exception as failure:  # what could not be recorded must not keep the run from ending
            log.debug("run %s: recording failed", self.run_id, exc_info=True)
            self._recorder.notes.append(f"Not everything was recorded: {error_line(failure)}")
        with held_back():
            self._leave()
        if interrupt is not None and error is None:
            raise interrupt

    def _note_wish(self) -> None:
        """Write down how the run is going to end, for whoever has to end it if this process cannot."""
        mine = run_sessions.c.run_id == self.run_id
        try:
            with self._ground.metastore.begin() as connection:
                connection.execute(run_sessions.update().where(mine).values(desired_state=self._status))
        except MlnbError:  # it is noted for the worst case, and this may be none
            log.debug("run %s: how it ends could not be noted", self.run_id, exc_info=True)

    def _leave(self) -> None:
        """End the run everywhere: it is active no more, and over in both stores."""
        self._ended = now_ms()
        if self._guard is not None:
            left = self._guard.leave(self._client, self._status)
            self._recorder.notes += [f"Run {name}, opened inside and left open, was closed." for name in left]
        self._store.terminate(self._status, self._ended)
        if self._store.kept:
            self._recorder.notes.append(
                "MLflow's store did not answer: what is missing is kept in the workspace and sent when it does."
            )
        self._end_session()

    def _record(self, error: BaseException | None) -> None:
        recorder = self._recorder
        with contextlib.suppress(MlnbError):  # a store that is down has nothing to say
            self._know_what_is_logged()
        # what the code or MLflow logged under the same name is left alone: it cannot be changed
        stated = recorder.parameters()
        params = {name: value for name, value in stated.items() if name not in self._params}
        metrics = recorder.metrics() if error is None else {}
        self._log_params(params)
        self._params = {name: self._params[name] for name in stated if name in self._params} | self._params
        figures, step = recorder.sample()
        self._store.log(metrics=figures, step=step)
        number = self._options.resumed.number if self._options.resumed else 0
        late = recorder.look_again()
        tags = {**recorder.tags(error), **changed_tag(number, self._changed)}
        tags |= recorder.around.early_tags() if late else {}
        self._store.log(metrics={**metrics, **recorder.totals()}, tags=fitting(tags, "tags")[0])
        self._metrics = {**metrics, **self._metrics, **metrics}
        recorder.collect_figures()
        if self._options.log_models and error is None:
            self._log_bound_models()
        # also those that the code logged through MLflow or another stage
        with contextlib.suppress(MlnbError):
            self.models = self._reader.models(self.run_id) or self.models
        if not self._artifacts.is_local:
            early = self._early_files()
        else:
            early = recorder.around.early_files() if late else {}
        self._artifacts.write({**early, **recorder.files(error)})
        if self._options.scope is not None and error is None:
            self._screen(self._options.scope)
        said = stated_data(self._catalog, self._options.data, self._options.namespace)
        before = recorder.around.made_from.data() if recorder.around.made_from is not None else []
        self._data = merged([*self._guarded(merged([*recorder.data(), *said])), *before])
        if inputs := dataset_inputs(self._data, self._catalog):
            self._store.log_inputs(inputs)
            pin_reads(self._data, self._catalog, self.run_id)

    def _know_what_is_logged(self) -> None:
        """Take what was logged past this object, by MLflow or another stage, so that nothing is logged twice and the summary is whole."""
        row = self._reader.get(self.run_id)
        if row is not None:
            resumed = self._options.resumed.params if self._options.resumed is not None else {}
            self._params |= {name: value for name, value in row.params.items() if name not in resumed}
            numbers = {name: value for name, value in row.metrics.items() if not is_system_metric(name)}
            self._metrics = {**numbers, **self._metrics}

    def _screen(self, scope: str) -> None:
        """Look for what gives the outcome away in the data, and say so on the run."""
        from .leakage import FILE, TAG, screened

        found = screened(self._ground, self._catalog, scope, self._recorder.received()[1])
        if found is not None:
            self._store.log(tags={TAG: found.tag})
            self._artifacts.write({FILE: found.file})
            self._recorder.notes += [found.note] if found.note else []

    def _guarded(self, data: list[RunData]) -> list[RunData]:
        """Find out whether held-out rows reached the run, count it as a look and say so."""
        from mlnb.scope.holdout import Holdouts
        from mlnb.scope.service import Scopes

        from .holdouts import count_looks, mark, received, tags_of

        holdouts: Holdouts = Scopes(self._ground, self._catalog).holdouts
        found = received(holdouts, *self._recorder.received(), data)
        self._recorder.notes += count_looks(holdouts, found, self.run_id)
        if tags := tags_of(found):
            self._store.log(tags=tags)
        return mark(data, found)

    def _log_bound_models(self) -> None:
        from . import modelling

        namespace, known = self._options.namespace, {model.name for model in self.models}
        bound = [name for name in self._recorder.names.bound if name not in known]
        fitted = [name for name in bound if modelling.is_fitted_model(namespace.get(name))][:_MOST_MODELS]
        for name in fitted:
            try:
                self.log_model(namespace[name], name)
            except Exception as failure:
                self._recorder.notes.append(f"Model {name} was not logged: {error_line(failure)}")
        if not fitted and not self.models:
            self._recorder.notes.append("The cell bound no fitted model.")

    def _end_session(self) -> None:
        payload = {
            "name": self.name,
            "status": self._status,
            "experiment_id": self.experiment_id,
            "metrics": dict(list(finite(self._metrics).items())[:20]),
        }
        end_session(self._ground, self.run_id, self._ended, self._data, payload)

    @property
    def summary(self) -> RunSummary:
        """What the run has recorded, as shown below a cell."""
        return RunSummary(
            run_id=self.run_id,
            name=self.name,
            experiment_id=self.experiment_id,
            experiment_name=self.experiment_name,
            status=self._status,
            duration_ms=(self._ended or now_ms()) - self._started,
            params=self._params,
            metrics=self._metrics,
            data=self._data,
            models=self.models,
            figures=len(self._recorder.figures),
            git=self._recorder.git,
            error=self._error,
            notes=self._recorder.notes,
        )

    def __repr__(self) -> str:
        return f"RunContext({self.name!r}, {self._status}, run_id={self.run_id[:8]!r})"


def _status_of(error: BaseException | None) -> RunStatus:
    if isinstance(error, RunTimeoutError):
        return "KILLED"
    if error is None or (isinstance(error, SystemExit) and error.code in (None, 0)):
        return "FINISHED"
    return "KILLED" if _is_interrupt(error) else "FAILED"


def _is_interrupt(error: BaseException) -> bool:
    """Return whether an interrupt is behind an error: libraries make errors of their own of it."""
    seen: BaseException | None = error
    for _ in range(_LONGEST_CHAIN):
        if seen is None or isinstance(seen, KeyboardInterrupt):
            break
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return isinstance(seen, KeyboardInterrupt)
