"""Queries on the table: what it would be when mended. None of them changes a row."""

# ruff: noqa: S608 - the queries are shown, not run, and every name in them is quoted

from __future__ import annotations

from mlnb.catalog.names import quote_always

from .case import Case, Template, with_column
from .frame import truths, weaker


def text(value: str) -> str:
    """Return a text as SQL writes it."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def table(case: Case) -> str:
    """Return the table's full name, each part quoted."""
    return ".".join(quote_always(part) for part in (case.table or "").split("."))


def _column(case: Case) -> str:
    return quote_always(case.column)


def _drop(case: Case) -> str:
    return f"SELECT * EXCEPT ({_column(case)}) FROM {table(case)}"


def _drop_other(case: Case) -> str:
    return f"SELECT * EXCEPT ({quote_always(weaker(case))}) FROM {table(case)}"


def _leak(case: Case) -> str | None:
    return _drop(case) if case.finding.column is not None else None


def _replaced(case: Case, expression: str) -> str:
    return f"SELECT * EXCEPT ({_column(case)}), {expression} AS {_column(case)} FROM {table(case)}"


def _tag(case: Case) -> str:
    key, _, value = str(case.evidence("tag", "pii=yes")).partition("=")
    return f"ALTER TABLE {table(case)} ALTER COLUMN {_column(case)} SET TAGS ({text(key)} = {text(value)})"


def _infinite(case: Case) -> str:
    return _replaced(case, f"CASE WHEN abs({_column(case)}) < CAST('Infinity' AS DOUBLE) THEN {_column(case)} END")


def _flag(case: Case, condition: str, suffix: str) -> str:
    return f"SELECT *, {condition} AS {quote_always(case.column + suffix)} FROM {table(case)}"


def _numeric_text(case: Case) -> str:
    value = f"trim({_column(case)})"
    for sign in (case.evidence("unit", ""), case.evidence("thousands", "")):
        if sign:
            value = f"replace({value}, {text(sign)}, '')"
    if case.evidence("decimal", ".") == ",":
        value = f"replace({value}, ',', '.')"
    return _replaced(case, f"try_cast({value} AS DOUBLE)")


def _date_text(case: Case) -> str:
    form = str(case.evidence("format", "ISO8601"))
    if form == "ISO8601":
        return _replaced(case, f"try_cast(trim({_column(case)}) AS TIMESTAMP)")
    return _replaced(case, f"try_strptime(trim({_column(case)}), {text(form)})")


def _bool_text(case: Case) -> str:
    whens = " ".join(f"WHEN {text(word)} THEN {str(value).lower()}" for word, value in truths(case).items())
    return _replaced(case, f"CASE lower(trim({_column(case)})) {whens} END")


def _time_duplicates(case: Case) -> str:
    keys = ", ".join(quote_always(name) for name in [*([case.group] if case.group else []), case.column])
    return f"SELECT * FROM {table(case)} QUALIFY row_number() OVER (PARTITION BY {keys} ORDER BY {_column(case)}) = 1"


def _future(case: Case) -> str | None:
    if case.numeric:
        return f"SELECT * FROM {table(case)} ORDER BY {_column(case)} DESC LIMIT 10"
    moment = f"try_cast({_column(case)} AS TIMESTAMP)"
    return f"SELECT * FROM {table(case)} WHERE coalesce({moment} <= current_timestamp(), true)"


def _drift(case: Case) -> str | None:
    if case.finding.other is None or case.kinds[1] == "numeric":
        return None
    period = f"date_trunc('MONTH', try_cast({quote_always(case.finding.other)} AS TIMESTAMP)) AS period"
    if case.numeric:
        figures = f"count({_column(case)}) AS rows, avg({_column(case)}) AS mean, stddev({_column(case)}) AS deviation"
        return f"SELECT {period}, {figures} FROM {table(case)} GROUP BY 1 ORDER BY 1"
    return f"SELECT {period}, {_column(case)}, count(*) AS rows FROM {table(case)} GROUP BY 1, 2 ORDER BY 1, 3 DESC"


SQL: dict[str, Template] = {
    "LEAK": _leak,
    "ALL_MISSING": with_column(_drop),
    "CONSTANT": with_column(_drop),
    "NEARLY_CONSTANT": with_column(_drop),
    "DUPLICATE_COLUMN": with_column(_drop),
    "ID_LIKE": with_column(_drop),
    "CORRELATED": _drop_other,
    "PERSONAL_DATA": with_column(_tag),
    "HIGH_MISSING": with_column(lambda case: _flag(case, f"{_column(case)} IS NULL", "_missing")),
    "MISSING_TOGETHER": with_column(lambda case: _flag(case, f"{_column(case)} IS NULL", "_missing")),
    "ZERO_INFLATED": with_column(lambda case: _flag(case, f"{_column(case)} = 0", "_is_zero")),
    "INFINITE": with_column(_infinite),
    "OUTLIERS": with_column(lambda case: f"SELECT * FROM {table(case)} ORDER BY {_column(case)} DESC LIMIT 10"),
    "NUMERIC_TEXT": with_column(_numeric_text),
    "DATE_TEXT": with_column(_date_text),
    "BOOL_TEXT": with_column(_bool_text),
    "CODE_AS_FLOAT": with_column(lambda case: _replaced(case, f"CAST({_column(case)} AS BIGINT)")),
    "DUPLICATE_ROWS": lambda case: f"SELECT DISTINCT * FROM {table(case)}",
    "TARGET_MISSING": with_column(lambda case: f"SELECT * FROM {table(case)} WHERE {_column(case)} IS NOT NULL"),
    "TARGET_CONSTANT": with_column(
        lambda case: f"SELECT {_column(case)}, count(*) AS rows FROM {table(case)} GROUP BY {_column(case)}"
    ),
    "TIME_DUPLICATES": with_column(_time_duplicates),
    "TIME_FUTURE": with_column(_future),
    "DRIFT": with_column(_drift),
}
