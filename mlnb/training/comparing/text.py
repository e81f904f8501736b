"""A comparison of two runs as text: what a terminal shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..records_diff import CellDiff, DataDiff, MetricDiff, RunDiff, ValueDiff

_SIGNS = {"added": "+", "removed": "-", "changed": "~", "moved": ">", "same": "="}
_MOST = 40


def diff_text(diff: RunDiff) -> str:
    """Return what differs, area by area."""
    lines = [
        f"a: {diff.a.name} ({diff.a.run_id[:8]}) {diff.a.status}",
        f"b: {diff.b.name} ({diff.b.run_id[:8]}) {diff.b.status}",
    ]
    areas: tuple[tuple[str, Iterator[str]], ...] = (
        ("metrics", _metrics(diff.metrics)),
        ("params", _values(diff.params)),
        ("data", _data(diff.data)),
        ("cells", _cells(diff.cells)),
        ("environment", _values(diff.environment)),
        ("git", _git(diff)),
        ("tags", _values(diff.tags)),
        ("artifacts", _values(diff.artifacts)),
    )
    for area, found in areas:
        texts = list(found) if area not in diff.same else []
        if texts:
            lines += [f"{area}:", *(f"  {text}" for text in texts[:_MOST])]
            lines += [f"  … and {len(texts) - _MOST} more"] if len(texts) > _MOST else []
    if diff.same:
        lines.append(f"the same: {', '.join(diff.same)}")
    return "\n".join([*lines, *(f"note: {note}" for note in diff.notes)])


def _metrics(diffs: Sequence[MetricDiff]) -> Iterator[str]:
    for item in diffs:
        if item.change == "changed":
            apart = f", {item.standard_errors:+.1f} standard errors" if item.standard_errors is not None else ""
            better = f", {item.better} is better" if item.better else ""
            yield f"~ {item.key}: {item.a:.6g} → {item.b:.6g} ({item.difference:+.4g}{apart}{better})"
        elif item.change != "same":
            value = item.b if item.a is None else item.a
            yield f"{_SIGNS[item.change]} {item.key}: {value:.6g}"


def _values(diffs: Sequence[ValueDiff]) -> Iterator[str]:
    for item in diffs:
        if item.change == "changed":
            yield f"~ {item.key}: {item.a} → {item.b}"
        elif item.change != "same":
            yield f"{_SIGNS[item.change]} {item.key}: {item.b if item.a is None else item.a}"


def _data(diffs: Sequence[DataDiff]) -> Iterator[str]:
    for item in diffs:
        if item.change == "same":
            continue
        versions = [f"@{version}" for version in (item.a_version, item.b_version) if version is not None]
        columns = (
            [f"+{name}" for name in item.columns_added]
            + [f"-{name}" for name in item.columns_removed]
            + item.columns_retyped
        )
        rows = f", {item.a_rows:,} → {item.b_rows:,} rows" if None not in (item.a_rows, item.b_rows) else ""
        about = f" ({', '.join(columns)})" if columns else ""
        yield f"{_SIGNS[item.change]} {item.direction} {item.name} {' → '.join(versions)}{rows}{about}"


def _cells(diffs: Sequence[CellDiff]) -> Iterator[str]:
    for item in diffs:
        if item.change == "same":
            continue
        place = item.b_position if item.b_position is not None else item.a_position
        yield f"{_SIGNS[item.change]} {'the run’s own cell' if item.is_run else f'cell executed as number {(place or 0) + 1}'}"
        yield from (f"    {line}" for line in item.diff.splitlines())


def _git(diff: RunDiff) -> Iterator[str]:
    for which, git in (("a", diff.git_a), ("b", diff.git_b)):
        if git.commit is not None:
            yield f"{which}: {git.commit[:10]}{f' on {git.branch}' if git.branch else ''}{', changes not committed' if git.dirty else ''}"
    yield from (f"  {line}" for line in diff.git_commits)
