"""MLflow's SQLite file is made whole or not at all, by one process.

MLflow makes its tables in a hundred steps that nothing guards: two processes that begin at the same time, or one that is killed in between,
leave a file that no MLflow opens again. So the tables are made in a file of another name, which then gets its own.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import time
from pathlib import Path
from typing import Any

from .alone import alone, lock_of
from .clock import now_ms
from .files import storage_errors

log = logging.getLogger("mlnb.core")

#: Seconds that another program, one without mlnb, is given to end what it began.
_PATIENCE_S = 60.0
_LOOK_S = 0.3
#: A file that was not changed for so long, and that nobody holds, was given up.
_STILL_S = 5.0


def sqlite_file(uri: str) -> Path | None:
    """Return the file of a tracking URI, None when it is another kind of store."""
    path = uri.removeprefix("sqlite:///")
    return Path(path) if path != uri and path and path != ":memory:" and "?" not in path else None


def ensure_store(uri: str) -> None:
    """Make MLflow's tables where they are missing; a file that was begun and given up is put aside.

    Call it when MLflow is imported: it is not cheap the first time, and nothing afterwards.
    """
    path = sqlite_file(uri)
    if path is None or is_whole(path):
        return
    with storage_errors(path), alone(lock_of(path)):
        if _was_used(path):
            return  # of another MLflow, which says itself what to do
        if path.exists() and not _becomes_whole(path):
            os.replace(path, path.with_name(f"{path.name}.broken-{now_ms()}"))
            log.warning("%s was half made and held nothing: it is made anew", path)
        if not path.exists():
            _make(path)


def is_whole(path: Path) -> bool:
    """Return whether a file has been made to its end: MLflow writes down how far it is, and leaves helper tables until it is there."""
    found = _ask(path, "SELECT name FROM sqlite_master WHERE type = 'table'")
    names = {str(row[0]) for row in found or ()}
    if not names or any(name.startswith("_alembic_tmp_") for name in names):
        return False
    return {"runs", "logged_models", "alembic_version"} <= names and _is_newest(path)


def _is_newest(path: Path) -> bool:
    from mlflow.store.db import utils

    known: Any = utils
    return _ask(path, "SELECT version_num FROM alembic_version") == [(known._get_latest_schema_revision(),)]


def _was_used(path: Path) -> bool:
    """Return whether a file was whole at some time: MLflow's own experiment is made when its tables are there."""
    return bool(_ask(path, "SELECT 1 FROM experiments LIMIT 1"))


def _ask(path: Path, query: str) -> list[tuple[object, ...]] | None:
    """Return what a query finds in a file that may not be there, or not have the table."""
    if not path.exists():
        return None
    try:
        with contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=30)) as file:
            return file.execute(query).fetchall()
    except sqlite3.Error:
        return None


def _becomes_whole(path: Path) -> bool:
    """Wait as long as somebody still writes to a file; return whether it is whole then."""
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        if is_whole(path):
            return True
        if time.time() - path.stat().st_mtime > _STILL_S and not _is_written(path):
            return False
        time.sleep(_LOOK_S)
    return False


def _is_written(path: Path) -> bool:
    """Return whether somebody is in the middle of writing to a file."""
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as file:
            file.execute("BEGIN IMMEDIATE")
            file.execute("ROLLBACK")
    except sqlite3.OperationalError:
        return True
    return False


def _make(path: Path) -> None:
    for old in path.parent.glob(f".{path.name}.*.new"):
        old.unlink()
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    from mlflow.store.db import utils

    makes: Any = utils
    engine = makes.create_sqlalchemy_engine(f"sqlite:///{beside}")
    try:
        makes._initialize_tables(engine)
    finally:
        engine.dispose()
    with contextlib.suppress(FileExistsError):  # a program without mlnb was quicker: its file stays
        os.link(beside, path)
    beside.unlink()
