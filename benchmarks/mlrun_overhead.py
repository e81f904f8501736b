"""What `%%mlrun` adds to a cell: CPU and wall time around an empty cell and around one that fits and logs a model.

Prints the absolute milliseconds and two ratios: a tracked cell to the bare cell, and logging a model here to MLflow's autologging of the
same fit. Run it with the environment's Python; it works in a temporary folder.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable

FIT = "model = LogisticRegression(max_iter=200).fit(X, y)\n"


def cpu_seconds() -> float:
    """Return the CPU time of this process and of the ended processes it started: MLflow infers requirements in one."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def measure(repeat: int, action: Callable[[], object]) -> tuple[float, float]:
    """Return the median CPU and wall milliseconds of an action."""
    cpu, wall = [], []
    for _ in range(repeat):
        start_cpu, start_wall = cpu_seconds(), time.perf_counter()
        action()
        cpu.append((cpu_seconds() - start_cpu) * 1000)
        wall.append((time.perf_counter() - start_wall) * 1000)
    return statistics.median(cpu), statistics.median(wall)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--repeat", type=int, default=15)
    options.add_argument(
        "--no-autolog", action="store_true", help="leave MLflow's autologging out: it takes half a minute"
    )
    args = options.parse_args()
    folder = tempfile.mkdtemp(prefix="mlnb-bench-")
    os.chdir(folder)
    os.environ["MLNB_WORKSPACE"] = os.path.join(folder, ".mlnb")
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"  # waiting threads count as CPU time
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    shell.run_line_magic("load_ext", "mlnb")
    shell.run_cell(
        "import mlflow, numpy as np, pandas as pd\nfrom sklearn.linear_model import LogisticRegression\n"
        "X = pd.DataFrame(np.random.default_rng(0).normal(size=(2000, 10)), columns=list('abcdefghij'))\n"
        "y = (X.a > 0).astype(int)"
    )

    def run(cell: str) -> Callable[[], object]:
        def action() -> object:
            result = shell.run_cell(cell)
            result.raise_error()
            return result

        return action

    head = "%%mlrun --experiment bench --quiet"
    run(f"{head} --log-models\n{FIT}")()  # imports, store, caches
    rows = {
        "bare empty cell": measure(args.repeat, run("pass")),
        "%%mlrun, empty cell": measure(args.repeat, run(f"{head}\npass")),
        "bare fit": measure(args.repeat, run(FIT)),
        "%%mlrun, fit": measure(args.repeat, run(f"{head}\n{FIT}")),
        "%%mlrun --log-models, fit": measure(args.repeat, run(f"{head} --log-models\n{FIT}")),
    }
    if not args.no_autolog:
        shell.run_cell("mlflow.sklearn.autolog(silent=True)")
        auto = f"import mlflow\nwith mlflow.start_run(experiment_id=mlnb_experiment):\n    {FIT}"
        shell.user_ns["mlnb_experiment"] = __import__("mlnb").workspace().tracking.experiment_id("auto")
        run(auto)()
        rows["MLflow autolog, fit"] = measure(3, run(auto))
        shell.run_cell("mlflow.sklearn.autolog(disable=True)")
    print(f"{'':28}{'CPU ms':>10}{'wall ms':>10}")
    for name, (cpu, wall) in rows.items():
        print(f"{name:28}{cpu:10.1f}{wall:10.1f}")
    bare, tracked, logged = rows["bare fit"][0], rows["%%mlrun, fit"][0], rows["%%mlrun --log-models, fit"][0]
    print(f"\noverhead of an empty cell: {rows['%%mlrun, empty cell'][0] - rows['bare empty cell'][0]:.1f} ms CPU")
    print(f"tracked fit / bare fit: {tracked / bare:.2f}")
    if "MLflow autolog, fit" in rows:
        theirs = rows["MLflow autolog, fit"][0] - bare
        print(f"recording with the model / MLflow's autologging: 1/{theirs / (logged - bare):.0f}")


if __name__ == "__main__":
    main()
