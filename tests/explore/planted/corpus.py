"""Tables with one leak each, and what must be found: for the tests here and for ``benchmarks/explore/leaks.py``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

Plant = Callable[[pd.DataFrame, np.ndarray, np.random.Generator], None]


@dataclass
class Planted:
    """A leak: how it is planted in a frame with a target ``y``, and the codes of which one must name one of ``columns``."""

    name: str
    plant: Plant
    codes: tuple[str, ...]
    columns: tuple[str | None, ...] = ("leak",)
    severity: str = "BLOCKED"
    task: str = "binary"
    options: dict[str, Any] = field(default_factory=dict)


def honest(rows: int, columns: int, rng: np.random.Generator, task: str = "binary") -> pd.DataFrame:
    """Return a table as they are: inputs of all kinds that predict something, gaps at random, and the target ``y``."""
    signal = rng.normal(size=rows)
    made: dict[str, Any] = {}
    for i in range(columns):
        noise = rng.normal(size=rows)
        kind = i % 6
        if kind == 0:
            made[f"number_{i}"] = 0.8 * signal + noise
        elif kind == 1:
            made[f"amount_{i}"] = np.round(rng.lognormal(3, 1, rows), 2)
        elif kind == 2:
            made[f"count_{i}"] = rng.poisson(np.exp(0.3 * signal + 1))
        elif kind == 3:
            made[f"group_{i}"] = np.array([f"g{k}" for k in range(12)])[
                np.clip((signal + 2 * noise) * 2 + 6, 0, 11).astype(int)
            ]
        elif kind == 4:
            made[f"gaps_{i}"] = np.where(rng.random(rows) < 0.2, np.nan, noise)
        else:
            made[f"flag_{i}"] = rng.random(rows) < 0.3
    score = signal + rng.normal(size=rows)
    if task == "binary":
        made["y"] = score > 1.0
    elif task == "classes":
        made["y"] = np.array(["low", "mid", "high", "top"])[np.digitize(score, [-1, 0.5, 1.5])]
    else:
        made["y"] = 20 + 5 * score
    return pd.DataFrame(made)


def table(planted: Planted, rows: int, columns: int, seed: int = 0) -> pd.DataFrame:
    """Return the honest table with the leak in it."""
    rng = np.random.default_rng(seed)
    frame = honest(rows, columns, rng, planted.task)
    planted.plant(frame, frame["y"].to_numpy(), rng)
    return frame


def _put(name: str, make: Callable[[np.ndarray, np.random.Generator], Any]) -> Plant:
    def plant(frame: pd.DataFrame, y: np.ndarray, rng: np.random.Generator) -> None:
        frame[name] = make(y, rng)

    return plant


def _flip(y: np.ndarray, rng: np.random.Generator, share: float) -> np.ndarray:
    return y ^ (rng.random(len(y)) < share)


def _exclusive(frame: pd.DataFrame, y: np.ndarray, rng: np.random.Generator) -> None:
    first = rng.random(len(y)) < 0.5
    frame["leak"], frame["leak_2"] = (y & first).astype(int), (y & ~first).astype(int)


def _difference(frame: pd.DataFrame, y: np.ndarray, rng: np.random.Generator) -> None:
    frame["leak_2"] = rng.normal(0, 50, len(y))
    frame["leak"] = frame["leak_2"] + np.where(y, 3 + rng.exponential(2, len(y)), 3 - rng.exponential(2, len(y)) - 0.01)


def _ratio(frame: pd.DataFrame, y: np.ndarray, rng: np.random.Generator) -> None:
    frame["leak_2"] = rng.lognormal(8, 1.5, len(y))
    frame["leak"] = frame["leak_2"] * np.where(y, rng.uniform(0.41, 0.9, len(y)), rng.uniform(0.05, 0.4, len(y)))


def _clock(frame: pd.DataFrame, y: np.ndarray, rng: np.random.Generator) -> None:
    start = rng.integers(0, 1440, len(y))
    end = (start + np.where(y, rng.integers(31, 200, len(y)), rng.integers(0, 31, len(y)))) % 1440
    frame["leak_2"], frame["leak"] = start // 60 * 100 + start % 60, end // 60 * 100 + end % 60


def _times(frame: pd.DataFrame, y: np.ndarray, rng: np.random.Generator) -> None:
    start = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 400 * 86400, len(y)), unit="s")
    days = np.where(y, rng.uniform(30.1, 90, len(y)), rng.uniform(0, 30, len(y)))
    frame["leak_2"], frame["leak"] = start, start + pd.to_timedelta(days, unit="D")


def _days(frame: pd.DataFrame, y: np.ndarray, rng: np.random.Generator) -> None:
    start = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 400 * 86400, len(y)), unit="s")
    whole = np.floor(np.abs(y) * 10)
    frame["y"] = whole
    frame["leak_2"], frame["leak"] = start, start + pd.to_timedelta(whole + rng.random(len(y)) * 0.99, unit="D")


def _two(make: Callable[[np.ndarray, np.ndarray], np.ndarray], round_to: int | None = None) -> Plant:
    def plant(frame: pd.DataFrame, y: np.ndarray, rng: np.random.Generator) -> None:
        a, b = rng.gamma(3, 10, len(y)), rng.gamma(2, 5, len(y)) + 1
        frame["leak"], frame["leak_2"] = a, b
        made = make(a, b)
        frame["y"] = made if round_to is None else np.round(made, round_to)

    return plant


def _parts(frame: pd.DataFrame, y: np.ndarray, rng: np.random.Generator) -> None:
    parts = [rng.gamma(2, 5, len(y)) for _ in range(5)]
    for i, part in enumerate(parts):
        frame["leak" if i == 0 else f"leak_{i + 1}"] = part
    frame["y"] = sum(parts)


def _words(frame: pd.DataFrame, y: np.ndarray, rng: np.random.Generator) -> None:
    words = np.array(["call", "asked", "price", "later", "again", "team", "offer", "visit", "question", "bill"])
    notes = [" ".join(words[rng.integers(0, len(words), 8)]) for _ in y]
    told = y & (rng.random(len(y)) < 0.4)
    frame["churned"] = frame.pop("y")
    frame["leak"] = [f"{note}, has churned" if t else note for note, t in zip(notes, told, strict=True)]


def _paths(frame: pd.DataFrame, y: np.ndarray, rng: np.random.Generator) -> None:
    frame["leak"] = [f"images/{label}/{n:06d}.jpg" for label, n in zip(y, rng.permutation(len(y)), strict=True)]


def _sorted(frame: pd.DataFrame, y: np.ndarray, rng: np.random.Generator) -> None:
    order = np.argsort(y + rng.normal(0, 0.3, len(y)))
    frame[:] = frame.iloc[order].to_numpy()
    for name in frame.columns:
        frame[name] = frame[name].infer_objects()


def _ids(frame: pd.DataFrame, y: np.ndarray, rng: np.random.Generator) -> None:
    frame["leak"] = np.argsort(np.argsort(y + rng.normal(0, 0.5, len(y)))) + 1000


def _text_ids(frame: pd.DataFrame, y: np.ndarray, rng: np.random.Generator) -> None:
    frame["leak"] = [f"C-{n}" for n in np.argsort(np.argsort(y + rng.normal(0, 0.5, len(y))))]


def _files(frame: pd.DataFrame, y: np.ndarray, rng: np.random.Generator) -> None:
    part = np.where(y ^ (rng.random(len(y)) < 0.1), rng.integers(0, 3, len(y)), rng.integers(3, 9, len(y)))
    frame["leak"] = [f"s3/lake/part-{n}.parquet" for n in part]


def _after(frame: pd.DataFrame, y: np.ndarray, rng: np.random.Generator) -> None:
    frame["at"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 400 * 86400, len(y)), unit="s")
    frame["leak"] = frame["at"] + pd.to_timedelta(rng.exponential(3, len(y)), unit="D")


def _planned(frame: pd.DataFrame, y: np.ndarray, rng: np.random.Generator) -> None:
    frame["planned_hours"] = rng.gamma(4, 5, len(y))
    frame["hours"] = frame["planned_hours"] + np.where(y, 4, 0) + rng.normal(0, 4, len(y))
    frame["overrun"] = frame["hours"] - frame["planned_hours"]


def _nothing(frame: pd.DataFrame, y: np.ndarray, rng: np.random.Generator) -> None:
    """The leak is in what is said of the data."""


def _unknown(frame: pd.DataFrame, y: np.ndarray, rng: np.random.Generator) -> None:
    cancelled = rng.random(len(y)) < 0.03
    frame.loc[cancelled, "y"] = np.nan
    frame["leak"] = np.where(cancelled, np.nan, rng.normal(size=len(y)))


SINGLE, COPY, TOTAL = ("LEAK_SINGLE",), ("LEAK_COPY",), ("LEAK_SUM",)
PAIR = ("leak", "leak_2")

CORPUS = [
    Planted("copy", _put("leak", lambda y, r: y.astype(int)), COPY),
    Planted("other words", _put("leak", lambda y, r: np.where(y, "paid", "open")), COPY),
    Planted("score above a threshold", _put("leak", lambda y, r: np.where(y, 10, 0) + r.random(len(y))), COPY),
    Planted("score below a threshold", _put("leak", lambda y, r: -np.where(y, 10, 0) - r.random(len(y))), COPY),
    Planted("copy with gaps", _put("leak", lambda y, r: np.where(r.random(len(y)) < 0.4, np.nan, y)), COPY),
    Planted("copy with a few errors", _put("leak", lambda y, r: _flip(y, r, 0.0004)), COPY),
    Planted("copy with errors", _put("leak", lambda y, r: _flip(y, r, 0.01)), SINGLE, severity="WARNING"),
    Planted(
        "strong score",
        _put("leak", lambda y, r: np.where(y, 3.2, 0) + r.normal(size=len(y))),
        SINGLE,
        severity="WARNING",
    ),
    Planted("filled in for one class", _put("leak", lambda y, r: np.where(y, r.normal(size=len(y)), np.nan)), SINGLE),
    Planted(
        "filled in for some of one class",
        _put("leak", lambda y, r: np.where(y & (r.random(len(y)) < 0.3), r.normal(size=len(y)), np.nan)),
        ("LEAK_MISSING",),
        severity="WARNING",
    ),
    Planted(
        "never filled in with the event",
        _put("leak", lambda y, r: np.where(~y & (r.random(len(y)) < 0.05), np.nan, r.normal(size=len(y)))),
        ("LEAK_MISSING",),
        severity="WARNING",
    ),
    Planted(
        "mostly filled in with the event",
        _put("leak", lambda y, r: np.where(_flip(y, r, 0.06), r.normal(size=len(y)), np.nan)),
        ("LEAK_MISSING",),
        severity="WARNING",
    ),
    Planted("two exclusive flags", _exclusive, TOTAL, PAIR),
    Planted("difference above a threshold", _difference, TOTAL, PAIR),
    Planted("ratio above a threshold", _ratio, TOTAL, PAIR),
    Planted("times of the clock", _clock, TOTAL, PAIR),
    Planted("span between two dates", _times, TOTAL, PAIR),
    Planted("word in a note", _words, ("LEAK_TEXT",), severity="WARNING"),
    Planted("sorted rows", _sorted, ("LEAK_ORDER",), (None,), severity="WARNING"),
    Planted("number of the row", _ids, ("LEAK_ORDER",), severity="WARNING"),
    Planted("number in a text id", _text_ids, ("LEAK_ORDER",), severity="WARNING"),
    Planted("file", _files, ("LEAK_ORDER",), severity="WARNING"),
    Planted("later than the row", _after, ("LEAK_AFTER",), severity="WARNING", options={"time_column": "at"}),
    Planted("actual beside planned", _planned, ("LEAK_AFTER",), ("overrun",), severity="WARNING"),
    Planted(
        "forbidden",
        _put("leak", lambda y, r: r.normal(size=len(y))),
        ("LEAK_FORBIDDEN",),
        options={"forbidden": [("leak", "decided afterwards")]},
    ),
    Planted("held-out rows", _nothing, ("LEAK_HOLDOUT",), (None,), options={"holdout_rows": 12}),
    Planted("the number itself", _put("leak", lambda y, r: y), COPY, task="number"),
    Planted("its logarithm", _put("leak", lambda y, r: np.log(y - y.min() + 1)), COPY, task="number"),
    Planted(
        "a close estimate",
        _put("leak", lambda y, r: y + r.normal(0, 0.9, len(y))),
        SINGLE,
        severity="WARNING",
        task="number",
    ),
    Planted("sum of two", _two(lambda a, b: a + b), TOTAL, PAIR, task="number"),
    Planted("rounded product", _two(lambda a, b: a * b, 2), TOTAL, PAIR, task="number"),
    Planted("ratio", _two(lambda a, b: a / b), TOTAL, PAIR, task="number"),
    Planted("sum of five", _parts, TOTAL, ("leak", "leak_2", "leak_3", "leak_4", "leak_5"), task="number"),
    Planted("whole days between two times", _days, TOTAL, PAIR, task="number"),
    Planted("missing with the target", _unknown, ("LEAK_MISSING",), severity="WARNING", task="number"),
    Planted(
        "codes of the classes",
        _put("leak", lambda y, r: pd.Series(y).map({"low": 4, "mid": 7, "high": 1, "top": 9}).to_numpy()),
        COPY,
        task="classes",
    ),
    Planted("flag of one class", _put("leak", lambda y, r: y == "top"), COPY, task="classes"),
    Planted("class in a path", _paths, ("LEAK_TEXT", "LEAK_ORDER"), severity="WARNING", task="classes"),
]
