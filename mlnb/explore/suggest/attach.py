"""Code that mends a finding, ready to be inserted: on the frame ``df``, as a scikit-learn step, on the table.

Names and values stand in it as literals, so that it compiles whatever a column is called. Nothing that learns from rows edits the frame:
filling, scaling and encoding are steps of a pipeline, which learns from the training rows alone; the frame is only dropped from,
parsed and renamed. Inserting runs nothing. What the code says of the data comes from rows that are not held out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from ..records import ColumnProfile, Finding, Profile, Source, Target
from .case import Case
from .frame import PANDAS
from .pipeline import PIPELINE
from .sql import SQL

#: A repeated name of a frame as a profile shows it, and a name that may be a number there.
_REPEATED = re.compile(r"(.*)#\d+", re.DOTALL)
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def attach(findings: Sequence[Finding], profile: Profile) -> None:
    """Fill the code of every finding of a profile."""
    attach_code(findings, profile.columns, profile.source, profile.rows, profile.target, profile.group)


def attach_code(
    findings: Sequence[Finding],
    profiled: Iterable[ColumnProfile],
    source: Source,
    rows: int,
    aim: Target | None,
    group: str | None,
) -> None:
    """Fill the code of findings on columns whose profiles are known, whoever found them.

    Parameters
    ----------
    aim
        The column to predict, and how it was read.
    group
        What rows belong to.
    """
    columns = {column.column_name: column for column in profiled}
    target = aim.column if aim is not None else None
    regression = aim is not None and aim.task == "regression"
    table = source.name if source.kind in ("table", "view") else None
    nested = any(column.kind == "other" for column in columns.values())
    for finding in findings:
        column = columns.get(finding.column or "")
        other = columns.get(finding.other or "")
        kinds = (column.kind if column is not None else None, other.kind if other is not None else None)
        fill(finding, Case(finding, kinds, target, group, table, rows, nested, regression))
        if source.kind == "frame":
            _as_in_the_frame(finding, columns)


def _as_in_the_frame(finding: Finding, columns: Mapping[str, object]) -> None:
    """A frame's names may be numbers, or repeated: a profile shows both as texts of their own."""
    names = [name for name in (finding.column, finding.other) if name is not None]
    if finding.code_pandas is None:
        return
    if any((match := _REPEATED.fullmatch(name)) is not None and match[1] in columns for name in names):
        again = finding.code == "DUPLICATE_COLUMN"
        finding.code_pandas = "df = df.loc[:, ~df.columns.duplicated()]" if again else None
        finding.code_pipeline = None
    elif any(_NUMBER.fullmatch(name) for name in names):
        finding.code_pandas = f"df = df.rename(columns=str)\n{finding.code_pandas}"


def attach_comparison(findings: Sequence[Finding], shared: Sequence[str]) -> None:
    """Fill the code of the findings of a comparison, on the frames ``left`` and ``right``."""
    for finding in findings:
        if finding.code == "LEAK_OVERLAP":
            finding.code_pandas = (
                "import pandas as pd\n\n"
                f"columns = {list(shared)!r}\n"
                "seen = pd.util.hash_pandas_object(left[columns], index=False)\n"
                "right = right[~pd.util.hash_pandas_object(right[columns], index=False).isin(seen)]"
            )
        elif finding.code == "LEAK_GROUP":
            finding.code_pandas = f"right = right[~right[{finding.column!r}].isin(left[{finding.column!r}])]"
        elif finding.code == "LEAK_SPLIT" and finding.column is not None:
            column = finding.column
            finding.code_pandas = f"left, right = left.drop(columns=[{column!r}]), right.drop(columns=[{column!r}])"
        elif finding.code == "DRIFT":
            outcome = finding.column
            finding.code_pandas = (
                "import pandas as pd\n\n"
                f"pd.DataFrame({{'left': left[{outcome!r}].describe(), 'right': right[{outcome!r}].describe()}})"
            )


def fill(finding: Finding, case: Case) -> None:
    """Fill the code of one finding."""
    code = "LEAK" if finding.code.startswith("LEAK_") else finding.code
    for name, templates in (("code_pandas", PANDAS), ("code_pipeline", PIPELINE)):
        template = templates.get(code)
        if template is not None and getattr(finding, name) is None:
            setattr(finding, name, template(case))
    query = SQL.get(code)
    if case.table is not None and finding.code_sql is None and query is not None:
        finding.code_sql = query(case)
