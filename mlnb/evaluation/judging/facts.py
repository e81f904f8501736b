"""What is known of a run for the gates of a scope card: its evaluation, the data it read, findings about that data, its files."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from mlnb.catalog.names import quote_name
from mlnb.core.access import looking
from mlnb.core.caller import current_caller
from mlnb.core.clock import now_ms
from mlnb.core.errors import MlnbError
from mlnb.core.tracking import load_mlflow
from mlnb.explore.tables import explore_findings, explore_profiles
from mlnb.scope.card import ScopeCard
from mlnb.scope.gates import Facts, LeakFact, LookFact, ReplayFact, SliceFact, TableFact
from mlnb.training.scoring.metrics import full_name

if TYPE_CHECKING:
    from mlnb.catalog.service import Catalog
    from mlnb.core.ground import Ground
    from mlnb.training.records import RunRecord
    from mlnb.training.service import Runs

    from ..records import EvaluationResult


class Collector:
    """Collects facts.

    Parameters
    ----------
    ground, catalog, runs
        The stores that hold the evidence.
    """

    def __init__(self, ground: Ground, catalog: Catalog, runs: Runs) -> None:
        self._ground, self._catalog, self._runs = ground, catalog, runs

    def of(self, record: RunRecord, counting: EvaluationResult | None) -> Facts:
        """Return what run and evaluation say, whatever the card asks."""
        tables = [
            TableFact(name=item.name, version=item.version, n_rows=item.n_rows, holdout=item.holdout)
            for item in record.data
            if item.direction == "read" and item.kind == "table"
        ]
        files = [item.path for item in record.artifacts]
        known = Facts(tables=tables, artifacts=files, replay=self._replay(record), **self._signature(record))
        if counting is None:
            return known
        at = f"@{counting.data_version}" if counting.data_version is not None else ""
        look = None
        if counting.look is not None:
            look = LookFact(number=counting.look, allowed=counting.looks_allowed or 0, optimism=counting.optimism)
        where = "held-out rows of " if look is not None else ""
        return known.model_copy(
            update={
                "metrics": counting.metrics,
                "intervals": counting.intervals,
                "slices": [SliceFact(**item.model_dump()) for item in counting.slices],
                "fairness": counting.fairness,
                "look": look,
                "evidence": f"evaluation {counting.id[:8]} on {where}{counting.data}{at}",
            }
        )

    def asked(self, facts: Facts, card: ScopeCard, run_id: str | None) -> Facts:
        """Add what this card needs and costs something to find out: rows, positives and age of the data, leaks, the card's own queries."""
        with looking():
            tables = [self._measured(table, card) for table in facts.tables] if facts.tables else facts.tables
            business = {goal.name: self._business(goal.sql, run_id) for goal in card.metrics if goal.sql is not None}
        update = {"tables": tables, "business": business, "leaks": self._leaks(facts.tables or [], card)}
        return _by_names_of(card, facts).model_copy(update=update)

    def _signature(self, record: RunRecord) -> dict[str, Any]:
        """Return whether the run's newest model states its inputs, and their names; nothing for a run without one."""
        if not record.models:
            return {}
        load_mlflow()
        from mlflow.exceptions import MlflowException
        from mlflow.models import get_model_info

        self._ground.tracking.configure()
        try:
            signature = get_model_info(record.models[-1].uri).signature
        except (MlflowException, OSError):  # its files are gone; the gate then says that it cannot be read
            return {}
        inputs = signature.inputs if signature is not None else None
        names = inputs.input_names() if inputs is not None and inputs.has_input_names() else None
        return {"signature": signature is not None, "inputs": names}

    def _replay(self, record: RunRecord) -> ReplayFact:
        """Return the mark of a run, and what came of its newest replay on the data of then that nobody stopped."""
        mark = record.tags.get("mlnb.reproducible") if record.source.notebook is not None else None
        over = (
            report
            for report in self._runs.replays(record.run_id)
            if report.verdict is not None and report.state != "STOPPED" and report.data == "pinned"
        )
        known = ReplayFact(mark=mark, environment="lock_sha256" in record.environment)
        report = next(over, None)
        if report is None:
            return known
        said = " ".join(cause.message for cause in report.causes[:2])
        if report.verdict == "WITHIN_TOLERANCE":
            said = f"rtol {report.rtol:g}, atol {report.atol:g}."
        evidence = f"replay {report.replay_run_id[:8]}"
        return known.model_copy(update={"verdict": report.verdict, "evidence": evidence, "message": said or None})

    # -- the data --------------------------------------------------------------------------------------------------------

    def _measured(self, table: TableFact, card: ScopeCard) -> TableFact:
        """Fill in what the card asks of a table at the version that was read; what is gone stays unknown."""
        if table.version is None:
            return table
        update: dict[str, Any] = {}
        try:
            handle = self._catalog.table(quote_name(table.name), version=table.version, filtered=True)
            columns = set(handle.columns)
            if card.data.min_rows is not None and table.n_rows is None:
                update["n_rows"] = handle.count()
            if card.data.min_positive is not None and card.target is not None and card.target.column in columns:
                update["positives"] = handle.count(where=_equals(card.target.column, card.target.positive))
            if card.data.max_age is not None:
                update["age_s"] = self._age(table, card, columns)
        except MlnbError:  # dropped or cleaned up since
            return table.model_copy(update=update)
        return table.model_copy(update=update)

    def _age(self, table: TableFact, card: ScopeCard, columns: set[str]) -> float | None:
        """Return the age of the newest row by the target's event time, else of the last write of a table that the card names."""
        name, now = quote_name(table.name), now_ms()
        event = card.target.event_time if card.target is not None else None
        if event is not None and event in columns:
            column = "`" + event.replace("`", "``") + "`"
            query = (
                f"SELECT unix_millis(CAST(max({column}) AS TIMESTAMP)) AS at FROM {name} VERSION AS OF {table.version}"  # noqa: S608 (quoted)
            )
            at = self._catalog.sql(query, filtered=True).rows()[0]["at"]
            return (now - at) / 1000 if at is not None else None
        named = {card.target.table} if card.target is not None else set(card.data.inputs)
        if event is not None or table.name not in named:
            return None
        made = next((item for item in self._catalog.history(name) if item.version == table.version), None)
        return (now - made.timestamp) / 1000 if made is not None else None

    def _business(self, query: str, run_id: str | None) -> float | str:
        """Return the first value of a card's query, or why there is none."""
        try:
            # In jobs too without the held-out rows: a card's query is no look at them.
            restricted = current_caller().source == "rest"
            result = self._catalog.sql(query, {"run_id": run_id}, limit=1, restricted=restricted, filtered=True)
            row = next(iter(result.rows(1)), None)
            value = next(iter(row.values()), None) if row else None
            number = float(value)  # type: ignore[arg-type]  # what is no number is told below
        except MlnbError as error:
            return error.message
        except (TypeError, ValueError):
            return "its query returned no number."
        return number if math.isfinite(number) else "its query returned no number."

    # -- findings --------------------------------------------------------------------------------------------------------

    def _leaks(self, tables: list[TableFact], card: ScopeCard) -> list[LeakFact] | None:
        """Return open findings that block, None when nobody profiled the data with the target."""
        if card.target is None:
            return None
        names = [*{table.name for table in tables}, card.target.table]
        found, profiles = explore_findings, explore_profiles
        about = sa.and_(
            found.c.source_name.in_(names), found.c.target == card.target.column, found.c.code.like("LEAK%")
        )
        looked = sa.and_(profiles.c.source_name.in_(names), profiles.c.target == card.target.column)
        with self._ground.metastore.connect() as connection:
            rows = connection.execute(sa.select(found).where(about)).all()
            if not rows and connection.execute(sa.select(profiles.c.id).where(looked).limit(1)).first() is None:
                return None
        return [
            LeakFact(code=row.code, column=row.column_name, message=row.message)
            for row in rows
            if row.severity == "BLOCKED" and row.state == "open"
        ]


def _by_names_of(card: ScopeCard, facts: Facts) -> Facts:
    """Return the facts with the metrics under the names that the card has for them too (``auc`` is ``roc_auc``)."""
    short = {goal.name: full_name(goal.name) for goal in card.metrics if full_name(goal.name) != goal.name}
    if not short:
        return facts
    metrics, intervals = dict(facts.metrics or {}), dict(facts.intervals)
    for name, full in short.items():
        if full in metrics:
            metrics.setdefault(name, metrics[full])
        if full in intervals:
            intervals.setdefault(name, intervals[full])
    slices = [
        item.model_copy(update={"metric": n})
        for n, full in short.items()
        for item in facts.slices
        if item.metric == full
    ]
    known = metrics if facts.metrics is not None else None
    return facts.model_copy(update={"metrics": known, "intervals": intervals, "slices": [*facts.slices, *slices]})


def _equals(column: str, value: Any) -> str:
    from sqlglot import exp

    return exp.column(column, quoted=True).eq(exp.convert(value)).sql("databricks")
