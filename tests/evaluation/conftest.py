"""Two logged models of one table, which every test of comparisons, thresholds and cards needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest

TABLE = "main.default.loans"


@dataclass
class Made:
    """A weak and a strong model of ``good``, logged in two runs, and the rows they have not seen."""

    weak: str
    strong: str
    weak_run: str
    strong_run: str
    rows: pd.DataFrame


def make_loans(rows: int, seed: int) -> pd.DataFrame:
    """Rows of which nobody knows anything where the region is ``west`` and the amount is large."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "income": rng.normal(size=rows),
            "debt": rng.normal(size=rows),
            "amount": rng.uniform(1, 100, size=rows).round(1),
            "region": rng.choice(["north", "south", "west"], size=rows),
            "sex": rng.choice(["f", "m"], size=rows),
            "age": rng.integers(18, 80, size=rows),
        }
    )
    unclear = (frame["region"] == "west") & (frame["amount"] > 50)
    logit = np.where(unclear, -2.5 * frame["income"], 2.5 * frame["income"] + 1.5 * frame["debt"])
    frame["good"] = (rng.random(rows) < 1 / (1 + np.exp(-logit))).astype(int)
    return frame


@pytest.fixture
def made(ws: Any) -> Made:
    from sklearn.linear_model import LogisticRegression

    seen = make_loans(1500, 1)
    found = []
    for name, columns in (("weak", ["debt"]), ("strong", ["income", "debt"])):
        with ws.runs.start(name, experiment="loans") as run:
            model = LogisticRegression().fit(seen[columns], seen["good"])
            found.append((run.log_model(model, "model", input_example=seen[columns]).uri, run.run_id))
    rows = make_loans(2000, 2)
    ws.catalog.write(TABLE, rows)
    (weak, weak_run), (strong, strong_run) = found
    return Made(weak, strong, weak_run, strong_run, rows)
