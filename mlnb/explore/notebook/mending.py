"""The last part of the notebook: what was found, with code to choose from, and a pipeline that follows from it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mlnb.explore.records import Finding

from .cells import Book, commented, indented, listed, mapped, named, names, plain
from .facts import Facts

#: Findings told one by one; notes are a list.
TOLD, NOTED = 20, 20
#: Rows that the first model learns from; classes that it can tell apart in little time.
LEARNED, CLASSES, ENOUGH = 20_000, 20, 100
#: Levels that get a column each; of more, a level becomes the outcome's mean in it.
LEVELS = 30
WORDS = {"BLOCKED": "Stop", "WARNING": "Check"}

_REASONS = {
    "ALL_MISSING": "has no values",
    "CONSTANT": "always the same",
    "ID_LIKE": "an identifier",
    "DUPLICATE_COLUMN": "the same as another column",
}
_REPAIRS = ("NUMERIC_TEXT", "BOOL_TEXT")

_PREPARE = """
fill = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
numeric = make_pipeline(fill, StandardScaler())
few = OneHotEncoder(max_categories=31, handle_unknown="infrequent_if_exist", sparse_output=False)
prepare = make_pipeline(
    FunctionTransformer(clean),
    ColumnTransformer({steps}, verbose_feature_names_out=False),
)
prepare
"""

_SCORE = """
rows = df.dropna(subset=[target])
rows = rows.sample(min(len(rows), {learned}), random_state=0, ignore_index=True)
{outcome}
{split}
model = make_pipeline(prepare, {model}(random_state=0))
if y.loc[train].nunique() > 1 and y.loc[test].nunique() > 1:
    model.fit(rows.loc[train], y.loc[train])
{score}
else:
    print("One side has a single outcome: split the rows in another way.")
"""


def findings(book: Book, facts: Facts) -> None:
    """Write what was found, with code that its reader chooses from."""
    if not facts.findings:
        book.text("## Findings", "Nothing was found that needs care.")
        return
    coded = any(_code(finding) for finding in facts.findings)
    choose = (
        "The code below each is a comment: take the `#` away from what you agree with, then run the cells after it."
    )
    dismissed = len(facts.profile.findings) - len(facts.findings)
    past = f"{dismissed} dismissed with a reason and not repeated here." if dismissed else ""
    book.text("## Findings", choose if coded else "", past)
    serious = [finding for finding in facts.findings if finding.severity != "INFO"]
    shown: set[str] = set()
    for group in _grouped(serious[:TOLD], facts):
        book.text(*(_told(finding) for finding in group))
        code = _code(group[0]) if _readable(group[0], facts) else None
        if code and code not in shown:
            book.code(commented(code))
            shown.add(code)
    notes = [finding for finding in facts.findings if finding.severity == "INFO"]
    left = max(0, len(serious) - TOLD) + max(0, len(notes) - NOTED)
    lines = [f"- {plain(finding.message)} {plain(finding.hint or '')}".rstrip() for finding in notes[:NOTED]]
    more = f"And {left:,} more." if left else ""
    if lines or more:
        book.text("### Worth knowing", "\n".join(lines), more)
    parts = []
    for finding in notes[:NOTED]:
        code = _code(finding) if _readable(finding, facts) else None
        if code and code not in shown:
            parts.append(f"## {_line(finding)}\n{commented(code)}")
            shown.add(code)
    if parts:
        book.code("\n\n".join(parts))


def _grouped(found: list[Finding], facts: Facts) -> list[list[Finding]]:
    """Findings that the same code mends stand together."""
    groups: dict[str, list[Finding]] = {}
    for finding in found:
        code = _code(finding) if _readable(finding, facts) else None
        groups.setdefault(code or f"{finding.code} {finding.column} {finding.other}", []).append(finding)
    return list(groups.values())


def _readable(finding: Finding, facts: Facts) -> bool:
    """Whether the frame has the columns that the code names."""
    here = {column.column_name for column in facts.columns}
    return {finding.column, finding.other} <= {None, *here} and finding.code != "PERSONAL_DATA"


def _code(finding: Finding) -> str | None:
    """The code on the frame: names are told apart in it already, as the profile has them."""
    code = finding.code_pandas
    if code is None:
        return None
    if "columns.duplicated()" in code:
        return f"df = df.drop(columns=[{finding.column!r}])"
    code = code.removeprefix("df = df.rename(columns=str)\n")
    return re.sub(r"\A(import (pandas as pd|numpy as np)\n+)+", "", code)  # they are imported at the top


def _told(finding: Finding) -> str:
    about = f"**{WORDS.get(finding.severity, 'Note')}"
    where = f": {named(finding.column)}.**" if finding.column is not None else ".**"
    return f"{about}{where} {plain(finding.message)}  \n{plain(finding.hint or '')}".rstrip()


def _line(finding: Finding) -> str:
    """A finding as a comment: one line of signs that can be seen."""
    line = " ".join(finding.message.split())
    line = "".join(sign if sign.isprintable() else "?" for sign in line)
    return line if len(line) <= 110 else line[:109] + "…"


def left_out(facts: Facts) -> list[tuple[str, str]]:
    """Return the columns that a first model does not see, and why."""
    reasons: dict[str, str] = {}
    for code, reason in _REASONS.items():
        reasons |= dict.fromkeys(facts.of(code), reason)
    for column in facts.columns:
        if column.association is not None and column.association.unavailable:
            reasons[column.column_name] = " ".join(column.association.unavailable.split())
        elif column.column_name in facts.leaks:
            reasons[column.column_name] = "may give the target away"
        elif column.masked:
            reasons[column.column_name] = "personal data"
        elif column.kind in ("text", "other") and column.column_name not in facts.of(*_REPAIRS, "DATE_TEXT"):
            reasons.setdefault(
                column.column_name, "free text" if column.kind == "text" else "neither number nor category"
            )
        elif column.column_name == facts.profile.group:
            reasons.setdefault(column.column_name, "says which rows belong together")
    here = [column.column_name for column in facts.columns]
    return [(name, reasons[name]) for name in here if name in reasons and name != facts.target]


def pipeline(book: Book, facts: Facts) -> bool:
    """Write the pipeline and, where there is a target, its first score; return whether it could be written."""
    out = left_out(facts)
    gone = {name for name, _ in out} | {facts.target}
    columns = [c for c in facts.columns if c.column_name not in gone and c.count]
    parsed = facts.of("NUMERIC_TEXT")
    dates = [c.column_name for c in columns if c.kind == "datetime" or c.column_name in facts.of("DATE_TEXT")]
    if facts.profile.time_column in [c.column_name for c in columns]:
        dates = list(dict.fromkeys([*dates, str(facts.profile.time_column)]))
    rest = [c for c in columns if c.column_name not in dates]
    numeric = [c.column_name for c in rest if c.kind == "numeric" or c.column_name in parsed]
    levels = [c for c in rest if c.column_name not in numeric]
    few = [c.column_name for c in levels if (c.distinct_count or 0) <= LEVELS or facts.target is None]
    many = [c.column_name for c in levels if c.column_name not in few]
    if not columns:
        return False
    book.text(
        "## A cleaning pipeline",
        "It follows from the findings. What learns from rows (filling, scaling, encoding) is a step that is fitted on the training rows alone.",
        f"Not used: {names([name for name, _ in out], 12)}." if out else "",
    )
    _imports(book, facts, bool(many))
    inputs = [mapped(out, "left_out") if out else "", listed(numeric, "numbers"), listed(few, "few_levels")]
    inputs += [listed(many, "many_levels") if many else "", listed(dates, "times_of") if dates else ""]
    lists = ["numbers", "few_levels", *(["many_levels"] if many else []), *(["times_of"] if dates else [])]
    here = [f"{name} = [name for name in {name} if name in df]" for name in lists]
    inputs.append("# What you dropped above is gone.\n" + "\n".join(here))
    book.code("# Columns that the model does not see, and why." if out else "", *inputs)
    book.code(_clean(facts, few, many, dates, numeric))
    steps = ['("numbers", numeric, numbers + moments)' if dates else '("numbers", numeric, numbers)']
    steps.append('("few_levels", few, few_levels)')
    if many:
        steps.append('("many_levels", TargetEncoder(), many_levels)')
    book.code(_PREPARE.replace("{steps}", "[\n        " + ",\n        ".join(steps) + ",\n    ]"))
    if facts.target is None:
        book.code("prepared = prepare.fit_transform(df)\nprepared.shape")
    elif facts.profile.rows >= ENOUGH and (facts.regression or len(_classes(facts)) <= CLASSES):
        _score(book, facts)
    return True


def _imports(book: Book, facts: Facts, encoder: bool) -> None:
    coders = "FunctionTransformer, OneHotEncoder, StandardScaler" + (", TargetEncoder" if encoder else "")
    model = f"HistGradientBoosting{'Regressor' if facts.regression else 'Classifier'}"
    lines = ["from sklearn.compose import ColumnTransformer"]
    if facts.target is not None:
        lines += [f"from sklearn.ensemble import {model}"]
    lines += ["from sklearn.impute import SimpleImputer"]
    if facts.target is not None:
        lines += [f"from sklearn.metrics import {_measure(facts)}"]
        if not (facts.profile.timeline and facts.profile.time_column):
            splitter = "GroupShuffleSplit" if facts.profile.group else "train_test_split"
            lines += [f"from sklearn.model_selection import {splitter}"]
    lines += ["from sklearn.pipeline import make_pipeline", f"from sklearn.preprocessing import {coders}"]
    book.code("\n".join(lines))


def _clean(facts: Facts, few: list[str], many: list[str], dates: list[str], numeric: list[str]) -> str:
    """The function that repairs a frame and learns nothing from it."""
    body = ['"""Repairs that learn nothing from the rows."""', "frame = frame.copy()"]
    for finding in facts.of("NUMERIC_TEXT").values():
        expression = re.search(r"= (pd\.to_numeric\(.*\))$", _code(finding) or "", re.DOTALL)
        if expression is not None and finding.column in numeric:
            body.append(f"if not pd.api.types.is_numeric_dtype(frame[{finding.column!r}]):")
            body.append(f"    frame[{finding.column!r}] = {expression[1].replace('df[', 'frame[', 1)}")
    moments = ""
    if dates:
        readers = ",\n".join(f"    {name!r}: lambda frame: {facts.times(name, 'frame')}" for name in dates)
        moments = (
            f"read_time = {{\n{readers},\n}}\n"
            'moments = [f"{name} {part}" for name in times_of for part in ("month", "weekday", "hour")]\n\n\n'
        )
        body += [
            "for name in times_of:",
            "    moment = read_time[name](frame).dt",
            '    frame[f"{name} month"], frame[f"{name} hour"] = moment.month, moment.hour',
            '    frame[f"{name} weekday"] = moment.day_of_week',
        ]
    if numeric:
        body.append("frame[numbers] = frame[numbers].astype(float).replace([np.inf, -np.inf], np.nan)")
    texts = " + ".join(part for part in ("few_levels" if few else "", "many_levels" if many else "") if part)
    if texts:
        body += [
            f"for name in {texts}:  # a missing value is a level of its own",
            '    frame[name] = frame[name].astype("string").fillna("(missing)").astype(object)',
        ]
    body.append("return frame")
    return f"{moments}def clean(frame):\n" + indented("\n".join(body))


def _classes(facts: Facts) -> list[int]:
    aim = facts.profile.target
    return [item.count for item in aim.classes] if aim is not None else []


def _binary(facts: Facts) -> bool:
    return not facts.regression and len(_classes(facts)) == 2


def _measure(facts: Facts) -> str:
    return "r2_score" if facts.regression else "roc_auc_score" if _binary(facts) else "accuracy_score"


def _score(book: Book, facts: Facts) -> None:
    aim = facts.profile.target
    assert aim is not None
    text = f"y = {facts.outcome('rows')}"
    if not (facts.regression or _binary(facts)):
        text = 'y = rows[target].astype("string")'
    if facts.regression:
        text += ".dropna()\nrows = rows.loc[y.index]"
        score = (
            'print(f"R² on the test rows: {r2_score(y.loc[test], model.predict(rows.loc[test])):.3f} (0 is the mean)")'
        )
    elif _binary(facts):
        score = (
            "chance = model.predict_proba(rows.loc[test])[:, 1]\n"
            'print(f"AUC on the test rows: {roc_auc_score(y.loc[test], chance):.3f} (0.5 is a guess)")'
        )
    else:
        score = (
            "found = accuracy_score(y.loc[test], model.predict(rows.loc[test]))\n"
            'print(f"Right on the test rows: {found:.1%} (the commonest class: {y.loc[test].value_counts(normalize=True).max():.1%})")'
        )
    code = _SCORE.replace("{learned}", str(LEARNED)).replace("{outcome}", text).replace("{split}", _split(facts))
    code = code.replace("{model}", f"HistGradientBoosting{'Regressor' if facts.regression else 'Classifier'}")
    words = {
        True: "A first score, on the latest fifth of the rows: learned from the past, tested on what came after it.",
        False: "A first score, on a fifth of the rows that the model did not learn from.",
    }[bool(facts.profile.timeline and facts.profile.time_column)]
    book.text("### A first score", f"{words} It says what is possible, not what the final test will show.")
    book.code(code.replace("{score}", indented(score)))


def _split(facts: Facts) -> str:
    if facts.profile.timeline is not None and facts.profile.time_column is not None:
        return f"order = {facts.times(facts.profile.time_column, 'rows')}.sort_values().index\ntrain, test = order[: len(order) * 4 // 5], order[len(order) * 4 // 5 :]"
    if facts.profile.group is not None:
        return (
            f"splitter = GroupShuffleSplit(n_splits=1, test_size=0.2, random_state=0)\n"
            f"first, second = next(splitter.split(rows, groups=rows[{facts.profile.group!r}].astype('string').fillna('')))\n"
            "train, test = rows.index[first], rows.index[second]"
        )
    return "train, test = train_test_split(rows.index, test_size=0.2, random_state=0)"


def steps(book: Book, facts: Facts, piped: bool) -> None:
    """Write what to do next."""
    lines = []
    blocked = sorted({f.column for f in facts.findings if f.severity == "BLOCKED" and f.column})
    asked = [name for name in facts.leaks if name not in blocked]
    if blocked:
        lines.append(f"Leave out {names(blocked)}: with it the model knows the answer.")
    if asked:
        ordered = [column.column_name for column in facts.columns if column.column_name in asked]
        lines.append(
            f"Decide with whoever knows the data whether {names(ordered)} {_is(ordered)} known before the outcome."
        )
    worst = [c for c in facts.columns if c.percent_null > 40 and c.column_name != facts.target]
    if worst:
        lines.append(f"Ask why {names([c.column_name for c in worst])} {_is(worst)} so often missing.")
    curve = facts.profile.learning_curve
    if curve is not None and curve.verdict:
        lines.append(plain(curve.verdict))
    if facts.target is None:
        lines.append("Decide what is to be predicted, and when; then look again with that target.")
    else:
        line = facts.profile.timeline
        if line is not None and any(period.differs for period in line.periods):
            lines.append("Validate forward in time: the target changes over the periods.")
        if piped:
            lines.append("Improve the first model: other inputs, other settings, each judged on the same split.")
    if facts.profile.holdout is not None and facts.profile.holdout.known and facts.profile.holdout.excluded:
        lines.append("Keep the held-out rows for the final test: they are not here, and they should not be.")
    book.text("## Next steps", "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1)))


def _is(found: Sequence[object]) -> str:
    return "are" if len(found) > 1 else "is"
