"""How long a reader waits: questions behind a profile and blocks of a grid over 1,000,000 × 30 rows, beside the same in pandas.

Each question carries another filter, so no answer is kept from before. Run it with the environment's Python; ``--quick`` takes 100,000 rows.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from mlnb.explore.asking.drill import drill
from mlnb.explore.asking.grid import block
from mlnb.explore.asking.rows import Rows
from mlnb.explore.questions import Drill, DrillFilter, GridQuery, GridSort

REPEATS = 20
GOAL = 0.2


def frame(rows: int) -> pd.DataFrame:
    """Numbers, levels, times, missing values."""
    rng = np.random.default_rng(0)
    data: dict[str, Any] = {f"n{at}": rng.normal(at, 10, rows) for at in range(20)}
    data |= {f"i{at}": rng.integers(0, 50 * (at + 1), rows) for at in range(4)}
    data |= {f"s{at}": rng.choice([f"level {at}-{level}" for level in range(8 * (at + 1))], rows) for at in range(4)}
    data["at"] = pd.Timestamp("2023-01-01") + pd.to_timedelta(rng.integers(0, 365 * 86_400, rows), unit="s")
    data["late"] = rng.random(rows) < 0.2
    made = pd.DataFrame(data)
    made.loc[::9, "n0"] = np.nan
    return made


def times(run: Callable[[float], object], repeats: int) -> tuple[float, float]:
    """Median and 95th percentile over questions with different filters."""
    run(-1.0)
    taken = []
    for at in range(repeats):
        started = time.perf_counter()
        run(at / repeats)
        taken.append(time.perf_counter() - started)
    return float(np.median(taken)), float(np.quantile(taken, 0.95))


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true")
    rows = 100_000 if options.parse_args().quick else 1_000_000
    df = frame(rows)
    held = Rows(df)
    started = time.perf_counter()
    drill(held, Drill(kind="hist", x="n0"))
    print(f"{rows:,} rows × {df.shape[1]}; first question {time.perf_counter() - started:.3f} s\n")

    def brushed(low: float) -> list[DrillFilter]:
        return [DrillFilter(column="n1", op="between", values=[low * 10 - 5, low * 10 + 10])]

    def part(low: float) -> pd.DataFrame:
        return df[(df.n1 >= low * 10 - 5) & (df.n1 < low * 10 + 10)]

    def ask(**question: Any) -> Callable[[float], object]:
        return lambda low: drill(held, Drill(filters=brushed(low), **question))

    def grid(**query: Any) -> Callable[[float], object]:
        return lambda low: block(held, GridQuery(**query, filters=brushed(low)))

    texts = [name for name in df.columns if name.startswith("s")]

    def search(low: float) -> object:
        found = part(low)
        hit = np.zeros(len(found), bool)
        for name in texts:
            hit |= found[name].str.contains("l 3-1", regex=False).to_numpy(bool)
        return found[hit].head(200)

    cases: list[tuple[str, Callable[[float], object], Callable[[float], object]]] = [
        ("hist", ask(kind="hist", x="n0"), lambda low: np.histogram(part(low).n0.dropna(), 40)),
        (
            "bars",
            ask(kind="bars", x="s1", y="n0", aggregate="mean"),
            lambda low: part(low).groupby("s1").n0.mean(),
        ),
        (
            "box",
            ask(kind="box", x="n2", by="s0"),
            lambda low: part(low).groupby("s0").n2.quantile([0.25, 0.5, 0.75]),
        ),
        ("scatter", ask(kind="scatter", x="n3", y="n4", limit=2000), lambda low: part(low).sample(2000)[["n3", "n4"]]),
        (
            "cross",
            ask(kind="cross", x="s0", y="i0"),
            lambda low: (lambda found: pd.crosstab(found.s0, found.i0))(part(low)),
        ),
        (
            "over_time",
            ask(kind="over_time", x="at", y="n0", aggregate="mean"),
            lambda low: part(low).groupby(pd.Grouper(key="at", freq="W")).n0.mean(),
        ),
        ("rows", ask(kind="rows"), lambda low: part(low).head(200)),
        (
            "grid sorted",
            grid(sort=[GridSort(column="n5", down=True)]),
            lambda low: part(low).sort_values("n5", ascending=False).head(200),
        ),
        ("grid searched (text; pandas: 4 columns)", grid(search="l 3-1"), search),
        (
            "grid, next block",
            lambda low: block(held, GridQuery(offset=max(int(low * 9_000), 0))),
            lambda low: df[max(int(low * 9_000), 0) :].head(200),
        ),
    ]
    print(f"{'':40}{'median':>9}{'p95':>9}{'pandas':>9}{'ratio':>7}")
    for name, ours, theirs in cases:
        middle, late = times(ours, REPEATS)
        peer, _ = times(theirs, 5)
        print(
            f"{name:40}{middle:8.3f}s{late:8.3f}s{peer:8.3f}s{peer / middle:7.1f}{'' if late <= GOAL else '  > goal'}"
        )


if __name__ == "__main__":
    main()
