"""The commits between two runs."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_MOST = 50
_SECONDS = 2.0


def commits_between(a: str, b: str, folders: Iterable[Path]) -> tuple[list[str], str | None]:
    """Return the commits that ``b`` has and ``a`` has not, as ``hash subject``, and what is to be said about them.

    Parameters
    ----------
    folders
        Where the repository is looked for, in this order.
    """
    if not (_COMMIT.fullmatch(a) and _COMMIT.fullmatch(b)):
        return [], None
    both = ((_log(folder, a, b), _log(folder, b, a)) for folder in folders)
    forward, backward = next((found for found in both if None not in found), (None, None))
    if forward is None or backward is None:
        return [], "The commits between the runs are not in this folder's repository."
    if forward or not backward:
        note = f"{len(backward)} commits are only in the first run's branch." if backward else None
        return forward, note
    return backward, "The second run stands on the older commit: these commits are in the first one only."


def _log(folder: Path, start: str, end: str) -> list[str] | None:
    command = ["git", "-C", str(folder), "log", f"--max-count={_MOST}", "--format=%h %s", f"{start}..{end}", "--"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.splitlines() if done.returncode == 0 else None
