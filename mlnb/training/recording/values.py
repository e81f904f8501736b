"""What code logs on a run while it is open."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlnb.core.errors import InvalidParameterError

from ..records import RunModel
from . import figures as fig
from .batches import metric_values
from .limits import fitting
from .resuming import changed_parameters

if TYPE_CHECKING:
    from mlnb.catalog.service import Catalog

    from .artifacts import Artifacts
    from .recorder import Recorder, RunOptions
    from .store import RunStore


class RunLogging:
    """The methods of :class:`.session.RunContext` that the code inside the block calls."""

    models: list[RunModel]
    _catalog: Catalog
    _options: RunOptions
    _recorder: Recorder
    _store: RunStore
    _artifacts: Artifacts
    _params: dict[str, str]
    _changed: dict[str, str]
    _metrics: dict[str, float]

    def log(self, metrics: Mapping[str, Any] | None = None, /, *, step: int = 0, **more: Any) -> None:
        """Log metrics, now: ``run.log(auc=0.7)`` or ``run.log({"auc": 0.7}, step=3)``.

        Raises
        ------
        MetricError
            When a value is no number; nothing is logged then.
        """
        values = metric_values({**(metrics or {}), **more})
        self._store.log(metrics=values, step=step)
        self._metrics.update(values)

    def log_params(self, params: Mapping[str, Any] | None = None, /, **more: Any) -> None:
        """Log parameters; MLflow refuses to change one that was logged with another value.

        A run that goes on keeps those of its first part; what they are now is in its tags.
        """
        self._log_params({**(params or {}), **more})

    def _log_params(self, params: Mapping[str, Any]) -> None:
        values, files = fitting(params, "params")
        if self._options.resumed is not None:
            values, changed = changed_parameters(self._options.resumed, values)
            self._changed |= changed
        self._store.log(params=values)
        self._params |= values
        if files:
            self._artifacts.write(files)

    def set_tag(self, key: str, value: object) -> None:
        """Set a tag."""
        short, _ = fitting({key: value}, "tags")
        self._store.log(tags=short)
        self._keep_whole({key: value})

    def log_model(
        self,
        model: Any,
        name: str = "model",
        *,
        signature: Any | None = None,
        input_example: Any | None = None,
        flavor: str | None = None,
        **options: Any,
    ) -> RunModel:
        """Log a model with its signature and requirements; see :func:`mlnb.training.recording.modelling.log_model`.

        Without ``signature`` and ``input_example`` the signature comes from a frame of the cell that has the columns the model was
        fitted on, among others or alone.

        Returns
        -------
        RunModel
            Its ``uri`` is what ``load_model`` and ``ws.models.register`` take.
        """
        from . import modelling

        if signature is None and input_example is None:
            names = self._recorder.names
            example = modelling.find_example(model, self._options.namespace, names.used, names.bound)
            signature = modelling.signature_of(model, example)
        logged = modelling.log_model(
            model, name, signature=signature, input_example=input_example, flavor=flavor, **options
        )
        self.models.append(logged)
        return logged

    def log_figure(self, figure: Any, name: str = "figure") -> str:
        """Keep a matplotlib or plotly figure with the run and return its path there.

        Parameters
        ----------
        figure
            The figure.
        name
            File name; with a suffix (``.png``, ``.svg``, plotly's ``.html``) that form is written.
        """
        suffix = Path(name).suffix
        made = fig.figure_file(figure, suffix or None)
        if made is None:
            raise InvalidParameterError(
                f"{type(figure).__name__} is no figure.", hint="Log a matplotlib or plotly figure."
            )
        path = f"{fig.FOLDER}/{name.removesuffix(suffix)}{made[0]}"
        self.write_files({path: made[1]})
        return path

    def write_files(self, contents: Mapping[str, bytes | str]) -> None:
        """Write files by their path inside the run's artifacts."""
        self._artifacts.write(contents)
        self._recorder.figures.update({path: b"" for path in contents if fig.is_figure(path)})

    def read(self, table: str, **options: Any) -> Any:
        """Read a table of the catalog as a data frame; its version is recorded with the run."""
        return self._catalog.read(table, **options)

    def _keep_whole(self, tags: Mapping[str, object]) -> None:
        """Keep texts that are too long for a tag as files."""
        if files := fitting(tags, "tags")[1]:
            self._artifacts.write(files)
