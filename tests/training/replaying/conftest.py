"""A notebook with runs, made in a real kernel, and replays of them, all started at once."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.kernels import started

CELLS = {
    "load": "%load_ext mlnb\nimport mlnb\nimport numpy as np\nws = mlnb.workspace()\nrows = ws.catalog.read('main.ml.rows')",
    "split": "X, y = rows[['a', 'b']], rows['y']\nws.catalog.create_table('main.ml.new', rows.head(2))\nws.catalog.write('main.ml.out', rows.head(3), mode='overwrite')",
    "fit": "%%mlrun --name exact --log-models --metrics auc --no-autolog\n"
    "from sklearn.linear_model import LogisticRegression\nfrom sklearn.metrics import roc_auc_score\n"
    "C = 0.5\nmodel = LogisticRegression(C=C).fit(X, y)\nauc = roc_auc_score(y, model.predict_proba(X)[:, 1])\n"
    "written = ws.catalog.read('main.ml.out')",
    "lucky": "%%mlrun --name lucky --no-autolog\n{'luck': float(np.random.rand())}",
    "seeded": "%%mlrun --name seeded --no-autolog --seed 7\n{'luck': float(np.random.rand()), 'nothing': float('nan')}",
    "one": "factor = 1",
    "two": "factor = 2",
    "order": "%%mlrun --name disorder --no-autolog\n{'value': factor * 10.0}",
    "sleep": "import time\nnap = 0.0",
    "slow": "%%mlrun --name slow --no-autolog\ntime.sleep(nap if 'MLNB_REPLAY' not in __import__('os').environ else 600)\n{'value': 1.0}",
    "change": "%%mlrun --name changing --no-autolog\nif 'MLNB_REPLAY' in __import__('os').environ:\n"
    "    ws.catalog.create_schema('main.outside')\n{'value': 1.0}",
    "other": "gone = ws.catalog.read('main.ml.gone')\nws.catalog.create_table('main.ml.made', gone)",
    "lost": "%%mlrun --name lost --no-autolog\n{'n': float(len(gone))}",
}
#: As they are executed: ``factor`` is 1 when the run of ``order`` uses it, from top to bottom it would be 2.
EXECUTED = [
    "load",
    "split",
    "fit",
    "lucky",
    "seeded",
    "two",
    "one",
    "order",
    "sleep",
    "slow",
    "change",
    "other",
    "lost",
]


@pytest.fixture(scope="session")
def made(workspace_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A workspace with the runs of the notebook, changed a little since they were made."""
    root = tmp_path_factory.mktemp("replay")
    shutil.copytree(workspace_template, root / ".mlnb")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLNB_WORKSPACE", str(root / ".mlnb"))
        patch.setenv("MLNB_USER", "ada")
        patch.setenv("MLNB_NOTEBOOK", "work.ipynb")
        patch.setenv("MLNB_TRAINING__BACKGROUND_RUNS", "8")
        patch.chdir(root)
        from mlnb import door

        ws = door.open_workspace(root / ".mlnb")
        ws.catalog.create_schema("main.ml")
        ws.catalog.create_table("main.ml.rows", _rows())
        ws.catalog.create_table("main.ml.gone", _rows().head(5))
        _write(root / "work.ipynb")
        _execute(root)
        ws.tracking.client().log_metric(ws.runs.resolve("seeded"), "checked_later", 0.5)
        ws.catalog.append("main.ml.rows", _rows().head(50))
        ws.catalog.drop("main.ml.gone", force=True)
        yield ws
        for info in ws.runs.backgrounds():
            ws.runs.stop(info.run_id)
        if ws.supervisor.status().running:
            ws.supervisor.stop()
        ws.close()
        door._opened.pop(root / ".mlnb", None)


@pytest.fixture(scope="session")
def replayed(made: Any) -> Callable[[str], Any]:
    """Return the report of a replay by its name; all of them run side by side."""
    asked = {
        "exact": {},
        "latest": {"run": "exact", "data": "latest"},
        "notebook": {"run": "exact", "mode": "notebook"},
        "lucky": {},
        "seeded": {},
        "disorder": {},
        "changing": {},
    }
    begun = {name: made.runs.replay(**{"run": name, **options}).replay_run_id for name, options in asked.items()}
    return lambda name: made.runs.wait_for_replay(begun[name], 240)


def _rows() -> Any:
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"a": rng.normal(size=300), "b": rng.normal(size=300)})
    return rows.assign(y=(rows["a"] + rng.normal(size=300) > 0).astype(int))


def _write(path: Path) -> None:
    nodes = [
        {"cell_type": "code", "id": name, "source": source, "metadata": {}, "outputs": [], "execution_count": None}
        for name, source in CELLS.items()
    ]
    path.write_text(json.dumps({"cells": nodes, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))


def _execute(root: Path) -> None:
    """Execute the cells in a kernel, as JupyterLab does."""
    with started(root) as kernel:
        for name in EXECUTED:
            reply, _ = kernel.run(CELLS[name], name)
            assert reply["status"] == "ok", reply
