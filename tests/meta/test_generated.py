"""Generated files are what the operations table generates."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

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


def test_every_path_the_components_ask_for_exists() -> None:
    from mlnb.server.router import Router, load_routes

    router = Router(load_routes())
    sources = [path for path in API.glob("*.ts") if not path.name.endswith(".gen.ts")]
    asked = {path for source in sources for path in re.findall(r"path`([^`]+)`", source.read_text())}
    assert len(asked) > 15
    missing = []
    for path in sorted(asked):
        concrete = re.sub(r"\$\{[^}]*\}", "x", path)
        if not any(_answers(router, verb, f"/{concrete}") for verb in ("GET", "POST", "PUT", "PATCH", "DELETE")):
            missing.append(path)
    assert missing == []


def _answers(router: Any, verb: str, path: str) -> bool:
    from mlnb.core.errors import MlnbError

    try:
        router.find(verb, path)
    except MlnbError:
        return False
    return True
