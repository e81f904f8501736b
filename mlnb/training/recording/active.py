"""MLflow's stack of active runs: ours goes on top and comes off again, whatever the code in between did to it.

The stack is MLflow's own and private to its thread; popping exactly the run that was pushed needs the stack itself.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlflow.entities import Run
    from mlflow.tracking import MlflowClient

log = logging.getLogger("mlnb.training")

#: Tag of runs that code opened and left open.
CLOSED_BY_TAG = "mlnb.closed_by"
#: Tag of a run that a call like ``mlflow.log_metric`` opened because none was.
_OPENED = ("mlnb.opened", "implicitly")


def opened_implicitly() -> dict[str, str]:
    """Return the tag of a run that MLflow opened by itself."""
    return dict([_OPENED])


def is_implicit(run: Any) -> bool:
    """Return whether MLflow opened a run by itself, to have one to log to."""
    return bool(run.data.tags.get(_OPENED[0]) == _OPENED[1])


def own_stack() -> list[Any]:
    """Return this thread's active runs as MLflow itself keeps them: it changes as runs begin and end."""
    from mlflow.tracking import fluent

    variable: Any = fluent._active_run_stack
    stack: list[Any] = variable.get()
    return stack


def active_runs() -> list[Any]:
    """Return this thread's active runs, the innermost last."""
    return list(own_stack())


def active_run_ids() -> list[str]:
    """Return the ids of this thread's active runs, the innermost last."""
    return [run.info.run_id for run in own_stack()]


def active_experiment_id() -> str | None:
    """Return the experiment of the innermost active run, None when there is none."""
    stack = own_stack()
    return str(stack[-1].info.experiment_id) if stack else None


def take_off(run_id: str) -> None:
    """Let a run be active no more."""
    stack = own_stack()
    stack[:] = [run for run in stack if run.info.run_id != run_id]


def chosen_experiment_id() -> str | None:
    """Return the experiment that ``mlflow.set_experiment`` chose in this process."""
    from mlflow.tracking import fluent

    chosen = fluent._active_experiment_id
    return None if chosen is None else str(chosen)


class ActiveRunGuard:
    """Makes a run MLflow's active one until :meth:`leave`.

    Parameters
    ----------
    run
        The run as MLflow's client returned it.
    """

    def __init__(self, run: Run) -> None:
        from mlflow.tracking.fluent import ActiveRun

        make_active: Any = ActiveRun
        self._run_id = run.info.run_id
        self._before = active_run_ids()
        self._active = make_active(run)
        own_stack().append(self._active)

    def ensure(self) -> None:
        """Put the run back if the code ended it by itself: what is logged at the end must not open another one."""
        if self._run_id not in active_run_ids():
            own_stack().append(self._active)

    def leave(self, client: MlflowClient, status: str) -> list[str]:
        """Take the run off and end what was opened above it and left open; return the names of those.

        Parameters
        ----------
        client
            Ends the left runs.
        status
            What they end as: as the run they were opened in.
        """
        from mlflow.tracking import fluent

        stack = own_stack()
        left = [run for run in stack if run.info.run_id not in (*self._before, self._run_id)]
        stack[:] = [run for run in stack if run.info.run_id in self._before]
        for run in reversed(left):
            try:
                client.set_tag(run.info.run_id, CLOSED_BY_TAG, "cell_end")
                client.set_terminated(run.info.run_id, status)
            except Exception:  # a store that is down keeps neither the others nor this run open
                log.warning("run %s, left open by a cell, could not be ended", run.info.run_id, exc_info=True)
        last: Any = fluent._last_active_run_id
        last.set(self._run_id)
        return [run.info.run_name or run.info.run_id[:8] for run in left]
