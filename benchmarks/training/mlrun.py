"""What `%%mlrun` adds to a cell: CPU time around an empty cell and around one that fits and logs a model, beside MLflow's own ways.

Everything in one process, one after the other, as ratios of CPU time, children included: MLflow infers requirements in a process of its own.
Run it with the environment's Python; it works in a temporary folder. `--json FILE` writes the figures.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

FIT = "model = LogisticRegression(max_iter=200).fit(X, y)\n"
SETUP = """import mlflow, numpy as np, pandas as pd
from sklearn.linear_model import LogisticRegression
X = pd.DataFrame(np.random.default_rng(0).normal(size=(2000, 10)), columns=list('abcdefghij'))
y = (X.a > 0).astype(int)"""
#: Seconds of CPU time that a run may add to an empty cell; how many times cheaper a recorded model is than autologging's.
GOAL_EMPTY_S, GOAL_MODEL = 0.15, 30


def cpu_seconds() -> float:
    """Return the CPU time of this process and of the ended processes it started."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def measure(repeat: int, action: Callable[[], object]) -> float:
    """Return the median CPU seconds of an action."""
    found = []
    for _ in range(repeat):
        start = cpu_seconds()
        action()
        found.append(cpu_seconds() - start)
    return statistics.median(found)


def shell_in(folder: str) -> Callable[[str], Callable[[], object]]:
    """Return what makes an action of a cell, in a shell with the extension in a workspace of its own."""
    os.chdir(folder)
    os.environ["MLNB_WORKSPACE"] = os.path.join(folder, ".mlnb")
    os.environ["MLNB_SERVER__SUPERVISOR"] = "false"
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"  # waiting threads count as CPU time
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    shell.run_line_magic("load_ext", "mlnb")
    shell.run_cell(SETUP).raise_error()

    def cell(source: str) -> Callable[[], object]:
        return lambda: shell.run_cell(source).raise_error()

    cell("import mlnb\nhere = mlnb.workspace().tracking")()
    cell("own = here.experiment_id('own')\nclient = here.client()")()
    return cell


def rows(cell: Callable[[str], Callable[[], object]], repeat: int, *, autolog: bool) -> dict[str, float]:
    """Measure one line after the other."""
    head = "%%mlrun --experiment bench --quiet"
    by_hand = (
        "run = client.create_run(own)\n"
        "client.log_batch(run.info.run_id, [mlflow.entities.Metric('a', 1.0, 0, 0)], [mlflow.entities.Param('b', '1')])\n"
        "client.set_terminated(run.info.run_id)"
    )
    for warm in (f"{head} --log-models\n{FIT}", by_hand):
        cell(warm)()
    found = {
        "bare empty cell": measure(repeat, cell("pass")),
        "MLflow: a run and a batch by hand": measure(repeat, cell(by_hand)),
        "%%mlrun, empty cell": measure(repeat, cell(f"{head}\npass")),
        "bare fit": measure(repeat, cell(FIT)),
        "%%mlrun --no-autolog, fit": measure(repeat, cell(f"{head} --no-autolog\n{FIT}")),
        "%%mlrun --no-autolog --log-models, fit": measure(repeat, cell(f"{head} --no-autolog --log-models\n{FIT}")),
        "%%mlrun, fit (MLflow's own autologging in it)": measure(repeat, cell(f"{head}\n{FIT}")),
    }
    if autolog:
        cell("mlflow.sklearn.autolog(silent=True)")()
        auto = cell(f"with mlflow.start_run(experiment_id=own):\n    {FIT}")
        auto()
        found["MLflow's autologging with the model, fit"] = measure(max(3, repeat // 5), auto)
        cell("mlflow.sklearn.autolog(disable=True)")()
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--repeat", type=int, default=15)
    options.add_argument(
        "--no-autolog", action="store_true", help="leave MLflow's autologging out: it takes half a minute"
    )
    options.add_argument("--json", type=Path)
    args = options.parse_args()
    target = args.json.resolve() if args.json else None
    found = rows(shell_in(tempfile.mkdtemp(prefix="mlnb-bench-")), args.repeat, autolog=not args.no_autolog)
    for name, seconds in found.items():
        print(f"{name:48}{seconds * 1000:10.1f} ms CPU")
    empty = found["%%mlrun, empty cell"] - found["bare empty cell"]
    print(f"\naround an empty cell: {empty:.3f} CPU s (goal {GOAL_EMPTY_S})")
    figures = {"around_an_empty_cell_cpu_s": empty}
    theirs = found.get("MLflow's autologging with the model, fit")
    if theirs is not None:
        model = found["%%mlrun --no-autolog --log-models, fit"] - found["bare fit"]
        figures["autologged_model_to_ours"] = (theirs - found["bare fit"]) / model
        print(
            f"a run with a model: {model:.3f} CPU s, 1/{figures['autologged_model_to_ours']:.0f} of autologging (goal 1/{GOAL_MODEL})"
        )
    if target is not None:
        target.write_text(json.dumps({**figures, "cpu_s": found}, indent=1))


if __name__ == "__main__":
    main()
