"""Files and addresses that Python opens for reading while a run is open.

A hook of the interpreter tells of every one. It cannot be taken away again, so there is one for the process, which does nothing while nobody
listens. What is opened below Python (DuckDB, Arrow, Polars) is seen through our own readers only.
"""

from __future__ import annotations

import hashlib
import os
import site
import sys
import sysconfig
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from ..records import RunData

#: Files and addresses that one run keeps.
_MOST = 200
#: Bytes of a file that are read for its fingerprint from each of its ends, when it is larger than both; fewer once so many were read.
_END, _SHORT_END = 4_000_000, 50_000
_MOST_READ = 200_000_000
_CODE = {".py", ".pyc", ".pyi", ".so", ".pth", ".egg-link", ".dll", ".dylib", ".ipynb"}

#: Who asks where code runs, not for data, and how far up it is looked for.
_ASKS_ABOUT_US, _FRAMES = "mlflow.tracking.context.", 30
_HIDDEN = {".git", ".hg", ".venv", ".cache", ".ipynb_checkpoints", "__pycache__", "node_modules"}

_listening: list[dict[str, None]] = []
_installed = False
_lock = threading.Lock()


@contextmanager
def collecting_files() -> Iterator[dict[str, None]]:
    """Collect the paths and addresses opened for reading inside the block, in order; blocks nest, and each sees what is inside it."""
    global _installed
    found: dict[str, None] = {}
    with _lock:
        if not _installed:
            _installed = True
            sys.addaudithook(_heard)
        _listening.append(found)
    try:
        yield found
    finally:
        with _lock:
            _listening[:] = [one for one in _listening if one is not found]


def _heard(event: str, arguments: tuple[Any, ...]) -> None:
    if not _listening or event not in ("open", "urllib.Request"):
        return
    try:
        text = _opened(arguments) if event == "open" else _asked(arguments)
        if text:
            for found in _listening:
                if len(found) < 10 * _MOST:
                    found[text] = None
    except Exception:  # a hook that raises would make the user's open fail
        return


def _asked(arguments: tuple[Any, ...]) -> str | None:
    """Return the address of a request, unless MLflow asks the Jupyter server which notebook this is."""
    frame: Any = sys._getframe(2)
    for _ in range(_FRAMES):
        if frame is None:
            break
        if str(frame.f_globals.get("__name__", "")).startswith(_ASKS_ABOUT_US):
            return None
        frame = frame.f_back
    return str(arguments[0])


def _opened(arguments: tuple[Any, ...]) -> str | None:
    path, mode, flags = arguments
    if isinstance(path, bytes):
        path = os.fsdecode(path)
    if not isinstance(path, str):  # a descriptor
        return None
    reads = "r" in mode and "+" not in mode if isinstance(mode, str) else not flags & (os.O_WRONLY | os.O_RDWR)
    return path if reads and not flags & os.O_DIRECTORY else None


def file_data(found: Sequence[str], *, leave_out: Sequence[Path]) -> list[RunData]:
    """Return what was opened as data of a run: files below a library's folder, code and devices are none.

    Parameters
    ----------
    leave_out
        Folders whose files are recorded otherwise, such as the workspace's.
    """
    data: dict[str, RunData] = {}
    read = 0
    for text in found:
        if len(data) >= _MOST:
            break
        if "://" in text[:12]:
            if not text.startswith("file:"):
                url = without_secrets(text)
                data.setdefault(url, RunData(direction="read", kind="url", name=url))
            continue
        path = Path(os.path.realpath(text))
        if str(path) not in data and _is_data(path, leave_out):
            made = file_fingerprint(path, _END if read < _MOST_READ else _SHORT_END)
            if made is not None:
                read += min(path.stat().st_size, 2 * _END)
                data[str(path)] = RunData(direction="read", kind="file", name=str(path), fingerprint=made)
    return list(data.values())


def _is_data(path: Path, leave_out: Sequence[Path]) -> bool:
    if path.suffix in _CODE or path.name.startswith(".") or not _HIDDEN.isdisjoint(path.parts) or not path.is_file():
        return False
    return not any(path.is_relative_to(folder) for folder in (*_library_folders(), *leave_out))


@lru_cache(maxsize=1)
def _library_folders() -> tuple[Path, ...]:
    """Return where code and settings live: what is read there is part of the environment."""
    paths = [*sysconfig.get_paths().values(), *site.getsitepackages(), site.getusersitepackages()]
    paths += [sys.prefix, sys.base_prefix + "/lib", "/proc", "/sys", "/dev", "/etc", "/usr", "/run", "/var/lib"]
    home = Path.home()
    paths += [str(home / name) for name in (".cache", ".config", ".ipython", ".jupyter", ".local", ".matplotlib")]
    paths += filter(None, map(os.environ.get, ("JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR")))
    package = Path(__file__).resolve().parents[2]
    return (package, *dict.fromkeys(Path(os.path.realpath(path)) for path in paths if path))


def file_fingerprint(path: Path, end: int = _END) -> str | None:
    """Return a hash of a file: of all of it, or for a large one of both ends and its size; None when it cannot be read."""
    try:
        size = path.stat().st_size
        digest = hashlib.sha256()
        with path.open("rb") as file:
            if size <= 2 * end:
                digest.update(file.read())
                return f"sha256:{digest.hexdigest()}"
            digest.update(file.read(end))
            file.seek(size - end)
            digest.update(file.read(end))
        return f"ends:{size}:{digest.hexdigest()}"
    except OSError:
        return None


def without_secrets(url: str) -> str:
    """Return an address without the user, password and query in it: a signed query is a key."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment=""))
