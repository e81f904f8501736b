"""The environment of a run, made again from its lock: what stays the same is found again, a new one is made where it is needed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from mlnb.core.alone import COMPLETE, alone, lock_of, make_once
from mlnb.core.errors import MlnbError

from ..recording.environment import lock_text

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

#: Seconds that installing may take, and between two looks at whether somebody stopped it.
_TIMEOUT_S, _LOOK_S = 1800, 0.3
#: Milliseconds after which an environment that nobody used is removed.
_KEEP_MS = 30 * 24 * 3_600_000
_PYTHON = re.compile(r"^# python (\d+\.\d+)", re.MULTILINE)
_PACKAGE = re.compile(r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)==([A-Za-z0-9][A-Za-z0-9._+!-]*)")
#: Lines of an installer that say why it failed.
_TAIL = 4

Tell = Callable[[str], None]
IsStopped = Callable[[], bool]


class EnvironmentUnavailableError(MlnbError):
    """The environment of the lock cannot be made here."""

    code = "ENVIRONMENT_UNAVAILABLE"


def packages(lock: str) -> dict[str, str]:
    """Return versions by distribution; what is no name and version is left out, for an installer takes options and addresses too."""
    lines = (line.partition("  #")[0].strip() for line in lock.splitlines())
    return {found[1]: found[2] for line in lines if (found := _PACKAGE.fullmatch(line))}


def python_version(lock: str) -> str | None:
    """Return the version of the interpreter, as ``3.11``: what packages are made for."""
    found = _PYTHON.search(lock)
    return found[1] if found else None


def differences(lock: str) -> list[str]:
    """Return a line for every package, and for the interpreter, that is not here as the lock says."""
    here = lock_text()
    then, now = ({"python": python_version(text) or "", **packages(text)} for text in (lock, here))
    names = sorted(
        (name for name in {*then, *now} if then.get(name) != now.get(name)), key=lambda x: (x != "python", x)
    )
    return [f"{name}: {then.get(name) or 'not there'} then, {now.get(name) or 'not there'} now" for name in names]


def python_of(ground: Ground, lock: str, tell: Tell = lambda _: None, stopped: IsStopped = lambda: False) -> str:
    """Return an interpreter with the packages of a lock: this one, one made before, or a new one.

    mlnb itself is taken from here: it is no part of what it measures. Of processes that want the same environment one makes it; what
    one that was killed has left is made anew.

    Parameters
    ----------
    tell
        Hears what is done, line by line.
    stopped
        Asked now and then; when it says yes, making ends.

    Raises
    ------
    EnvironmentUnavailableError
        When it cannot be made: a package or an interpreter is not to be had, or there is no network.
    """
    if not differences(lock):
        return sys.executable
    wanted = {name: version for name, version in packages(lock).items() if name != "mlnb"}
    text = "".join(f"{name}=={version}\n" for name, version in sorted(wanted.items()))
    folder = _place(ground) / _key(lock, text)
    python = folder / "bin" / "python"

    def make() -> None:
        tell(f"making an environment of {len(wanted):,} packages")
        _run(_venv(folder, python_version(lock)), tell, stopped)
        requirements = folder / "requirements.txt"
        requirements.write_text(text, encoding="utf-8")
        _run(_install(python, requirements), tell, stopped)
        _bring_mlnb(folder)

    make_once(folder, make, _waiting(tell, stopped))
    return str(python)


def variables(python: str) -> dict[str, str]:
    """Return what a shell is told when it enters the environment of an interpreter: what cells start by name comes from there too."""
    folder = Path(python).parent
    if python == sys.executable or not (folder.parent / COMPLETE).exists():
        return {}
    path = os.pathsep.join(filter(None, (str(folder), os.environ.get("PATH"))))
    return {"PATH": path, "VIRTUAL_ENV": str(folder.parent)}


def remove_unused(ground: Ground, now_ms: int) -> None:
    """Remove environments that nobody has used for a while."""
    base = _place(ground)
    for folder in base.iterdir() if base.is_dir() else ():
        mark = folder / COMPLETE
        with contextlib.suppress(OSError, EnvironmentUnavailableError):
            touched = (mark if mark.exists() else folder).stat().st_mtime * 1000
            if folder.is_dir() and now_ms - touched > _KEEP_MS:
                with alone(lock_of(folder), _waiting(lambda _: None, lambda: True)):
                    shutil.rmtree(folder, ignore_errors=True)


def _place(ground: Ground) -> Path:
    return ground.path / "environments" / "runs"  # beside those of other rooms


def _key(lock: str, requirements: str) -> str:
    version = python_version(lock) or ""
    return hashlib.sha256(f"{sys.version}\n{version}\n{requirements}".encode()).hexdigest()[:16]


def _waiting(tell: Tell, stopped: IsStopped) -> Callable[[], None]:
    """Return what is done while somebody else makes an environment: it is told once, and given up when somebody stops it."""
    told = False

    def wait() -> None:
        nonlocal told
        if stopped():
            raise EnvironmentUnavailableError("Somebody else is making it.")
        if not told:
            told = True
            tell("waiting for another process that makes the same environment")

    return wait


# -- making --------------------------------------------------------------------------------------------------------------------------


def _uv() -> str | None:
    return shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")


def _venv(folder: Path, version: str | None) -> list[str]:
    """Return the command that makes an empty environment with the interpreter of then."""
    if version in (None, f"{sys.version_info.major}.{sys.version_info.minor}"):
        return [sys.executable, "-m", "venv", "--without-pip", str(folder)]
    uv = _uv()
    if uv is None:
        raise EnvironmentUnavailableError(
            f"It was made with Python {version}, and here is {sys.version_info.major}.{sys.version_info.minor}.",
            hint="Install uv, which finds other interpreters.",
        )
    return [uv, "venv", "--python", str(version), "--no-python-downloads", str(folder)]


def _install(python: Path, requirements: Path) -> list[str]:
    uv = _uv()
    if uv is not None:
        return [uv, "pip", "install", "--no-deps", "--python", str(python), "-r", str(requirements)]
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-input", "--disable-pip-version-check"]
    return [*pip, "--no-deps", "-r", str(requirements)]


def _bring_mlnb(folder: Path) -> None:
    """Let the environment find this very mlnb, with what MLflow and Jupyter look up about it."""
    (site,) = folder.glob("lib/python*/site-packages")
    os.symlink(Path(__file__).resolve().parents[2], site / "mlnb")
    with contextlib.suppress(metadata.PackageNotFoundError):  # it runs from a checkout that is not installed
        facts = Path(str(metadata.distribution("mlnb")._path))  # type: ignore[attr-defined]
        if facts.suffix == ".dist-info" and facts.is_dir():
            os.symlink(facts, site / facts.name)


def _run(command: list[str], tell: Tell, stopped: IsStopped) -> None:
    """Run an installer, telling what it says."""
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except OSError as error:
        raise EnvironmentUnavailableError(str(error)) from error
    last: deque[str] = deque(maxlen=_TAIL)
    reader = Thread(target=_listen, args=(process, last, tell), daemon=True)
    reader.start()
    deadline = time.monotonic() + _TIMEOUT_S
    try:
        while process.poll() is None:
            if stopped():
                raise EnvironmentUnavailableError("It was stopped.")
            if time.monotonic() > deadline:
                raise EnvironmentUnavailableError(f"Installing took longer than {_TIMEOUT_S / 60:.0f} minutes.")
            time.sleep(_LOOK_S)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        reader.join(5)
    if process.returncode:
        raise EnvironmentUnavailableError(" ".join(last)[:600] or f"{command[0]} ended with {process.returncode}")


def _listen(process: subprocess.Popen[str], last: deque[str], tell: Tell) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if text := line.strip():
            last.append(text)
            if not text.startswith(("+ ", "- ", "~ ")):  # uv lists every package; the lock does so already
                tell(text)
