"""What was decided about findings: a finding of a source keeps its id and its decision from one profile to the next."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from mlnb.core.caller import current_caller
from mlnb.core.clock import now_ms
from mlnb.core.errors import InvalidParameterError

from ..records import Finding, Source
from ..records_stored import FindingNotFoundError
from ..tables import explore_findings as rows
from ..tables import explore_profiles as profiles

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

#: Codes that say something of the target, or of a column for it: another target has others.
_ABOUT_TARGET = ("LEAK_", "TARGET_", "IMBALANCE")
_ADVICE = ("hint", "score", "code_pandas", "code_pipeline", "code_sql")
#: Longest reason that is kept.
_MAX_REASON = 2000


def source_key(source: Source, where: str | None = None) -> str:
    """Return the name under which findings of a source are remembered.

    A table is the same for everybody; a variable only within its notebook.
    """
    key = source.name
    if source.kind == "frame":
        key = f"{key} ({current_caller().notebook or 'session'})"
    return f"{key} WHERE {where}" if where else key


def about_target(finding: Finding) -> bool:
    """Return whether a finding holds for one target only."""
    return finding.code.startswith(_ABOUT_TARGET)


def finding_id(key: str, target: str | None, finding: Finding) -> str:
    """Return the id a finding has in every profile of its source."""
    parts = (
        key,
        target or "" if about_target(finding) else "",
        finding.code,
        finding.column or "",
        finding.other or "",
    )
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:20]


@dataclass(frozen=True)
class Found:
    """Findings of one look at a source.

    Attributes
    ----------
    key
        See `source_key`.
    columns
        The ones that were looked at, None for all: nothing is said about the others.
    codes
        Beginning of the codes that were looked for.
    """

    profile_id: str
    key: str
    target: str | None
    findings: Sequence[Finding]
    columns: frozenset[str] | None = None
    codes: str = ""


class Decisions:
    """Findings of all sources with their decisions."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def name(self, findings: Sequence[Finding], key: str, target: str | None) -> None:
        """Give findings their ids, and the decisions that were made about them before."""
        seen: dict[str, int] = {}
        for finding in findings:
            found = finding_id(key, target, finding)
            seen[found] = seen.get(found, 0) + 1
            finding.id = found if seen[found] == 1 else f"{found}-{seen[found]}"
        self.apply(findings)

    def apply(self, findings: Sequence[Finding]) -> None:
        """Set the state of findings to what was decided."""
        known = {row.id: row for row in self._rows(rows.c.id.in_([finding.id for finding in findings]))}
        for finding in findings:
            row = known.get(finding.id)
            if row is not None:
                finding.state, finding.reason = row.state, row.reason
                finding.decided_by, finding.decided_at = row.decided_by, row.decided_at

    def record(self, connection: sa.Connection, found: Found) -> None:
        """Store what was found, and forget the open findings of the same source that are no longer true."""
        # In pieces: SQLite takes a limited number of values in one statement.
        existing = {row.id for row in _in_pieces(connection, [finding.id for finding in found.findings])}
        # In one order: two processes on a server wait for each other, and never in a ring.
        for finding in sorted(found.findings, key=lambda one: one.id):
            plain = finding.model_dump(mode="json")
            values: dict[str, Any] = {
                "profile_id": found.profile_id,
                "severity": finding.severity,
                "evidence": plain["evidence"],
                "message": finding.message,
                "advice": {name: plain[name] for name in _ADVICE if plain[name] is not None},
            }
            if finding.id in existing:
                connection.execute(rows.update().where(rows.c.id == finding.id).values(values))
                continue
            values |= {name: plain[name] for name in ("id", "code", "state", "reason", "decided_by", "decided_at")}
            values |= {"source_name": found.key, "column_name": finding.column, "other_column": finding.other}
            values["target"] = found.target if about_target(finding) else None
            self._ground.metastore.add_new(connection, rows, values, ["id"])
        self._forget(connection, found)

    @staticmethod
    def _forget(connection: sa.Connection, found: Found) -> None:
        ids = {finding.id for finding in found.findings}
        asked: sa.ColumnElement[bool] = rows.c.target.is_(None)
        if found.target is not None:
            asked = sa.or_(asked, rows.c.target == found.target)
        query = sa.select(rows).where(rows.c.source_name == found.key, rows.c.state == "open", asked)
        for row in connection.execute(query).all():
            about = {row.column_name, row.other_column} - {None}
            if (
                row.id not in ids
                and row.code.startswith(found.codes)
                and (found.columns is None or about <= found.columns)
            ):
                connection.execute(rows.delete().where(rows.c.id == row.id))

    def of_source(self, key: str, *, open_only: bool) -> list[Finding]:
        """Return what the newest profiles of a source found."""
        conditions = [rows.c.source_name == key]
        if open_only:
            conditions.append(rows.c.state == "open")
        found = [_finding(row) for row in self._rows(*conditions)]
        order = ("BLOCKED", "WARNING", "INFO")
        return sorted(found, key=lambda finding: (order.index(finding.severity), -finding.score, finding.code))

    def states(self, ids: Sequence[str]) -> dict[str, str]:
        """Return the states of findings by id."""
        with self._ground.metastore.connect() as connection:
            return {row.id: row.state for row in _in_pieces(connection, ids)}

    def makers(self, ids: Sequence[str]) -> dict[str, str]:
        """Return who made the profiles that have findings, by the finding's id."""
        query = sa.select(rows.c.id, profiles.c.actor).join(profiles, profiles.c.id == rows.c.profile_id)
        with self._ground.metastore.connect() as connection:
            return {row.id: row.actor for row in connection.execute(query.where(rows.c.id.in_(list(ids))))}

    def get(self, finding_id: str) -> tuple[Finding, str, str]:
        """Return a finding, the name of its source, and the last profile that has it.

        Raises
        ------
        FindingNotFoundError
            When there is none of that id.
        """
        found = self._rows(rows.c.id == finding_id)
        if not found:
            raise FindingNotFoundError(
                f"There is no finding {finding_id!r}.", hint="ws.explore.findings(source) lists those of a source."
            )
        return _finding(found[0]), found[0].source_name, found[0].profile_id

    def decide(self, finding_id: str, state: str, reason: str | None, *, subject: str) -> Finding:
        """Store a decision with its journal event; the same decision again changes nothing."""
        finding, key, profile_id = self.get(finding_id)
        text = (reason or "").strip() or None
        if state == "dismissed" and text is None:
            raise InvalidParameterError(
                "A finding is dismissed only with a reason.", hint="Say why it does not matter here; it is recorded."
            )
        if text is not None and len(text) > _MAX_REASON:
            raise InvalidParameterError(
                f"The reason is longer than {_MAX_REASON:,} characters.", hint="Say it shorter."
            )
        if finding.state == state and (state == "open" or finding.reason == text):
            return finding
        values = {"state": state, "reason": text, "decided_by": current_caller().principal, "decided_at": now_ms()}
        payload = {
            "finding": finding_id,
            "source": key,
            "code": finding.code,
            "severity": finding.severity,
            "column": finding.column,
            "reason": text,
            "profile": profile_id,
        }
        verb = "dismissed" if state == "dismissed" else "reopened"
        with self._ground.metastore.begin() as connection:
            connection.execute(rows.update().where(rows.c.id == finding_id).values(values))
            self._ground.journal.append(f"finding.{verb}", subject, {k: v for k, v in payload.items() if v is not None})
        return self.get(finding_id)[0]

    def _rows(self, *conditions: sa.ColumnElement[bool]) -> list[sa.Row[Any]]:
        with self._ground.metastore.connect() as connection:
            return list(connection.execute(sa.select(rows).where(*conditions)).all())


def _in_pieces(connection: sa.Connection, ids: Sequence[str], size: int = 500) -> list[sa.Row[Any]]:
    found: list[sa.Row[Any]] = []
    for begin in range(0, len(ids), size):
        query = sa.select(rows.c.id, rows.c.state).where(rows.c.id.in_(list(ids[begin : begin + size])))
        found += list(connection.execute(query))
    return found


def _finding(row: sa.Row[Any]) -> Finding:
    return Finding(
        id=row.id,
        code=row.code,
        severity=row.severity,
        message=row.message,
        column=row.column_name,
        other=row.other_column,
        evidence=row.evidence or {},
        state=row.state,
        reason=row.reason,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        **(row.advice or {}),
    )
