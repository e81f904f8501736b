"""Notebooks and their runs: which a notebook has, and what becomes of them when it is renamed or deleted."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mlnb.core.errors import MlnbError

from .reading.reader import Key, RunQuery, TrackingReader
from .recording.notebooks import NOTEBOOK_TAG, RENAMED, former_paths
from .records import RunStatus, is_system_metric
from .records_notebook import NotebookRun, NotebookRuns

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

#: Runs of a notebook that are listed, and values of each that are shown.
_MOST_RUNS = 100
_MOST_VALUES = 5
#: Keys that are looked for among the runs: the commonest.
_MOST_KEYS = 60
_SOURCE = Key("tags", "mlflow.source.name")
_TAGS = (
    "mlnb.cell_id",
    "mlnb.code.sha256",
    "mlnb.reproducible",
    "mlflow.note.content",
    "mlflow.parentRunId",
    "mlnb.replay_of",
)
_ATTRIBUTES = ("run_name", "status", "start_time", "end_time", "experiment_id")


def runs_of(ground: Ground, reader: TrackingReader, path: str) -> NotebookRuns:
    """Return the runs of a notebook, also those from before it was renamed.

    Parameters
    ----------
    path
        From the notebook root.
    """
    path = path.strip()
    own = next((item.experiment_id for item in reader.experiments() if item.name == path), None)
    found: dict[str, int] = {}
    total = 0
    for name in [path, *former_paths(ground, path)]:
        for quote in "'\"":
            if quote not in name:
                query = RunQuery(filter=f"tags.`{_SOURCE.name}` = {quote}{name}{quote}", limit=_MOST_RUNS)
                count, ids, (started,) = reader.page(_with_start(query))
                total += count
                found |= dict(zip(ids, (value or 0 for value in started.values), strict=True))
                break
    newest = sorted(found, key=lambda run_id: -found[run_id])[:_MOST_RUNS]
    return NotebookRuns(path=path, experiment_id=own, total=total, runs=_heads(reader, newest))


def _with_start(query: RunQuery) -> RunQuery:
    return RunQuery(filter=query.filter, columns=(Key("attributes", "start_time"),), limit=query.limit)


def _heads(reader: TrackingReader, ids: Sequence[str]) -> list[NotebookRun]:
    if not ids:
        return []
    fixed = [*(Key("attributes", name) for name in _ATTRIBUTES), *(Key("tags", name) for name in _TAGS)]
    table = _by_key(reader.cells(ids, fixed))
    experiments = sorted({str(value) for value in table["attributes.experiment_id"] if value is not None})
    keys = [key for key, _ in reader.keys(experiments, _MOST_RUNS) if key.kind in ("metrics", "params")]
    shown = [key for key in keys if not is_system_metric(key.name)][:_MOST_KEYS]
    # what the code logged by itself says more than what autologging adds to every fit
    shown.sort(key=lambda key: key.kind == "metrics" and key.name.startswith("training_"))
    values = _by_key(reader.cells(ids, shown))
    models = reader.model_counts(ids)
    return [_head(index, run_id, table, values, models.get(run_id, 0)) for index, run_id in enumerate(ids)]


def _by_key(columns: Iterable[Any]) -> dict[str, list[Any]]:
    return {column.key: column.values for column in columns}


def _head(index: int, run_id: str, table: Mapping[str, Any], values: Mapping[str, Any], models: int) -> NotebookRun:
    def of(key: str) -> Any:
        return table[key][index]

    def first(kind: str) -> dict[str, Any]:
        found = {
            key.removeprefix(f"{kind}."): column[index]
            for key, column in values.items()
            if key.startswith(f"{kind}.") and column[index] is not None
        }
        return dict(list(found.items())[:_MOST_VALUES])

    status: RunStatus = of("attributes.status")
    return NotebookRun(
        run_id=run_id,
        name=of("attributes.run_name") or run_id[:8],
        status=status,
        start_time=of("attributes.start_time"),
        end_time=of("attributes.end_time"),
        cell_id=of("tags.mlnb.cell_id"),
        code_sha256=of("tags.mlnb.code.sha256"),
        reproducible=of("tags.mlnb.reproducible"),
        metrics={name: _number(value) for name, value in first("metrics").items()},
        params=first("params"),
        note=of("tags.mlflow.note.content"),
        parent_run_id=of("tags.mlflow.parentRunId"),
        replay_of=of("tags.mlnb.replay_of"),
        models=models,
    )


def _number(value: float) -> float | str:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


# -- renamed and deleted -----------------------------------------------------------------------------------------------------------------


def renamed(ground: Ground, reader: TrackingReader, old: str, new: str) -> list[str]:
    """Let the experiments of a notebook, or of a folder's notebooks, follow to the new path; return the ids of those that did.

    An experiment that has the new name already keeps it: the runs of both are found under the notebook's path.
    """
    old, new = old.rstrip("/"), new.rstrip("/")
    if not old or not new or old == new:
        return []
    with ground.metastore.begin():
        ground.journal.append(RENAMED, f"notebook:{old}", {"to": new})
    client = ground.tracking.client()
    moved = []
    for experiment_id, name in _below(reader, old):
        target = new + name[len(old) :]

        def rename(experiment_id: str = experiment_id, target: str = target) -> None:
            client.rename_experiment(experiment_id, target)

        if _done(rename):
            moved.append(experiment_id)
    return moved


def deleted(ground: Ground, reader: TrackingReader, path: str) -> list[str]:
    """Say on the experiments of a notebook that it is gone; its runs stay. Return their ids."""
    client = ground.tracking.client()
    marked = []
    for experiment_id, _ in _below(reader, path.rstrip("/")):

        def mark(experiment_id: str = experiment_id) -> None:
            client.set_experiment_tag(experiment_id, NOTEBOOK_TAG, "deleted")

        if _done(mark):
            marked.append(experiment_id)
    if marked:
        with ground.metastore.begin():
            ground.journal.append("notebook.deleted", f"notebook:{path}", {"experiments": marked})
    return marked


def _below(reader: TrackingReader, path: str) -> list[tuple[str, str]]:
    """Return the experiments named like a notebook, or like one in a folder."""
    if not path:
        return []
    found = [(item.experiment_id, item.name) for item in reader.experiments()]
    return [one for one in found if one[1] == path or (one[1].startswith(f"{path}/") and one[1].endswith(".ipynb"))]


def _done(action: Callable[[], None]) -> bool:
    from mlflow.exceptions import MlflowException

    try:
        action()
    except (MlflowException, MlnbError):  # another has that name, or it was deleted in between
        return False
    return True
