"""Replays: started, followed, judged."""

from __future__ import annotations

import logging
import sys
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlnb.core.caller import current_caller
from mlnb.core.clock import now_ms
from mlnb.core.errors import InvalidStateError, MlnbError, NotFoundError

from ..background import environment
from ..background.plan import Plan
from ..background.store import BackgroundStore
from ..hidden.history import current
from ..hidden.source import facts, notebook_of
from ..recording.later import logged_by
from ..records import RunRecord, run_data
from ..records_diff import ValueDiff
from ..records_replay import Cause, ReplayReport, RunSourceCode
from . import inside
from .asked import VARIABLE, Asked, write
from .causes import causes_of, data_changes
from .cells import NotReplayableError, closure_cells, first_versions, installs, made_by, notebook_plan, planned_cells
from .judging import compared_metrics, verdict_of
from .predictions import compare_models
from .store import ReplayStore

if TYPE_CHECKING:
    from mlnb.catalog.service import Catalog
    from mlnb.core.ground import Ground

    from ..service import Runs

log = logging.getLogger("mlnb.training")

#: Tag of a run that repeats another.
TAG = "mlnb.replay_of"
#: Of the options of a run, what a replay asks for again.
_ASKED_AGAIN = ("params", "metrics", "data", "autolog", "log_models", "figures", "stdout", "system_metrics", "seed")


_NO_ENVIRONMENT = environment.EnvironmentUnavailableError.code


class Replaying:
    """Makes runs again.

    Parameters
    ----------
    runs
        The workspace's runs.
    """

    def __init__(self, runs: Runs, ground: Ground, catalog: Catalog) -> None:
        self._runs, self._ground, self._catalog = runs, ground, catalog
        self.store = ReplayStore(ground)

    # -- starting ----------------------------------------------------------------------------------------------------------------------

    def start(self, run: object, asked: Asked, timeout: float | None) -> ReplayReport:
        """Start a replay in a process of its own.

        Raises
        ------
        NotReplayableError
            When the run does not say what to execute.
        InvalidParameterError
            For an option that means nothing.
        """
        asked.check()
        record = self._runs.get(run)
        if record.status in ("RUNNING", "SCHEDULED"):
            raise InvalidStateError(f"Run {record.name} is not over.", hint="Replay it when it has ended.")
        source = self._runs.source(record.run_id)
        plan, asked = self._plan(record, source, asked, timeout)
        if (missing := self._missing_data(asked)) is not None:
            return self._failed(record, plan, asked, missing)
        if asked.env == "locked":
            if not environment.packages(lock := self._lock(record)):
                message = "The run keeps no lock of its environment."
                return self._failed(record, plan, asked, Cause(kind="environment", message=message))
            plan = replace(plan, lock=lock)
        try:
            plan = replace(plan, env={VARIABLE: str(write(self._ground, asked))})
            launched = self._runs.launch(plan, lambda run_id: self.store.add(run_id, asked))
        except BaseException:
            inside.remove_folder(self._ground, asked.token)
            raise
        return self.report(launched.run_id)

    def _plan(
        self, record: RunRecord, source: RunSourceCode, asked: Asked, timeout: float | None
    ) -> tuple[Plan, Asked]:
        body = source.cell
        if not body or not any(cell.is_run for cell in source.cells):
            raise NotReplayableError(
                f"Run {record.name} keeps no cells, so nobody knows what to execute.",
                hint="Runs of %%mlrun cells can be replayed; a script is run again as it was started.",
            )
        own = next(cell for cell in reversed(source.cells) if cell.is_run)
        if body.strip() == own.source.strip():
            raise NotReplayableError(
                f"Run {record.name} was opened inside a cell, and one cell may open many.",
                hint="Head the cell with %%mlrun to make it a run that can be replayed.",
            )
        cells = closure_cells(source)
        token = uuid.uuid4().hex[:12]
        warnings = [*asked.warnings, *installs(cells)]
        absent = made_by(cells, record.data)
        versions = {name: at for name, at in first_versions(cells, record.data).items() if name not in absent}
        asked = replace(
            asked,
            run_id=record.run_id,
            token=token,
            versions=versions if asked.data == "pinned" else {},
            absent=tuple(absent),
            at=record.start_time if asked.data == "pinned" else None,
            schema=f"{self._catalog.settings.default_catalog}.replay_{token}",
            warnings=tuple(warnings),
        )
        if asked.mode == "notebook":
            planned = notebook_plan(notebook_of(self._runs._artifacts(record.run_id)), source, body)
        else:
            planned = planned_cells(cells, body, record.data)
        said = facts(self._runs._artifacts(record.run_id)).get("options") or {}
        options = {name: said[name] for name in _ASKED_AGAIN if said.get(name) is not None}
        place = self._ground.root / (source.notebook_path or "")
        plan = Plan(
            planned,
            record.experiment_id,
            {**options, "experiment": record.experiment_name, "params": options.get("params", "auto")},
            f"replay of {record.name}",
            purpose="replay",
            notebook=source.notebook_path,
            cwd=place.parent if source.notebook_path and place.parent.is_dir() else self._ground.root,
            # "The same" is what this kernel has; a page knows of none.
            python=None if current_caller().source == "rest" else sys.executable,
            timeout_s=timeout,
            tags={TAG: record.run_id},
        )
        return plan, asked

    def _lock(self, record: RunRecord) -> str:
        try:
            return self._runs.read_artifact(record.run_id, "mlnb/environment.lock").decode(errors="replace")
        except NotFoundError:
            return ""

    def _missing_data(self, asked: Asked) -> Cause | None:
        """Return why a version that has to be read cannot be, with those that remain."""
        lines = []
        for name, version in asked.versions.items():
            try:
                self._catalog.table(name, version=version)
            except MlnbError as error:
                if self._is_view(name):
                    continue
                lines.append(" ".join(filter(None, (f"{name} version {version}: {error.message}", error.hint))))
        return Cause(kind="data", message="Data of then is not there any more.", details=lines) if lines else None

    def _is_view(self, name: str) -> bool:
        try:
            return self._catalog.info(name).view_definition is not None
        except MlnbError:
            return name.lower().startswith(("system.", "mlnb."))

    def _failed(self, record: RunRecord, plan: Plan, asked: Asked, cause: Cause) -> ReplayReport:
        """Return the verdict on a replay that cannot begin; it is a run all the same, so that it is found again."""
        client = self._ground.tracking.client()
        run = client.create_run(
            plan.experiment_id, now_ms(), {**plan.tags, "mlnb.mode": "replay", "mlnb.error": cause.message}, plan.name
        )
        client.set_terminated(run.info.run_id, "FAILED")
        self.store.add(run.info.run_id, asked)
        report = ReplayReport(
            **self._head(run.info.run_id, record.run_id, asked),
            state="ENDED",
            verdict="FAILED",
            causes=[cause],
            warnings=list(asked.warnings),
            error={"error_code": "REPLAY_FAILED", "message": cause.message},
            ended_at=now_ms(),
        )
        self.store.finish(report)
        return self.report(run.info.run_id)

    # -- in the kernel -----------------------------------------------------------------------------------------------------------------

    def finish_here(self) -> None:
        """Judge the replay of this kernel: its run has ended, and what its models need is loaded."""
        asked = inside.asked_here()
        row = self.store.with_token(asked.token)
        names = inside.take_part_again(self._catalog)
        if row is None:
            return
        self._rename_data(row["replay_run_id"], names)
        original, replay = self._runs.get(asked.run_id), self._runs.get(row["replay_run_id"])
        history = current()
        variables = history.variables if history is not None else {}
        models, notes = compare_models(original, replay, self._catalog, variables, rtol=asked.rtol, atol=asked.atol)
        self._judge(row, models, notes)

    def _rename_data(self, run_id: str, names: Mapping[str, str]) -> None:
        """Let what the replay wrote stand under the names that its code used; versions of copies mean nothing outside."""
        with self._ground.metastore.begin() as connection:
            for own, outside in names.items():
                mine = (run_data.c.run_id == run_id, run_data.c.name == own)
                connection.execute(run_data.update().where(*mine).values(name=outside, version=None))

    # -- looking -----------------------------------------------------------------------------------------------------------------------

    def report(self, replay_run_id: str) -> ReplayReport:
        """Return what came of a replay, as far as it is.

        Raises
        ------
        NotFoundError
            When the run repeats none.
        """
        row = self.store.row(replay_run_id)
        if row is None:
            raise NotFoundError(
                f"Run {replay_run_id[:8]} is no replay.", hint="ws.runs.replays(run) lists those of a run."
            )
        return self._report(row)

    def reports(self, run_id: str) -> list[ReplayReport]:
        """Return the replays of a run, the newest first."""
        return [self._report(row) for row in self.store.of(run_id)]

    def _report(self, row: Mapping[str, Any]) -> ReplayReport:
        if row["verdict"] is not None:
            asked = Asked.of(row["options"])
            head = self._head(row["replay_run_id"], row["run_id"], asked, row)
            return ReplayReport(
                **head,
                state=row["state"],
                verdict=row["verdict"],
                ended_at=row["ended_at"],
                **(row["differences"] or {}),
            )
        state = self._state(row["replay_run_id"])
        warnings = list(row["options"].get("warnings") or ())
        if state == "ENDED":
            try:
                return self._judge(row, None, [])
            except (
                Exception
            ) as error:  # a store that does not answer just now: it is tried again, and the others are shown
                log.warning("replay %s could not be judged", row["replay_run_id"], exc_info=True)
                warnings.append(f"It could not be judged yet: {error}")
        head = self._head(row["replay_run_id"], row["run_id"], Asked.of(row["options"]), row)
        return ReplayReport(**head, state=state, warnings=warnings)

    def _state(self, replay_run_id: str) -> str:
        background = BackgroundStore(self._ground).row(replay_run_id)
        if background is None:
            return "ENDED"
        return "RUNNING" if background.state == "STOPPING" else str(background.state)

    @staticmethod
    def _head(replay_run_id: str, run_id: str, asked: Asked, row: Mapping[str, Any] | None = None) -> dict[str, Any]:
        more = {"created_by": row["created_by"], "created_at": row["created_at"]} if row is not None else {}
        names = ("mode", "env", "data", "rtol", "atol")
        return {
            "replay_run_id": replay_run_id,
            "run_id": run_id,
            **{name: getattr(asked, name) for name in names},
            **more,
        }

    # -- the verdict -------------------------------------------------------------------------------------------------------------------

    def _judge(self, row: Mapping[str, Any], models: list[ValueDiff] | None, notes: list[str]) -> ReplayReport:
        """Compare the two runs, remove what the replay wrote, and store what came of it."""
        asked, replay_run_id = Asked.of(row["options"]), row["replay_run_id"]
        head = self._head(replay_run_id, row["run_id"], asked, row)
        try:
            original, replay = self._runs.get(row["run_id"]), self._runs.get(replay_run_id)
            report = self._compared(head, asked, original, replay, models, notes)
        except NotFoundError as error:  # one of them was purged meanwhile
            cause = Cause(kind="unexplained", message=error.message)
            report = ReplayReport(**head, state="ENDED", verdict="FAILED", causes=[cause], ended_at=now_ms())
        inside.clear(self._ground, self._catalog, asked)  # before the verdict: whoever waits for it finds all as it was
        finished = self.store.finish(report)
        if not finished and (stored := self.store.row(replay_run_id)) is not None and stored["verdict"] is not None:
            return self._report(stored)
        return report

    def _compared(
        self,
        head: Mapping[str, Any],
        asked: Asked,
        original: RunRecord,
        replay: RunRecord,
        models: list[ValueDiff] | None,
        notes: list[str],
    ) -> ReplayReport:
        diff = self._runs.diff(original.run_id, replay.run_id)
        params, metrics = list(diff.params), compared_metrics(diff)
        if later := self._logged_later(original, [item.key for item in metrics if item.change == "removed"]):
            metrics = [item for item in metrics if item.key not in later]
            notes = [*notes, f"Not compared, because they were logged after the run had ended: {', '.join(later)}."]
        checked = models or []
        verdict = verdict_of(replay, params, metrics, checked, rtol=asked.rtol, atol=asked.atol)
        error = self._error(replay) if verdict == "FAILED" else None
        background = BackgroundStore(self._ground).row(replay.run_id)
        if background is not None and (background.error or {}).get("error_code") == _NO_ENVIRONMENT:
            lines = environment.differences(self._lock(original))
            causes = [Cause(kind="environment", message=background.error["message"], details=lines)]
        else:
            causes = causes_of(verdict, self._runs.source(original.run_id), original, diff, error)
        read = diff.data if error is None else [item for item in diff.data if item.change == "changed"]
        warnings = [*asked.warnings, *([] if error else notes), *data_changes(read)]
        if models is None and original.models and verdict != "FAILED":
            warnings.append("The predictions of the models were not compared: the replay's kernel ended before.")
        if verdict != "FAILED" and not params and not metrics and not checked:
            warnings.append("There was nothing to compare: the run has no parameters, metrics or models.")
        if diff.environment and asked.env == "same":
            warnings.append(f"{len(diff.environment)} packages differ from then: see the comparison of the two runs.")
        stopped = background is not None and background.desired_state == "KILLED"
        return ReplayReport(
            **head,
            state="STOPPED" if stopped else "ENDED",
            verdict=verdict,
            params=params,
            metrics=metrics,
            models=checked,
            causes=causes,
            warnings=list(dict.fromkeys(warnings)),
            error={"error_code": "REPLAY_FAILED", "message": error} if error else None,
            ended_at=replay.end_time or now_ms(),
        )

    def _logged_later(self, original: RunRecord, names: Sequence[str]) -> list[str]:
        """Return which metrics came after the run's end, from an evaluation: no cell of the run logs them."""
        if original.end_time is None or not names:
            return []
        client = self._ground.tracking.client()
        return [name for name in names if not logged_by(client, original.run_id, name, original.end_time)]

    def _error(self, replay: RunRecord) -> str:
        background = BackgroundStore(self._ground).row(replay.run_id)
        said = (background.error or {}).get("message") if background is not None else None
        return replay.error or said or f"It ended as {replay.status}."

    def finish_lost(self) -> int:
        """Judge replays whose process ended before it could: what the supervisor does now and then."""
        count = 0
        for row in self.store.open():
            if self._state(row["replay_run_id"]) == "ENDED":
                count += self._report(row).verdict is not None
        return count

    def clear_away(self) -> None:
        """Remove what replays that were killed while they cleared up have left."""
        inside.clear_leftovers(self._ground, self._catalog, {row["options"]["token"] for row in self.store.open()})
