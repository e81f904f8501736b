"""Leaks found, honest tables blocked, and the time of the screen: planted leaks in tables of 100 columns, CPU seconds at 50,000 rows.

Run it with the environment's Python; ``--quick`` takes 10,000 rows.
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import sys
import time
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pyarrow as pa

from mlnb.explore.leakage.screen import gate, screen
from mlnb.explore.look import Look, look_at
from mlnb.explore.records import Source
from mlnb.explore.target.associations import associate_all

COLUMNS = 100


def corpus() -> ModuleType:
    """The tables that the tests use too."""
    path = Path(__file__).parents[2] / "tests" / "explore" / "planted" / "corpus.py"
    spec = importlib.util.spec_from_file_location("planted_corpus", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def look(frame: pd.DataFrame) -> Look:
    """All rows of a frame in random order."""
    order = np.random.default_rng(0).permutation(len(frame))
    table = pa.Table.from_pandas(frame.iloc[order], preserve_index=False)
    return look_at(table, Source(kind="frame", name="frame"), seed=0, rows=len(frame), positions=order)


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true")
    rows = 10_000 if options.parse_args().quick else 50_000
    tables = corpus()
    seconds, found, wrong = [], 0, 0
    for planted in tables.CORPUS:
        frame = tables.table(planted, rows, COLUMNS)
        target = "churned" if "churned" in frame else "y"
        seen = look(frame)
        started = time.process_time()
        findings = screen(seen, target, **planted.options)
        spent = time.process_time() - started
        seconds.append(spent)
        hit = any(
            f.code in planted.codes
            and (f.column in planted.columns or f.other in planted.columns)
            and f.severity == planted.severity
            for f in findings
        )
        false = {f.column for f in gate(findings).blocked} - set(planted.columns)
        found += hit
        wrong += len(false)
        print(
            f"{planted.name:<36} {'found' if hit else 'MISSED':<7} {spent:5.2f} s {'falsely blocked: ' + str(false) if false else ''}"
        )
    started = time.process_time()
    values = associate_all(seen, target)
    associations = time.process_time() - started
    assert values is not None
    print(
        f"\n{found} of {len(tables.CORPUS)} leaks found at the right severity, {wrong} columns falsely blocked, {rows:,} rows × {COLUMNS} columns; "
        f"CPU seconds of a screen: median {statistics.median(seconds):.2f}, most {max(seconds):.2f} (of the last, associations {associations:.2f})"
    )


if __name__ == "__main__":
    main()
