"""Prediction logs with known properties."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

DAY = 86_400
#: 2013-08-01, a Thursday.
START = 1_375_315_200


@dataclass
class Log:
    """Rows of a prediction log and the truth about them."""

    rows: pa.Table
    labels: pa.Table


def make_log(days: int = 3, per_day: int = 200, *, first_day: int = 0, shift: float = 0.0, seed: int = 0) -> Log:
    """Predictions of a fair model: the event happens as often as it says. `shift` moves the input."""
    rng = np.random.default_rng(seed + first_day)
    n = days * per_day
    day = np.repeat(np.arange(first_day, first_day + days), per_day)
    times = (START + day * DAY + rng.integers(0, DAY, n)) * 1_000_000
    x = rng.normal(shift, 1, n)
    p = 1 / (1 + np.exp(-x))
    ids = [f"r{first_day}-{number}" for number in range(n)]
    rows = pa.table(
        {
            "databricks_request_id": ids,
            "at_time": pa.array(times, pa.timestamp("us", "UTC")),
            "model_id": ["main.ml.m/1"] * n,
            "x": x,
            "hour": rng.integers(0, 24, n),
            "carrier": rng.choice(["AA", "DL", "UA"], n),
            "prediction": p,
        }
    )
    labels = pa.table({"databricks_request_id": ids, "late": rng.uniform(size=n) < p})
    return Log(rows, labels)


def make_baseline(rows: int = 2000, seed: int = 99) -> pa.Table:
    """Inputs, prediction and truth as they were when the model was evaluated."""
    log = make_log(1, rows, seed=seed)
    table = log.rows.drop_columns(["databricks_request_id", "at_time", "model_id"])
    return table.append_column("late", log.labels.column("late"))
