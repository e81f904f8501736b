"""Whether a file system can hold tables: two writers that create the same commit at once, exactly one of which may succeed.

Delta makes a commit by linking a finished file to its name, which must fail when the name is taken. Disks of this computer do that right.
Some network and user-space file systems do not, and two writers would overwrite each other without a word. So they are tried, once.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import sys
import tempfile
from functools import lru_cache
from pathlib import Path

from mlnb.core.errors import StorageError
from mlnb.core.files import storage_errors

#: File systems that are known to do it right.
_GOOD = {"ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "overlay", "tmpfs", "f2fs", "apfs", "hfs"}

#: Names that two processes fight for.
_NAMES = 50

#: What each of the two does: link its own file to every name, print those it got.
_PROGRAM = """
import os, sys, time
folder, me = sys.argv[1], sys.argv[2]
own = os.path.join(folder, "staged-" + me)
open(own, "w").write(me)
open(os.path.join(folder, "ready-" + me), "w").close()
end = time.time() + 5
while not os.path.exists(os.path.join(folder, "ready-" + ("b" if me == "a" else "a"))) and time.time() < end:
    pass
for i in range(int(sys.argv[3])):
    try:
        os.link(own, os.path.join(folder, f"name-{i}"))
    except FileExistsError:
        continue
    print(i)
"""


class StorageNotAtomicError(StorageError):
    """The file system lets two writers create the same file."""

    code = "STORAGE_NOT_ATOMIC"


def check_atomic(root: str, memory: Path) -> None:
    """Try a local folder once, unless its file system is known; ``memory`` is the folder that remembers what was tried.

    Raises
    ------
    StorageNotAtomicError
        With what was found.
    """
    if file_system(root) in _GOOD:
        return
    mark = memory / f"{hashlib.sha256(root.encode()).hexdigest()[:20]}.probed"
    if mark.exists():
        return
    finding = probe(root)
    if finding is not None:
        raise StorageNotAtomicError(
            f"Tables cannot be stored below {root}: {finding}.",
            hint="Set storage_root to a folder on a disk of this computer, or to an object store.",
        )
    with storage_errors(mark):
        memory.mkdir(parents=True, exist_ok=True)
        mark.touch()


def probe(root: str, program: str = _PROGRAM) -> str | None:
    """Let two processes fight for names in a folder; return what went wrong, None when each name had one winner."""
    with storage_errors(root):
        os.makedirs(root, exist_ok=True)
        folder = tempfile.mkdtemp(prefix=".mlnb-probe-", dir=root)
    try:
        both = [
            subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", program, folder, me, str(_NAMES)],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for me in ("a", "b")
        ]
        said = [process.communicate(timeout=60) for process in both]
        failed = next((err for process, (_, err) in zip(both, said, strict=True) if process.returncode), None)
        if failed is not None:
            return f"its file system cannot link files ({(failed.strip().splitlines() or ['no reason given'])[-1]})"
        won = [int(line) for out, _ in said for line in out.split()]
        doubled = len(won) - len(set(won))
        if doubled:
            return f"its file system let two processes create the same file, {doubled} of {_NAMES} times"
        return None if len(won) == _NAMES else f"{_NAMES - len(won)} of {_NAMES} files could not be created"
    finally:
        with contextlib.suppress(OSError):
            for name in os.listdir(folder):
                os.unlink(os.path.join(folder, name))
            os.rmdir(folder)


@lru_cache
def file_system(path: str) -> str:
    """Return the kind of file system a path is on, empty where the operating system does not tell."""
    here = os.path.realpath(path)
    best, kind = "", ""
    with contextlib.suppress(OSError), open("/proc/self/mounts", encoding="utf-8", errors="replace") as stream:
        for line in stream:
            parts = line.split()
            where = parts[1].replace("\\040", " ")
            if len(where) >= len(best) and (here == where or here.startswith(where.rstrip("/") + "/")):
                best, kind = where, parts[2]
    return kind
