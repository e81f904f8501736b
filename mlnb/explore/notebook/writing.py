"""A readable notebook of the first look at data: plain pandas, numpy and matplotlib, findings in words.

The notebook needs nothing of ours to run. What it reads is a file beside it that holds the allowed rows, so no held-out row is ever in it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlnb.core.errors import AlreadyExistsError, InvalidParameterError

if TYPE_CHECKING:
    from mlnb.explore.base import Base
    from mlnb.explore.records import Finding, Profile

#: Rows of the file beside the notebook; of more, a sample is written and the notebook says so.
MAX_ROWS = 500_000
#: Columns that are drawn one by one.
DRAWN = 12
WORDS = {"BLOCKED": "Stop", "WARNING": "Look", "INFO": "Note"}


def write(
    explore: Base,
    data: Any,
    profile: Profile,
    path: str | Path,
    *,
    load_cell: str | None = None,
    overwrite: bool = False,
) -> Path:
    """Write the notebook and, without ``load_cell``, the file of rows that it reads."""
    from nbformat import v4

    root = explore._ground.root
    target = Path(path) if Path(path).is_absolute() else root / path
    if target.suffix != ".ipynb":
        raise InvalidParameterError(f"{path} is not a notebook's name.", hint="Let it end in .ipynb.")
    if target.exists() and not overwrite:
        raise AlreadyExistsError(f"{path} exists.", hint="Choose another name, or pass overwrite=True.")
    note = ""
    if load_cell is None:
        load_cell, note = _snapshot(explore, data, profile, target)
    make: dict[str, Any] = {"text": v4.new_markdown_cell, "code": v4.new_code_cell}
    cells = [make[kind](text) for kind, text in cells_of(profile, load_cell, note)]
    language = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": language, "language_info": {"name": "python"}}
    book = v4.new_notebook(cells=cells, metadata=metadata)  # type: ignore[no-untyped-call]
    text = v4.writes(book)  # type: ignore[no-untyped-call]
    explore._ground.files.write_atomic(target, f"{text}\n")
    return target


def _snapshot(explore: Base, data: Any, profile: Profile, target: Path) -> tuple[str, str]:
    """Write the allowed rows beside the notebook; return the code that reads them and what a reader must know."""
    import io

    import pyarrow.parquet as parquet

    from mlnb.explore.sources import open_source

    opened = open_source(data, explore._catalog, explore._scopes, root=explore._ground.root)
    names = [column.column_name for column in profile.columns if column.column_name in opened.schema.names]
    table = opened.select(names).sample(MAX_ROWS, 0).table
    held = io.BytesIO()
    parquet.write_table(table, held)
    file = target.with_name(f"{target.stem}.parquet")
    explore._ground.files.write_atomic(file, held.getvalue())
    note = f"`{file.name}` holds {table.num_rows:,} rows"
    if table.num_rows < opened.rows:
        note += f", a sample of {opened.rows:,}"
    if opened.holdout is not None and opened.holdout.excluded:
        note += f"; {opened.holdout.excluded:,} rows are held out and not in it"
    return f"df = pd.read_parquet({file.name!r})", note + "."


def cells_of(profile: Profile, load_cell: str, note: str = "") -> list[tuple[str, str]]:
    """Return the notebook's cells: ``text`` or ``code``, and what is in each."""
    numeric = [c.column_name for c in profile.columns if c.kind == "numeric"]
    categories = [c.column_name for c in profile.columns if c.kind in ("categorical", "boolean")]
    target = profile.target.column if profile.target is not None else None
    source = profile.source
    version = f", version {source.version}" if source.version is not None else ""
    found = f"{profile.rows:,} rows, {len(profile.columns)} columns, {profile.missing_cells:,} missing cells"
    cells = [
        ("text", f"# A first look at {_plain(source.name)}\n\n{source.kind}{version}: {found}. {note}".strip()),
        ("code", f"import matplotlib.pyplot as plt\nimport numpy as np\nimport pandas as pd\n\n{load_cell}\ndf.shape"),
        ("text", "## Overview"),
        ("code", "df.head()"),
        ("code", "pd.DataFrame({'type': df.dtypes.astype(str), 'missing': df.isna().sum(), 'distinct': df.nunique()})"),
    ]
    if numeric:
        cells.append(("code", f"numeric = {_listed(numeric)}\ndf[numeric].describe().T"))
    cells += _missing(profile) + _distributions(profile, numeric, categories)
    if target is not None:
        cells += _target(profile, target)
    if len(numeric) > 1:
        cells += [
            ("text", "## Correlations\n\n" + _pairs(profile)),
            ("code", _CORRELATIONS),
        ]
    if profile.time_column:
        cells += _time(profile, profile.time_column, target)
    cells += _findings(profile) + _next(target, profile)
    return cells


def _missing(profile: Profile) -> list[tuple[str, str]]:
    worst = sorted((c for c in profile.columns if c.num_nulls), key=lambda c: -c.num_nulls)
    if not worst:
        return [("text", "## Missing values\n\nNo value is missing.")]
    said = ", ".join(f"{_plain(c.column_name)} ({c.percent_null:.1f} %)" for c in worst[:6])
    code = (
        "missing = df.isna().mean().sort_values()\nmissing = missing[missing > 0]\n"
        "if len(missing):\n"
        "    (100 * missing.tail(30)).plot.barh(figsize=(8, 0.3 * len(missing.tail(30)) + 1), title='Missing, %')\n    plt.show()"
    )
    return [("text", f"## Missing values\n\nMost is missing in {said}."), ("code", code)]


def _distributions(profile: Profile, numeric: list[str], categories: list[str]) -> list[tuple[str, str]]:
    ranked = [c.column_name for c in profile.ranking]

    def first(names: list[str]) -> list[str]:
        return sorted(names, key=lambda name: ranked.index(name) if name in ranked else len(ranked))[:DRAWN]

    cells = [("text", "## Distributions")]
    if numeric:
        cells.append(
            (
                "code",
                f"columns = {_listed(first(numeric))}\naxes = df[columns].astype('float64').replace([np.inf, -np.inf], np.nan)"
                ".hist(bins=40, figsize=(12, 3 * -(-len(columns) // 4)), layout=(-1, 4))\nplt.tight_layout()\nplt.show()",
            )
        )
    if categories:
        cells.append(
            (
                "code",
                f"for column in {_listed(first(categories))}:\n    counts = df[column].astype('string').value_counts().head(12)[::-1]\n"
                "    if len(counts):\n        counts.plot.barh(figsize=(7, 0.3 * len(counts) + 0.8), title=column)\n        plt.show()",
            )
        )
    return cells


def _target(profile: Profile, target: str) -> list[tuple[str, str]]:
    task = profile.target.task if profile.target is not None else "classification"
    best = ", ".join(
        f"{_plain(c.column_name)} ({c.association.value:.3f})" for c in profile.ranking[:6] if c.association
    )
    metric = "AUC" if task == "classification" else "R²"
    words = (
        f"## Target: {_plain(target)}\n\nWhat each column alone predicts, out of fold ({metric}): {best or 'nothing'}."
    )
    if task == "classification" and profile.target is not None:
        made = f"target = (df[{target!r}].astype('string').str.lower() == {str(profile.target.positive).lower()!r}).astype(float)\ntarget[df[{target!r}].isna()] = np.nan"
        made += f"\ndf[{target!r}].astype('string').value_counts(normalize=True)"
    else:
        made = f"target = pd.to_numeric(df[{target!r}], errors='coerce')\ntarget.describe()"
    columns = [c.column_name for c in profile.ranking[:6]]
    drawn = (
        f"for column in {_listed(columns)}:\n    values = df[column]\n"
        "    if pd.api.types.is_numeric_dtype(values) and values.nunique() > 12:\n"
        "        groups = pd.qcut(values.astype('float64'), 12, duplicates='drop').astype('string')\n"
        "        order = pd.qcut(values.astype('float64'), 12, duplicates='drop').cat.categories.astype(str)\n"
        "    else:\n        groups = values.astype('string')\n        order = groups.value_counts().head(12).index\n"
        "    means = target.groupby(groups).mean().reindex(order)\n"
        "    if means.notna().any():\n        means.plot.bar(figsize=(9, 2.4), title=f'target by {column}')\n"
        "        plt.axhline(target.mean(), linestyle='--', color='gray')\n        plt.show()"
    )
    cells = [("text", words), ("code", made)]
    return [*cells, ("code", drawn)] if columns else cells


_CORRELATIONS = """correlation = df[numeric].astype('float64').corr(method='spearman')
plt.figure(figsize=(0.45 * len(correlation) + 2, 0.45 * len(correlation) + 1))
plt.imshow(correlation, vmin=-1, vmax=1, cmap='RdBu_r')
plt.xticks(range(len(correlation)), correlation.columns, rotation=90)
plt.yticks(range(len(correlation)), correlation.columns)
plt.colorbar()
plt.show()"""


def _pairs(profile: Profile) -> str:
    pairs = profile.correlations.pairs[:5]
    if not pairs:
        return "No two columns go together closely."
    return (
        "Strongest: "
        + ", ".join(f"{_plain(p.left)} and {_plain(p.right)} ({p.value or p.pearson or 0:.2f})" for p in pairs)
        + "."
    )


def _time(profile: Profile, column: str, target: str | None) -> list[tuple[str, str]]:
    words = f"## Along {_plain(column)}"
    line = profile.timeline
    if line is not None:
        moving = [drift.column for drift in line.drift if drift.differs]
        words += f"\n\n{line.start} to {line.end}, {len(line.gaps)} gaps. "
        words += (
            f"Changes over time: {', '.join(_plain(name) for name in moving)}."
            if moving
            else "No column changes over time."
        )
    code = (
        f"time = pd.to_datetime(df[{column!r}], errors='coerce')\n"
        "period = pd.cut(time, 24)\n"
        "df.groupby(period, observed=False).size().plot.bar(figsize=(10, 2.4), title='rows per period')\nplt.show()"
    )
    if target is not None:
        code += "\ntarget.groupby(period, observed=False).mean().plot(figsize=(10, 2.4), title='target per period', rot=90)\nplt.show()"
    return [("text", words), ("code", code)]


def _findings(profile: Profile) -> list[tuple[str, str]]:
    alive = [finding for finding in profile.findings if finding.state == "open"]
    if not alive:
        return [("text", "## Findings\n\nNothing to worry about was found.")]
    lines = [
        f"- **{WORDS[f.severity]}** ({f.code}): {_plain(f.message)} {_plain(f.hint or '')}".rstrip() for f in alive[:40]
    ]
    if len(alive) > 40:
        lines.append(f"- and {len(alive) - 40:,} more")
    cells = [("text", "## Findings\n\n" + "\n".join(lines))]
    mended = _suggestions(alive)
    if mended:
        head = "# Suggestions: take the comment marks away where you agree.\n# What fits on data belongs into the pipeline below, after the rows are split.\n"
        cells.append(("code", head + "\n".join(mended)))
    return cells


def _suggestions(findings: list[Finding]) -> list[str]:
    lines: list[str] = []
    for finding in findings[:40]:
        code = finding.code_pandas
        if code and code not in lines:
            marked = "\n".join(f"# {line}" for line in code.splitlines())
            lines.append(f"\n# {finding.code}: {' '.join(finding.message.split())}\n{marked}")
    return lines


def _next(target: str | None, profile: Profile) -> list[tuple[str, str]]:
    steps = list(dict.fromkeys(f.code_pipeline for f in profile.findings if f.code_pipeline and f.state == "open"))[:10]
    cells = []
    if steps:
        body = "\n\n".join("```python\n" + step + "\n```" for step in steps)
        cells.append(
            (
                "text",
                f"## Steps for the pipeline\n\nThey are fitted inside cross-validation, never on rows that are held back.\n\n{body}",
            )
        )
    blocked = any(finding.severity == "BLOCKED" and finding.state == "open" for finding in profile.findings)
    first = "Look at what is said to stop at first. " if blocked else ""
    goal = f"Train a first model of {_plain(target)}" if target else "Decide what to predict"
    cells.append(("text", f"## Next step\n\n{first}{goal}, with a split that matches how it will be used."))
    return cells


def _listed(names: list[str]) -> str:
    return "[" + ", ".join(repr(name) for name in names) + "]"


def _plain(text: str) -> str:
    """Text from data in Markdown: no markup of its own."""
    import html

    cleaned = " ".join(str(text).split())
    for mark in "\\`*_[]#|":
        cleaned = cleaned.replace(mark, "\\" + mark)
    return html.escape(cleaned, quote=False)
