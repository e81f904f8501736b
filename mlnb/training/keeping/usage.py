"""The room an experiment takes, run by run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlnb.core.errors import did_you_mean

from ..records import ExperimentNotFoundError
from ..records_keeping import RunUsage, Usage
from .sizes import size_of
from .store import Head, StoredModel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mlnb.core.ground import Ground

    from ..records import ExperimentInfo
    from .store import RunStore

#: Runs that the answer names.
_LARGEST = 50


class Sizes:
    """Measures runs.

    Parameters
    ----------
    ground
        The workspace's stores.
    store
        Knows the runs.
    """

    def __init__(self, ground: Ground, store: RunStore) -> None:
        self._ground, self._store = ground, store

    def usage(self, experiment: str, experiments: Callable[[], Sequence[ExperimentInfo]]) -> Usage:
        """Return the room an experiment takes; see :meth:`mlnb.training.service.Runs.usage`."""
        text = str(experiment).strip()
        known = experiments()
        found = next((item for item in known if text in (item.experiment_id, item.name)), None)
        if found is None:
            hint = did_you_mean(text, [item.name for item in known]) or "ws.runs.experiments() lists them."
            raise ExperimentNotFoundError(f"There is no experiment {text or '(empty name)'}.", hint=hint)
        heads = self._store.of_experiment(found.experiment_id)
        measured = self.measure(heads)
        active = [item for item in measured if not item.deleted]
        return Usage(
            experiment_id=found.experiment_id,
            experiment_name=found.name,
            runs=len(active),
            deleted_runs=len(measured) - len(active),
            artifact_bytes=sum(item.artifact_bytes for item in measured),
            model_bytes=sum(item.model_bytes for item in measured),
            deleted_bytes=sum(item.artifact_bytes + item.model_bytes for item in measured if item.deleted),
            largest=sorted(measured, key=lambda item: -(item.artifact_bytes + item.model_bytes))[:_LARGEST],
        )

    def measure(self, heads: Sequence[Head]) -> list[RunUsage]:
        """Return the room each run takes."""
        models = self._store.logged_models([head.run_id for head in heads])
        return [self._of(head, models.get(head.run_id, [])) for head in heads]

    def _of(self, head: Head, models: Sequence[StoredModel]) -> RunUsage:
        files = self._ground.files
        return RunUsage(
            run_id=head.run_id,
            name=head.name,
            artifact_bytes=size_of(head.artifact_uri, files),
            model_bytes=sum(size_of(model.location, files) for model in models),
            deleted=head.deleted,
        )
