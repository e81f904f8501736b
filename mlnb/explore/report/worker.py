"""What the process of one report does; the door starts it with ``--report ID``.

It makes the environment when there is none, lets its interpreter write the page, and looks after time, memory and whether anybody
stops it. The page is written beside and renamed, so that there is either none or a whole one.
"""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlnb.core.errors import MlnbError

from ..report import environment, script
from ..stored.background import said
from .making import tail
from .records import ReportFailedError

if TYPE_CHECKING:
    import sqlalchemy as sa

    from .making import Reporting

log = logging.getLogger("mlnb.explore.report")

_PERIOD_S = 0.3
#: The library's bars, and which part of the whole each is.
_STEPS = {
    "Summarize dataset": (0.05, 0.75, "describing columns"),
    "Generate report structure": (0.75, 0.82, "laying out"),
    "Render HTML": (0.82, 0.97, "drawing"),
    "Export report to file": (0.97, 1.0, "writing"),
}
_BAR = re.compile(r"(" + "|".join(_STEPS) + r")[^\r\n%]*?(\d+)%\|")


class _StoppedError(Exception):
    """Somebody ended the report."""


class _OutOfTimeError(Exception):
    """The time given was not enough."""


def work(explore: Reporting, report_id: str) -> int:
    """Make the report that a row asks for. Return 0 unless it failed."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    row = explore._report_row(report_id)
    if row.state not in ("RUNNING", "STOPPING"):
        return 0
    try:
        path = _Work(explore, row).make()
    except _StoppedError:
        explore._end_report(report_id, "STOPPED", error={"error_code": "CANCELLED", "message": "It was stopped."})
        return 0
    except Exception as error:
        log.exception("the report failed")
        found = said(error)
        found["details"] = {"log": tail(explore._report_folder(report_id) / "report.log")}
        explore._end_report(report_id, "FAILED", error=found)
        return 1
    explore._end_report(report_id, "SUCCEEDED", path=path)
    return 0


class _Work:
    """One report in the making."""

    def __init__(self, explore: Reporting, row: sa.Row[Any]) -> None:
        self._explore, self._row = explore, row
        self._folder = explore._report_folder(row.id)
        self._settings = explore.settings

    def make(self) -> str:
        """Make the page and put it where it belongs; return its path."""
        asked = self._row.source
        python = self._python()
        began = time.monotonic()
        minimal, limit = bool(self._row.minimal), float(asked["seconds"])
        shorten = bool(asked["may_shorten"]) and not minimal
        part = self._folder / "report.part"
        try:
            self._page(python, part, minimal, limit / 2 if shorten else limit)
        except _OutOfTimeError:
            if not shorten:
                raise self._late(limit, minimal) from None
            log.info("half the time was not enough: the short form")
            try:
                self._page(python, part, True, limit - (time.monotonic() - began))
            except _OutOfTimeError:
                raise self._late(limit, True) from None
            self._note_minimal()
        return self._place(part, asked)

    def _python(self) -> Path:
        workspace = self._explore._ground.path
        python = environment.interpreter(workspace, self._settings.report_python)
        if python is not None:
            return python
        self._tell(0.0, "making the report's environment (once, some minutes)")
        return environment.make(workspace, self._run)

    def _page(self, python: Path, part: Path, minimal: bool, seconds: float) -> None:
        """Let the other interpreter write the page."""
        mode = "minimal" if minimal else "full"
        # The library wants a name that ends so, and appends it otherwise.
        beside = self._folder / f"{mode}.part" / "report.html"
        beside.parent.mkdir(exist_ok=True)
        command = [str(python), "-I", script.__file__, str(self._folder / "data.parquet"), str(beside)]
        self._run([*command, self._row.source["title"], mode], seconds=max(seconds, 1.0), guarded=True)
        os.replace(beside, part)
        beside.parent.rmdir()

    def _place(self, part: Path, asked: dict[str, Any]) -> str:
        ground = self._explore._ground
        whole = self._folder / "report.html"
        os.replace(part, whole)
        shown = whole
        if asked["path"]:
            shown = self._explore._target_file(asked["path"])
            ground.files.write_atomic(shown, whole.read_bytes())
        if asked["run_id"]:
            ground.tracking.client().log_artifact(asked["run_id"], str(whole), "eda")
        try:
            return str(shown.relative_to(ground.root))
        except ValueError:
            return str(shown)

    # -- a command under watch -----------------------------------------------------------------------------------------

    def _run(self, command: Sequence[str], seconds: float = 1200.0, guarded: bool = False) -> None:
        """Run a command until it ends, is stopped, or takes too much.

        Raises
        ------
        ReportFailedError
            When it fails or takes too much memory.
        """
        output = self._folder / "report.log"
        # Who installs needs the user's index and certificates; the page needs nothing of ours, least of all secrets.
        kept = ("PATH", "HOME", "LANG", "TMPDIR") if guarded else os.environ
        keep = {name: os.environ[name] for name in kept if name in os.environ}
        deadline = time.monotonic() + seconds
        with output.open("wb") as log_file:
            process = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=log_file,
                stderr=subprocess.STDOUT,
                env={**keep, **_quiet_variables()},
            )
            try:
                while process.poll() is None:
                    self._watch(process.pid, deadline, output if guarded else None)
                    time.sleep(_PERIOD_S)
            finally:
                _end(process)
        if process.returncode:
            text = _cause(tail(output)) or f"exit code {process.returncode}"
            hint = (
                "Its log is in the details; minimal=True needs less." if guarded else "Is the package index reachable?"
            )
            raise ReportFailedError(f"The report could not be made: {text[:300]}.", hint=hint)

    def _watch(self, pid: int, deadline: float, output: Path | None) -> None:
        if self._explore._report_row(self._row.id).state == "STOPPING":
            raise _StoppedError
        if time.monotonic() > deadline:
            raise _OutOfTimeError
        if output is None:
            return
        used = _memory_mb(pid)
        if used > self._settings.report_memory_mb:
            raise ReportFailedError(
                f"The report needs more than the {self._settings.report_memory_mb:,} MB it may use.",
                hint="Make it with minimal=True, of fewer columns, or raise report_memory_mb in [explore].",
            )
        share, text = _progress(output)
        self._tell(share, text)

    def _tell(self, share: float, text: str) -> None:
        self._explore._ground.progress.put(f"report:{self._row.id}", "running", share, 1.0, text)

    def _note_minimal(self) -> None:
        from ..tables import explore_reports as rows

        with self._explore._ground.metastore.begin() as connection:
            connection.execute(rows.update().where(rows.c.id == self._row.id).values(minimal=True))

    def _late(self, limit: float, minimal: bool) -> MlnbError:
        form = "the short form too" if minimal else "the full form"
        return ReportFailedError(
            f"{limit:g} seconds were not enough for {form}.",
            hint="Give it more (report_seconds in [explore]), fewer rows (report_rows) or fewer columns.",
        )


def _cause(text: str) -> str:
    """The line of a log that says what went wrong: an installer's first error, or the last line of a traceback."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith("error")]
    return (errors or lines[-1:] or [""])[0]


def _quiet_variables() -> dict[str, str]:
    """One thread for the numeric libraries, no drawing on a screen, nothing written beside the user's files."""
    return {"MPLBACKEND": "Agg", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def _progress(output: Path) -> tuple[float, str]:
    """How far the library's last bar is."""
    try:
        with output.open("rb") as file:
            file.seek(max(0, output.stat().st_size - 4000))
            text = file.read().decode(errors="replace")
    except OSError:
        return 0.0, "starting"
    found = _BAR.findall(text)
    if not found:
        return 0.02, "starting"
    start, end, words = _STEPS[found[-1][0]]
    return start + (end - start) * int(found[-1][1]) / 100, words


def _memory_mb(pid: int) -> float:
    """Resident memory of a process and its children."""
    import psutil

    total = 0
    try:
        top = psutil.Process(pid)
        for process in (top, *top.children(recursive=True)):
            try:
                total += process.memory_info().rss
            except psutil.NoSuchProcess:
                continue
    except psutil.NoSuchProcess:
        return 0.0
    return total / 1e6


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and its children."""
    if process.poll() is not None:
        return
    import psutil

    try:
        children = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        children = []
    process.kill()
    for child in children:
        try:
            child.kill()
        except psutil.NoSuchProcess:
            continue
    process.wait(10)
