"""Stored profiles: found again, decided upon, questioned, made in the background, logged."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mlnb.core.caller import current_caller
from mlnb.core.errors import InvalidParameterError, InvalidStateError, NotFoundError, PermissionDeniedError
from mlnb.core.records import Page

from ..profiling import Profiling
from ..records import Finding, Profile
from ..records_compare import Comparison
from ..records_stored import (
    FindingNotFoundError,
    ProfileFailedError,
    ProfileInfo,
    ProfileList,
    ProfileNotFoundError,
    ProfileNotReadyError,
    ProfileOutdatedError,
    ProfileRequest,
)

if TYPE_CHECKING:
    import sqlalchemy as sa

    from mlnb.core.supervisor import Reconciler

    from ..asking.rows import Rows
    from ..questions import Drill, DrillResult, GridBlock, GridQuery

_MOST = 500


class Stored(Profiling):
    """What can be done with stored profiles."""

    # -- finding again --------------------------------------------------------------------------------------------------

    def get(self, profile_id: str) -> Profile:
        """Return a stored profile, with what was decided about its findings since.

        Raises
        ------
        ProfileNotFoundError, ProfileNotReadyError, ProfileFailedError
            When there is none, not yet, or none because it could not be made.
        PermissionDeniedError
            Without SELECT on its table: a profile needs the same right.
        """
        found = self._load(profile_id)
        if not isinstance(found, Profile):
            raise ProfileNotFoundError(f"{profile_id!r} is a comparison.", hint="ws.explore.comparison(id) returns it.")
        return found

    def comparison(self, comparison_id: str) -> Comparison:
        """Return a stored comparison; raises as :meth:`get` does."""
        found = self._load(comparison_id)
        if not isinstance(found, Comparison):
            raise ProfileNotFoundError(f"{comparison_id!r} is a profile.", hint="ws.explore.get(id) returns it.")
        return found

    def info(self, profile_id: str) -> ProfileInfo:
        """Return what lists say of a profile, also of one that is being made."""
        from .background import tend

        row = self._row(profile_id)
        return self.store.info([tend(self, row)])[0]

    def list(
        self,
        source: str | None = None,
        *,
        version: int | None = None,
        state: str | None = None,
        limit: int = 100,
        page_token: str | None = None,
    ) -> Page[ProfileInfo]:
        """Return the stored profiles that the caller may read, newest first.

        Parameters
        ----------
        source
            Of this table, view, file or frame only.
        version, state
            Of this version of the table, in this state only.
        """
        from mlnb.catalog.paging import decode, encode

        from ..tables import explore_profiles as rows
        from .background import tend_all

        if not 1 <= limit <= _MOST:
            raise InvalidParameterError(f"limit is {limit}.", hint=f"Use 1 to {_MOST}.")
        question = f"profiles {source} {version} {state}"
        last = decode(page_token, question)
        conditions: builtins.list[sa.ColumnElement[bool]] = [rows.c.source_kind != "comparison"]
        if source is not None:
            conditions.append(rows.c.source_name == self._source_name(source))
        if version is not None:
            conditions.append(rows.c.source_version == version)
        tend_all(self)
        if state is not None:
            conditions.append(rows.c.state.in_(("RUNNING", "STOPPING") if state == "RUNNING" else (state,)))
        before = (int(last.split(":")[0]), last.split(":")[1]) if last else None
        found: builtins.list[sa.Row[Any]] = []
        while len(found) <= limit:
            batch = self.store.rows(*conditions, limit=limit + 1, before=before)
            found += [row for row in batch if self._may_read(row)]
            if len(batch) <= limit:
                break
            before = (batch[-1].created_at, batch[-1].id)
        shown = found[:limit]
        token = encode(f"{shown[-1].created_at}:{shown[-1].id}", question) if len(found) > limit else None
        return Page[ProfileInfo](items=self.store.info(shown), next_page_token=token)

    def source_of(self, profile_id: str) -> str:
        """Return what a profile is of, to be opened again: a table at its version, a view.

        Raises
        ------
        InvalidStateError
            For a frame, a query or a file, which only the process that had it can open.
        """
        row = self._row(profile_id)
        if row.source_kind not in ("table", "view"):
            raise InvalidStateError(
                f"What {profile_id} is of is not stored.", hint="Use %eda in the notebook that has the data."
            )
        version = f"@v{row.source_version}" if row.source_version is not None else ""
        return f"{row.source_name}{version}"

    def html(self, profile_id: str) -> str:
        """Return the page of a stored profile or comparison as a document of its own."""
        return self._load(profile_id).to_html(standalone=True, max_kb=self.settings.html_max_kb)

    def delete(self, profile_id: str) -> None:
        """Remove a stored profile; what was decided about its findings is kept.

        Raises
        ------
        PermissionDeniedError
            For anybody but who made it and who may MODIFY its table.
        """
        row = self._row(profile_id)
        if row.actor != current_caller().principal:
            if row.source_kind not in ("table", "view"):
                self._require_owner(row)
            else:
                self._catalog.require(
                    "MANAGE" if row.source_kind == "view" else "MODIFY", row.source_kind, row.source_name
                )
        if row.state in ("RUNNING", "STOPPING"):
            raise InvalidStateError(f"Profile {profile_id} is being made.", hint="Stop it first.")
        self.store.drop(profile_id)

    # -- findings -------------------------------------------------------------------------------------------------------

    def findings(self, source: str | Profile, *, open_only: bool = True) -> builtins.list[Finding]:
        """Return what the newest profiles of a source found, worst first: what gates ask.

        Parameters
        ----------
        source
            A table's name, or a profile.
        open_only
            Leave out what was dismissed with a reason.
        """
        from .decisions import source_key

        if isinstance(source, Profile):
            return self.store.decisions.of_source(source_key(source.source), open_only=open_only)
        plain, where, condition = source.partition(" WHERE ")
        name = self._source_name(plain)
        found = self.store.decisions.of_source(f"{name}{where}{condition}", open_only=open_only)
        return found if self._is_table(name) else self._own_findings(found)

    def _own_findings(self, found: builtins.list[Finding]) -> builtins.list[Finding]:
        """Leave out what other people's profiles found: of a frame or a file the name says nothing about rights."""
        if self._catalog is None or self._catalog.rights.unrestricted():
            return found
        makers = self.store.decisions.makers([finding.id for finding in found])
        caller = current_caller().principal
        return [finding for finding in found if makers.get(finding.id) == caller]

    def dismiss(self, finding_id: str, reason: str) -> Finding:
        """Say that a finding does not matter, and why; it stays dismissed on the next profiles of the same source.

        Raises
        ------
        InvalidParameterError
            Without a reason.
        FindingNotFoundError
            When there is none of that id.
        """
        return self._decide(finding_id, "dismissed", reason)

    def reopen(self, finding_id: str, reason: str | None = None) -> Finding:
        """Let a dismissed finding count again."""
        return self._decide(finding_id, "open", reason)

    def decide(self, profile_id: str, finding_id: str, state: str, reason: str | None = None) -> Finding:
        """Dismiss or reopen a finding of one profile."""
        row = self._row(profile_id)
        if finding_id not in (row.findings or {}):
            raise FindingNotFoundError(
                f"Profile {profile_id} has no finding {finding_id!r}.", hint="Its page shows the ids."
            )
        return self.dismiss(finding_id, reason or "") if state == "dismissed" else self.reopen(finding_id, reason)

    def _decide(self, finding_id: str, state: str, reason: str | None) -> Finding:
        _, key, profile_id = self.store.decisions.get(finding_id)
        plain = key.split(" WHERE ")[0]
        # Whoever may read what it is about may decide; who it was is recorded.
        name = self._source_name(plain)
        try:
            row = self._row(profile_id)
        except ProfileNotFoundError:  # a newer one took its place, or leakage alone was looked for
            row = None
        table = row.source_kind in ("table", "view") if row is not None else self._is_table(name)
        subject = f"table:{name}" if table else f"profile:{profile_id}" if row is not None else f"finding:{finding_id}"
        return self.store.decisions.decide(finding_id, state, reason, subject=subject)

    # -- questions ------------------------------------------------------------------------------------------------------

    def drill(self, profile_id: str, query: Drill) -> DrillResult:
        """Answer a question about the rows behind a profile.

        Raises
        ------
        FrameNotFoundError
            When the rows are no longer here: a frame is kept only while its kernel runs.
        """
        from ..asking.drill import drill

        return drill(self._rows(profile_id), query)

    def grid(self, grid_id: str, query: GridQuery) -> GridBlock:
        """Return a block of the rows behind a grid or a profile."""
        from ..asking.grid import block

        return block(self._rows(grid_id), query)

    def _rows(self, frame_id: str) -> Rows:
        """Return the rows behind a profile: kept from when it was made, or those of its table's version, opened again."""
        from ..asking.kept import FrameNotFoundError

        try:
            row = self._row(frame_id)  # rights first: those of now, not those of when the rows were kept
        except ProfileNotFoundError:
            return self.grids.rows(frame_id)  # of a grid, or of a profile that is not stored (yet)
        if self.grids.has(frame_id):
            kept = self.grids.rows(frame_id)
            if row.source_kind not in ("table", "view") or kept.rules == self._rules():
                return kept
        asked = ProfileRequest.model_validate(dict((row.request or {}).get("options") or {}))
        if row.source_kind not in ("table", "view") or asked.include_holdout is not None:
            raise FrameNotFoundError("The rows behind this profile are not kept any more.")
        self._keep_rows(frame_id, self._open(self.source_of(frame_id), asked))
        made = self.store.load(row)
        if isinstance(made, Profile):
            self._mask_rows(frame_id, made)
        return self.grids.rows(frame_id)

    # -- in the background ----------------------------------------------------------------------------------------------

    def start(self, source: str, **options: Any) -> ProfileInfo:
        """Make a profile in a process of its own, which goes on when this one ends.

        Parameters
        ----------
        source
            A table, view or file; options are those of :meth:`profile`.

        Returns
        -------
        ProfileInfo
            Of the running profile, or of the stored one that answers the same question. Progress is told of ``profile:<id>``.
        """
        from .background import start_profile

        return start_profile(self, source, options)

    def start_comparison(self, left: str, right: str | None = None, **options: Any) -> ProfileInfo:
        """Compare two tables, or the two sides of a split, in a process of its own."""
        from .background import start_comparison

        return start_comparison(self, left, right, options)

    def stop(self, profile_id: str) -> ProfileInfo:
        """Ask a profile that is being made to end; the page from its sample is kept. One that has ended stays as it is."""
        from .background import stop

        return stop(self, self._row(profile_id))

    def running(self) -> ProfileList:
        """Return the profiles and comparisons that are being made."""
        from ..tables import explore_profiles as rows
        from .background import tend_all

        tend_all(self)
        found = self.store.rows(rows.c.state.in_(("RUNNING", "STOPPING")))
        progress = self._ground.progress
        infos = self.store.info([row for row in found if self._may_read(row)])
        told = {info.id: progress.get(f"profile:{info.id}") for info in infos}
        return ProfileList(profiles=infos, doing={name: row.message for name, row in told.items() if row is not None})

    def reconcilers(self) -> Sequence[Reconciler]:
        """Return what begins profiles anew whose process died, and sweeps up."""
        from .background import Care

        return [Care(self)]

    def log(self, profile: Profile | Comparison, run_id: str | None = None) -> str:
        """Log a profile to MLflow: its page and figures as artifacts, and the data set with the table's version.

        Parameters
        ----------
        run_id
            By default the active run; without one a run ``eda-<source>`` is made in the notebook's experiment.

        Returns
        -------
        str
            The run's id.
        """
        from .tracking import log

        found = log(self._ground, self._catalog, profile, run_id)
        self.store.change(profile.id, {"mlflow_run_id": found})
        return found

    # -- rights ---------------------------------------------------------------------------------------------------------

    def _row(self, profile_id: str) -> sa.Row[Any]:
        """Return a row that the caller may read."""
        row = self.store.row(profile_id)
        self._require_read(row)
        return row

    def _load(self, profile_id: str) -> Profile | Comparison:
        from .background import tend

        row = tend(self, self._row(profile_id))
        self._require_current(row)
        if row.state in ("RUNNING", "STOPPING"):
            raise ProfileNotReadyError(
                f"Profile {profile_id} is still being made.", hint=f"Its progress is told of profile:{profile_id}."
            )
        if row.state == "FAILED":
            error = row.error or {}
            raise ProfileFailedError(
                error.get("message", "The profile could not be made."),
                hint=error.get("hint"),
                details={"error_code": error.get("error_code"), **error.get("details", {})},
            )
        found = self.store.load(row)
        if found is None and row.mlflow_run_id is not None:
            from .tracking import read_back

            found = read_back(self._ground, row.mlflow_run_id)
            if found is not None:
                self.store.decisions.apply(found.findings)
        if found is None:
            raise ProfileNotFoundError(f"The files of profile {profile_id} are gone.", hint="Make it again.")
        return found

    def _source_name(self, source: str) -> str:
        """Return the full name of a table that the caller may read, or the name as it is."""
        from ..naming import split_version

        plain, _ = split_version(source)
        try:
            info = self._catalog.info(plain)
        except (NotFoundError, InvalidParameterError):
            return source
        kind = "table" if info.view_definition is None else "view"
        self._catalog.require("SELECT", kind, info.full_name)
        return info.full_name

    def _is_table(self, name: str) -> bool:
        try:
            return self._catalog.exists(name)
        except InvalidParameterError:
            return False

    def _may_read(self, row: sa.Row[Any]) -> bool:
        try:
            self._require_read(row)
        except (PermissionDeniedError, NotFoundError):
            return False
        return True

    def _require_read(self, row: sa.Row[Any]) -> None:
        """A stored profile tells what its table holds, so it needs the same right; of anything else it is its maker's."""
        sides = (row.request or {}).get("sides") or [[row.source_kind, row.source_name]]
        for kind, name in sides:
            if kind in ("table", "view"):
                self._catalog.require("SELECT", kind, name)
            else:
                self._require_owner(row)
        asked = (row.request or {}).get("options") or (row.request or {}).get("compare") or {}
        if asked.get("include_holdout") is not None:
            self._require_look(row)

    def _require_look(self, row: sa.Row[Any]) -> None:
        """Held-out rows are in it: it is for whoever took the look, and for those who may look themselves."""
        caller = current_caller()
        if caller.trusted or (row.actor == caller.principal and caller.agent is None):
            return
        sides = (row.request or {}).get("sides") or [[row.source_kind, row.source_name]]
        tables = [name for kind, name in sides if kind == "table"]
        if self._scopes is None or not tables:
            raise PermissionDeniedError(f"Profile {row.id} shows held-out rows to {row.actor}.", hint="Take a look.")
        for name in tables:
            self._scopes.holdouts.require_look(name)

    def _require_current(self, row: sa.Row[Any]) -> None:
        """Refuse what was made before rows of its table were held out: they are in its figures, and some in its examples."""
        if self._scopes is None:
            return
        sides = (row.request or {}).get("sides") or [[row.source_kind, row.source_name]]
        for kind, name in sides:
            if kind in ("table", "view") and self._scopes.holdouts.declared_since(name, row.created_at):
                raise ProfileOutdatedError(
                    f"Rows of {name} are held out since this was made, and it shows them.",
                    hint="Make it again: the held-out rows are left out then.",
                )

    def _require_owner(self, row: sa.Row[Any]) -> None:
        if row.actor == current_caller().principal or self._catalog is None or self._catalog.rights.unrestricted():
            return
        raise PermissionDeniedError(f"Profile {row.id} is another user's.", hint=f"Ask {row.actor} to share its page.")
