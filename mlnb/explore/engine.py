"""A profile in two phases: a first page from a sample, then exact figures from one scan of all rows."""

from __future__ import annotations

import uuid
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlnb.core.clock import now_ms

from .records import SEVERITIES, Duplicates, Finding, Profile, Timing

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from .associations import TargetValues
    from .look import Look
    from .scan import Scanned
    from .sources import Data


@dataclass(frozen=True)
class Options:
    """What is asked for; see `Explore.profile`."""

    target: str | None = None
    time_column: str | None = None
    group: str | None = None
    sample: int = 100_000
    scan: bool = True
    precise: bool = False
    learning_curve: bool = False
    #: Inputs that cannot be used when the model is asked, with the reason.
    forbidden: Sequence[tuple[str, str]] = ()


def run(data: Data, options: Options) -> Profile:
    """Profile opened data."""
    from .associations import associate_all
    from .correlations import correlate
    from .look import look_at
    from .scan import scan_column

    table = data.table
    seed = seed_of(data)
    positions = _draw(table.num_rows, options.sample, seed)
    look = look_at(
        table.take(positions), data.source, seed=seed, rows=table.num_rows, positions=positions, mixed=data.mixed
    )
    values = associate_all(look, options.target, options.time_column, options.group, options.forbidden)
    scanned = list(look.columns.values())
    if not look.complete:
        scanned = [_exact(look.columns[name], scan_column(name, table[name])) for name in table.column_names]
    duplicates = count_duplicates(table)
    profile = Profile(
        id=uuid.uuid4().hex,
        source=data.source,
        rows=table.num_rows,
        columns=[item.profile for item in scanned],
        target=values.record if values is not None else None,
        time_column=options.time_column,
        group=options.group,
        correlations=correlate(look),
        missing_cells=sum(item.profile.num_nulls for item in scanned),
        duplicates=None
        if duplicates is None
        else Duplicates(rows=duplicates, share=duplicates / table.num_rows if table.num_rows else 0.0),
        duplicate_rows=duplicates,
        memory_bytes=int(table.nbytes),
        sample_rows=look.size,
        holdout=data.holdout,
        created_at=now_ms(),
        timing=Timing(seconds=0.0, cpu_seconds=0.0),
    )
    profile.findings = _findings(look, scanned, profile, options.target, values)
    return profile


def seed_of(data: Data) -> int:
    """The same data gives the same page: the seed follows from its name, version and size."""
    source = data.source
    return zlib.crc32(f"{source.name}@{source.version}:{data.table.num_rows}".encode())


def _draw(total: int, rows: int, seed: int) -> np.ndarray:
    import numpy as np

    rng = np.random.default_rng(seed)
    return rng.permutation(total) if total <= rows else rng.choice(total, size=rows, replace=False)


def _exact(sampled: Scanned, full: Scanned) -> Scanned:
    """The column's figures over all rows, with what the sample told of the target."""
    full.profile.association = sampled.profile.association
    if full.profile.association is not None:
        full.profile.basis["association"] = "sample"
    return full


def _findings(
    look: Look, scanned: list[Scanned], profile: Profile, target: str | None, values: TargetValues | None
) -> list[Finding]:
    from .findings import column_findings, duplicate_column_finding, duplicate_columns, table_findings, target_findings
    from .leakage import leakage_findings

    found: list[Finding] = []
    sampled = list(look.columns.values())
    repeated = duplicate_columns(look.table, sampled)
    aim = look.columns[target] if target is not None else None
    if target is not None and aim is not None:
        found += target_findings(profile.target, target, aim.profile)
    for item in scanned:
        name = item.profile.column_name
        if values is not None and aim is not None and name != target:
            found += leakage_findings(look.columns[name], aim, values)
        found += column_findings(item, profile.rows)
        # The target is never the subject of a finding about another column: a copy of it is a leak and said there.
        if name in repeated and target not in (name, repeated[name]):
            found.append(duplicate_column_finding(name, repeated[name]))
    others = [pair for pair in profile.correlations.pairs if target not in (pair.left, pair.right)]
    pairs = [pair for pair in others if pair.left not in repeated and pair.right not in repeated]
    found += table_findings(profile.rows, profile.duplicate_rows, look.mixed, pairs)
    return sorted(found, key=lambda finding: SEVERITIES.index(finding.severity))


def count_duplicates(table: pa.Table) -> int | None:
    """Rows that could be dropped because an equal one remains, by 64-bit row hashes; None for columns without a hash."""
    if table.num_rows < 2 or table.num_columns == 0:
        return 0
    import duckdb

    names = ", ".join('"' + name.replace('"', '""') + '"' for name in table.column_names)
    connection = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    try:
        connection.register("data", table)
        distinct = connection.sql(f"SELECT count(DISTINCT hash({names})) FROM data").fetchall()[0][0]  # noqa: S608
        return int(table.num_rows) - int(distinct)
    except duckdb.Error:
        return None
    finally:
        connection.close()
