"""From what was asked for to a run that can begin: options are checked and the place is found before anything is created."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mlnb.core.caller import current_caller
from mlnb.core.errors import InvalidParameterError
from mlnb.core.tracking import load_mlflow

from ..reading.reader import TrackingReader
from ..records import RunActiveError
from .data import table_and_version
from .heartbeat import Heart
from .notebooks import NOTEBOOK_TAG, current_path
from .recorder import Params, RunOptions
from .resuming import Resumption, find_resumption, newest_of_cell, resume_text
from .session import RunContext
from .source import Cell, calling_code, relative_path
from .store import is_refusal, unavailable

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

    from mlnb.catalog.service import Catalog
    from mlnb.core.ground import Ground

    from ..settings import TrainingSettings

#: Experiment of code that stands in no file.
FALLBACK_EXPERIMENT = "scratch"


@dataclass(frozen=True)
class Wanted:
    """The arguments of :meth:`mlnb.training.service.Runs.start`, which explains them."""

    name: str | None = None
    experiment: str | None = None
    resume: object = None
    nested: bool = False
    tags: Mapping[str, object] | None = None
    params: Params = None
    metrics: Sequence[str] = ()
    data: Mapping[str, str] | None = None
    autolog: bool | None = None
    log_models: bool | None = None
    figures: bool | None = None
    stdout: bool | None = None
    system_metrics: bool | None = None
    seed: int | None = None
    scope: str | None = None
    note: str | None = None
    strict: bool = False
    cell: Cell | None = None


class Starter:
    """Makes runs.

    Parameters
    ----------
    ground, catalog, settings
        The workspace.
    heart
        Gives open runs their signs of life.
    reader, resolve
        Find runs, for those that are to go on.
    """

    def __init__(
        self,
        ground: Ground,
        catalog: Catalog,
        settings: TrainingSettings,
        heart: Heart,
        reader: Callable[[], TrackingReader],
        resolve: Callable[[object], str],
    ) -> None:
        self._ground, self._catalog, self._settings, self._heart = ground, catalog, settings, heart
        self._reader, self._resolve = reader, resolve

    def start(self, wanted: Wanted) -> RunContext:
        """Return a run to use as a context manager.

        Raises
        ------
        MlnbError
            When an option cannot be fulfilled; nothing has happened then.
        """
        self.check(wanted)
        parent = self._parent(wanted.nested)
        code, path, folder = self._code_and_path(wanted.cell)
        resumed = self._resumed(wanted, path)
        experiment_id, experiment_name = (
            (resumed.experiment_id, resumed.experiment_name) if resumed else self._experiment(wanted.experiment, path)
        )
        settings = self._settings

        def chosen(value: bool | None, usual: bool) -> bool:
            return usual if value is None else value

        options = RunOptions(
            name=wanted.name,
            experiment_id=experiment_id,
            experiment_name=experiment_name,
            parent_run_id=parent,
            resumed=resumed,
            tags={str(key): str(value) for key, value in (wanted.tags or {}).items()},
            params=wanted.params,
            metrics=tuple(wanted.metrics),
            data={str(name): str(table) for name, table in (wanted.data or {}).items()},
            # A script that says what it logs means that and nothing else; a cell is recorded without a line of logging.
            autolog=chosen(wanted.autolog, settings.autolog and wanted.cell is not None),
            autolog_stated=bool(wanted.autolog),
            log_models=chosen(wanted.log_models, settings.log_models),
            figures=chosen(wanted.figures, settings.figures),
            stdout=chosen(wanted.stdout, settings.stdout_kb > 0),
            system_metrics=chosen(wanted.system_metrics, settings.system_metrics),
            seed=wanted.seed,
            scope=wanted.scope,
            note=wanted.note,
            strict=wanted.strict,
            cell=wanted.cell,
            code=code,
            path=path,
            folder=folder,
        )
        return RunContext(
            self._ground,
            self._catalog,
            self._heart,
            settings,
            options,
            self._reader(),
        )

    def check(self, wanted: Wanted) -> None:
        """Refuse options that cannot be fulfilled."""
        if isinstance(wanted.params, str) and wanted.params not in ("auto", "none"):
            raise InvalidParameterError(
                f"params={wanted.params!r} is not understood.", hint="Use auto, none or a list of names."
            )
        if wanted.seed is not None and wanted.seed < 0:
            raise InvalidParameterError(f"Seed {wanted.seed} is negative.", hint="Use 0 or more.")
        if wanted.scope is not None:
            from mlnb.scope.service import Scopes

            Scopes(self._ground, self._catalog).get(wanted.scope)
        for name, table in (wanted.data or {}).items():
            if not str(name).isidentifier():
                raise InvalidParameterError(
                    f"--data {name}={table}: {name} is no name of a variable.", hint="Write --data rows=main.ml.flights"
                )
            known, version = table_and_version(str(table))
            self._catalog.table(known, version=version)  # says what is there instead, when it is not

    def _parent(self, nested: bool) -> str | None:
        from .active import active_run_ids

        active = active_run_ids()
        if active and not nested:
            raise RunActiveError(
                f"Run {active[-1][:8]} is open here already.",
                hint="Make this one its child with nested=True (--nested), or end that one with mlflow.end_run().",
            )
        return active[-1] if active else None

    def _code_and_path(self, cell: Cell | None) -> tuple[str | None, str | None, Path]:
        """Return the code, its path from the notebook root, and the folder it lies in."""
        code, file = (None, None) if cell is not None else calling_code()
        found = current_caller().notebook or file
        if found is None:
            return code, None, Path.cwd()
        full = Path(found) if Path(found).is_absolute() else self._ground.root / found
        path = current_path(self._ground, relative_path(full, self._ground.root))
        full = Path(path) if Path(path).is_absolute() else self._ground.root / path
        return code, path, full.parent if full.parent.is_dir() else Path.cwd()

    def _resumed(self, wanted: Wanted, path: str | None) -> Resumption | None:
        text = resume_text(wanted.resume)
        if text is None:
            return None
        home = None
        if wanted.experiment is not None or path is not None:
            home = self._experiment(wanted.experiment, path)[0]
        if not text and wanted.name is None:
            home = home or self._experiment(None, path)[0]
            cell_id = (wanted.cell and wanted.cell.cell_id) or current_caller().cell_id
            text = newest_of_cell(self._reader(), home, cell_id)
        return find_resumption(
            self._ground,
            self._reader(),
            self._settings,
            text or wanted.name or "",
            experiment_id=home,
            resolve=self._resolve,
        )

    def _experiment(self, name: str | None, path: str | None) -> tuple[str, str]:
        return experiment_of(self._ground, name, path)


def experiment_of(ground: Ground, name: str | None, path: str | None) -> tuple[str, str]:
    """Return id and name of the experiment: the one named, the one chosen with ``mlflow.set_experiment``, else the file's own.

    Raises
    ------
    InvalidParameterError
        When MLflow does not take the name.
    """
    load_mlflow()
    from mlflow.exceptions import MlflowException

    from .active import chosen_experiment_id

    client = ground.tracking.client()
    chosen = chosen_experiment_id() if name is None else None
    if chosen is not None:
        try:
            found = client.get_experiment(chosen)
            return found.experiment_id, found.name
        except MlflowException:  # chosen in another tracking store
            pass
    final = path or FALLBACK_EXPERIMENT if name is None else name.strip()
    try:
        experiment_id = ground.tracking.experiment_id(final)
        if name is None and path is not None and path.endswith(".ipynb"):
            _tag_notebook(client, experiment_id)
    except MlflowException as error:
        if not is_refusal(error):
            raise unavailable(error) from error
        raise InvalidParameterError(
            f"Experiment {final!r} cannot be used: {error.message.splitlines()[0]}", hint="Give it another name."
        ) from error
    return experiment_id, final


def _tag_notebook(client: MlflowClient, experiment_id: str) -> None:
    """Say on an experiment that it is a notebook's, which is there."""
    tags = client.get_experiment(experiment_id).tags
    if tags.get("mlflow.experiment.sourceType") != "NOTEBOOK":
        client.set_experiment_tag(experiment_id, "mlflow.experiment.sourceType", "NOTEBOOK")
    if NOTEBOOK_TAG in tags:
        client.delete_experiment_tag(experiment_id, NOTEBOOK_TAG)
