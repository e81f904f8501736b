"""Stored profiles: a row, and files in ``.mlnb/explore/<id>/``.

Files are written first and the row in one transaction with its event, so a row always has its files; a folder without a row is what a
process that died left behind, and is swept away.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from mlnb.core.caller import current_caller
from mlnb.core.clock import now_ms
from mlnb.core.journal import canonical_json
from mlnb.core.metastore import Metastore

from ..records import Profile, Source
from ..records_compare import Comparison
from ..records_stored import ProfileInfo, ProfileNotFoundError, ProfileRequest
from ..tables import explore_profiles as rows
from .decisions import Decisions, Found

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

#: Age in seconds at which a folder without a row counts as left behind.
_ABANDONED_S = 3600.0
#: Rises when the same data gets other figures: what is stored then answers no more.
FIGURES = 1
#: Name of the file by what it holds.
FILES = {"Profile": "profile.json", "Comparison": "comparison.json"}


def options_sha(request: ProfileRequest, *facts: str) -> str:
    """Return what tells requests apart; ``facts`` are what else the figures depend on."""
    body = request.model_dump(mode="json", exclude_none=True)
    return hashlib.sha256(canonical_json([FIGURES, body, *facts]).encode()).hexdigest()[:20]


class ProfileStore:
    """Rows and files of profiles."""

    def __init__(self, ground: Ground, keep: int) -> None:
        self._ground = ground
        self._keep = keep
        self.decisions = Decisions(ground)

    @property
    def _metastore(self) -> Metastore:
        return self._ground.metastore

    def folder(self, profile_id: str) -> Path:
        """Return where a profile's files are."""
        return self._ground.path / "explore" / profile_id

    # -- asking ---------------------------------------------------------------------------------------------------------

    def row(self, profile_id: str) -> sa.Row[Any]:
        """Return a profile's row.

        Raises
        ------
        ProfileNotFoundError
            When there is none of that id.
        """
        with self._metastore.connect() as connection:
            found = connection.execute(sa.select(rows).where(rows.c.id == profile_id)).first()
        if found is None:
            raise ProfileNotFoundError(f"There is no profile {profile_id!r}.", hint="ws.explore.list() shows them.")
        return found

    def rows(
        self,
        *conditions: sa.ColumnElement[bool],
        limit: int | None = None,
        before: tuple[int, str] | None = None,
    ) -> list[sa.Row[Any]]:
        """Return rows, newest first; ``before`` is the key of the last one that was seen."""
        query = sa.select(rows).where(*conditions).order_by(rows.c.created_at.desc(), rows.c.id.desc())
        if before is not None:
            at, last = before
            query = query.where(sa.or_(rows.c.created_at < at, sa.and_(rows.c.created_at == at, rows.c.id < last)))
        if limit is not None:
            query = query.limit(limit)
        with self._metastore.connect() as connection:
            return list(connection.execute(query).all())

    def same(self, name: str, version: int | None, sha: str, *states: str) -> sa.Row[Any] | None:
        """Return the newest profile of a table's version with these options, in one of some states."""
        found = self.rows(
            rows.c.source_kind == "table",
            rows.c.source_name == name,
            rows.c.source_version == version,
            rows.c.options_sha == sha,
            rows.c.state.in_(states),
            limit=1,
        )
        return found[0] if found else None

    def load(self, row: sa.Row[Any]) -> Profile | Comparison | None:
        """Return what is stored with what was decided about its findings; None when its file is gone or damaged."""
        kind = Comparison if row.source_kind == "comparison" else Profile
        try:
            found = kind.model_validate_json((self.folder(row.id) / FILES[kind.__name__]).read_bytes())
        except (OSError, ValueError):
            return None
        self.decisions.apply(found.findings)
        return found

    def info(self, found: Sequence[sa.Row[Any]]) -> list[ProfileInfo]:
        """Return rows as lists show them."""
        ids = list(dict.fromkeys(name for row in found for name in (row.findings or {})))
        states = self.decisions.states(ids)
        return [_info(row, states) for row in found]

    # -- writing --------------------------------------------------------------------------------------------------------

    def begin(self, profile_id: str, values: Mapping[str, Any], request: Mapping[str, Any]) -> None:
        """Store that a profile is being made in the background."""
        row = {
            "id": profile_id,
            "state": "RUNNING",
            "complete": False,
            "request": dict(request),
            "actor": current_caller().principal,
            "created_at": now_ms(),
            **values,
        }
        with self._metastore.begin() as connection:
            connection.execute(rows.insert().values(row))

    def save(
        self,
        made: Profile | Comparison,
        found: Found,
        request: Mapping[str, Any],
        *,
        stopped: bool = False,
        instead_of: sa.Row[Any] | None = None,
    ) -> Profile | Comparison:
        """Store a profile or comparison with its findings; return it, or the one that somebody stored meanwhile.

        Parameters
        ----------
        request
            What was asked for; one that a row has since it was begun stays.
        stopped
            Whether it is less than what was asked for.
        instead_of
            An older answer to the same question that this one replaces.
        """
        folder = self.folder(made.id)
        text = made.model_dump_json(exclude_none=True, by_alias=True)
        self._ground.files.write_atomic(folder / FILES[type(made).__name__], text)
        self._ground.files.write_atomic(folder / "page.html", made.to_html(standalone=True))
        try:
            with self._metastore.begin() as connection:
                if instead_of is not None and not stopped:
                    connection.execute(rows.delete().where(rows.c.id == instead_of.id))
                self._put(connection, made, request, stopped)
                if not stopped:
                    self.decisions.record(connection, found)
                self._ground.journal.append("profile.created", _subject(made), _payload(made))
        except sa.exc.IntegrityError:
            kept = self._other(made)
            if kept is None:
                raise
            self.drop(made.id)
            return kept
        if instead_of is not None and not stopped:
            shutil.rmtree(self.folder(instead_of.id), ignore_errors=True)
        self._retain(_source(made).name)
        return made

    def _other(self, made: Profile | Comparison) -> Profile | None:
        """Return the complete profile of the same version and options that another process stored first."""
        if not isinstance(made, Profile):
            return None
        row = self.same(made.source.name, made.source.version, made.options_sha, "SUCCEEDED")
        found = self.load(row) if row is not None else None
        return found if isinstance(found, Profile) else None

    def _put(
        self, connection: sa.Connection, made: Profile | Comparison, request: Mapping[str, Any], stopped: bool
    ) -> None:
        values = _values(made) | {
            "state": "STOPPED" if stopped else "SUCCEEDED",
            "complete": not stopped and made.complete if isinstance(made, Profile) else True,
            "profile_uri": str(self.folder(made.id) / FILES[type(made).__name__]),
            "html_uri": str(self.folder(made.id) / "page.html"),
            "process": None,
            "error": None,
        }
        changed = connection.execute(rows.update().where(rows.c.id == made.id).values(values))
        if not changed.rowcount:
            new = {"id": made.id, "actor": current_caller().principal, "created_at": made.created_at}
            new["request"] = dict(request)
            connection.execute(rows.insert().values(new | values))

    def change(self, profile_id: str, values: Mapping[str, Any]) -> None:
        """Overwrite fields of a row."""
        with self._metastore.begin() as connection:
            connection.execute(rows.update().where(rows.c.id == profile_id).values(dict(values)))

    def drop(self, profile_id: str) -> None:
        """Remove a profile; decisions about its findings are kept."""
        with self._metastore.begin() as connection:
            connection.execute(rows.delete().where(rows.c.id == profile_id))
        shutil.rmtree(self.folder(profile_id), ignore_errors=True)

    def _retain(self, source_name: str) -> None:
        """Keep the newest profiles of a source; of one that a run has as artifact the row stays, so that it can be read from there."""
        ended = (rows.c.source_name == source_name, rows.c.state != "RUNNING")
        for row in self.rows(*ended)[self._keep :]:
            if row.mlflow_run_id is None:
                self.drop(row.id)
            else:
                shutil.rmtree(self.folder(row.id), ignore_errors=True)

    def sweep(self) -> int:
        """Remove folders that a process which died left behind; return how many."""
        root = self._ground.path / "explore"
        if not root.is_dir():
            return 0
        with self._metastore.connect() as connection:
            known = set(connection.execute(sa.select(rows.c.id)).scalars())
        old = time.time() - _ABANDONED_S
        left = [path for path in root.iterdir() if _is_id(path.name) and path.name not in known]
        left = [path for path in left if path.is_dir() and path.stat().st_mtime < old]
        for path in left:
            shutil.rmtree(path, ignore_errors=True)
        return len(left)


def _is_id(name: str) -> bool:
    return len(name) == 32 and set(name) <= set("0123456789abcdef")


def _source(made: Profile | Comparison) -> Source:
    return made.source if isinstance(made, Profile) else made.left.source


def _target(made: Profile | Comparison) -> str | None:
    if isinstance(made, Comparison):
        return made.target
    return made.target.column if made.target is not None else None


def _values(made: Profile | Comparison) -> dict[str, Any]:
    """Return the fields of a row that follow from what it is about."""
    source, profile = _source(made), made if isinstance(made, Profile) else None
    note = profile.holdout if profile is not None else None
    side = made if isinstance(made, Profile) else made.left
    return {
        "source_kind": source.kind if profile is not None else "comparison",
        "source_name": source.name,
        "source_version": source.version,
        "digest": source.digest,
        "options_sha": profile.options_sha if profile is not None else made.id,
        "target": _target(made),
        "time_column": profile.time_column if profile is not None else None,
        "rows": side.rows,
        "columns": len(made.columns),
        "excluded": note.excluded if note is not None else 0,
        "holdout_id": note.id if note is not None else None,
        "sample_rows": side.sample_rows,
        "cpu_ms": int(made.timing.cpu_seconds * 1000),
        "wall_ms": int(made.timing.seconds * 1000),
        "findings": {finding.id: finding.severity for finding in made.findings},
    }


def _subject(made: Profile | Comparison) -> str:
    source = _source(made)
    return f"table:{source.name}" if source.kind in ("table", "view") else f"profile:{made.id}"


def _payload(made: Profile | Comparison) -> dict[str, Any]:
    counts: dict[str, int] = {}
    for finding in made.findings:
        if finding.state == "open":
            counts[finding.severity] = counts.get(finding.severity, 0) + 1
    source = _source(made)
    found = {
        "profile": made.id,
        "source": source.name,
        "version": source.version,
        "target": _target(made),
        "findings": counts,
    }
    if isinstance(made, Profile):
        found |= {"rows": made.rows, "complete": made.complete}
        found |= {"excluded": made.holdout.excluded} if made.holdout is not None else {}
    else:
        found["compared_with"] = made.right.source.name
    return {name: value for name, value in found.items() if value is not None}


def _info(row: sa.Row[Any], states: Mapping[str, str]) -> ProfileInfo:
    counts: dict[Any, int] = {}
    for finding_id, severity in (row.findings or {}).items():
        if states.get(finding_id, "open") == "open":
            counts[severity] = counts.get(severity, 0) + 1
    names = ("id", "source_kind", "source_name", "source_version", "target", "time_column", "rows", "columns")
    values = {name: getattr(row, name) for name in (*names, "sample_rows", "complete", "mlflow_run_id", "error")}
    return ProfileInfo(
        **values,
        state="RUNNING" if row.state == "STOPPING" else row.state,
        excluded=row.excluded or 0,
        findings=counts,
        actor=row.actor,
        created_at=row.created_at,
    )
