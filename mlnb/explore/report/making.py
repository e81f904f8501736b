"""Full reports as ``ws.explore.report`` makes them: begun here, worked on by a process of their own, which outlives the kernel."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from mlnb.core.caller import current_caller
from mlnb.core.clock import now_ms
from mlnb.core.errors import InvalidParameterError, PermissionDeniedError
from mlnb.core.files import last_lines
from mlnb.core.processes import ProcessIdentity, is_alive, spawn

from ..opening import Opening, checked_request
from ..tables import explore_reports as rows
from .environment import interpreter
from .handle import ReportHandle
from .records import OPEN, ReportInfo, ReportNotFoundError

if TYPE_CHECKING:
    from ..reading.readers import Data

#: Wider data is reported in the short form, unless the full one is asked for: the full one takes minutes.
WIDE = 40
#: How long a row may be without a process before it counts as forgotten, in milliseconds.
_GRACE_MS = 10_000
#: Lines of a log that say why a report failed.
TAIL = 12


class Reporting(Opening):
    """Makes full reports."""

    def report(
        self,
        data: Any,
        *,
        title: str | None = None,
        minimal: bool | None = None,
        path: str | None = None,
        seconds: float | None = None,
        profile_id: str | None = None,
        run_id: str | None = None,
    ) -> ReportHandle:
        """Make the full report of ``fg-data-profiling``, in a process with an interpreter of its own; it goes on when the kernel ends.

        Held-out rows are left out. Of large data a sample of ``report_rows`` rows is reported, and the report says so.

        Parameters
        ----------
        data
            As for `profile`.
        title
            Of the report; by default what is reported.
        minimal
            Leave out correlations and interactions. By default so with more than 40 columns, and when half the time was not enough.
        path
            Also write the file here, below the notebook folder.
        seconds
            Time it may take; by default ``report_seconds`` of the settings.
        profile_id
            The profile it belongs to.
        run_id
            An MLflow run that gets the file as artifact.

        Raises
        ------
        ReportFailedError
            When ``report_python`` names an interpreter that cannot make reports.
        """
        settings = self.settings
        limit = settings.report_seconds if seconds is None else seconds
        if limit <= 0:
            raise InvalidParameterError(f"{limit:g} seconds are no time.", hint="Give a positive number of seconds.")
        if path is not None:
            self._target_file(path)
        interpreter(self._ground.path, settings.report_python)
        opened = self._open(data, checked_request())
        table = opened.sample(settings.report_rows, 0).table
        report_id = uuid.uuid4().hex
        folder = self._report_folder(report_id)
        self._write_rows(folder, table)
        shown = title or _title(opened, table.num_rows)
        short = table.num_columns > WIDE if minimal is None else minimal
        request = {
            "name": opened.source.name,
            "version": opened.source.version,
            "kind": opened.source.kind,
            "title": shown,
            "rows": table.num_rows,
            "total": opened.rows,
            "path": path,
            "run_id": run_id,
            "seconds": limit,
            "may_shorten": minimal is None,
        }
        with self._ground.metastore.begin() as connection:
            connection.execute(
                rows.insert().values(
                    id=report_id,
                    profile_id=profile_id,
                    source=request,
                    state="RUNNING",
                    progress=0.0,
                    minimal=short,
                    actor=current_caller().principal,
                    created_at=now_ms(),
                )
            )
        process = spawn(
            [*self._ground.command, "--report", report_id], log_path=folder / "worker.log", cwd=self._ground.root
        )
        with self._ground.metastore.begin() as connection:
            connection.execute(rows.update().where(rows.c.id == report_id).values(process=asdict(process)))
        return ReportHandle(self, report_id)

    def get_report(self, report_id: str) -> ReportInfo:
        """Return how far a report is.

        Raises
        ------
        ReportNotFoundError
            When there is none of that id.
        PermissionDeniedError
            When somebody else made it.
        """
        row = self._tended(self._report_row(report_id))
        told = self._ground.progress.get(f"report:{report_id}") if row.state in OPEN else None
        source = row.source
        return ReportInfo(
            id=row.id,
            profile_id=row.profile_id,
            source_name=source["name"],
            source_version=source["version"],
            title=source["title"],
            state=row.state,
            progress=told.done if told is not None else row.progress,
            message=told.message if told is not None else (row.error or {}).get("message", ""),
            rows=source["rows"],
            total=source["total"],
            minimal=row.minimal,
            path=row.path,
            error=row.error,
            actor=row.actor,
            created_at=row.created_at,
            ended_at=row.ended_at,
        )

    def stop_report(self, report_id: str) -> ReportInfo:
        """Ask a report to end."""
        self._report_row(report_id)
        with self._ground.metastore.begin() as connection:
            asked = rows.update().where(rows.c.id == report_id, rows.c.state == "RUNNING").values(state="STOPPING")
            connection.execute(asked)
        return self.get_report(report_id)

    def report_html(self, report_id: str) -> bytes:
        """Return the file of a report that is there.

        Raises
        ------
        ReportNotFoundError
            When it has not been made, or its file is gone.
        """
        self._report_row(report_id)
        try:
            return (self._report_folder(report_id) / "report.html").read_bytes()
        except FileNotFoundError:
            raise ReportNotFoundError(
                f"Report {report_id[:8]} has no file.", hint="Make it again with %eda … --report."
            ) from None

    # -- rows and files ------------------------------------------------------------------------------------------------

    def _report_row(self, report_id: str) -> sa.Row[Any]:
        with self._ground.metastore.connect() as connection:
            row = connection.execute(sa.select(rows).where(rows.c.id == report_id)).first()
        if row is None:
            raise ReportNotFoundError(f"There is no report {report_id[:40]}.", hint="%eda … --report makes one.")
        caller = current_caller()
        if not caller.trusted and caller.principal not in (row.actor, self._ground.user):
            raise PermissionDeniedError(f"Report {report_id[:8]} is {row.actor}'s.", hint="Make your own.")
        return row

    def _report_folder(self, report_id: str) -> Path:
        return self._ground.path / "explore" / "reports" / report_id

    def _target_file(self, path: str) -> Path:
        """Where a copy goes: below the notebook folder."""
        if not path.lower().endswith((".html", ".htm")):
            raise InvalidParameterError(f"{path} is no HTML file.", hint="Let the name end in .html.")
        return self._ground.files.inside(self._ground.root, path)

    def _write_rows(self, folder: Path, table: Any) -> None:
        import pyarrow.parquet as pq

        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, folder / "data.parquet")

    def _tended(self, row: sa.Row[Any]) -> sa.Row[Any]:
        """Return a row, after ending a report whose process is gone."""
        if row.state not in OPEN or _worked_on(row):
            return row
        state = "STOPPED" if row.state == "STOPPING" else "FAILED"
        error = {
            "error_code": "REPORT_FAILED" if state == "FAILED" else "CANCELLED",
            "message": "The process that made the report died." if state == "FAILED" else "It was stopped.",
            "hint": "There may be too little memory: make it again with minimal=True, or of fewer columns.",
            "details": {"log": tail(self._report_folder(row.id) / "worker.log")},
        }
        return self._end_report(row.id, state, error=error)

    def _end_report(
        self, report_id: str, state: str, *, path: str | None = None, error: Mapping[str, Any] | None = None
    ) -> sa.Row[Any]:
        """Store how a report ended, once."""
        (self._report_folder(report_id) / "data.parquet").unlink(missing_ok=True)
        for left in self._report_folder(report_id).glob("*.part"):
            shutil.rmtree(left, ignore_errors=True) if left.is_dir() else left.unlink(missing_ok=True)
        with self._ground.metastore.begin() as connection:
            values: dict[str, Any] = {
                "state": state,
                "path": path,
                "error": dict(error) if error else None,
                "ended_at": now_ms(),
            }
            if state == "SUCCEEDED":
                values["progress"] = 1.0
            query = rows.update().where(rows.c.id == report_id, rows.c.state.in_(OPEN)).values(values)
            if connection.execute(query).rowcount:
                row = connection.execute(sa.select(rows).where(rows.c.id == report_id)).one()
                kind = "table" if row.source["kind"] in ("table", "view") else "report"
                subject = f"{kind}:{row.source['name'] if kind == 'table' else report_id}"
                self._ground.journal.append("report.finished", subject, {"report": report_id, "state": state})
        self._ground.progress.put(f"report:{report_id}", state.lower(), 1, 1, (error or {}).get("message", "done"))
        return self._report_row(report_id)


def tail(path: Path) -> str:
    """Return the last lines of a log."""
    return "\n".join(last_lines(path, TAIL))


def _worked_on(row: sa.Row[Any]) -> bool:
    if row.process is None:
        return bool(now_ms() - row.created_at < _GRACE_MS)
    return is_alive(ProcessIdentity(**row.process))


def _title(opened: Data, rows_shown: int) -> str:
    version = f", version {opened.source.version}" if opened.source.version is not None else ""
    sampled = f" (a sample of {rows_shown:,} of {opened.rows:,} rows)" if rows_shown < opened.rows else ""
    return f"{opened.source.name}{version}{sampled}"
