"""Profiles of tables, frames and files (``ws.explore``)."""

from __future__ import annotations

import time
import uuid
import zlib
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from mlnb.core.clock import now_ms
from mlnb.core.errors import InvalidParameterError

from .records import SEVERITIES, ColumnNotFoundError, Finding, Profile, Timing

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    from mlnb.catalog.service import Catalog
    from mlnb.core.ground import Ground

    from .associations import TargetValues
    from .columns import TableSummary
    from .scan import Scanned
    from .sources import Data


class ExploreSettings(BaseModel):
    """Settings ``[explore]``: rows for associations, columns at most, size of the page."""

    sample_rows: int = 100_000
    max_columns: int = 2000
    html_max_kb: int = 100


class Explore:
    """Looks at data.

    Parameters
    ----------
    ground, catalog
        The workspace's stores and tables.
    """

    def __init__(self, ground: Ground, catalog: Catalog) -> None:
        self._ground = ground
        self._catalog = catalog

    def profile(
        self,
        data: Any,
        *,
        target: str | None = None,
        columns: Sequence[str] | None = None,
        sample: int | None = None,
        name: str | None = None,
    ) -> Profile:
        """Describe every column, what is wrong with the data and what predicts the target.

        Parameters
        ----------
        data
            A table name (``main.raw.flights``, also with ``@v3``), a data frame, an Arrow table, or the path of a CSV or Parquet file.
        target
            The column to predict.
        columns
            Look at these only (and the target).
        sample
            Rows for associations and correlations; all other figures are exact. By default 100,000.
        name
            What the page calls a data frame.

        Raises
        ------
        ColumnNotFoundError, DataNotFoundError
            With the nearest existing names.
        """
        from .sources import open_source

        started = time.perf_counter(), time.process_time()
        settings = self._ground.settings.section("explore", ExploreSettings)
        if sample is not None and sample < 1:
            raise InvalidParameterError(f"A sample of {sample} rows is not possible.", hint="Give a positive number.")
        wanted = None if columns is None else [*columns, *([target] if target and target not in columns else [])]
        opened = open_source(data, self._catalog, self._ground.root, wanted)
        names = opened.table.column_names
        if target is not None and target not in names:
            raise ColumnNotFoundError.for_name(target, names, "target")
        if len(names) > settings.max_columns:
            raise InvalidParameterError(
                f"{len(names):,} columns are more than the {settings.max_columns:,} that are looked at.",
                hint="Choose some with columns= (--columns).",
            )
        if name is not None and opened.source.kind == "frame":
            opened.source.name = name
        profile = _profile(opened, target, sample or settings.sample_rows)
        profile.timing = Timing(seconds=time.perf_counter() - started[0], cpu_seconds=time.process_time() - started[1])
        return profile

    def columns(self, name: str, *, version: int | None = None, columns: Sequence[str] | None = None) -> TableSummary:
        """Return missing and distinct values and a small histogram of each column of a table, of a sample where it is large."""
        from .columns import summarize

        return summarize(self._catalog, name, version=version, columns=columns)


def _profile(data: Data, target: str | None, sample_rows: int) -> Profile:
    from .correlations import correlate
    from .scan import scan_column

    table = data.table
    scanned = [scan_column(name, table[name]) for name in table.column_names]
    sample = _sample_of(data, sample_rows)
    values = _associations(scanned, target, sample, _seed(data))
    correlations = correlate(scanned, sample)
    duplicates = count_duplicates(table)
    profile = Profile(
        id=uuid.uuid4().hex,
        source=data.source,
        rows=table.num_rows,
        columns=[item.profile for item in scanned],
        target=values.record if values is not None else None,
        correlations=correlations,
        missing_cells=sum(item.profile.num_nulls for item in scanned),
        duplicate_rows=duplicates,
        memory_bytes=int(table.nbytes),
        sample_rows=len(sample),
        created_at=now_ms(),
        timing=Timing(seconds=0.0, cpu_seconds=0.0),
    )
    profile.findings = _findings(data, scanned, profile, target, values)
    return profile


def _seed(data: Data) -> int:
    """The same data gives the same page: the seed follows from its name, version and size."""
    source = data.source
    return zlib.crc32(f"{source.name}@{source.version}:{data.table.num_rows}".encode())


def _sample_of(data: Data, rows: int) -> npt.NDArray[np.int64]:
    import numpy as np

    total = data.table.num_rows
    if total <= rows:
        return np.random.default_rng(_seed(data)).permutation(total)
    return np.random.default_rng(_seed(data)).choice(total, size=rows, replace=False)


def _associations(
    scanned: list[Scanned], target: str | None, sample: npt.NDArray[np.int64], seed: int
) -> TargetValues | None:
    from .associations import associate, read_target

    if target is None:
        return None
    aim = next(item for item in scanned if item.profile.column_name == target)
    values = read_target(target, aim, sample, seed)
    if values is None:
        return None
    for item in scanned:
        if item is not aim:
            item.profile.association = associate(item, values)
            if len(sample) < len(
                item.values if item.values is not None else item.codes if item.codes is not None else ()
            ):
                item.profile.basis["association"] = "sample"
    return values


def _findings(
    data: Data, scanned: list[Scanned], profile: Profile, target: str | None, values: TargetValues | None
) -> list[Finding]:
    from .findings import column_findings, duplicate_column_finding, duplicate_columns, table_findings, target_findings
    from .leakage import leakage_findings

    found: list[Finding] = []
    repeated = duplicate_columns(data.table, scanned)
    aim = next((item for item in scanned if item.profile.column_name == target), None)
    if target is not None and aim is not None:
        found += target_findings(profile.target, target, aim.profile)
    for item in scanned:
        name = item.profile.column_name
        if values is not None and aim is not None and item is not aim:
            found += leakage_findings(item, aim, values)
        found += column_findings(item, profile.rows)
        # The target is never the subject of a finding about another column: a copy of it is a leak and said there.
        if name in repeated and target not in (name, repeated[name]):
            found.append(duplicate_column_finding(name, repeated[name]))
    others = [pair for pair in profile.correlations if target not in (pair.left, pair.right)]
    pairs = [pair for pair in others if pair.left not in repeated and pair.right not in repeated]
    found += table_findings(profile.rows, profile.duplicate_rows, data.mixed, pairs)
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
