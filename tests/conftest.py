"""Fixtures of all Python tests: real workspaces, and a real PostgreSQL started from Debian's package."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.ports import free_port

pytest_plugins = ["pytest_jupyter.jupyter_server"]

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("DO_NOT_TRACK", "true")
# Seconds an evaluation; the tests about them switch them on.
os.environ.setdefault("MLNB_EVALUATION__PLOTS", "false")


# How long an example takes, or is made, says how busy the machine is.
settings.register_profile("mlnb", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("mlnb")


@pytest.fixture(autouse=True)
def interruptible() -> Iterator[None]:
    """Ctrl+C interrupts, as in a kernel: a shell that runs the tests in the background has it ignored, and tests leave handlers."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def workspace_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace folder whose metastore and MLflow store have been created once, to be copied by every test."""
    from mlnb.door import Workspace

    folder = tmp_path_factory.mktemp("template") / ".mlnb"
    workspace = Workspace(folder)
    workspace.tracking.client().search_experiments(max_results=1)
    workspace.close()
    return folder


@pytest.fixture
def workspace_path(workspace_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh workspace folder, current by ``MLNB_WORKSPACE``; the current folder is the notebook root."""
    folder = tmp_path / "root" / ".mlnb"
    folder.parent.mkdir()
    shutil.copytree(workspace_template, folder)
    monkeypatch.setenv("MLNB_WORKSPACE", str(folder))
    monkeypatch.setenv("MLNB_USER", "ada")
    # A test that needs the supervisor starts it; one that Jupyter starts would outlive the test.
    monkeypatch.setenv("MLNB_SERVER__SUPERVISOR", "false")
    monkeypatch.chdir(folder.parent)
    return folder


@pytest.fixture
def ws(workspace_path: Path) -> Iterator[object]:
    """A fresh real workspace; its supervisor and endpoints are ended afterwards."""
    from mlnb import door

    workspace = door.open_workspace(workspace_path)
    yield workspace
    if workspace.supervisor.status().running:
        workspace.supervisor.stop()
    workspace.close()
    door._opened.pop(workspace_path, None)


def _postgres_binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    return found[-1] if found else None


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of a real PostgreSQL server of our own, on a free port of the loopback interface."""
    binaries = _postgres_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed (make test installs it)")
    # Not below pytest's own folder: every session closes that to other users, and the server is one when we are root.
    folder = Path(tempfile.mkdtemp(prefix="mlnb-postgres-"))
    user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    if user:
        shutil.chown(folder, "postgres")
    port = free_port()
    data = folder / "data"
    subprocess.run(
        [*user, binaries / "initdb", "-D", data, "-U", "mlnb", "-A", "trust"],
        check=True,
        capture_output=True,
        cwd=folder,
    )
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    start = [*user, binaries / "pg_ctl", "-D", data, "-o", options, "-l", folder / "log", "-w", "start"]
    subprocess.run(start, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder)
    try:
        yield f"postgresql://mlnb@127.0.0.1:{port}/postgres"
    finally:
        stop = [*user, binaries / "pg_ctl", "-D", data, "-m", "immediate", "stop"]
        subprocess.run(stop, check=False, capture_output=True, cwd=folder)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """URL of an empty database of its own."""
    import psycopg

    name = f"t{time.time_ns()}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    yield postgres_server.rsplit("/", 1)[0] + f"/{name}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
