"""The first half of the notebook: loading, overview, missing values, distributions, correlations."""

from __future__ import annotations

from datetime import UTC, datetime

from .cells import SHOWN, Book, listed, named, names, number, percent, plain, table
from .facts import Facts
from .loading import Loading, prepared

#: More rows than these are drawn from a sample.
DRAWN_ROWS = 200_000
#: Columns in one table or picture.
TABLED, BARS, MATRIX = 60, 30, 18
#: What the summary at the top names.
TOLD = 5

_SETUP = '''
# Colours that everybody can tell apart (Okabe and Ito), and quiet axes.
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#8C8C8C"
plt.rcParams.update({
    "figure.dpi": 96, "font.size": 9, "axes.titlesize": 9.5, "axes.titlelocation": "left", "axes.titlepad": 6,
    "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": "#B0B0B0",
    "xtick.color": "#505050", "ytick.color": "#505050",
    "figure.constrained_layout.use": True, "figure.constrained_layout.h_pad": 0.09,
    "text.parse_math": False,  # names and values are shown as they are
})


def short(value, width=26):
    """A name or a value as a label."""
    text = " ".join(str(value).split())
    return text if len(text) <= width else text[: width - 1] + "…"


def panels(count, columns=3, height=2.1):
    """A grid of small pictures."""
    columns = min(columns, count)
    rows = -(-count // columns)
    _, axes = plt.subplots(rows, columns, figsize=(3.3 * columns, height * rows), squeeze=False)
    for spare in axes.flat[count:]:
        spare.set_visible(False)
    return axes.flat[:count]
'''

_OVERVIEW = """pd.DataFrame({
    "type": df.dtypes.astype(str),
    "missing %": (100 * df.isna().mean()).round(1),
    "distinct": df.nunique(),
    "example": [short(df[name].dropna().iloc[0]) if df[name].notna().any() else "" for name in df],
})"""

_MISSING = """
share = 100 * df.isna().mean()
share = share[share > 0].sort_values().tail({bars})
if len(share):
    _, axis = plt.subplots(figsize=(6.6, 0.24 * len(share) + 0.7))
    bars = axis.barh([short(name) for name in share.index], share, color=BLUE, height=0.7)
    axis.bar_label(bars, fmt="%.1f", padding=3, color="#505050")
    axis.set(title="Missing values, % of the rows", xlim=(0, min(108, 1.12 * share.max())))
    axis.tick_params(axis="y", length=0)
    plt.show()
"""

_NUMBERS = '''
def histogram(axis, values):
    """Bars of a column's values; the outermost 1% of the rows would squeeze the rest and is left out."""
    values = values.astype(float).replace([np.inf, -np.inf], np.nan).dropna()
    if values.empty:
        return
    low, high = values.quantile([0.005, 0.995])
    inside = values[values.between(low, high)]
    whole = bool((inside % 1 == 0).all()) and high - low <= 60
    edges = np.arange(low // 1 - 0.5, high // 1 + 1.5) if whole else 40
    axis.hist(inside, bins=edges, color=BLUE, rwidth=0.92 if whole else None)
    axis.axvline(values.median(), color=ORANGE, linewidth=1.2)
    axis.yaxis.set_major_locator(plt.MaxNLocator(3))
    axis.spines["left"].set_visible(False)


for axis, name in zip(panels(len(numbers)), numbers):
    histogram(axis, part[name])
    axis.set_title(short(name))
plt.show()
'''

_LEVELS = """
for axis, name in zip(panels(len(levels), height=2.2), levels):
    shares = 100 * part[name].astype("string").fillna("(missing)").value_counts(normalize=True)
    shown = shares.head(8)[::-1]
    bars = axis.barh(range(len(shown)), shown, color=BLUE, height=0.72)
    words = [f"{share:.0f}%" if share >= 1 else "<1%" for share in shown]
    axis.bar_label(bars, words, padding=3, color="#505050", fontsize=8)
    axis.set_yticks(range(len(shown)), [short(value, 18) for value in shown.index])
    more = f" · 8 of {len(shares):,}" if len(shares) > 8 else ""
    axis.set(title=short(name, 22) + more, xlim=(0, 1.22 * shown.max() if len(shown) else 1), xticks=[])
    axis.set_ylim(len(shown) - 8.5, len(shown) - 0.5)
    axis.spines["bottom"].set_visible(False)
    axis.tick_params(axis="y", length=0)
plt.show()
"""

_CORRELATIONS = """
finite = part[together].astype(float).replace([np.inf, -np.inf], np.nan)
matrix = finite.corr(method="spearman")
size = 0.42 * len(together) + 1.6
_, axis = plt.subplots(figsize=(size + 0.6, size))
picture = axis.imshow(matrix, cmap="RdBu", vmin=-1, vmax=1)
labels = [short(name, 18) for name in together]
axis.set_xticks(range(len(together)), labels, rotation=60, ha="right", rotation_mode="anchor")
axis.set_yticks(range(len(together)), labels)
axis.tick_params(length=0)
axis.spines[:].set_visible(False)
for row, column in np.argwhere(matrix.abs().to_numpy() >= 0.3):
    if row != column:
        value = matrix.iat[row, column]
        ink = "white" if abs(value) > 0.6 else "#303030"
        axis.text(column, row, f"{value:.1f}", ha="center", va="center", fontsize=7, color=ink)
axis.set_title("Spearman correlation (blue: together, red: opposite)")
plt.colorbar(picture, shrink=0.6, ticks=[-1, 0, 1]).outline.set_visible(False)
plt.show()
"""


def look(book: Book, facts: Facts, loading: Loading) -> None:
    """Write the cells."""
    _title(book, facts)
    _load(book, facts, loading)
    _overview(book, facts)
    _missing(book, facts)
    _distributions(book, facts)


def _title(book: Book, facts: Facts) -> None:
    profile = facts.profile
    source, aim = profile.source, profile.target
    version = f", version {source.version}" if source.version is not None else ""
    made = datetime.fromtimestamp(profile.created_at / 1000, UTC).strftime("%d %B %Y").lstrip("0")
    size = f"{profile.rows:,} rows, {len(profile.columns):,} columns"
    lead = f"{source.kind.capitalize()} **{plain(source.name, 80)}**{version}: {size}. First looked at on {made}."
    goal = ""
    if aim is not None and aim.task == "classification":
        goal = f"To predict: {named(aim.column)}. It is *{plain(aim.positive, SHOWN)}* in {percent(aim.base or 0)} of the rows."
    elif aim is not None:
        goal = f"To predict: {named(aim.column)}, on average {number(float(aim.base or 0))}."
    serious = [finding for finding in facts.findings if finding.severity != "INFO"][:TOLD]
    told = "\n".join(f"- {plain(finding.message)}" for finding in serious)
    partial = "" if profile.complete else f"The figures in the text are from a sample of {profile.sample_rows:,} rows."
    head = f"# A first look at {plain(source.name, 60)}"
    book.text(head, lead, goal, partial, f"What stands out:\n\n{told}" if told else "Nothing serious stands out.")


def _load(book: Book, facts: Facts, loading: Loading) -> None:
    book.text("## Load", " ".join(loading.notes))
    imports = ["import matplotlib.pyplot as plt", "import numpy as np", "import pandas as pd", *loading.imports]
    book.code("\n".join(imports), _SETUP)
    drawn = "part = df  # what pictures are drawn from"
    if facts.profile.rows > DRAWN_ROWS:
        drawn = f"part = df.sample(min(len(df), {DRAWN_ROWS}), random_state=0)  # pictures need no more"
    book.code(loading.code, prepared(loading.columns), drawn, "df.shape")


def _overview(book: Book, facts: Facts) -> None:
    profile = facts.profile
    kinds: dict[str, int] = {}
    for column in facts.columns:
        kinds[column.kind] = kinds.get(column.kind, 0) + 1
    words = {"numeric": "numbers", "categorical": "categories", "boolean": "true or false", "datetime": "times"}
    of = ", ".join(f"{count} {words.get(kind, kind)}" for kind, count in sorted(kinds.items(), key=lambda one: -one[1]))
    doubled = profile.duplicate_rows
    twice = "" if doubled is None else "No row occurs twice." if doubled == 0 else f"{doubled:,} rows repeat another."
    book.text("## Overview", f"{len(facts.columns)} columns: {of}. {twice}".strip())
    book.code("df.head()")
    nested = any(column.kind == "other" for column in facts.columns)
    code = _OVERVIEW.replace("df.nunique()", 'df.astype("string").nunique()') if nested else _OVERVIEW
    book.code(code + (f".head({TABLED})" if len(facts.columns) > TABLED else ""))
    numeric = [c.column_name for c in facts.columns if c.kind == "numeric" and c.count][:TABLED]
    if numeric:
        book.code(
            listed(numeric, "numeric"),
            "finite = df[numeric].astype(float).replace([np.inf, -np.inf], np.nan)",
            "finite.describe(percentiles=[0.05, 0.5, 0.95]).T.drop(columns='count').round(3)",
        )


def _missing(book: Book, facts: Facts) -> None:
    gaps = sorted((c for c in facts.columns if c.num_nulls), key=lambda column: -column.num_nulls)
    if not gaps:
        book.text("## Missing values", "No value is missing.")
        return
    few = len(facts.columns) - len(gaps)
    worst = ", ".join(f"{named(c.column_name)} ({c.percent_null:.1f}%)" for c in gaps[:4])
    complete = f"{few} of {len(facts.columns)} columns are complete." if few else "No column is complete."
    parts = [f"{complete} Most is missing in {worst}."]
    together = facts.profile.missing_together
    here = {column.column_name for column in facts.columns}
    for group in (together.groups if together is not None else [])[:3]:
        columns = [name for name in group.columns if name in here]
        if len(columns) < 2:
            continue
        text = f"{names(columns)} are missing in the same rows"
        if group.target is not None and group.other is not None:
            before, after = (
                (f"{group.target:,.4g}", f"{group.other:,.4g}")
                if facts.regression
                else (percent(group.target), percent(group.other))
            )
            what = "the mean" if facts.regression else "the share"
            text += f"; there {what} of the target is {before}, elsewhere {after}"
        parts.append(f"{text}.")
    book.text("## Missing values", *parts)
    book.code(_MISSING.replace("{bars}", str(BARS)))


def _distributions(book: Book, facts: Facts) -> None:
    if not facts.numbers and not facts.levels:
        return
    order = "The columns that say most of the target come first. " if facts.target and facts.ranked else ""
    shape = []
    for code, words in (
        ("SKEWED", "strongly skewed"),
        ("OUTLIERS", "with far-out values"),
        ("ZERO_INFLATED", "mostly zero"),
    ):
        found = [name for name in facts.of(code) if any(c.column_name == name for c in facts.columns)]
        if found:
            shape.append(f"{words}: {names(found)}")
    told = f"{'; '.join(shape).capitalize()}." if shape else ""
    line = "Orange marks the median; the outermost 1% of the rows is not drawn." if facts.numbers else ""
    book.text("## Distributions", f"{order}{line}".strip(), told)
    if facts.numbers:
        book.code(listed(facts.numbers, "numbers"), _NUMBERS)
    if facts.levels:
        book.code(listed(facts.levels, "levels"), _LEVELS)


def correlations(book: Book, facts: Facts) -> None:
    """Write which columns go together."""
    found = facts.profile.correlations
    numeric = {c.column_name for c in facts.columns if c.kind == "numeric" and c.distinct_count != 1 and c.count > 1}
    together = [name for name in found.columns if name in numeric][:MATRIX]
    here = {column.column_name for column in facts.columns}
    pairs = [pair for pair in found.pairs if pair.left in here and pair.right in here and abs(pair.value) >= 0.3][:8]
    if not pairs and len(together) < 3:
        return
    measures = {"cramers_v": "Cramér's V", "correlation_ratio": "correlation ratio", "pearson": "Pearson"}
    rows = [(named(p.left), named(p.right), f"{p.value:.2f}", measures.get(p.measure, "Spearman")) for p in pairs]
    words = "The strongest pairs:" if pairs else "No two columns go together closely."
    book.text("## Correlations", words, table(("column", "with", "value", "measure"), rows) if rows else "")
    if len(together) > 2:
        book.code(listed(together, "together"), _CORRELATIONS)
