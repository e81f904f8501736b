"""Generated files are what the operations table generates."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
API = ROOT / "ui" / "src" / "api"


def test_the_openapi_document_is_up_to_date() -> None:
    from mlnb.server.openapi import document

    committed = json.loads((API / "openapi.json").read_text())
    assert committed == json.loads(json.dumps(document())), "run scripts/generated"


def test_the_typescript_types_are_up_to_date() -> None:
    if not (ROOT / "node_modules" / ".bin" / "openapi-typescript").exists():
        pytest.skip("the front end's packages are not installed (make install)")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    if shutil.which("jlpm", path=path) is None:
        pytest.skip("jlpm is not installed (it comes with JupyterLab)")
    done = subprocess.run(
        [str(ROOT / "scripts" / "generated"), "--check"],
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
