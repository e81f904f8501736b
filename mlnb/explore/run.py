"""One profile on its way: opened, looked at, scanned, named, stored."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

from .records import Profile, Timing
from .records_stored import ProfileRequest

if TYPE_CHECKING:
    import threading

    import sqlalchemy as sa

    from mlnb.catalog.table import Table

    from .opening import Opening

OnPage = Callable[[Profile], None]
OnProgress = Callable[["float | None", str], None]


class Run:
    """Makes one profile.

    Parameters
    ----------
    forbidden
        Columns that a scope card forbids, with the reason.
    instead_of
        The stored answer to the same question that this one replaces.
    """

    def __init__(
        self,
        explore: Opening,
        request: ProfileRequest,
        forbidden: Sequence[tuple[str, str]],
        profile_id: str,
        instead_of: sa.Row[Any] | None = None,
    ) -> None:
        self._explore = explore
        self._request = request
        self._forbidden = forbidden
        self._id = profile_id
        self._instead_of = instead_of

    def make(
        self,
        data: Any,
        table: Table | None,
        *,
        name: str | None = None,
        on_page: OnPage | None = None,
        on_progress: OnProgress | None = None,
        stop: threading.Event | None = None,
    ) -> Profile:
        """Make the profile and store it."""
        from .engine import run

        explore, request = self._explore, self._request
        started = time.perf_counter(), time.process_time()
        opened = explore._open(data, request, name)
        explore._keep_rows(self._id, opened)
        sha = explore._sha(table, request, self._forbidden)

        def finish(profile: Profile) -> Profile:
            profile.id, profile.options_sha = self._id, sha
            key = self._key(profile)
            explore.store.decisions.name(profile.findings, key, request.target)
            seconds, cpu = time.perf_counter() - started[0], time.process_time() - started[1]
            profile.timing = Timing(seconds=seconds, cpu_seconds=cpu)
            return profile

        shown: list[Profile] = []

        def page(first: Profile) -> None:
            shown.append(finish(first))
            if on_page is not None:
                on_page(first)

        options = explore._options(request, self._forbidden)
        try:
            profile = finish(run(opened, options, on_page=page, on_progress=on_progress, stop=stop))
        except KeyboardInterrupt:
            if not shown:
                raise
            profile = finish(shown[0])  # the interrupt came while the page was shown
            profile.notes.append(
                f"The scan was stopped: the figures are from a sample of {profile.sample_rows:,} rows."
            )
        explore._mask_rows(self._id, profile)
        return self._store(profile) if explore.settings.store_profiles else profile

    def _key(self, profile: Profile) -> str:
        from .stored.decisions import source_key

        return source_key(profile.source, self._request.where)

    def _store(self, profile: Profile) -> Profile:
        from .stored.decisions import Found

        request = self._request
        whole = request.columns is None and not request.exclude
        names = None if whole else frozenset(column.column_name for column in profile.columns)
        found = Found(profile.id, self._key(profile), request.target, profile.findings, names)
        kept = self._explore.store.save(
            profile,
            found,
            {"options": request.model_dump(mode="json", exclude_defaults=True)},
            stopped=request.scan and not profile.complete,
            instead_of=self._instead_of,
        )
        return cast("Profile", kept)
