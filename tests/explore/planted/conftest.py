"""Looks at frames, without a workspace: the analyses are functions of them."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from mlnb.explore.look import Look, look_at
from mlnb.explore.records import Source


def load_corpus() -> ModuleType:
    """Import the corpus beside this file."""
    path = Path(__file__).with_name("corpus.py")
    spec = importlib.util.spec_from_file_location("planted_corpus", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def look() -> Callable[..., Look]:
    """Look at all rows of a frame, in random order as a sample is, with their positions."""

    def make(frame: pd.DataFrame, *, seed: int = 1, rows: int | None = None) -> Look:
        order = np.random.default_rng(seed).permutation(len(frame))
        table = pa.Table.from_pandas(frame.iloc[order], preserve_index=False)
        return look_at(table, Source(kind="frame", name="frame"), seed=seed, rows=rows or len(frame), positions=order)

    return make


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(11)


def pytest_generate_tests(metafunc: Any) -> None:
    """One test per planted leak."""
    if "planted" in metafunc.fixturenames:
        corpus = load_corpus()
        metafunc.parametrize("planted", corpus.CORPUS, ids=[planted.name for planted in corpus.CORPUS])


@pytest.fixture(scope="session")
def corpus() -> ModuleType:
    return load_corpus()
