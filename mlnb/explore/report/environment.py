"""The interpreter that makes full reports: one that the settings name, else an environment of its own, made when it is first needed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from mlnb.core.alone import COMPLETE, make_once

from .records import ReportFailedError

#: What the environment holds. The library wants a pandas below 3, and Parquet files are read with pyarrow.
REQUIREMENTS = ("fg-data-profiling>=4.20", "pyarrow>=20")
#: Seconds that making it may take.
_PATIENCE_S = 1200
_PROBE = "import importlib.util as u, sys; sys.exit(any(u.find_spec(n) is None for n in ('data_profiling', 'pyarrow')))"
_HINT = f"Make one by hand (python -m venv; pip install {' '.join(REQUIREMENTS)}) and name its Python as report_python in [explore]."


def folder_of(workspace: Path) -> Path:
    """Return where the environment lies."""
    return workspace / "environments" / "report"


def interpreter(workspace: Path, chosen: str) -> Path | None:
    """Return the interpreter of reports, None when its environment is still to be made.

    Raises
    ------
    ReportFailedError
        When the settings name one that lacks the library.
    """
    if not chosen:
        python = folder_of(workspace) / "bin" / "python"
        return python if (folder_of(workspace) / COMPLETE).exists() else None
    try:
        done = subprocess.run([chosen, "-I", "-c", _PROBE], capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ReportFailedError(f"report_python = {chosen!r} does not run: {error}.", hint=_HINT) from error
    if done.returncode:
        raise ReportFailedError(
            f"{chosen} has no fg-data-profiling and pyarrow.",
            hint="Install them there, or leave report_python empty: an environment is made then.",
        )
    return Path(chosen)


def make(workspace: Path, run: Callable[[list[str]], None]) -> Path:
    """Make the environment, unless it is there, and return its interpreter; ``run`` runs a command that can be stopped.

    A second process that wants it waits; one that dies leaves nothing that looks whole.
    """
    folder = folder_of(workspace)
    python = folder / "bin" / "python"

    def fill() -> None:
        uv = shutil.which("uv")
        if uv is not None:
            run([uv, "venv", "--quiet", "--python", sys.executable, str(folder)])
            run([uv, "pip", "install", "--quiet", "--python", str(python), *REQUIREMENTS])
        else:
            run([sys.executable, "-m", "venv", str(folder)])
            pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            run([*pip, *REQUIREMENTS])

    make_once(folder, fill)
    return python
