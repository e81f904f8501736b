"""Our endpoint against ``mlflow models serve``: the same model, the same row, both with one thread.

Ours has token, validation, metrics and the durable inference log on; MLflow's server has none of these. Prints the time to an answer and the
CPU time of a request, and the ratios. Takes about a minute: ``python benchmarks/serving_latency.py [requests]``.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
FOLDER = Path(tempfile.mkdtemp(prefix="mlnb-bench-"))


def model() -> tuple[Any, Any]:
    """Fit a LightGBM classifier behind a one-hot encoder on 20 columns."""
    import numpy as np
    import pandas as pd
    from lightgbm import LGBMClassifier
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    random = np.random.default_rng(0)
    frame = pd.DataFrame({f"x{i}": random.normal(size=5000) for i in range(18)})
    frame["carrier"] = random.choice(["UA", "AA", "B6", "DL"], 5000)
    frame["origin"] = random.choice(["JFK", "LGA", "EWR"], 5000)
    encoder = ColumnTransformer(
        [("text", OneHotEncoder(handle_unknown="ignore"), ["carrier", "origin"])], remainder="passthrough"
    )
    fitted = make_pipeline(encoder, LGBMClassifier(n_estimators=100, verbose=-1, n_jobs=1))
    return fitted.fit(frame, (frame["x0"] + frame["x1"] * frame["x2"] > 0).astype(int)), frame


def measure(port: int, body: str, headers: dict[str, str], requests: int) -> list[float]:
    """Send requests on one connection; return the milliseconds of each, sorted."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    times = []
    for number in range(requests + 20):
        begun = time.perf_counter()
        connection.request("POST", "/invocations", body, {"Content-Type": "application/json", **headers})
        response = connection.getresponse()
        answer = response.read()
        if response.status != 200:
            raise RuntimeError(f"{response.status}: {answer[:300]!r}")
        if number >= 20:
            times.append((time.perf_counter() - begun) * 1000)
    return sorted(times)


def cpu(pid: int) -> float:
    """Return the CPU milliseconds of a process and its children so far."""
    import psutil

    total = 0.0
    for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
        spent = process.cpu_times()
        total += (spent.user + spent.system) * 1000
    return total


def run(
    name: str, pid: int, port: int, bodies: dict[int, str], headers: dict[str, str], requests: int
) -> dict[int, tuple[float, float]]:
    """Measure one server and print it."""
    found = {}
    for rows, body in bodies.items():
        before = cpu(pid)
        times = measure(port, body, headers, requests)
        spent = (cpu(pid) - before) / (requests + 20)
        found[rows] = (times[len(times) // 2], spent)
        print(
            f"{name:22s} {rows:4d} rows  p50 {times[len(times) // 2]:7.2f} ms  p95 {times[int(len(times) * 0.95)]:7.2f} ms  CPU {spent:6.2f} ms"
        )
    return found


def ours(fitted: Any, frame: Any, bodies: dict[int, str], requests: int) -> dict[int, tuple[float, float]]:
    """Deploy the model in a workspace of its own and measure it."""
    import mlflow
    from mlflow.models import infer_signature

    import mlnb

    ws = mlnb.Workspace(FOLDER / ".mlnb")
    ws.catalog.create_schema("main.ml", if_not_exists=True)
    ws.tracking.configure()
    signature = infer_signature(frame, fitted.predict(frame.head(10)))
    with mlflow.start_run(experiment_id=ws.tracking.experiment_id("bench")):
        logged = mlflow.sklearn.log_model(
            fitted,
            name="model",
            signature=signature,
            pip_requirements=["scikit-learn", "lightgbm"],
            serialization_format="cloudpickle",
        )
    ws.models.register(logged.model_uri, "main.ml.bench")
    mlflow.sklearn.save_model(
        fitted,
        str(FOLDER / "model"),
        signature=signature,
        pip_requirements=["scikit-learn", "lightgbm"],
        serialization_format="cloudpickle",
    )
    try:
        begun = time.perf_counter()
        endpoint = ws.endpoints.deploy("main.ml.bench/1", timeout=300)
        print(
            f"deployed in {time.perf_counter() - begun:.1f} s, CPU of the start {cpu(endpoint.process.pid) / 1000:.1f} s"
        )
        headers = {"Authorization": f"Bearer {Path(endpoint.token_file).read_text().strip()}"}
        port = int(endpoint.url.split(":")[2].split("/")[0])
        found = run("mlnb, durable log", endpoint.process.pid, port, bodies, headers, requests)
        endpoint = ws.endpoints.deploy("main.ml.bench/1", durable=False, timeout=300)
        run("mlnb, log not durable", endpoint.process.pid, port, bodies, headers, requests)
        return found
    finally:
        ws.endpoints.delete("bench")
        ws.supervisor.stop()


def mlflows(bodies: dict[int, str], requests: int) -> dict[int, tuple[float, float]]:
    """Serve the same model with MLflow's own server and measure it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "mlflow",
        "models",
        "serve",
        "-m",
        str(FOLDER / "model"),
        "-p",
        str(port),
        "--env-manager",
        "local",
        "-w",
        "1",
    ]
    # MLflow starts `uvicorn` from PATH.
    env = {**os.environ, **THREADS, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    with (FOLDER / "mlflow.log").open("wb") as out:
        server = subprocess.Popen(command, env=env, stdout=out, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        deadline = time.monotonic() + 180
        while True:
            try:
                measure(port, bodies[1], {}, 1)
                break
            except (OSError, http.client.HTTPException, RuntimeError):
                if time.monotonic() > deadline or server.poll() is not None:
                    raise RuntimeError((FOLDER / "mlflow.log").read_text()[-2000:]) from None
                time.sleep(0.5)
        return run("mlflow models serve", server.pid, port, bodies, {}, requests)
    finally:
        os.killpg(server.pid, signal.SIGKILL)


def main() -> None:
    """Run both and print the ratios."""
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    os.environ.update(THREADS)
    fitted, frame = model()
    bodies = {
        rows: json.dumps(
            {"dataframe_split": {"columns": list(frame), "data": frame.head(rows).to_numpy(object).tolist()}}
        )
        for rows in (1, 100)
    }
    try:
        mine, theirs = ours(fitted, frame, bodies, requests), mlflows(bodies, requests)
        for rows in bodies:
            (p50, spent), (their_p50, their_spent) = mine[rows], theirs[rows]
            print(f"mlflow : mlnb, {rows} rows: time {their_p50 / p50:.1f}, CPU {their_spent / spent:.1f}")
    finally:
        shutil.rmtree(FOLDER, ignore_errors=True)


if __name__ == "__main__":
    main()
