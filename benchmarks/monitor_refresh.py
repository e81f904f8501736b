"""A monitor's refresh: one new day against a full refresh, and drift of all columns against scipy column by column.

The log is synthetic, by day, with numeric and categorical columns. Two ratios are printed, in CPU seconds of this process:
the first must be well below 1 (only the touched windows are computed), and so must the second (one scan for all windows and columns,
with every other statistic of the tables, against nothing but KS, Wasserstein and JS from scipy on the same rows).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

DAY_US = 86_400 * 1_000_000
START_US = 1_375_315_200 * 1_000_000


def cpu(action: Callable[[], object]) -> float:
    """Return the CPU seconds of an action."""
    begin = time.process_time()
    action()
    return time.process_time() - begin


def make_rows(days: range, per_day: int, columns: int, seed: int) -> Any:
    """Return a log of some days."""
    import numpy as np
    import pyarrow as pa

    rng = np.random.default_rng(seed)
    rows = len(days) * per_day
    day = np.repeat(np.fromiter(days, dtype=np.int64), per_day)
    times = START_US + day * DAY_US + rng.integers(0, DAY_US, rows)
    data: dict[str, Any] = {"at_time": pa.array(times, pa.timestamp("us", "UTC"))}
    data |= {f"x{i}": rng.normal(0, 1 + i / columns, rows) for i in range(columns)}
    data |= {f"c{i}": rng.choice([f"v{j}" for j in range(5 + 10 * i)], rows) for i in range(3)}
    return pa.table(data)


def scipy_drift(rows: Any, baseline: Any, days: range, columns: int) -> None:
    """Compare every day and column with the baseline as one would by hand."""
    import numpy as np
    from scipy.spatial.distance import jensenshannon
    from scipy.stats import ks_2samp, wasserstein_distance

    day = (rows.column("at_time").cast("int64").to_numpy() - START_US) // DAY_US
    for name in [f"x{i}" for i in range(columns)]:
        values, base = rows.column(name).to_numpy(), baseline.column(name).to_numpy()
        edges = np.quantile(base, np.linspace(0, 1, 11))[1:-1]
        p = np.bincount(np.searchsorted(edges, base), minlength=10)
        for number in days:
            current = values[day == number]
            ks_2samp(base, current, method="asymp")
            wasserstein_distance(base, current)
            jensenshannon(p, np.bincount(np.searchsorted(edges, current), minlength=10), base=2)


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--days", type=int, default=30)
    options.add_argument("--per-day", type=int, default=10_000)
    options.add_argument("--columns", type=int, default=20)
    given = options.parse_args()
    from mlnb.catalog.service import Catalog
    from mlnb.core.ground import Ground
    from mlnb.monitoring import TimeSeries
    from mlnb.monitoring.service import Monitors

    days = range(given.days)
    rows = make_rows(days, given.per_day, given.columns, 0)
    baseline = make_rows(range(1), 20_000, given.columns, 1).drop_columns(["at_time"])
    with tempfile.TemporaryDirectory() as folder:
        ground = Ground(Path(folder) / ".mlnb")
        catalog = Catalog(ground)
        monitors = Monitors(ground, catalog)
        catalog.create_table("main.default.log", rows)
        catalog.create_table("main.default.base", baseline)
        profile = TimeSeries(timestamp_col="at_time", granularities=["1 day"])
        monitors.create("main.default.log", profile=profile, baseline_table_name="main.default.base")
        monitors.refresh("log")  # imports and caches are warm from here on
        full = cpu(lambda: monitors.refresh("log", full=True))
        catalog.append(
            "main.default.log", make_rows(range(given.days, given.days + 1), given.per_day, given.columns, 2)
        )
        one = cpu(lambda: monitors.refresh("log"))
        catalog.close()
    by_hand = cpu(lambda: scipy_drift(rows, baseline, days, given.columns))
    size = f"{given.days} days x {given.per_day:,} rows x {given.columns + 3} columns"
    print(f"full refresh, {size}: {full:.2f} CPU s; one new day: {one:.2f} CPU s")
    print(f"ratio one new day : full = {one / full:.3f}")
    print(f"scipy by hand, numeric columns only: {by_hand:.2f} CPU s")
    print(f"ratio full refresh : scipy by hand = {full / by_hand:.3f}")


if __name__ == "__main__":
    main()
