"""Python environments of their own for clients that do not go together with ours; made once and kept beside ours."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

_KEPT = Path(sys.prefix) / ".environments"


def environment(*requirements: str) -> Path:
    """Return the Python of an environment with these packages, making it when it is not there yet.

    A machine that cannot reach a package index skips the test, except in continuous integration, where it fails.
    """
    key = hashlib.sha256("\n".join((sys.version, *sorted(requirements))).encode()).hexdigest()[:16]
    folder = _KEPT / key
    python = folder / "bin" / "python"
    if (folder / "complete").exists():
        return python
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder, with_pip=shutil.which("uv") is None)
    installer = ["uv", "pip", "install", "--quiet", "--python", str(python)]
    if shutil.which("uv") is None:
        installer = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*installer, *requirements], capture_output=True, text=True, timeout=600, check=False)
    if done.returncode:
        text = f"{', '.join(requirements)} could not be installed:\n{done.stderr[-2000:]}"
        if os.environ.get("CI"):
            raise RuntimeError(text)
        pytest.skip(text)
    (folder / "complete").touch()
    return python


def run(python: Path, code: str, **variables: str) -> str:
    """Run code in an environment and return what it printed; it knows nothing of ours but the given variables."""
    env = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ} | variables
    done = subprocess.run([str(python), "-c", code], env=env, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr[-4000:]}"
    return done.stdout
