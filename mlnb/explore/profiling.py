"""Looks at data: profiles, comparisons, whether more rows would help, whether a column leaks the answer."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

from mlnb.core.errors import InvalidParameterError, NotFoundError

from .base import Base
from .records import ColumnNotFoundError, Profile, Timing
from .records_stored import ProfileRequest

if TYPE_CHECKING:
    import threading

    import sqlalchemy as sa

    from mlnb.catalog.sql.result import SqlResult
    from mlnb.catalog.table import Table

    from .columns import TableSummary
    from .engine import Options
    from .look import Look
    from .records import LearningCurve
    from .records_compare import Comparison
    from .records_parts import Leakage
    from .sources import Data

OnPage = Callable[[Profile], None]
OnProgress = Callable[["float | None", str], None]
Sample = int | Literal["auto"] | None


class Profiling(Base):
    """Makes profiles and comparisons."""

    def profile(
        self,
        data: Any,
        *,
        target: str | None = None,
        time_column: str | None = None,
        group: str | None = None,
        columns: Sequence[str] | None = None,
        exclude: Sequence[str] = (),
        where: str | None = None,
        sample: Sample = "auto",
        scan: bool = True,
        precise: bool = False,
        learning_curve: bool = False,
        scope: str | None = None,
        include_holdout: str | None = None,
        reuse: bool = True,
        name: str | None = None,
        on_page: OnPage | None = None,
        on_progress: OnProgress | None = None,
        stop: threading.Event | None = None,
    ) -> Profile:
        """Describe every column, what is wrong with the data and what predicts the target.

        Parameters
        ----------
        data
            A table or view (``main.raw.flights``, a table also with ``@v3``), a data frame, anything with Arrow inside, a query, or the
            path of a CSV or Parquet file.
        target
            The column to predict.
        time_column
            When a row happened: gaps, periods, drift, and folds that go forward in time.
        group
            What rows belong to (a customer): its rows stay together in folds.
        columns, exclude
            Look at these only (and the target), leave these out.
        where
            An SQL condition on the rows.
        sample
            Rows of the first page, on which associations and correlations rest; ``None`` takes all. By default ``sample_rows`` of the
            settings.
        scan
            Whether all rows are read after the first page.
        precise
            Take quantiles, distinct values and top values exactly too, which takes longer.
        learning_curve
            Also say whether more rows would help.
        scope
            A scope card: its target, and the columns it forbids.
        include_holdout
            Why held-out rows are to be in: one counted look.
        reuse
            Answer from the store when this version of a table was profiled with these options before.
        name
            What the page calls a data frame.
        on_page, on_progress
            Called with the first page, and with the share that is done and what is going on.
        stop
            Ends the scan when it is set; the page from the sample is returned then, marked as such.

        Raises
        ------
        DataNotFoundError, ColumnNotFoundError
            With the nearest existing names.
        HoldoutSpentError
            When no look is left.
        """
        request = checked_request(
            target=target,
            time_column=time_column,
            group=group,
            columns=list(columns) if columns is not None else None,
            exclude=list(exclude),
            where=where,
            sample=sample,
            scan=scan,
            precise=precise,
            learning_curve=learning_curve,
            scope=scope,
            include_holdout=include_holdout,
        )
        request, forbidden = self._with_card(request)
        table = self._named_table(data)
        if reuse:
            known = self._known(table, request, forbidden)
            if known is not None:
                return known
        older = None if reuse or table is None else self._same(table, request, forbidden)
        run = Run(self, request, forbidden, uuid.uuid4().hex, instead_of=older)
        return run.make(data, table, name=name, on_page=on_page, on_progress=on_progress, stop=stop)

    def summarize(self, data: Any, precise: bool = False) -> Profile:
        """Return the figures of every column; with ``precise`` each of them exact."""
        return self.profile(data, precise=precise)

    def columns(self, name: str, *, version: int | None = None, columns: Sequence[str] | None = None) -> TableSummary:
        """Return missing and distinct values and a small histogram of each column of a table, of a sample where it is large."""
        from .columns import summarize

        return summarize(self._catalog, name, version=version, columns=columns)

    def compare(
        self,
        left: Any,
        right: Any = None,
        *,
        split: str | None = None,
        target: str | None = None,
        time_column: str | None = None,
        group: str | None = None,
        names: tuple[str, str] | None = None,
        columns: Sequence[str] | None = None,
        exclude: Sequence[str] = (),
        where: str | None = None,
        sample: Sample = "auto",
        include_holdout: str | None = None,
        comparison_id: str | None = None,
    ) -> Comparison:
        """Lay two tables, versions or splits side by side: columns ranked by how much they differ.

        Parameters
        ----------
        left, right
            As ``data`` of :meth:`profile`; ``right`` is compared with ``left``.
        split
            Instead of ``right``: the column of ``left`` that says which side a row is on.
        group
            What rows belong to: a group on both sides is a leak.
        names
            What the page calls the sides.
        comparison_id
            The id of one that was begun in the background.

        Raises
        ------
        InvalidParameterError
            Without exactly one of ``right`` and ``split``.
        """
        from .sides import compare_sides

        request = checked_request(
            target=target,
            time_column=time_column,
            group=group,
            columns=list(columns) if columns is not None else None,
            exclude=list(exclude),
            where=where,
            sample=sample,
            include_holdout=include_holdout,
        )
        return compare_sides(self, left, right, split, request, names, comparison_id)

    def learning_curve(
        self,
        data: Any,
        target: str,
        *,
        time_column: str | None = None,
        group: str | None = None,
        metric: str | None = None,
        max_rows: int = 50_000,
    ) -> LearningCurve:
        """Say whether more rows would help: scores of a simple model on more and more of them.

        Parameters
        ----------
        metric
            What is scored; by default AUC for two classes, else R² or the mean AUC.
        max_rows
            At most so many are used.
        """
        from .learnability import learning_curve

        asked = checked_request(target=target, time_column=time_column, group=group, sample=max_rows)
        _, look = self._look(data, asked)
        return learning_curve(look, target, time_column=time_column, group=group, metric=metric, max_rows=max_rows)

    def leakage(
        self,
        data: Any,
        target: str | None = None,
        *,
        time_column: str | None = None,
        group: str | None = None,
        scope: str | None = None,
        name: str | None = None,
    ) -> Leakage:
        """Say which columns give the target away: the verdict that training asks for.

        Findings that were dismissed with a reason do not block.

        Returns
        -------
        Leakage
            ``passed``, and the findings that block or warn.
        """
        from .decisions import Found, source_key
        from .leakage import screen
        from .leakage_gate import gate

        request, forbidden = self._with_card(
            checked_request(target=target, time_column=time_column, group=group, scope=scope, sample=50_000)
        )
        if request.target is None:
            raise InvalidParameterError(
                "Nothing leaks without a target.", hint="Name the column to predict, or a scope card that does."
            )
        opened, look = self._look(data, request, name=name)
        note = opened.holdout
        findings = screen(
            look,
            request.target,
            time_column=request.time_column,
            group=request.group,
            forbidden=forbidden,
            # A table is read without its held-out rows; a frame that has some was given as it is.
            holdout_rows=note.excluded if note is not None and opened.source.kind == "frame" else 0,
        )
        key = source_key(look.source)
        self.store.decisions.name(findings, key, request.target)
        if self.settings.store_profiles:  # so that a finding can be dismissed
            with self._ground.metastore.begin() as connection:
                self.store.decisions.record(connection, Found("", key, request.target, findings, codes="LEAK_"))
        return gate(findings)

    def query(
        self, text: str, params: Mapping[str, Any] | None = None, *, frames: Mapping[str, Any] | None = None
    ) -> SqlResult:
        """Return the rows of one query, to look at.

        Parameters
        ----------
        params, frames
            Values of ``:name``, and data frames that a name means when no table has it.

        Raises
        ------
        SqlSyntaxError
            When the text is anything else than a query: looking changes nothing.
        """
        from mlnb.catalog.sql.parse import parse_query

        parse_query(text)
        return self._catalog.sql(text, params, frames=frames)

    # -- inside ---------------------------------------------------------------------------------------------------------

    def _open(self, data: Any, request: ProfileRequest, name: str | None = None) -> Data:
        """Open data and see that the columns that are named exist."""
        from .sources import open_source

        if request.include_holdout is not None:
            self._check_before_looking(data, request)
        opened = open_source(
            data,
            self._catalog,
            self._scopes,
            root=self._ground.root,
            columns=request.chosen(),
            exclude=request.exclude,
            where=request.where,
            include_holdout=request.include_holdout,
        )
        if name is not None and opened.source.kind == "frame":
            opened.source.name = name
        _check_roles(opened.schema.names, request)
        return opened

    def _check_before_looking(self, data: Any, request: ProfileRequest) -> None:
        """Refuse what cannot be done before a look at held-out rows is counted."""
        table = self._named_table(data)
        if table is None:
            return
        names = table.schema.names
        for column in request.named():
            if column.split(".")[0] not in names and column not in names:
                raise ColumnNotFoundError.for_name(column, names)
        if request.where is not None:
            self._catalog.table(table.full_name, version=table.version, filtered=True).count(request.where)

    def _keep_rows(self, profile_id: str, data: Data) -> None:
        """Keep the rows for questions; held-out ones are not among them."""
        self.grids.keep(data.frame(), data.source.name, id=profile_id)

    def _look(self, data: Any, request: ProfileRequest, *, name: str | None = None) -> tuple[Data, Look]:
        """Open data and look at a sample of it."""
        from .engine import draw_look

        opened = self._open(data, request, name)
        return opened, draw_look(opened, self._options(request, ()))

    def _options(self, request: ProfileRequest, forbidden: Sequence[tuple[str, str]]) -> Options:
        from .engine import Options

        return Options(
            target=request.target,
            time_column=request.time_column,
            group=request.group,
            sample=self.settings.sample_rows if request.sample == "auto" else request.sample,
            scan=request.scan,
            precise=request.precise,
            learning_curve=request.learning_curve,
            forbidden=tuple(forbidden),
            scope=request.scope,
            max_columns=self.settings.max_columns,
            mask_personal=self.settings.mask_personal,
            threads=self.settings.threads,
        )

    def _with_card(self, request: ProfileRequest) -> tuple[ProfileRequest, list[tuple[str, str]]]:
        """Return the request with what its scope card says, and the columns that the card forbids."""
        if request.scope is None:
            return request, []
        if self._scopes is None:
            raise InvalidParameterError("There are no scope cards here.")
        scope = self._scopes.get(request.scope)
        card = scope.card
        if request.target is None and card.target is not None:
            request = request.model_copy(update={"target": card.target.column})
        reason = f"forbidden by the scope card {request.scope}"
        return request, [(column, reason) for column in card.data.forbidden]

    def _named_table(self, data: Any) -> Table | None:
        """Return the table that a name means, None for anything else."""
        if not isinstance(data, str) or self._catalog is None:
            return None
        from .naming import split_version

        plain, version = split_version(data)
        try:
            found = self._catalog.table(plain, version=version)
        except (NotFoundError, InvalidParameterError):
            return None
        return found if found.info.view_definition is None else None

    def _sha(self, table: Table | None, request: ProfileRequest, forbidden: Sequence[tuple[str, str]]) -> str:
        """Return what tells a profile's question apart: the same one of the same version has the same answer."""
        from .store import options_sha

        # What is held out decides which rows are seen: a rule that is declared later makes another question.
        rules = self._catalog.hooks.predicates(table.full_name, "duckdb") if table is not None else []
        settings = self.settings.model_dump_json(
            include={"sample_rows", "pair_rows", "bins", "max_columns", "mask_personal"}
        )
        return options_sha(request, settings, *rules, *(column for column, _ in forbidden))

    def _known(
        self, table: Table | None, request: ProfileRequest, forbidden: Sequence[tuple[str, str]]
    ) -> Profile | None:
        """Return the stored answer to the same question; a look at held-out rows is never repeated from the store."""
        if table is None or not self.settings.store_profiles or request.include_holdout is not None:
            return None
        self._catalog.require("SELECT", "table", table.full_name)
        row = self._same(table, request, forbidden)
        if row is None:
            return None
        found = self.store.load(row)
        if found is None:  # its files are gone: it is made again
            self.store.drop(row.id)
        return cast("Profile | None", found)

    def _same(self, table: Table, request: ProfileRequest, forbidden: Sequence[tuple[str, str]]) -> sa.Row[Any] | None:
        sha = self._sha(table, request, forbidden)
        return self.store.same(table.full_name, table.version, sha, "SUCCEEDED")


class Run:
    """One profile on its way: opened, looked at, scanned, named, stored."""

    def __init__(
        self,
        explore: Profiling,
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
        return self._store(profile) if explore.settings.store_profiles else profile

    def _key(self, profile: Profile) -> str:
        from .decisions import source_key

        return source_key(profile.source, self._request.where)

    def _store(self, profile: Profile) -> Profile:
        from .decisions import Found

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


def checked_request(**values: Any) -> ProfileRequest:
    """Return what is asked for.

    Raises
    ------
    InvalidParameterError
        For what cannot be meant.
    """
    from pydantic import ValidationError

    sample = values.get("sample")
    if isinstance(sample, int) and sample < 1:
        raise InvalidParameterError(f"A sample of {sample} rows is not possible.", hint="Give a positive number.")
    try:
        request = ProfileRequest(**values)
    except ValidationError as error:
        item = error.errors()[0]
        raise InvalidParameterError(f"{item['loc'][0]}: {item['msg']}.") from error
    if request.include_holdout is not None and not request.include_holdout.strip():
        raise InvalidParameterError(
            "A look at held-out rows needs a reason.", hint="Say what it is for; it is recorded."
        )
    return request


def _check_roles(names: Sequence[str], request: ProfileRequest) -> None:
    roles = (("target", request.target), ("time column", request.time_column), ("group column", request.group))
    for what, column in roles:
        if column is not None and column not in names:
            if column in request.exclude:
                raise InvalidParameterError(f"{column} is the {what} and excluded.", hint="Leave one of the two away.")
            raise ColumnNotFoundError.for_name(column, list(names), what)
