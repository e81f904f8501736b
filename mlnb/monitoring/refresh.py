"""One refresh: reads what changed, computes the windows it touches, and replaces their rows in the two tables.

Each table changes by one commit that replaces whole windows, and the versions that were read are remembered only after both
commits. A refresh that is killed anywhere is therefore simply done again, with the same result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mlnb.core.clock import now_ms
from mlnb.core.errors import InvalidParameterError
from mlnb.monitoring.changes import read_column
from mlnb.monitoring.drift import Drift, drift_rows
from mlnb.monitoring.output import OutputTables
from mlnb.monitoring.passes import Engine, Layout
from mlnb.monitoring.plan import Plan
from mlnb.monitoring.quality import group_quality, order_classes
from mlnb.monitoring.records import InferenceLog, MonitorConfig, MonitoringSettings
from mlnb.monitoring.rows import comparable
from mlnb.monitoring.sources import Sources
from mlnb.monitoring.stats import Edges, Group, GroupKey, has_bins
from mlnb.monitoring.tables import RowWriter
from mlnb.monitoring.windows import Granularity

if TYPE_CHECKING:
    from mlnb.catalog.service import Catalog
    from mlnb.core.ground import Ground

Report = Callable[[float, float, str], None]

_DAY_US = 86_400 * 1_000_000


@dataclass
class Outcome:
    """What a refresh did: the versions it covers, the edges it used, and what to tell people."""

    processed: dict[str, Any]
    edges: dict[str, Edges] | None = None
    windows: int = 0
    rows: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def message(self) -> str | None:
        """The notes as one text."""
        return " ".join(self.notes) or None


@dataclass(frozen=True)
class Job:
    """A refresh to do."""

    table_name: str
    config: MonitorConfig
    version: int
    refresh_id: int
    output_schema: str
    processed: Mapping[str, Any]
    edges: Mapping[str, Edges]
    full: bool


class Refresh:
    """Does one refresh; `run` is all there is to call."""

    def __init__(self, ground: Ground, catalog: Catalog, job: Job, report: Report) -> None:
        self._ground = ground
        self._catalog = catalog
        self._job = job
        self._report = report
        self._options = ground.settings.section("monitoring", MonitoringSettings)
        self._now_us = now_ms() * 1000
        self._sources = Sources(catalog, job.table_name, job.config)
        profile = job.config.profile
        log = profile if isinstance(profile, InferenceLog) else None
        self._output = OutputTables(catalog, job.output_schema, job.table_name, log.model_id_col if log else None)
        self._notes: list[str] = []
        self._models: list[str] = []

    def run(self) -> Outcome:
        """Bring the two tables up to the newest version of the monitored table and its labels."""
        job = self._job
        plan = self._sources.plan()
        full = self._is_full()
        versions = self._versions()
        if not full and not self._is_changed(versions):
            return Outcome({**job.processed, **versions}, notes=["Nothing has changed since the last refresh."])
        engine = Engine(plan, self._ground.path / "tmp" / "monitoring", self._now_us)
        try:
            if plan.time_column is None:
                return self._snapshot(plan, engine, versions)
            touched = None if full else self._touched(plan, engine)
            if touched is None:
                return self._windows_of_everything(plan, engine, versions)
            return self._windows(plan, engine, versions, touched, dict(job.edges), since=job.processed.get("since"))
        finally:
            engine.close()

    # -- what to do ------------------------------------------------------------------------------------------------------

    def _versions(self) -> dict[str, Any]:
        return {"config": self._job.version, **self._sources.versions()}

    def _is_full(self) -> bool:
        """Whether everything has to be computed: asked for, the first time, or bins and columns are others than before."""
        job, now = self._job, self._versions()
        same = all(job.processed.get(name) == now[name] for name in ("config", "baseline", "columns", "places"))
        return job.full or not same or not self._output.exist()

    def _is_changed(self, versions: Mapping[str, Any]) -> bool:
        return any(versions[name] != self._job.processed.get(name) for name in ("table", "labels"))

    def _touched(self, plan: Plan, engine: Engine) -> dict[Granularity, set[int]] | None:
        """Starts of the windows that new rows and new labels lie in; None when that cannot be told."""
        assert plan.time_column is not None
        found: dict[Granularity, set[int]] = {granularity: set() for granularity in plan.granularities}
        rows, labels = self._sources.changes(dict(self._job.processed))
        times = read_column(rows, plan.time_column)
        ids = read_column(labels, plan.labels.request_id_col) if plan.labels is not None else None
        unclear = [c.everything or (c.files and values is None) for c, values in ((rows, times), (labels, ids))]
        if any(unclear):
            return None
        if times is not None:
            engine.add_times(times, found)
        if ids is not None and plan.join_column is not None:
            log = self._sources.rows([plan.join_column, plan.time_column])
            engine.add_labelled(ids, log, plan.join_column, found)
        return found

    # -- doing it --------------------------------------------------------------------------------------------------------

    def _windows_of_everything(self, plan: Plan, engine: Engine, versions: dict[str, Any]) -> Outcome:
        days = self._job.config.lookback_days or self._options.lookback_days
        self._load(plan, engine, None)
        newest = engine.newest_us()
        since = None
        if newest is not None and days:
            since = min(granularity.start(newest - days * _DAY_US) for granularity in plan.granularities)
        self._drop(engine, since)
        edges = self._edges(plan, engine)
        touched = {granularity: set(engine.starts(granularity)) for granularity in plan.granularities}
        outcome = self._compute(plan, engine, versions, touched, edges, full=True)
        outcome.processed |= {"since": since, "newest": newest}
        outcome.edges = edges
        return outcome

    def _windows(
        self,
        plan: Plan,
        engine: Engine,
        versions: dict[str, Any],
        touched: dict[Granularity, set[int]],
        edges: dict[str, Edges],
        since: int | None,
    ) -> Outcome:
        every = [(g, start) for g, starts in touched.items() for start in starts]
        if not every:
            return Outcome({**self._job.processed, **versions}, notes=["The new rows and labels touch no window."])
        # The windows on both sides are needed to compare with, and to be compared again.
        first = min(g.previous(start) for g, start in every)
        last = max(g.end(g.end(start)) for g, start in every)
        self._load(plan, engine, (first, last))
        self._drop(engine, since)
        # A column that had no values so far gets its bins now: no window before this one has counts of it.
        new = {name: found for name, found in engine.edges("rows", known=edges).items() if has_bins(found)}
        outcome = self._compute(plan, engine, versions, touched, edges | new, full=False)
        newest = max(engine.newest_us() or 0, self._job.processed.get("newest") or 0)
        outcome.processed |= {"since": since, "newest": newest or None}
        outcome.edges = edges | new if new else None
        return outcome

    def _compute(
        self,
        plan: Plan,
        engine: Engine,
        versions: dict[str, Any],
        touched: Mapping[Granularity, set[int]],
        edges: dict[str, Edges],
        *,
        full: bool,
    ) -> Outcome:
        capped = engine.cap_slices(self._options.max_slice_values)
        if capped:
            self._notes.append(f"Slices with too many values were folded into 'other': {', '.join(capped)}.")
        baselines = self._baseline_groups(plan, engine, edges)
        self._models = engine.models() if plan.log is not None else []
        profiles: list[Group] = []
        drifts: list[Drift] = []
        for number, (granularity, starts) in enumerate(touched.items()):
            self._report(1 + number, 3 + len(touched), f"Computing windows of {granularity.text}")
            groups = self._count(plan, engine, granularity, starts, edges)
            profiles += [group for key, group in groups.items() if key.start in starts]
            drifts += self._drifts(granularity, groups, starts, baselines, edges)
        self._report(2 + len(touched), 3 + len(touched), "Writing the tables")
        once = list(baselines.values()) if full else []
        self._write(plan, edges, (profiles, once, drifts), None if full else touched)
        windows = sum(len(starts) for starts in touched.values())
        return Outcome(dict(versions), None, windows, engine.row_count(), self._notes)

    def _count(
        self, plan: Plan, engine: Engine, granularity: Granularity, starts: set[int], edges: Mapping[str, Edges]
    ) -> dict[GroupKey, Group]:
        """Count the wanted windows and their neighbours."""
        around = {granularity.previous(start) for start in starts} | {granularity.end(start) for start in starts}
        wanted = sorted((starts | around) & set(engine.starts(granularity)))
        layout = Layout("rows", granularity, len(self._models) > 1, wanted)
        number = engine.group_count(layout)
        if number > self._options.max_groups:
            raise InvalidParameterError(
                f"{len(wanted):,} windows of {granularity.text} with their slices and models make {number:,} groups; "
                f"at most {self._options.max_groups:,} are computed.",
                hint="Use a coarser granularity, fewer slices or a smaller lookback_days, or raise max_groups in [monitoring].",
            )
        return self._with_quality(plan, engine, layout, engine.groups(layout, edges))

    def _with_quality(
        self, plan: Plan, engine: Engine, layout: Layout, groups: dict[GroupKey, Group]
    ) -> dict[GroupKey, Group]:
        rows = engine.quality_rows(layout)
        if rows is None or not len(rows):
            return groups
        text = layout.granularity.text if layout.granularity else ""
        classes = order_classes([*engine.classes(layout.table), *self._binary(plan)])
        found = group_quality(plan, rows, text, classes, has_model=layout.has_model)
        return {
            key: Group(key, group.rows, group.columns, found[key]) if key in found else group
            for key, group in groups.items()
        }

    def _binary(self, plan: Plan) -> list[str]:
        """The two classes of yes-or-no labels, which a quiet week may not both hold."""
        kind = str(plan.label_type)
        yes_or_no = kind == "bool" and plan.log is not None and plan.log.problem_type == "classification"
        return ["0", "1"] if yes_or_no else []

    def _drifts(
        self,
        granularity: Granularity,
        groups: Mapping[GroupKey, Group],
        starts: set[int],
        baselines: Mapping[GroupKey, Group],
        edges: Mapping[str, Edges],
    ) -> list[Drift]:
        """Drift rows of the wanted windows and of those right behind them, whose predecessor has changed."""
        again = starts | {granularity.end(start) for start in starts}
        current = [group for key, group in groups.items() if key.start in again]
        before = {g.key: groups.get(g.key.at(granularity.previous(g.key.start))) for g in current}
        found = drift_rows(
            current,
            edges,
            drift_type="CONSECUTIVE",
            references={key: group for key, group in before.items() if group is not None},
        )
        if baselines:
            # A baseline is not split by model: each model is compared with all of it.
            parts = {g.key: GroupKey("", 0, slice_key=g.key.slice_key, slice_value=g.key.slice_value) for g in current}
            references = {key: baselines[part] for key, part in parts.items() if part in baselines}
            found += drift_rows(current, edges, drift_type="BASELINE", references=references)
        return found

    def _snapshot(self, plan: Plan, engine: Engine, versions: dict[str, Any]) -> Outcome:
        """The whole table as one window, compared with the version that the last refresh saw."""
        job = self._job
        self._load(plan, engine, None)
        full = self._is_full()
        edges = self._edges(plan, engine) if full else dict(job.edges)
        capped = engine.cap_slices(self._options.max_slice_values)
        if capped:
            self._notes.append(f"Slices with too many values were folded into 'other': {', '.join(capped)}.")
        baselines = self._baseline_groups(plan, engine, edges)
        groups = engine.groups(Layout("rows", None, False), edges)
        drifts = drift_rows(groups.values(), edges, drift_type="BASELINE", references=baselines)
        instant = job.processed.get("instant")
        if instant is not None and self._load_before(engine):
            before = engine.groups(Layout("before", None, False), edges)
            references = {key: Group(key.at(instant), g.rows, g.columns) for key, g in before.items()}
            drifts += drift_rows(groups.values(), edges, drift_type="CONSECUTIVE", references=references)
        once = list(baselines.values()) if full else []
        self._write(plan, edges, (list(groups.values()), once, drifts), {})
        outcome = Outcome(dict(versions), edges, 1, engine.row_count(), self._notes)
        outcome.processed["instant"] = self._now_us
        return outcome

    def _load_before(self, engine: Engine) -> bool:
        try:
            engine.load("before", self._sources.rows_at(self._job.processed["table"]))
        except Exception:  # vacuumed: the version before can no longer be read
            self._notes.append("The version before is no longer readable: no CONSECUTIVE drift.")
            return False
        return True

    # -- reading and writing ---------------------------------------------------------------------------------------------

    def _load(self, plan: Plan, engine: Engine, span: tuple[int, int] | None) -> None:
        """Lay out labels and rows; a span is a pair of microseconds, the second excluded."""
        self._report(0, 3 + len(plan.granularities), "Reading")
        if plan.labels is not None:
            extra = engine.load_labels(self._sources.label_rows(plan))
            if extra:
                self._notes.append(f"{extra:,} labels were superseded by newer ones.")
        engine.load("rows", self._sources.rows(plan.needed(), span, plan.time_column))
        if span is None and plan.labels is not None:
            unknown = engine.unknown_labels()
            if unknown:
                self._notes.append(f"{unknown:,} labels speak about no logged prediction.")

    def _drop(self, engine: Engine, since: int | None) -> None:
        wrong = engine.drop_outside(since)
        if wrong:
            self._notes.append(
                f"{wrong:,} rows have no time, or one before 1970 or in the future, and are in no window."
            )

    def _edges(self, plan: Plan, engine: Engine) -> dict[str, Edges]:
        """Bins from the baseline; columns it lacks, and everything without one, from the first window."""
        where = "true"
        if plan.granularities:
            widest = max(plan.granularities, key=lambda item: item.width_us)
            starts = engine.starts(widest)
            where = f"ts < {widest.end(starts[0])}" if starts else "false"
        found = engine.edges("rows", where)
        if not all(has_bins(edges) for edges in found.values()):
            found |= engine.edges("rows", known=found)
        if self._sources.baseline is None:
            return found
        self._load_baseline(engine)
        return found | {name: edges for name, edges in engine.edges("baseline").items() if has_bins(edges)}

    def _load_baseline(self, engine: Engine) -> None:
        assert self._sources.baseline is not None
        if not engine.has("baseline"):
            engine.load("baseline", self._sources.baseline.reader(), baseline=True)

    def _baseline_groups(self, plan: Plan, engine: Engine, edges: Mapping[str, Edges]) -> dict[GroupKey, Group]:
        if self._sources.baseline is None:
            return {}
        self._load_baseline(engine)
        types = {field.name: field.type for field in self._sources.baseline.schema}
        missing = [column.name for column in plan.columns if not comparable(column, types.get(column.name))]
        if len(missing) == len(plan.columns):
            raise InvalidParameterError(
                f"The baseline {self._sources.baseline.full_name} has none of the monitored columns with the same type.",
                hint="Use a table with the columns of the monitored one, such as the evaluation data.",
            )
        if missing:
            self._notes.append(f"The baseline lacks, or has with another type: {', '.join(missing)}.")
        layout = Layout("baseline", None, False)
        return self._with_quality(plan, engine, layout, engine.groups(layout, edges))

    def _write(
        self,
        plan: Plan,
        edges: Mapping[str, Edges],
        found: tuple[Sequence[Group], Sequence[Group], Sequence[Drift]],
        touched: Mapping[Granularity, set[int]] | None,
    ) -> None:
        """Replace the rows of the touched windows; None replaces everything, no window at all adds rows."""
        writer = RowWriter(
            plan,
            edges,
            version=self._job.version,
            refresh_id=self._job.refresh_id,
            log_version=self._sources.table.version,
            instant=self._now_us,
            only_model=self._models[0] if len(self._models) == 1 else None,
        )
        profiles, baselines, drifts = found
        behind = None if touched is None else {g: s | {g.end(start) for start in s} for g, s in touched.items()}
        self._output.write_profile(writer.profile_table(profiles, baselines), touched)
        self._output.write_drift(writer.drift_table(drifts), behind)
