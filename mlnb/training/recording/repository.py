"""The repository a notebook lies in: commit, branch, address, and what was changed and not committed."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from ..records import RunGit

#: Seconds that git may take in all; a repository on a slow disk must not hold a run up.
LIMIT_S = 2.0
#: Bytes of the difference that are kept, files not under version control that are named, and bytes of one that are read for its hash.
_LARGEST_DIFF = 1_000_000
_MOST_UNTRACKED = 200
_LARGEST_UNTRACKED = 5_000_000
#: Files whose content never belongs into a record.
_PRIVATE = (
    "*.env",
    ".env*",
    "*.pem",
    "*.key",
    "*.p12",
    "id_rsa*",
    "id_ed25519*",
    "*credentials*",
    "*secret*",
    ".netrc",
    ".pypirc",
)
#: What is given to a name that says it is secret; a number is none: ``max_tokens = 512``.
_SECRET_VALUE = re.compile(
    r"""((?:pass(?:word|wd|phrase)|passwd|secret|token|api_?key|credential|private_?key)\w{0,40}["']?[ \t]*[=:][ \t]*)"""
    r"""(?!\d+(?:\.\d+)?\s*(?:[,)\]}#;]|$))("[^"\n]{4,}"|'[^'\n]{4,}'|[^"'\s(\[]{4,}(?=\s|$))""",
    re.IGNORECASE | re.MULTILINE,
)
#: Keys that are known by their form, wherever they stand.
_KEY = re.compile(
    r"\bgh[pousr]_\w{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{15,}|\bsk-[\w-]{20,}|\bxox[abprs]-[\w-]{10,}|\bAKIA[0-9A-Z]{16}"
    r"|\bAIza[\w-]{30,}|\bhf_\w{20,}|\bdapi[0-9a-f]{30,}|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*|(?<=Bearer )[\w.~+/-]{8,}=*"
)
_KEY_FILE = re.compile(r"(-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----).*?(?=-----END|\Z)", re.DOTALL)
_URL_SECRET = re.compile(r"(\b\w{1,20}://)(?:[^/\s:@]+:[^/\s@]+|[^/\s:@]{16,})@")


class GitTooSlowError(Exception):
    """Git took longer than a run waits for it."""


class GitProbe:
    """Asks git in the background, so that a run need not wait for it to begin.

    Parameters
    ----------
    folder
        Folder of the notebook or script.
    diff
        Ask also for what is not committed.
    """

    def __init__(self, folder: Path, *, diff: bool = True) -> None:
        self._folder, self._wants_diff = folder, diff
        self._deadline = time.monotonic() + LIMIT_S
        self._process: subprocess.Popen[bytes] | None = None
        self._git, self._diff, self._reason = RunGit(), "", "git took too long"
        self._thread = threading.Thread(target=self._ask, name="mlnb-git", daemon=True)
        self._thread.start()

    def result(self) -> RunGit:
        """Return the state of the repository; empty outside one, or when git took too long."""
        self._wait()
        return self._git

    @property
    def diff(self) -> str:
        """What differs from the commit, with the files that are not under version control by hash; empty when nothing does."""
        self._wait()
        return self._diff

    @property
    def reason(self) -> str | None:
        """Why nothing is known, None when something is."""
        self._wait()
        return None if self._git.commit or self._git.branch else self._reason

    def _wait(self) -> None:
        self._thread.join(max(0.0, self._deadline - time.monotonic()) + 0.2)

    def _ask(self) -> None:
        try:
            status = self._run(
                "status", "--porcelain=v2", "--branch", "--untracked-files=normal", "--ignore-submodules"
            )
            if status is None:
                self._reason = "not in a git repository"
                return
            found, untracked = parse_status(status), untracked_files(status)
            self._git = found.model_copy(update={"repository": self._address()})
            self._diff = self._changes(found, untracked)
        except FileNotFoundError:
            self._reason = "git is not installed, or the folder is gone"
        except (GitTooSlowError, OSError):
            pass

    def _address(self) -> str | None:
        text = self._run("config", "--get-regexp", r"^remote\..*\.url$") or ""
        urls = {name: url for name, _, url in (line.partition(" ") for line in text.splitlines())}
        found = urls.get("remote.origin.url") or next(iter(urls.values()), None)
        return None if found is None else without_credentials(found)

    def _changes(self, git: RunGit, untracked: list[str]) -> str:
        if not self._wants_diff or not (git.dirty or untracked):
            return ""
        lines = [f"# changes against {git.commit or 'nothing: no commit yet'}"]
        top = Path((self._run("rev-parse", "--show-toplevel") or "").strip() or self._folder)
        lines += [f"# not under version control: {line}" for line in _by_hash(top, untracked, self._deadline)]
        diff = ""
        if git.dirty and git.commit:
            private = [f":(exclude,icase,glob)**/{pattern}" for pattern in _PRIVATE]
            options = ("--no-color", "--no-ext-diff", "--no-textconv", "--ignore-submodules")
            diff = self._run("diff", *options, "HEAD", "--", ":/", *private) or ""
        return "\n".join(lines) + "\n" + masked(shortened(diff))

    def _run(self, *arguments: str) -> str | None:
        """Return what git prints, None when it refuses.

        Raises
        ------
        GitTooSlowError
            When the time is up.
        """
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise GitTooSlowError
        process = subprocess.Popen(
            ["git", *arguments],
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # an editor's lock must not be waited for, nor an index written by us, nor a password asked for
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"},
        )
        try:
            text, _ = process.communicate(timeout=left)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise GitTooSlowError from None
        return text.decode(errors="replace") if process.returncode == 0 else None


def parse_status(text: str) -> RunGit:
    """Read ``git status --porcelain=v2 --branch``."""
    head: dict[str, str] = {}
    dirty = False
    for line in text.splitlines():
        if line.startswith("# branch."):
            key, _, value = line[len("# branch.") :].partition(" ")
            head[key] = value
        elif line and not line.startswith(("#", "?", "!")):
            dirty = True
    commit = head.get("oid")
    branch = head.get("head")
    return RunGit(
        commit=None if commit in (None, "(initial)") else commit,
        branch=None if branch in (None, "(detached)") else branch,
        dirty=dirty,
    )


def untracked_files(text: str) -> list[str]:
    """Return the files and folders of a status that are not under version control, from the repository's top."""
    return [line[2:].strip('"') for line in text.splitlines() if line.startswith("? ")]


def without_credentials(url: str) -> str:
    """Return a repository's address without the user and password in it."""
    if "://" not in url:
        return url  # git@host:owner/name has none
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def masked(diff: str) -> str:
    """Return a difference in which what looks like a password is left out."""
    hidden = _KEY.sub("…", _KEY_FILE.sub(r"\1…", _URL_SECRET.sub(r"\1", diff)))
    return _SECRET_VALUE.sub(lambda found: found[1] + _hidden(found[2]), hidden)


def _hidden(value: str) -> str:
    return f"{value[0]}…{value[0]}" if value[0] in "\"'" else "…"


def shortened(diff: str) -> str:
    """Return a difference of at most a megabyte, which says what is missing."""
    content = diff.encode()
    if len(content) <= _LARGEST_DIFF:
        return diff
    kept = content[:_LARGEST_DIFF].rpartition(b"\n")[0]  # half a line may be half a password, which nothing recognises
    return f"{kept.decode(errors='ignore')}\n# … {len(content) - len(kept):,} bytes left out …\n"


def _by_hash(top: Path, names: list[str], deadline: float) -> list[str]:
    found = []
    for name in names[:_MOST_UNTRACKED]:
        path = top / name
        if name.endswith("/") or time.monotonic() > deadline:
            found.append(name)
            continue
        try:
            size = path.stat().st_size
            digest = hashlib.sha256(path.read_bytes()).hexdigest() if size <= _LARGEST_UNTRACKED else "not read"
            found.append(f"{name} ({size:,} bytes, sha256 {digest})")
        except OSError:  # gone meanwhile, or not ours to read
            found.append(name)
    if len(names) > _MOST_UNTRACKED:
        found.append(f"… and {len(names) - _MOST_UNTRACKED:,} more")
    return found
