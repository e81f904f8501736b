"""A real Jupyter server in this process, with the extension loaded on a fresh workspace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest_plugins = ["pytest_jupyter.jupyter_server"]


@pytest.fixture
def jp_server_config(workspace_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Load the extension; no supervisor process, because no test here needs one."""
    monkeypatch.setenv("MLNB_SERVER__SUPERVISOR", "false")
    return {"ServerApp": {"jpserver_extensions": {"mlnb": True}, "open_browser": False}}
