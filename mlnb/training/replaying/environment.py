"""The environment of a run, made again from its lock."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..recording.environment import lock_text

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

#: Seconds that installing may take.
_TIMEOUT_S = 1800
#: Distributions that no registry has, or that every environment brings along.
_OURS = ("mlnb", "pip", "setuptools", "wheel")


class LockedEnvironmentError(Exception):
    """The environment of the lock cannot be made here."""


def packages(lock: str) -> dict[str, str]:
    """Return versions by distribution."""
    lines = (line.partition("  #")[0].strip().partition("==") for line in lock.splitlines() if not line.startswith("#"))
    return {name: version for name, equals, version in lines if equals}


def differences(lock: str) -> list[str]:
    """Return a line for every package that is not here as the lock says."""
    then, now = packages(lock), packages(lock_text())
    names = sorted(name for name in {*then, *now} if then.get(name) != now.get(name))
    return [f"{name}: {then.get(name) or 'not there'} then, {now.get(name) or 'not there'} now" for name in names]


def python_of(ground: Ground, lock: str) -> str:
    """Return an interpreter with the packages of a lock: this one, one made before, or a new one.

    Raises
    ------
    LockedEnvironmentError
        When it cannot be made: a package is not to be had, or there is no network.
    """
    if not differences(lock):
        return sys.executable
    wanted = {name: version for name, version in packages(lock).items() if name not in _OURS}
    text = "".join(f"{name}=={version}\n" for name, version in sorted(wanted.items()))
    folder = ground.path / "environments" / hashlib.sha256(f"{sys.version}\n{text}".encode()).hexdigest()[:16]
    python = folder / "bin" / "python"
    if (folder / "complete").exists():
        return str(python)
    shutil.rmtree(folder, ignore_errors=True)
    try:
        _run([sys.executable, "-m", "venv", *([] if _uv() else ["--upgrade-deps"]), str(folder)])
        requirements = folder / "requirements.txt"
        requirements.write_text(text, encoding="utf-8")
        _run(_install(python, requirements))
        _bring_mlnb(folder)
        (folder / "complete").touch()
    except LockedEnvironmentError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return str(python)


def _uv() -> str | None:
    return shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))


def _install(python: Path, requirements: Path) -> list[str]:
    uv = _uv()
    if uv is not None:
        return [uv, "pip", "install", "--quiet", "--no-deps", "--python", str(python), "-r", str(requirements)]
    return [str(python), "-m", "pip", "install", "--quiet", "--no-deps", "--no-input", "-r", str(requirements)]


def _bring_mlnb(folder: Path) -> None:
    """Let the environment find this very mlnb, which is no part of what it measures."""
    (site,) = folder.glob("lib/python*/site-packages")
    os.symlink(Path(__file__).resolve().parents[2], site / "mlnb")


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_TIMEOUT_S, stdin=subprocess.DEVNULL, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LockedEnvironmentError(str(error)) from error
    if done.returncode:
        lines = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        raise LockedEnvironmentError(" ".join(lines[-4:])[:600] or f"{command[0]} ended with {done.returncode}")
