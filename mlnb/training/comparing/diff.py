"""Everything that differs between two runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ..records_diff import CellDiff, RunDiff, ValueDiff
from .align import cell_diffs
from .commits import commits_between
from .data import data_diffs
from .sides import Side, intervals
from .values import metric_diffs, value_diffs

if TYPE_CHECKING:
    from mlnb.catalog.service import Catalog
    from mlnb.core.ground import Ground

#: Tags that other parts of the comparison say, or that differ between any two runs.
_OWN = ("mlflow.", "mlnb.")
_GIT_DIFF = "mlnb/git.diff"
_KEPT = ("mlnb.reproducible", "mlnb.scope", "mlnb.leakage")


def run_diff(a: Side, b: Side, ground: Ground, catalog: Catalog) -> RunDiff:
    """Return what differs, area by area, and in which areas nothing does."""
    notes: list[str] = []
    cells = _cells(a, b, notes)
    data = data_diffs(a.run.data, b.run.data, catalog, notes)
    environment = _environment(a, b, notes)
    commits = _commits(a, b, ground.root, notes)
    if a.run.git.commit == b.run.git.commit and a.text(_GIT_DIFF) != b.text(_GIT_DIFF):
        notes.append(f"The commit is the same, the changes not committed are not: see {_GIT_DIFF} among the files.")
    found = RunDiff(
        a=a.head,
        b=b.head,
        cells=cells,
        data=data,
        environment=environment,
        git_a=a.run.git,
        git_b=b.run.git,
        git_commits=commits,
        params=value_diffs(a.run.params, b.run.params),
        metrics=metric_diffs(a.run.metrics, b.run.metrics, intervals(ground, a.run), intervals(ground, b.run)),
        tags=value_diffs(_tags(a.run.tags), _tags(b.run.tags)),
        artifacts=value_diffs(a.files(), b.files()),
    )
    same = [area for area in _same(found) if area not in _not_compared(a, b)]
    return found.model_copy(update={"same": same, "notes": list(dict.fromkeys([*notes, *a.notes, *b.notes]))})


def _cells(a: Side, b: Side, notes: list[str]) -> list[CellDiff]:
    executed = a.executed(), b.executed()
    if executed[0] is not None and executed[1] is not None:
        return cell_diffs(executed[0], executed[1])
    missing = [side.run.name for side, cells in zip((a, b), executed, strict=True) if cells is None]
    notes.append(
        f"Only the runs' own code is compared: the cells before it were not recorded for {' and '.join(missing)}."
    )
    return cell_diffs(a.own_cell(), b.own_cell())


def _environment(a: Side, b: Side, notes: list[str]) -> list[ValueDiff]:
    one, other = a.environment(), b.environment()
    if one is None or other is None:
        missing = [side.run.name for side, found in ((a, one), (b, other)) if found is None]
        notes.append(f"Packages are not compared: {' and '.join(missing)} keeps no lock of its environment.")
        return []
    return [item for item in value_diffs(one, other) if item.change != "same"]


def _commits(a: Side, b: Side, root: Path, notes: list[str]) -> list[str]:
    one, other = a.run.git.commit, b.run.git.commit
    if one is None or other is None or one == other:
        return []
    notebooks = [side.run.source.notebook for side in (b, a)]
    folders = dict.fromkeys([*((root / path).parent for path in notebooks if path), root])
    found, note = commits_between(one, other, [folder for folder in folders if folder.is_dir()])
    notes += [note] if note else []
    return found


def _tags(tags: Mapping[str, str]) -> dict[str, str | None]:
    return {key: value for key, value in tags.items() if key in _KEPT or not key.startswith(_OWN)}


def _not_compared(a: Side, b: Side) -> set[str]:
    """Return the areas of which it is not known that nothing differs, or that the lists do not show."""
    missing = set()
    if a.environment() is None or b.environment() is None:
        missing.add("environment")
    if _GIT_DIFF in a.paths | b.paths and a.text(_GIT_DIFF) != b.text(_GIT_DIFF):
        missing.add("git")
    if not (a.executed() or a.own_cell()) or not (b.executed() or b.own_cell()):
        missing.add("cells")
    return missing


def _same(found: RunDiff) -> list[str]:
    areas = ("cells", "data", "environment", "params", "metrics", "tags", "artifacts")
    same = [area for area in areas if all(item.change == "same" for item in getattr(found, area))]
    git = found.git_a.commit == found.git_b.commit and bool(found.git_a.dirty) == bool(found.git_b.dirty)
    return sorted([*same, "git"] if git else same)
