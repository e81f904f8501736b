"""Code that makes one ``step`` of a scikit-learn pipeline (or the ``cv`` to judge it by): it learns from the training rows alone."""

from __future__ import annotations

from . import frame as suggest_pandas
from .case import Case, Template, with_column


def _on_column(step: str, transformer: str, column: str, imports: str) -> str:
    """A step that transforms one column and passes the others through."""
    return (
        f"from sklearn.compose import ColumnTransformer\n{imports}\n\n"
        f"step = ({step!r}, ColumnTransformer(\n"
        f"    [({step!r}, {transformer}, [{column}])], remainder='passthrough', verbose_feature_names_out=False\n"
        ").set_output(transform='pandas'))"
    ).replace("ColumnTransformer\n\n\n", "ColumnTransformer\n\n")


def _function(step: str, expression: str, imports: str) -> str:
    """A step that computes and learns nothing: ``expression`` makes the new columns of a frame."""
    return (
        f"{imports}\nfrom sklearn.preprocessing import FunctionTransformer\n\n\n"
        f"def {step}(frame):\n    return frame.assign(**{{{expression}}})\n\n\n"
        f"step = ({step!r}, FunctionTransformer({step}))"
    ).lstrip()


def _drop(case: Case) -> str:
    return _on_column("drop", "'drop'", case.name, "")


def _drop_other(case: Case) -> str:
    return _on_column("drop", "'drop'", repr(suggest_pandas.weaker(case)), "")


def _leak(case: Case) -> str | None:
    return _drop(case) if case.finding.column is not None else None


def _impute(case: Case) -> str:
    imports = "from sklearn.impute import SimpleImputer"
    if case.numeric:
        return _on_column("impute", "SimpleImputer(strategy='median', add_indicator=True)", case.name, imports)
    return _encoded("OneHotEncoder(handle_unknown='ignore', max_categories=50, sparse_output=False)", case)


def _encoded(encoder: str, case: Case) -> str:
    """A missing value is a level of its own."""
    return _on_column("encode", encoder, case.name, f"from sklearn.preprocessing import {encoder.split('(')[0]}")


def _encode(encoder: str) -> Template:
    return lambda case: _encoded(encoder, case)


def _many_levels(case: Case) -> str:
    if case.target is not None:
        return _encoded("TargetEncoder()", case)
    return _encoded("OneHotEncoder(max_categories=50, handle_unknown='infrequent_if_exist', sparse_output=False)", case)


def _infinite(case: Case) -> str:
    expression = f"{case.name}: frame[{case.name}].replace([np.inf, -np.inf], np.nan)"
    return _function("no_infinities", expression, "import numpy as np")


def _zero_flag(case: Case) -> str:
    return _function("flag_zero", f"{case.column + '_is_zero'!r}: frame[{case.name}].eq(0)", "")


def _numeric_text(case: Case) -> str:
    parsed = suggest_pandas.parse_numbers(case, f"frame[{case.name}]")
    return _function("parse_numbers", f"{case.name}: {parsed}", "import pandas as pd")


def _date_text(case: Case) -> str:
    parsed = suggest_pandas.parse_dates(case, f"frame[{case.name}]")
    return _function("parse_dates", f"{case.name}: {parsed}", "import pandas as pd")


def _bool_text(case: Case) -> str:
    return _function("parse_truth", f"{case.name}: {suggest_pandas.parse_truth(case, f'frame[{case.name}]')}", "")


def _text(case: Case) -> str:
    return _function("as_text", f"{case.name}: frame[{case.name}].astype('string')", "")


def _missing_flag(case: Case) -> str:
    return _function("flag_missing", f"{case.column + '_missing'!r}: frame[{case.name}].isna()", "")


def _balanced(_case: Case) -> str:
    return (
        "from sklearn.ensemble import HistGradientBoostingClassifier\n\n"
        "step = ('model', HistGradientBoostingClassifier(class_weight='balanced', random_state=0))"
    )


def _repeated(_case: Case) -> str:
    return (
        "from sklearn.model_selection import RepeatedKFold\n\n"
        "cv = RepeatedKFold(n_splits=5, n_repeats=10, random_state=0)"
    )


def _forward(case: Case) -> str | None:
    if case.finding.other is None:
        return None
    return (
        "from sklearn.model_selection import TimeSeriesSplit\n\n"
        "# Rows in the order of their time: every fold is tested on what came after it.\n"
        "cv = TimeSeriesSplit(n_splits=5)"
    )


def _select(case: Case) -> str:
    score, kept = ("f_regression" if case.regression else "f_classif"), max(5, min(50, case.rows // 10))
    return (
        f"from sklearn.feature_selection import SelectKBest, {score}\n\n"
        f"step = ('select', SelectKBest({score}, k={kept}))"
    )


PIPELINE: dict[str, Template] = {
    "LEAK": _leak,
    "ALL_MISSING": with_column(_drop),
    "CONSTANT": with_column(_drop),
    "NEARLY_CONSTANT": with_column(_drop),
    "DUPLICATE_COLUMN": with_column(_drop),
    "CORRELATED": _drop_other,
    "PERSONAL_DATA": with_column(_drop),
    "ID_LIKE": with_column(_drop),
    "HIGH_MISSING": with_column(_impute),
    "MISSING_TOGETHER": with_column(_missing_flag),
    "INFINITE": with_column(_infinite),
    "HIGH_CARDINALITY": with_column(_many_levels),
    "RARE_LEVELS": with_column(
        _encode("OneHotEncoder(min_frequency=10, handle_unknown='infrequent_if_exist', sparse_output=False)")
    ),
    "SKEWED": with_column(
        lambda case: _on_column(
            "unskew", "PowerTransformer()", case.name, "from sklearn.preprocessing import PowerTransformer"
        )
    ),
    "OUTLIERS": with_column(
        lambda case: _on_column("scale", "RobustScaler()", case.name, "from sklearn.preprocessing import RobustScaler")
    ),
    "ZERO_INFLATED": with_column(_zero_flag),
    "NUMERIC_TEXT": with_column(_numeric_text),
    "DATE_TEXT": with_column(_date_text),
    "BOOL_TEXT": with_column(_bool_text),
    "MIXED_TYPES": with_column(_text),
    "CODE_AS_FLOAT": with_column(_encode("OneHotEncoder(handle_unknown='ignore', sparse_output=False)")),
    "IMBALANCE": _balanced,
    "SMALL_DATA": _repeated,
    "WIDE": _select,
    "DRIFT": with_column(_forward),
}
