"""The point-in-time join against pandas: CPU seconds of a training set, ours beside ``merge_asof`` on the same frames.

By default 200,000 labels, three feature tables of 1,000,000 rows each, look-back, three features a table. pandas needs the frames sorted by
time, which is part of the work. Results are compared.
"""

from __future__ import annotations

import argparse
import time

TABLES = 3
FEATURES = ("a", "b", "c")


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--labels", type=int, default=200_000)
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--keys", type=int, default=20_000)
    options.add_argument("--repeat", type=int, default=3)
    arguments = options.parse_args()
    import duckdb
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    from mlnb.features.frames import Frame
    from mlnb.features.offline import join
    from mlnb.features.pit import relation
    from mlnb.features.spec import Feature, Lookup

    rng = np.random.default_rng(0)
    start, span = pd.Timestamp("2024-01-01"), 180 * 86_400

    def times(n: int) -> pd.Series:
        return pd.Series(start + pd.to_timedelta(rng.integers(0, span * 1000, n), unit="ms")).astype("datetime64[us]")

    labels = pd.DataFrame({"user": rng.integers(0, arguments.keys, arguments.labels), "t": times(arguments.labels)})
    tables = []
    for _ in range(TABLES):
        table = pd.DataFrame({"user": rng.integers(0, arguments.keys, arguments.rows), "ts": times(arguments.rows)})
        for name in FEATURES:
            table[name] = rng.normal(size=len(table))
        tables.append(table.drop_duplicates(["user", "ts"]))
    lookback = pd.Timedelta("7D")
    lookups = [
        Lookup(
            f"main.ml.f{i}",
            "id",
            1,
            {"user": "user"},
            tuple(Feature(name, f"{name}{i}", "double") for name in FEATURES),
            "t",
            "ts",
            int(lookback / pd.Timedelta("1us")),
        )
        for i in range(TABLES)
    ]
    arrow = [pa.Table.from_pandas(table, preserve_index=False) for table in tables]
    zoned = [table.set_column(1, "ts", table["ts"].cast(pa.timestamp("us", "UTC"))) for table in arrow]
    database = duckdb.connect(config={"threads": 2})

    def ours() -> pd.DataFrame:
        frame = Frame(list(labels.columns), len(labels), "pandas", pandas=labels)
        sources = {relation(lookup): table for lookup, table in zip(lookups, zoned, strict=True)}
        return join(frame, lookups, sources, database.cursor).features.to_pandas()

    def theirs() -> pd.DataFrame:
        joined = labels.assign(row=np.arange(len(labels))).sort_values("t")
        for i, table in enumerate(tables):
            renamed = table.rename(columns={name: f"{name}{i}" for name in FEATURES}).sort_values("ts")
            joined = pd.merge_asof(joined, renamed, left_on="t", right_on="ts", by="user", tolerance=lookback)
            joined = joined.drop(columns="ts")
        return joined.sort_values("row").reset_index(drop=True).drop(columns=["user", "t", "row"])

    results = {}
    for name, action in (("mlnb", ours), ("pandas merge_asof", theirs)):
        best = []
        for _ in range(arguments.repeat):
            begun = time.process_time(), time.perf_counter()
            frame = action()
            best.append((time.process_time() - begun[0], time.perf_counter() - begun[1]))
        results[name] = (min(best), frame)
        print(f"{name:<20} CPU {min(best)[0]:6.2f} s  wall {min(best)[1]:6.2f} s  rows {len(frame):,}")
    pd.testing.assert_frame_equal(results["mlnb"][1], results["pandas merge_asof"][1])
    ratio = results["mlnb"][0][0] / results["pandas merge_asof"][0][0]
    print(f"equal results; CPU mlnb / pandas = {ratio:.2f}")


if __name__ == "__main__":
    main()
