"""What comes to a run after its end stands beside what the run itself found, never in its place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

#: An evaluation's value of a metric that the run itself has logged.
EVALUATED = "eval_"


def beside_its_own(client: Any, run_id: str, metrics: Iterable[str]) -> dict[str, str]:
    """Return under which name each metric is logged: a run that has ended keeps its own value under the plain one.

    A list of runs sorted by a metric would otherwise set one run's value on test rows beside another's on other rows, and a replay would
    be held against a number that no cell of the run logs.
    """
    run = client.get_run(run_id)
    end, known, names = run.info.end_time, run.data.metrics, dict.fromkeys(metrics, "")
    for name in names:
        own = end is not None and name in known and logged_by(client, run_id, name, end)
        names[name] = f"{EVALUATED}{name}" if own else name
    return names


def logged_by(client: Any, run_id: str, metric: str, end: int) -> bool:
    """Return whether a metric was first logged while the run went on."""
    times = [value.timestamp for value in client.get_metric_history(run_id, metric)]
    return bool(times) and min(times) <= end
