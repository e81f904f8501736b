"""A workspace with a schema to fill, and small helpers for faults that need a process of their own."""

from __future__ import annotations

import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def cat(ws: Any) -> Any:
    """The catalog of a fresh workspace, with the schema main.raw."""
    ws.catalog.create_schema("main.raw")
    yield ws.catalog
    ws.catalog.close()


@pytest.fixture(scope="module")
def shared_catalog(workspace_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A catalog with the schema main.raw for all tests of a module that only look."""
    from mlnb.door import Workspace

    folder = tmp_path_factory.mktemp("shared") / ".mlnb"
    shutil.copytree(workspace_template, folder)
    workspace = Workspace(folder)
    workspace.catalog.create_schema("main.raw")
    yield workspace.catalog
    workspace.catalog.close()
    workspace.close()


@pytest.fixture
def child(workspace_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run code in a process of its own on the test's workspace; ``ws`` is open there."""

    def run(code: str, timeout: float = 300) -> subprocess.CompletedProcess[str]:
        program = f"import mlnb\nws = mlnb.workspace({str(workspace_path)!r})\n" + textwrap.dedent(code)
        return subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, timeout=timeout, check=False
        )

    return run


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a file beside the workspace and return its path."""

    def write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write
