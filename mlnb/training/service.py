"""Experiments and runs: start, find, read (``ws.runs``)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import sqlalchemy as sa

from mlnb.core.errors import NotFoundError

from .background.service import BackgroundRuns
from .finding import Finding
from .keeping.verbs import KeepingVerbs
from .reading.reader import TrackingReader, open_reader
from .reading.search import RunSearch
from .recording import figures as fig
from .recording.artifacts import Artifacts
from .recording.heartbeat import Heart, Sweep
from .recording.plain import PlainRuns
from .recording.recorder import Params
from .recording.session import RunContext
from .recording.source import Cell
from .recording.starting import Starter, Wanted
from .records import (
    RunArtifact,
    RunData,
    RunFigure,
    RunNotFoundError,
    RunPage,
    RunRecord,
    run_data,
    run_sessions,
)
from .replaying.service import Replays
from .settings import TrainingSettings

if TYPE_CHECKING:
    from mlnb.catalog.service import Catalog
    from mlnb.core.ground import Ground
    from mlnb.core.supervisor import Reconciler

    from .records_notebook import NotebookRuns

_LARGEST_DATA_URL = 1_000_000


class Runs(Finding, KeepingVerbs, BackgroundRuns, Replays):
    """The workspace's experiments and runs.

    Parameters
    ----------
    ground
        The workspace's stores.
    catalog
        Tables that runs read.
    """

    def __init__(self, ground: Ground, catalog: Catalog) -> None:
        self._ground, self._catalog = ground, catalog
        self._settings = ground.settings.section("training", TrainingSettings)
        self._heart = Heart(ground, self._settings.heartbeat_seconds)
        self._open: list[RunContext] = []

    @cached_property
    def _reader(self) -> TrackingReader:
        return open_reader(self._ground.tracking.uri, self._ground.tracking.client)

    @cached_property
    def _sweep(self) -> Sweep:
        return Sweep(self._ground, self._settings)

    @cached_property
    def _search(self) -> RunSearch:
        return RunSearch(self._reader, lambda: self._ground.journal.last_id())

    @cached_property
    def _starter(self) -> Starter:
        return Starter(
            self._ground,
            self._catalog,
            self._settings,
            self._heart,
            lambda: self._reader,
            lambda run: self.resolve(run),
        )

    @cached_property
    def _plain(self) -> PlainRuns:
        return PlainRuns(self._ground, self._settings, self._heart)

    def run_opening(self) -> None:
        """Hear that plain MLflow code is about to open a run in this thread; see :class:`.recording.plain.PlainRuns`."""
        self._plain.opening()

    def cell_ended(self, before: Sequence[str], *, failed: bool = False) -> list[str]:
        """Close what plain MLflow calls left open in a cell, and return what to say; see :class:`.recording.plain.PlainRuns`."""
        return self._plain.cell_ended(before, failed=failed)

    def of_notebook(self, path: str) -> NotebookRuns:
        """Return the newest runs of a notebook, also those from before it was renamed; ``path`` is seen from the notebook root."""
        from .notebooks import runs_of

        return runs_of(self._ground, self._reader, path)

    def notebook_renamed(self, old: str, new: str) -> list[str]:
        """Let the experiments of a notebook, or of a folder's notebooks, follow to the new path; return the ids of those that did."""
        from .notebooks import renamed

        return renamed(self._ground, self._reader, old, new)

    def notebook_deleted(self, path: str) -> list[str]:
        """Say on the experiments of a notebook that it is gone; its runs stay. Return their ids."""
        from .notebooks import deleted

        return deleted(self._ground, self._reader, path)

    def count_running(self) -> int:
        """Return how many runs are open, from the metastore alone: a status line asks often and must not wake MLflow."""
        return self._ground.metastore.count(run_sessions, run_sessions.c.state == "RUNNING")

    def reconcilers(self) -> Sequence[Reconciler]:
        """Return the sweep that ends runs whose process is gone, and what releases the versions that deleted runs had pinned."""
        from .background.care import BackgroundCare
        from .recording.store import Unsent

        return [
            self._sweep,
            BackgroundCare(self._ground, self._settings),
            Unsent(self._ground),
            *self._keepers(),
            *self._replay_care(),
        ]

    # -- running ---------------------------------------------------------------------------------------------------------------------

    def start(
        self,
        name: str | None = None,
        *,
        experiment: str | None = None,
        resume: object = None,
        nested: bool = False,
        tags: Mapping[str, object] | None = None,
        params: Params = None,
        metrics: Sequence[str] = (),
        data: Mapping[str, str] | None = None,
        autolog: bool | None = None,
        log_models: bool | None = None,
        figures: bool | None = None,
        stdout: bool | None = None,
        system_metrics: bool | None = None,
        seed: int | None = None,
        scope: str | None = None,
        note: str | None = None,
        strict: bool = False,
        cell: Cell | None = None,
    ) -> RunContext:
        """Return a run to use as a context manager; it is created on entering the block and always ended on leaving it.

        Parameters
        ----------
        name
            Of the run; MLflow makes one up otherwise.
        experiment
            By default the notebook's or script's own, or the one chosen with ``mlflow.set_experiment``.
        resume
            Continue a run: its id, the first 8 of it, its name (the newest of the experiment), or True for the newest of this cell.
        nested
            Inside another run, as its child.
        tags
            Set on the run.
        params
            A mapping to log; with ``cell`` also ``"auto"`` (its literals), names, or ``"none"``.
        metrics
            Names the cell binds to numbers or dictionaries of numbers.
        data
            Variable -> table: what the frame in the variable was made from, where it does not say so itself.
        autolog
            Let MLflow log what the libraries inside the block do, models excepted; by default in cells only, as the settings say.
        log_models
            Log the fitted models the cell binds.
        figures, stdout, system_metrics
            Keep figures, printed text, and measurements of the computer; as the settings say by default.
        seed
            Set for ``random``, NumPy and PyTorch, as far as they are loaded.
        scope
            Scope card this run works towards.
        note
            Text shown with the run.
        strict
            Refuse a cell that stands on hidden state of its notebook.
        cell
            The cell that is going to run, from the notebook host.

        Raises
        ------
        RunActiveError
            When another run is open here and ``nested`` is False.
        RunAliveError
            When the run to continue still runs.
        ScopeNotFoundError
            When there is no such card.
        """
        wanted = Wanted(
            name, experiment, resume, nested, tags, params, metrics, data, autolog, log_models, figures, stdout,
            system_metrics, seed, scope, note, strict, cell,
        )  # fmt: skip
        run = self._starter.start(wanted)
        self._open = [known for known in self._open if known.is_open] + [run]
        return run

    # -- finding ---------------------------------------------------------------------------------------------------------------------

    def resolve(self, run: object) -> str:
        """Return the id of a run given by id, a prefix of 8 or more, name (the newest), ``@last``, ``@best:metric``, or a run object.

        Raises
        ------
        RunNotFoundError
            With the nearest names as hint.
        """
        return self._search.resolve(run)

    def get(self, run: object) -> RunRecord:
        """Return everything recorded of a run; see :meth:`resolve` for how to name it.

        Raises
        ------
        RunNotFoundError
            When there is none.
        """
        from .reading.assemble import run_record

        run_id = self.resolve(run)
        self._sweep.glance()
        row = self._reader.get(run_id)
        if row is None:
            raise RunNotFoundError(f"There is no run {run_id}.")
        with self._ground.metastore.connect() as connection:
            session = (
                connection.execute(sa.select(run_sessions).where(run_sessions.c.run_id == run_id)).mappings().first()
            )
            data = connection.execute(sa.select(run_data).where(run_data.c.run_id == run_id)).mappings().all()
        used = [RunData(**{key: value for key, value in item.items() if key != "run_id"}) for item in data]
        return run_record(
            row, session, used, self._reader.models(run_id), Artifacts(row.artifact_uri, self._ground.files)
        )

    # -- files -----------------------------------------------------------------------------------------------------------------------

    def artifacts(self, run: object) -> list[RunArtifact]:
        """Return the files of a run."""
        return self._artifacts(run).list()

    def read_artifact(self, run: object, path: str) -> bytes:
        """Return the content of one file of a run."""
        return self._artifacts(run).read(path)

    def parquet_head(self, run: object, path: str, *, limit: int = 100) -> RunPage:
        """Return the first rows of a Parquet file among a run's files, and how many it has."""
        from .reading.parquet_head import parquet_head

        with self._artifacts(run).open(path)[0] as stream:
            return parquet_head(stream, path, limit)

    def write_artifacts(self, run: object, contents: Mapping[str, bytes | str]) -> None:
        """Write files into a run, also into one that has ended: what an evaluation adds."""
        self._artifacts(run).write(contents)

    def figures(self, run: object) -> list[RunFigure]:
        """Return the figures of a run as data URLs; larger ones than 1 MB are left to be opened as files."""
        artifacts = self._artifacts(run)
        listed = artifacts.list()
        shown = fig.shown_figures(item.path for item in listed)
        small = [item for item in listed if item.path in shown and (item.size or 0) <= _LARGEST_DATA_URL]
        return [
            RunFigure(path=item.path, data_url=fig.data_url(item.path, artifacts.read(item.path))) for item in small
        ]

    def output(self, run: object) -> str:
        """Return what the run printed, as far as it is kept."""
        try:
            return self.read_artifact(run, "mlnb/stdout.log").decode(errors="replace")
        except NotFoundError:
            return ""

    def _artifacts(self, run: object) -> Artifacts:
        row = self._reader.get(self.resolve(run))
        return Artifacts(row.artifact_uri if row else "", self._ground.files)

    # -- what other stages add -------------------------------------------------------------------------------------------------------

    def log_values(
        self,
        run: object,
        *,
        metrics: Mapping[str, float] | None = None,
        tags: Mapping[str, str] | None = None,
        dataset: RunData | None = None,
        model_id: str | None = None,
    ) -> None:
        """Log metrics and tags on a run, open or ended; metrics may name the data and the model they belong to.

        What a run that has ended logged itself keeps its value: a later one of the same name is logged as ``eval_NAME``.
        """
        from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, RunTag

        from mlnb.core.clock import now_ms

        from .recording.data import dataset_digest
        from .recording.later import beside_its_own

        client, run_id, link = self._ground.tracking.client(), self.resolve(run), {}
        if dataset is not None:
            digest = dataset_digest(dataset.name, dataset.version)
            source = json.dumps({"name": dataset.name, "version": dataset.version})
            entity = Dataset(name=dataset.name, digest=digest, source_type="delta_table", source=source)
            client.log_inputs(run_id, [DatasetInput(entity, tags=[InputTag("mlflow.data.context", "evaluation")])])
            link = {"dataset_name": dataset.name, "dataset_digest": digest}
        time = now_ms()
        names = beside_its_own(client, run_id, metrics or ())
        values = [
            Metric(names[name], value, time, 0, model_id=model_id, run_id=run_id, **link)
            for name, value in (metrics or {}).items()
        ]
        client.log_batch(run_id, values, [], [RunTag(key, value) for key, value in (tags or {}).items()])
        for context in self._open:
            if context.run_id == run_id:
                context.note_metrics(metrics or {})
