"""Profiles in MLflow: the page and the figures as artifacts of a run, the data as its data set."""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlnb.core.caller import current_caller
from mlnb.core.clock import now_ms
from mlnb.core.errors import MlnbError, NotFoundError

from ..records import Profile, Source
from ..records_compare import Comparison

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput
    from mlflow.tracking import MlflowClient

    from mlnb.catalog.service import Catalog
    from mlnb.core.ground import Ground

#: Folder of the artifacts.
FOLDER = "eda"
#: Experiment of what is logged outside of any notebook.
FALLBACK_EXPERIMENT = "scratch"


class RunGoneError(NotFoundError):
    """The run that a profile is to be logged to does not exist."""

    code = "RUN_NOT_FOUND"


def log(ground: Ground, catalog: Catalog, made: Profile | Comparison, run_id: str | None = None) -> str:
    """Log to a run, the active one or a new one; return its id. See `Explore.log`."""
    client = ground.tracking.client()
    chosen = run_id or _active_run()
    own = chosen is None
    found = _new_run(ground, client, made) if chosen is None else _existing(client, chosen)
    try:
        _write(client, catalog, found, made)
    except BaseException:
        if own:
            client.set_terminated(found, "FAILED")
        raise
    if own:
        client.set_terminated(found, "FINISHED")
    ground.tracking.configure()  # plain mlflow finds the run
    return found


def read_back(ground: Ground, run_id: str) -> Profile | Comparison | None:
    """Return what a run has as artifact, None when it is gone."""
    from mlflow.exceptions import MlflowException

    client = ground.tracking.client()
    kinds: tuple[type[Profile] | type[Comparison], ...] = (Profile, Comparison)
    with tempfile.TemporaryDirectory() as folder:
        for kind in kinds:
            try:
                path = client.download_artifacts(run_id, f"{FOLDER}/{kind.__name__.lower()}.json", folder)
                return kind.model_validate_json(Path(path).read_bytes())
            except (MlflowException, OSError, ValueError):
                continue
    return None


def _write(client: MlflowClient, catalog: Catalog, run_id: str, made: Profile | Comparison) -> None:
    from mlflow.entities import RunTag

    kind = type(made).__name__.lower()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / f"{kind}.json").write_text(made.model_dump_json(exclude_none=True, by_alias=True), "utf-8")
        (Path(folder) / f"{kind}.html").write_text(made.to_html(standalone=True), "utf-8")
        client.log_artifacts(run_id, folder, FOLDER)
    inputs = [_dataset(catalog, side) for side in _sides(made)]
    client.log_inputs(run_id, inputs)
    counts = dict.fromkeys(("BLOCKED", "WARNING", "INFO"), 0)
    for finding in made.findings:
        if finding.state == "open":
            counts[finding.severity] += 1
    tags = {f"mlnb.{kind}_id": made.id, "mlnb.findings": json.dumps(counts)}
    client.log_batch(run_id, tags=[RunTag(name, value) for name, value in tags.items()])


def _sides(made: Profile | Comparison) -> list[tuple[Source, int]]:
    if isinstance(made, Profile):
        return [(made.source, made.rows)]
    return [(made.left.source, made.left.rows), (made.right.source, made.right.rows)]


def _dataset(catalog: Catalog, side: tuple[Source, int]) -> DatasetInput:
    """Return a source in MLflow's form; a table's digest is the one that runs which read it have."""
    from mlflow.entities import Dataset, DatasetInput, InputTag

    source, rows = side
    table = source.kind == "table"
    digest = hashlib.sha256(f"{source.name}@{source.version}".encode()).hexdigest() if table else source.digest
    where: dict[str, Any] = {"path": source.name}
    if table:
        where = {"path": _location(catalog, source.name), "delta_table_version": source.version}
    dataset = Dataset(
        name=source.name[:500],
        digest=(digest or hashlib.sha256(source.name.encode()).hexdigest())[:8],
        source_type="delta_table" if table else source.kind,
        source=json.dumps(where),
        profile=json.dumps({"num_rows": rows}),
    )
    return DatasetInput(dataset, tags=[InputTag("mlflow.data.context", "eda")])


def _location(catalog: Catalog, name: str) -> str:
    try:
        return str(catalog.info(name).storage_location)
    except MlnbError:  # dropped since it was looked at
        return name


def _existing(client: MlflowClient, run_id: str) -> str:
    from mlflow.exceptions import MlflowException

    try:
        return str(client.get_run(run_id).info.run_id)
    except MlflowException as error:
        raise RunGoneError(f"There is no run {run_id!r}.", hint="Leave it away to log to a run of its own.") from error


def _active_run() -> str | None:
    """Return the run that is open in this thread."""
    from mlflow.tracking import fluent

    active = fluent.active_run()
    return str(active.info.run_id) if active is not None else None


def _new_run(ground: Ground, client: MlflowClient, made: Profile | Comparison) -> str:
    from mlflow.tracking import fluent

    source = _sides(made)[0][0]
    chosen = fluent._active_experiment_id
    experiment = str(chosen) if chosen is not None else ground.tracking.experiment_id(_experiment(ground))
    name = f"eda-{source.name}"[:250]
    tags = {"mlnb.kind": "eda", "mlflow.runName": name, "mlflow.user": current_caller().principal}
    run = client.create_run(experiment, start_time=now_ms(), tags=tags, run_name=name)
    return str(run.info.run_id)


def _experiment(ground: Ground) -> str:
    """Return the notebook's experiment: its path from the notebook root, as for runs."""
    notebook = current_caller().notebook
    if notebook is None:
        return FALLBACK_EXPERIMENT
    path = Path(notebook) if Path(notebook).is_absolute() else ground.root / notebook
    try:
        return path.resolve().relative_to(ground.root.resolve()).as_posix()
    except ValueError:
        return notebook
