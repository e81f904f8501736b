"""Looks at data: profiles, comparisons, whether more rows would help, whether a column leaks the answer."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from mlnb.core.errors import InvalidParameterError

from .opening import Opening, checked_request
from .records import Profile
from .run import Run

if TYPE_CHECKING:
    import threading

    from mlnb.catalog.sql.result import SqlResult

    from .columns import TableSummary
    from .records import LearningCurve
    from .records_compare import Comparison
    from .records_parts import Leakage
    from .run import OnPage, OnProgress

Sample = int | Literal["auto"] | None


class Profiling(Opening):
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
        from .compare.sides import compare_sides

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
        from .target.learnability import learning_curve

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
        from .leakage.gate import gate
        from .leakage.screen import screen
        from .reading.withholding import left_out
        from .stored.decisions import Found, source_key
        from .suggest.attach import attach_code
        from .target.associations import read_target

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
            # A table, and a frame of its filtered rows, has none; a frame that some had to be left out of was given as it is.
            holdout_rows=note.excluded if note is not None and left_out(opened) else 0,
        )
        aim = read_target(look, request.target, request.time_column, request.group)
        profiled = [scanned.profile for scanned in look.columns.values()]
        attach_code(findings, profiled, look.source, look.rows, aim.record if aim is not None else None, request.group)
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
