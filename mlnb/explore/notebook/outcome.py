"""The middle of the notebook: the target, what predicts it, and how the data changes over time."""

from __future__ import annotations

from .cells import SHOWN, Book, listed, mapped, named, number, percent, plain, table
from .facts import RANKED_DRAWN, Facts

#: Rows of the tables in the text.
RANKED, SLICES, DRIFTING = 10, 3, 8

_CLASSES = """
counts = df[target].astype("string").value_counts()
shown = counts.head(10)[::-1]
_, axis = plt.subplots(figsize=(5.2, 0.3 * len(shown) + 0.7))
bars = axis.barh([short(value) for value in shown.index], shown, color=BLUE, height=0.7)
words = [f"{count:,} ({count / counts.sum():.1%})" for count in shown]
axis.bar_label(bars, words, padding=3, color="#505050")
axis.set(title=short(target, 60), xlim=(0, 1.35 * shown.max() if len(shown) else 1), xticks=[])
axis.spines["bottom"].set_visible(False)
axis.tick_params(axis="y", length=0)
plt.show()
"""

_NUMBER = """
low, high = outcome.quantile([0.005, 0.995])
_, axis = plt.subplots(figsize=(5.2, 2.2))
axis.hist(outcome[outcome.between(low, high)], bins=50, color=BLUE)
axis.axvline(outcome.median(), color=ORANGE, linewidth=1.2)
axis.set_title(f"{short(target, 50)} (orange: median {outcome.median():,.4g})")
axis.spines["left"].set_visible(False)
plt.show()
"""

_BY_COLUMN = '''
def by_value(name, bins=12):
    """The outcome's mean with its 95% interval, by bins of a number or by the commonest levels."""
    values = part[name]
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        values = values.astype(float).replace([np.inf, -np.inf], np.nan)
        few = values.nunique() <= bins
        groups = values if few else pd.qcut(values, bins, duplicates="drop")
        places = values.groupby(groups, observed=True).median()
    else:
        values = values.astype("string").fillna("(missing)")
        groups = values.where(values.isin(values.value_counts().index[:10]))
        places = None
    found = outcome.reindex(part.index).groupby(groups, observed=True).agg(["mean", "std", "count"])
    found["error"] = 1.96 * found["std"] / np.sqrt(found["count"])
    found = found[found["count"] >= 5]
    return found if places is None else found.set_index(places.reindex(found.index))


for axis, (name, note) in zip(panels(len(best), height=2.3), best.items()):
    found = by_value(name)
    colour = ORANGE if "leak" in note else BLUE
    if found.index.dtype.kind == "f":
        axis.errorbar(found.index, found["mean"], found["error"], color=colour, fmt="o-", ms=3.5, lw=1)
    else:
        found = found.sort_values("mean")
        labels = [short(value, 14) for value in found.index]
        axis.errorbar(found["mean"], range(len(found)), xerr=found["error"], color=colour, fmt="o", ms=3.5, lw=1)
        axis.set_yticks(range(len(found)), labels)
        axis.tick_params(axis="y", length=0)
    line = axis.axhline if found.index.dtype.kind == "f" else axis.axvline
    line(outcome.mean(), color=GREY, linewidth=0.9, linestyle=(0, (4, 3)))
    axis.set_title(f"{short(name, 18)} · {note}")
plt.show()
'''

_TIME = """
edges = pd.to_datetime(edges, utc=True)
place = np.searchsorted(edges, times, side="right") - 1
period = pd.Series(np.clip(place, 0, len(labels) - 1), index=df.index).where(times.notna())
counts = period.value_counts().reindex(range(len(labels)), fill_value=0)
steps = range(0, len(labels), max(1, len(labels) // 12))
"""

_ROWS = """
_, axis = plt.subplots(figsize=(8.6, 1.8))
axis.bar(counts.index, counts, color=GREY, width=0.75)
axis.set_title("Rows")
axis.set_xticks(steps, [labels[step] for step in steps])
axis.yaxis.set_major_locator(plt.MaxNLocator(3))
plt.show()
"""

_TARGET_IN_TIME = """
found = outcome.groupby(period).agg(["mean", "std", "count"]).reindex(range(len(labels)))
error = 1.96 * found["std"] / np.sqrt(found["count"])
colours = [ORANGE if label in differs else BLUE for label in labels]
_, (top, axis) = plt.subplots(2, 1, figsize=(8.6, 3.8), sharex=True, height_ratios=[1, 2.2])
top.bar(counts.index, counts, color=GREY, width=0.75)
top.set_title("Rows")
top.yaxis.set_major_locator(plt.MaxNLocator(2))
axis.axhline(outcome.mean(), color=GREY, linewidth=0.9, linestyle=(0, (4, 3)))
axis.plot(found.index, found["mean"], color="#B0B0B0", linewidth=1, zorder=1)
axis.errorbar(found.index, found["mean"], error, fmt="none", ecolor=colours, elinewidth=1.4)
axis.scatter(found.index, found["mean"], c=colours, s=22, zorder=3)
axis.set_xticks(steps, [labels[step] for step in steps])
axis.set_title(f"{what} (orange: differs from the rest; dashed: the whole)")
plt.show()
"""


def target(book: Book, facts: Facts) -> None:
    """Write what the target is and what predicts it."""
    name, aim = facts.target, facts.profile.target
    if name is None or aim is None:
        return
    book.text(f"## Target: {named(name)}", _aim(facts))
    shown = repr(name)
    if facts.regression:
        book.code(f"target = {shown}\noutcome = {facts.outcome()}", _NUMBER)
    else:
        note = f"  # 1 where it is {plain(aim.positive, SHOWN)}" if str(aim.positive).isalnum() else ""
        book.code(f"target = {shown}\noutcome = {facts.outcome()}{note}", _CLASSES)
    _ranking(book, facts)
    _slices(book, facts)


def _aim(facts: Facts) -> str:
    aim = facts.profile.target
    assert aim is not None
    missing = facts.profile.column(aim.column).num_nulls
    gone = f" {missing:,} rows have no target and are left out of what follows." if missing else ""
    if facts.regression:
        return f"A number with a mean of {number(float(aim.base or 0))}.{gone}"
    classes = f"{len(aim.classes):,} classes" if len(aim.classes) != 2 else "Two classes"
    drawn = f"Below, the outcome is 1 where it is *{plain(aim.positive, SHOWN)}* and 0 elsewhere"
    return f"{classes}. {drawn} ({percent(aim.base or 0)} of the rows).{gone}"


def _ranking(book: Book, facts: Facts) -> None:
    if not facts.ranked:
        return
    rows = []
    for column in facts.ranked[:RANKED]:
        found = column.association
        assert found is not None
        leak = "may give the target away" if column.column_name in facts.leaks else ""
        note = plain(found.unavailable) if found.unavailable else leak
        rows.append((named(column.column_name), f"{found.value:.3f}", f"{found.lower:.3f}–{found.upper:.3f}", note))
    nothing = "0.5 is a guess, 1 is perfect" if not facts.regression else "0 is a guess, 1 is perfect"
    words = f"What each column alone predicts, on rows it was not learned from ({facts.metric}: {nothing})."
    ask = ""
    if facts.leaks:
        ask = "Orange below: ask of these columns whether they are known *before* the outcome. If not, a model must not see them."
    book.text("### What predicts it", words, table(("column", facts.metric, "95% interval", ""), rows), ask)
    best: list[tuple[object, object]] = []
    for column in facts.ranked:
        if len(best) < RANKED_DRAWN and column.kind in ("numeric", "categorical", "boolean") and not column.masked:
            assert column.association is not None
            doubt = ", a leak?" if column.column_name in facts.leaks else ""
            best.append((column.column_name, f"{facts.metric} {column.association.value:.2f}{doubt}"))
    if best:
        book.code(mapped(best, "best"), _BY_COLUMN)


def _slices(book: Book, facts: Facts) -> None:
    base = facts.profile.target.base if facts.profile.target is not None else None
    rows = []
    for high in (True, False):
        for found in [item for item in facts.profile.slices if item.high is high][:SLICES]:
            where = " and ".join(f"{named(c.column)} = {plain(c.value, 40)}" for c in found.conditions)
            value = (lambda x: f"{x:,.4g}") if facts.regression else percent
            rows.append((where, f"{found.rows:,}", value(found.target), f"{value(found.lower)} – {value(found.upper)}"))
    if rows:
        whole = (f"{base or 0:,.4g}" if facts.regression else percent(base or 0)) if base is not None else ""
        words = f"On the whole it is {whole}. In these parts of the data it is much higher or lower:"
        book.text("### Where it differs", words, table(("rows with", "rows", "target", "95% interval"), rows))


def time(book: Book, facts: Facts) -> None:
    """Write how rows, target and columns change over time."""
    line, name = facts.profile.timeline, facts.profile.time_column
    if line is None or name is None or not line.periods:
        return
    labels = [plain_label(period.label or period.start) for period in line.periods]
    differing = [label for label, period in zip(labels, line.periods, strict=True) if period.differs]
    parts = [f"{named(name)} goes from {plain(line.start)} to {plain(line.end)}."]
    if line.gaps:
        longest = max(line.gaps, key=lambda gap: gap.steps)
        parts.append(
            f"{len(line.gaps)} stretches are empty for longer than usual; the longest from {plain(longest.start)} to {plain(longest.end)}."
        )
    parts.append(_differs(facts, labels))
    book.text("## Over time", " ".join(part for part in parts if part), _drifting(facts, labels))
    edges = [period.start for period in line.periods]
    head = [f"times = {facts.times(name)}", listed(edges, "edges"), listed(labels, "labels")]
    if facts.target is None:
        book.code(*head, _TIME, _ROWS)
        return
    aim = facts.profile.target
    assert aim is not None
    what = f"Mean of {aim.column}" if facts.regression else f"Share of {aim.column} = {aim.positive}"
    told = " ".join(what.split())[:70]
    book.code(*head, listed(differing, "differs"), f"what = {told!r}", _TIME, _TARGET_IN_TIME)


def plain_label(text: str) -> str:
    """Return a period's name in one line."""
    return " ".join(text.split())


def _differs(facts: Facts, labels: list[str]) -> str:
    line, aim = facts.profile.timeline, facts.profile.target
    if line is None or aim is None or facts.target is None:
        return ""
    found = [
        (label, p.target) for label, p in zip(labels, line.periods, strict=True) if p.differs and p.target is not None
    ]
    if not found:
        return "The target stays about the same in all periods."
    value = (lambda x: f"{x:,.4g}") if facts.regression else percent
    told = ", ".join(f"{label} ({value(share)})" for label, share in found[:6])
    more = f" and {len(found) - 6} more" if len(found) > 6 else ""
    return f"The target differs in {told}{more}; on the whole it is {value(aim.base or 0)}."


def _drifting(facts: Facts, labels: list[str]) -> str:
    line = facts.profile.timeline
    here = {column.column_name for column in facts.columns} - {facts.target}
    found = [
        d for d in (line.drift if line is not None else []) if d.differs and not d.follows_time and d.column in here
    ]
    if not found:
        return ""
    rows = [
        (named(drift.column), f"{drift.psi:.2f}", labels[drift.worst], ", ".join(labels[i] for i in drift.periods[:8]))
        for drift in sorted(found, key=lambda drift: -drift.psi)[:DRIFTING]
    ]
    words = "Columns that change, by the population stability index (0.2 is a clear change):"
    return f"{words}\n\n{table(('column', 'index', 'most in', 'differs in'), rows)}"
