"""Why a replay came out differently, in the order in which it is worth looking: code, data, environment, seeds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..records import RunRecord
from ..records_diff import DataDiff, RunDiff
from ..records_replay import Cause, RunSourceCode, Verdict

_MOST = 20
#: Errors by what they come from; anything else comes from the code.
_OF_DATA = re.compile(
    r"VERSION_|FILES_MISSING|TABLE_NOT_FOUND|TABLE_OR_VIEW_NOT_FOUND|FileNotFoundError|DELTA_|SCHEMA_NOT_FOUND"
)
_OF_ENVIRONMENT = re.compile(r"ModuleNotFoundError|ImportError|PackageNotFound")
_SEEDED = re.compile(r"random_state\s*=|\bseed\s*=|\.seed\(|manual_seed\(|default_rng\(\s*\d|--seed")
#: What draws random numbers when nobody says which.
_RANDOM = re.compile(
    r"Forest|Boosting|LGBM|XGB|CatBoost|MLPC|MLPR|SGD|KMeans|train_test_split|ShuffleSplit|shuffle=True|KFold|\.sample\(|"
    r"\brandom\b|np\.random|torch|Dropout|RandomizedSearch|TSNE|UMAP|Bagging|ExtraTree"
)


def causes_of(
    verdict: Verdict, source: RunSourceCode, original: RunRecord, diff: RunDiff, error: str | None
) -> list[Cause]:
    """Return what may explain the verdict; nothing for runs that are the same."""
    if verdict in ("IDENTICAL", "WITHIN_TOLERANCE"):
        return []
    found = [*_code(source, error), *_data(diff.data, error), *_environment(diff, error), *_seeds(source, original)]
    if verdict == "FAILED" and error is not None:
        kind = "data" if _OF_DATA.search(error) else "environment" if _OF_ENVIRONMENT.search(error) else "code"
        found.sort(key=lambda cause: cause.kind != kind)
    if found:
        return found
    what = "The code, the data, the packages and the seeds are the same."
    return [Cause(kind="unexplained", message=f"{what} Threads, the clock or a service may make the difference.")]


def data_changes(data: Sequence[DataDiff]) -> list[str]:
    """Return a line for everything that was read at another version, or is not what it was."""
    lines = []
    for item in data:
        if item.direction != "read" or item.change == "same":
            continue
        if item.a_version != item.b_version and item.a_version is not None and item.b_version is not None:
            lines.append(f"{item.name}: version {item.a_version} then, {item.b_version} in the replay")
        elif item.change == "changed" and item.kind != "table":
            lines.append(f"{item.name}: another content than then")
        elif item.kind == "table" and item.change in ("added", "removed"):
            said = "was not read in the replay" if item.change == "removed" else "was not read then"
            lines.append(f"{item.name} {said}")
    return lines[:_MOST]


def _code(source: RunSourceCode, error: str | None) -> Iterator[Cause]:
    if source.reproducible in ("out_of_order", "edited", "deleted"):
        said = {
            "out_of_order": "The run's cells had not run from top to bottom.",
            "edited": "Cells were edited after they had run.",
            "deleted": "Cells the run follows from are not in the notebook any more.",
        }[source.reproducible]
        yield Cause(kind="code", message=said, details=source.reasons[:_MOST])
    elif source.reproducible == "unknown":
        yield Cause(
            kind="code", message="Not everything the run used came from its cells.", details=source.reasons[:_MOST]
        )
    if error is not None and not _OF_DATA.search(error) and not _OF_ENVIRONMENT.search(error):
        yield Cause(kind="code", message=f"The replay stopped: {error}")


def _data(data: Sequence[DataDiff], error: str | None) -> Iterator[Cause]:
    if error is not None and _OF_DATA.search(error):
        yield Cause(kind="data", message=f"The data of then could not be read: {error}")
        return
    changed = data if error is None else [item for item in data if item.change == "changed"]  # it read less: it stopped
    if lines := data_changes(changed):
        yield Cause(kind="data", message="The replay read other data.", details=lines)


def _environment(diff: RunDiff, error: str | None) -> Iterator[Cause]:
    if error is not None and _OF_ENVIRONMENT.search(error):
        yield Cause(kind="environment", message=f"A package is missing: {error}")
    if diff.environment:
        lines = [f"{item.key}: {item.a or 'not there'} then, {item.b or 'not there'} now" for item in diff.environment]
        yield Cause(kind="environment", message=f"{len(lines)} packages differ.", details=lines[:_MOST])


def _seeds(source: RunSourceCode, original: RunRecord) -> Iterator[Cause]:
    text = "\n".join(cell.source for cell in source.cells if cell.in_closure)
    if "mlnb.seed" in original.tags or _SEEDED.search(text) or not _RANDOM.search(text):
        return
    yield Cause(kind="seeds", message="No seed was set: run it with --seed N, or give the model a random_state.")
