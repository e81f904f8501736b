"""A profile in two phases: a first page from a sample, then exact figures from one scan of all rows."""

from __future__ import annotations

import time
import uuid
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from mlnb.core.clock import now_ms

from .records import (
    ColumnProfile,
    Correlations,
    Duplicates,
    Finding,
    LearningCurve,
    MissingTogether,
    Profile,
    Slice,
    Target,
    Timeline,
    Timing,
)

if TYPE_CHECKING:
    import threading

    from .findings.kinds import Disguise
    from .findings.personal import Personal
    from .look import Look
    from .reading.readers import Data, Sample
    from .scanning.full import Full
    from .target.associations import TargetValues

OnPage = Callable[[Profile], None]
OnProgress = Callable[["float | None", str], None]

#: Said of a sample that is not of single rows.
STRETCHES_NOTE = (
    "The sample is of short stretches of rows from all parts of the source, not of single rows: neighbours are often "
    "alike, so intervals are narrower than they should be."
)
#: Stretches of rows that a first page rests on, where single rows would take long.
QUICK_STRETCHES = 64
#: Values of a sample: of very wide data it has fewer rows.
SAMPLE_CELLS = 40_000_000


@dataclass(frozen=True)
class Options:
    """What is asked for; see `Explore.profile`. ``sample`` None takes all rows."""

    target: str | None = None
    time_column: str | None = None
    group: str | None = None
    sample: int | None = 100_000
    scan: bool = True
    precise: bool = False
    learning_curve: bool = False
    #: Inputs that cannot be used when the model is asked, with the reason.
    forbidden: Sequence[tuple[str, str]] = ()
    scope: str | None = None
    max_columns: int = 2000
    #: Values of personal data are not shown.
    mask_personal: bool = True
    #: Threads of the scan; 0 = as many as there are processors, at most four.
    threads: int = 0


@dataclass
class Analyses:
    """What the analyses of a look told; it holds for the first page and for the last."""

    target: TargetValues | None = None
    correlations: Correlations = field(default_factory=Correlations)
    missing_together: MissingTogether | None = None
    timeline: Timeline | None = None
    slices: list[Slice] = field(default_factory=list)
    learning_curve: LearningCurve | None = None
    notes: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    personal: dict[str, Personal] = field(default_factory=dict)
    hidden: dict[str, Disguise] = field(default_factory=dict)
    semantic: dict[str, str] = field(default_factory=dict)
    #: Known from the sample only where that is all rows.
    duplicates: Duplicates | None = None


# Figures of the greatest numbers overflow and are absent then: no warning of it reaches a cell.
@np.errstate(all="ignore")
def run(
    data: Data,
    options: Options,
    *,
    on_page: OnPage | None = None,
    on_progress: OnProgress | None = None,
    stop: threading.Event | None = None,
) -> Profile:
    """Profile opened data.

    Parameters
    ----------
    on_page
        Receives the first page, from the sample, when a scan follows it.
    on_progress
        Receives the share that is done (None where it is not known) and what is being done.
    stop
        Once set, the scan ends and the page of the sample is returned, as it is after an interrupt.
    """
    from .scanning.allocator import keep_freed_memory
    from .scanning.full import Stopped, in_order, read_all

    keep_freed_memory()
    started = time.perf_counter(), time.process_time()
    tell = on_progress or (lambda _share, _text: None)
    tell(None, "reading a sample")
    look = draw_look(data, options, quick=options.scan)
    tell(None, "looking at the sample")
    whole = in_order(data, look, options) if look.complete else None
    analyses = _analyse(look, options)
    analyses.duplicates = whole
    if look.complete or not options.scan:
        _learn(look, options, analyses, tell)
    first = _page(data, look, analyses, options, started)
    if look.complete or not options.scan:
        first.complete = look.complete
        return first
    if on_page is not None:
        on_page(first)
    try:
        read = read_all(data, look, options, tell, stop)
        if read.sample is not None:  # the first page rests on stretches of rows, the last one on single ones
            tell(None, "looking at a sample of all rows")
            look = look_of(data, read.sample, look.seed)
            analyses = _analyse(look, options)
        _learn(look, options, analyses, tell)
        return _page(data, look, analyses, options, started, read.finish(look))
    except (KeyboardInterrupt, Stopped):
        first.notes.append(f"The scan of all rows was stopped: the figures are from a sample of {look.size:,} rows.")
        return first


def sample_rows(data: Data, options: Options) -> int:
    """Return how many rows the sample may have: what is asked for, but of very wide data fewer."""
    if options.sample is None:
        return data.rows
    return min(options.sample, max(1000, SAMPLE_CELLS // max(1, len(data.schema))))


@np.errstate(all="ignore")
def draw_look(data: Data, options: Options, *, quick: bool = False) -> Look:
    """Draw the sample and look at it; the same data gives the same sample.

    Parameters
    ----------
    quick
        A first page is in a hurry: of a large file it may rest on stretches of rows, spread over it.
    """
    seed, rows = zlib.crc32(data.digest.encode()), sample_rows(data, options)
    sample = data.sample(rows, seed, cells=0, parts=QUICK_STRETCHES) if quick else data.sample(rows, seed)
    return look_of(data, sample, seed)


def look_of(data: Data, sample: Sample, seed: int) -> Look:
    """Return the look at a sample of opened data."""
    from .look import look_at

    return look_at(
        sample.table,
        data.source,
        seed=seed,
        rows=data.rows,
        positions=sample.positions,
        mixed=data.mixed,
        uniform=sample.uniform,
    )


def _analyse(look: Look, options: Options) -> Analyses:
    """All that is computed on the sample, each by one function of the look."""
    from .findings.kinds import disguises, semantic
    from .findings.personal import recognise
    from .leakage.screen import screen
    from .over_time.timeline import timeline
    from .target.associations import associate_all
    from .target.slices import find_slices
    from .together.correlations import correlate
    from .together.missing import missing_together

    found = Analyses(notes=_notes(look, options))
    found.personal = recognise(look)
    found.hidden = disguises(look)
    found.semantic = semantic(look, found.personal, found.hidden)
    found.target = associate_all(look, options.target, options.time_column, options.group, options.forbidden)
    found.correlations = correlate(look, options.target)
    found.findings += screen(
        look,
        options.target,
        time_column=options.time_column,
        group=options.group,
        forbidden=options.forbidden,
        values=found.target,
    )
    if options.time_column is not None:
        found.timeline, of_time = timeline(look, options.time_column, found.target, options.group)
        if not look.uniform and found.timeline is not None:  # between stretches of rows sorted in time there is nothing
            found.timeline.gaps = []
            of_time = [finding for finding in of_time if finding.code != "TIME_GAPS"]
        found.findings += of_time
    found.missing_together = missing_together(look, found.target)
    # Of what may be a leak no slice says anything new.
    leaks = [finding for finding in found.findings if finding.code.startswith("LEAK_") and finding.severity != "INFO"]
    found.slices = find_slices(look, found.target, {finding.column for finding in leaks if finding.column})
    return found


def _notes(look: Look, options: Options) -> list[str]:
    """What there is to say of the sample."""
    notes = []
    if options.sample is not None and look.size < min(options.sample, look.rows):
        notes.append(f"The sample has {look.size:,} rows, because there are {len(look.columns):,} columns.")
    if not look.uniform:
        notes.append(STRETCHES_NOTE)
    return notes


def _learn(look: Look, options: Options, analyses: Analyses, tell: OnProgress) -> None:
    """The learning curve, where it is asked for: it takes seconds, so it comes after the first page."""
    if not options.learning_curve or options.target is None or analyses.target is None:
        return
    from mlnb.core.errors import InvalidParameterError

    from .target.learnability import learning_curve, unavailable_columns

    leaks = {finding.column for finding in analyses.findings if finding.severity == "BLOCKED" and finding.column}
    try:
        analyses.learning_curve = learning_curve(
            look,
            options.target,
            time_column=options.time_column,
            group=options.group,
            exclude=leaks | unavailable_columns(look),
            on_progress=lambda share, text: tell(share, text),
        )
    except InvalidParameterError as error:
        analyses.notes.append(f"There is no learning curve: {error.message}")


def _page(
    data: Data,
    look: Look,
    analyses: Analyses,
    options: Options,
    started: tuple[float, float],
    scanned: Full | None = None,
) -> Profile:
    """The page from the sample alone, or with the figures of the scan."""
    columns = [item.profile for item in (look.columns.values() if scanned is None else scanned.columns)]
    if scanned is None and not look.complete:
        columns = [of_sample(column) for column in columns]
    duplicates = analyses.duplicates if scanned is None else scanned.duplicates
    profile = Profile(
        id=uuid.uuid4().hex,
        source=data.source,
        rows=data.rows,
        columns=columns,
        complete=scanned is not None,
        target=_target(analyses.target, columns, look, scanned),
        time_column=options.time_column,
        group=options.group,
        scope=options.scope,
        correlations=analyses.correlations,
        missing_together=analyses.missing_together,
        timeline=analyses.timeline,
        slices=analyses.slices,
        learning_curve=analyses.learning_curve,
        missing_cells=sum(column.num_nulls for column in columns),
        duplicates=duplicates,
        duplicate_rows=None if duplicates is None else duplicates.rows,
        memory_bytes=data.nbytes,
        sample_rows=look.size,
        holdout=data.holdout,
        notes=[*data.notes, *analyses.notes, *(scanned.notes if scanned is not None else ())],
        created_at=now_ms(),
        timing=Timing(seconds=0.0, cpu_seconds=0.0),
    )
    _judge(profile, look, analyses, options, data.key)
    profile.timing = Timing(seconds=time.perf_counter() - started[0], cpu_seconds=time.process_time() - started[1])
    return profile


def _target(
    found: TargetValues | None, columns: Sequence[ColumnProfile], look: Look, scanned: Full | None
) -> Target | None:
    """What is said of the target, with counts of all rows where there are some."""
    from .target.values import of_all_rows

    if found is None or look.complete:
        return found.record if found is not None else None
    if scanned is not None:
        return of_all_rows(found.record, next(item for item in columns if item.column_name == found.record.column))
    return found.record.model_copy(update={"basis": dict.fromkeys(("base", "classes", "rows"), "sample")})


def of_sample(column: ColumnProfile) -> ColumnProfile:
    """Return a column's figures marked as those of a sample."""
    plain = {"column_name", "data_type", "kind", "semantic", "masked", "bin_width", "distinct_error", "basis"}
    told = [name for name in type(column).model_fields if name not in plain and getattr(column, name) not in (None, [])]
    return column.model_copy(update={"basis": dict.fromkeys(told, "sample")})


def _judge(profile: Profile, look: Look, analyses: Analyses, options: Options, key: Sequence[str]) -> None:
    """What the values mean, personal data hidden, and what is wrong: it follows from the figures, so each page has its own."""
    from .findings.find import find
    from .findings.personal import mask

    if options.mask_personal:
        mask(profile, analyses.personal)
        if set(key) & set(analyses.personal):
            for column in profile.columns:
                column.extremes = [extreme.model_copy(update={"key": None}) for extreme in column.extremes]
    for column in profile.columns:
        column.semantic = analyses.semantic.get(column.column_name)
    profile.findings = find(
        profile,
        look,
        target=options.target,
        personal=analyses.personal,
        masked=options.mask_personal,
        hidden=analyses.hidden,
        extra=analyses.findings,
    )
    ids = {finding.column for finding in profile.findings if finding.code == "ID_LIKE"}
    for column in profile.columns:
        if column.column_name in ids:
            column.semantic = column.semantic or "id"
