"""A real Jupyter server in a process of its own, behind a path prefix and a token, for unmodified clients."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.ports import free_port

BASE = "/user/a%40b/"  # as JupyterHub passes a name with an @


@dataclass(frozen=True)
class Lab:
    """Where the server is: ``host`` is what a client is given."""

    host: str
    token: str
    workspace: Path
    log: Path


@pytest.fixture(scope="session")
def lab(workspace_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Start ``jupyter server`` on a fresh workspace, with nothing of this machine's configuration."""
    root = tmp_path_factory.mktemp("lab")
    workspace = root / "notebooks" / ".mlnb"
    workspace.parent.mkdir()
    shutil.copytree(workspace_template, workspace)
    port = free_port()
    token = secrets.token_hex(16)
    command = [
        *(sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root"),
        *(f"--port={port}", "--ServerApp.port_retries=0", "--ip=127.0.0.1"),
        f"--ServerApp.base_url={BASE}",
        f"--IdentityProvider.token={token}",
        f"--ServerApp.root_dir={workspace.parent}",
        "--ServerApp.jpserver_extensions={'mlnb': True}",
        "--ServerApp.allow_unauthenticated_access=False",
    ]
    env = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "MLNB_", "JPY_"))}
    env |= {"HOME": str(root), "JUPYTER_CONFIG_DIR": str(root / "config"), "JUPYTER_RUNTIME_DIR": str(root / "runtime")}
    env |= {"MLNB_SERVER__SUPERVISOR": "false", "MLNB_USER": "ada"}
    log = root / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(command, env=env, cwd=root, stdout=out, stderr=subprocess.STDOUT)
    found = Lab(f"http://127.0.0.1:{port}{BASE}mlnb", token, workspace, log)
    try:
        _wait(found, process)
        yield found
    finally:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def _wait(lab: Lab, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{lab.host}/health", timeout=30) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            pass
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"the server did not start:\n{lab.log.read_text()[-3000:]}")


@pytest.fixture
def seeded(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The server's workspace, opened here as a kernel would."""
    from mlnb import door

    monkeypatch.setenv("MLNB_WORKSPACE", str(lab.workspace))
    monkeypatch.setenv("MLNB_USER", "ada")
    workspace = door.Workspace(lab.workspace)
    yield workspace
    workspace.close()


@pytest.fixture
def sdk(lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """The platform's own client, unmodified, with nothing but host and token."""
    databricks = pytest.importorskip("databricks.sdk", reason="databricks-sdk is not installed (make install-dev)")
    for name in [name for name in os.environ if name.startswith("DATABRICKS_") or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DATABRICKS_CONFIG_FILE", str(tmp_path / "none"))
    config = databricks.core.Config(
        host=lab.host, token=lab.token, auth_type="pat", retry_timeout_seconds=5, http_timeout_seconds=240
    )
    return databricks.WorkspaceClient(config=config)
