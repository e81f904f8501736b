"""Code on the frame ``df``: dropping, parsing and looking; nothing that learns from rows."""

from __future__ import annotations

from .case import Case, Template, with_column

_PANDAS = "import pandas as pd\n\n"


def drop(case: Case) -> str:
    """Return code without the column."""
    return f"df = df.drop(columns=[{case.name}])"


def drop_other(case: Case) -> str:
    """Return code without the column of a pair that predicts less."""
    return f"df = df.drop(columns=[{weaker(case)!r}])"


def weaker(case: Case) -> str:
    """Return the column of a pair that predicts less."""
    return str(case.evidence("weaker", case.finding.other or case.column))


def _leak(case: Case) -> str | None:
    if case.finding.column is not None:
        return drop(case)
    if case.finding.code == "LEAK_ORDER":
        return "df = df.sample(frac=1, random_state=0, ignore_index=True)"
    return None


def parse_numbers(case: Case, column: str) -> str:
    """Return an expression that reads the numbers in the text ``column``."""
    text = f"{column}.astype('string').str.strip()"
    if unit := case.evidence("unit", ""):
        text += f".str.replace({unit!r}, '', regex=False)"
    if thousands := case.evidence("thousands", ""):
        text += f".str.replace({thousands!r}, '', regex=False)"
    if case.evidence("decimal", ".") == ",":
        text += ".str.replace(',', '.', regex=False)"
    return f"pd.to_numeric({text}, errors='coerce')"


def parse_dates(case: Case, column: str) -> str:
    """Return an expression that reads the dates in the text ``column``."""
    zone = ", utc=True" if case.evidence("zoned", False) else ""
    form = case.evidence("format", "ISO8601")
    return f"pd.to_datetime({column}.astype('string').str.strip(), format={form!r}{zone}, errors='coerce')"


def parse_truth(case: Case, column: str) -> str:
    """Return an expression that reads true and false in the text ``column``."""
    return f"{column}.astype('string').str.strip().str.casefold().map({truths(case)!r}).astype('boolean')"


def truths(case: Case) -> dict[str, bool]:
    """Return the words for true and for false."""
    pairs = {"true": "false", "yes": "no", "y": "n", "t": "f", "on": "off"}
    words = [str(word).casefold() for word in case.evidence("true", [])]
    yes = words[0] if words and words[0] in pairs else "true"
    return {yes: True, pairs[yes]: False}


def _assign(expression: str) -> str:
    return _PANDAS + expression


def _numeric_text(case: Case) -> str:
    return _assign(f"df[{case.name}] = {parse_numbers(case, f'df[{case.name}]')}")


def _date_text(case: Case) -> str:
    return _assign(f"df[{case.name}] = {parse_dates(case, f'df[{case.name}]')}")


def _bool_text(case: Case) -> str:
    return f"df[{case.name}] = {parse_truth(case, f'df[{case.name}]')}"


def _infinite(case: Case) -> str:
    return f"import numpy as np\n\ndf[{case.name}] = df[{case.name}].replace([np.inf, -np.inf], np.nan)"


def _extremes(case: Case) -> str:
    return _PANDAS + f"pd.concat([df.nsmallest(5, {case.name}), df.nlargest(5, {case.name})])"


def _duplicates(case: Case) -> str:
    if case.nested:
        return "df = df[~df.astype('string').duplicated()]"
    return "df = df.drop_duplicates(ignore_index=True)"


def _stratify(case: Case) -> str:
    return (
        "from sklearn.model_selection import train_test_split\n\n"
        f"known = df.dropna(subset=[{case.name}])\n"
        f"train, test = train_test_split(known, test_size=0.2, stratify=known[{case.name}], random_state=0)"
    )


def _times(name: str | None, kind: str | None) -> str:
    """The times of a column as an expression; text and numbers are read as pandas reads them."""
    if kind == "numeric":
        return f"pd.to_datetime(df[{name!r}].astype('Int64').astype('string'), utc=True, errors='coerce')"
    return f"pd.to_datetime(df[{name!r}], utc=True, errors='coerce')"


def _gaps(case: Case) -> str:
    times = _times(case.column, case.kinds[0])
    return f"{_PANDAS}times = {times}.dropna().drop_duplicates().sort_values()\ntimes.diff().nlargest(20)"


def _time_duplicates(case: Case) -> str:
    keys = [*([case.group] if case.group else []), case.column]
    return f"df = df.drop_duplicates(subset={keys!r}, keep='last', ignore_index=True)"


def _future(case: Case) -> str:
    return f"{_PANDAS}df = df[~({_times(case.column, case.kinds[0])} > pd.Timestamp.now(tz='UTC'))]"


def _drift(case: Case) -> str | None:
    if case.finding.other is None:
        return None
    period = f"{_times(case.finding.other, case.kinds[1])}.dt.strftime('%Y-%m')"
    if case.numeric:
        return f"{_PANDAS}period = {period}\ndf[{case.name}].groupby(period).describe()"
    return f"{_PANDAS}period = {period}\npd.crosstab(period, df[{case.name}], normalize='index')"


PANDAS: dict[str, Template] = {
    "LEAK": _leak,
    "ALL_MISSING": with_column(drop),
    "CONSTANT": with_column(drop),
    "NEARLY_CONSTANT": with_column(drop),
    "DUPLICATE_COLUMN": with_column(drop),
    "CORRELATED": drop_other,
    "PERSONAL_DATA": with_column(drop),
    "ID_LIKE": with_column(lambda case: f"df = df.set_index({case.name})"),
    "INFINITE": with_column(_infinite),
    "OUTLIERS": with_column(_extremes),
    "NUMERIC_TEXT": with_column(_numeric_text),
    "DATE_TEXT": with_column(_date_text),
    "BOOL_TEXT": with_column(_bool_text),
    "MIXED_TYPES": with_column(lambda case: f"df[{case.name}] = df[{case.name}].astype('string')"),
    "CODE_AS_FLOAT": with_column(lambda case: f"df[{case.name}] = df[{case.name}].astype('Int64')"),
    "DUPLICATE_ROWS": _duplicates,
    "IMBALANCE": with_column(_stratify),
    "TARGET_MISSING": with_column(lambda case: f"df = df.dropna(subset=[{case.name}])"),
    "TARGET_CONSTANT": with_column(lambda case: f"df[{case.name}].value_counts(dropna=False)"),
    "TIME_GAPS": with_column(_gaps),
    "TIME_DUPLICATES": with_column(_time_duplicates),
    "TIME_FUTURE": with_column(_future),
    "DRIFT": with_column(_drift),
}
