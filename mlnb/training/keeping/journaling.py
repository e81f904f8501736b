"""The events of what is done to runs: one for each of a few, one for each experiment of many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

    from .store import Head

#: Up to so many runs have an event each.
FEW = 100


def note(ground: Ground, action: str, heads: Sequence[Head], payload: Mapping[str, Any] | None = None) -> None:
    """Write what was done to runs, in one transaction."""
    about = dict(payload or {})
    with ground.metastore.begin():
        if len(heads) <= FEW:
            for head in heads:
                ground.journal.append(
                    action, f"run:{head.run_id}", {"name": head.name, "experiment_id": head.experiment_id, **about}
                )
            return
        by_experiment: dict[str, list[str]] = {}
        for head in heads:
            by_experiment.setdefault(head.experiment_id, []).append(head.run_id)
        for experiment_id, run_ids in by_experiment.items():
            ground.journal.append(
                action, f"experiment:{experiment_id}", {"runs": len(run_ids), "run_ids": run_ids, **about}
            )
