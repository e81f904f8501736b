"""Slices and protected groups by column or by expression, on the rows that are evaluated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlnb.core.caller import current_caller
from mlnb.core.errors import did_you_mean
from mlnb.training.scoring.expressions import Expression, parse_slices
from mlnb.training.scoring.slices import Slice, make_slices

from ..records import ColumnNotFoundError

if TYPE_CHECKING:
    import pandas as pd

    from mlnb.catalog.service import Catalog

#: The rows under this name in the query that cuts them.
_ROWS = "mlnb_rows"


def read_slices(texts: Sequence[str], columns: Sequence[str], name: str) -> list[Expression]:
    """Return the expressions among the slices asked for, once all are known to be usable.

    Raises
    ------
    ColumnNotFoundError
        For a name that is no column, with the nearest ones.
    InvalidParameterError
        For an expression that cannot be used, with the reason.
    """
    written = [text for text in texts if text not in columns]
    for text in written:
        if text.isidentifier():
            raise no_column(text, columns, name)
    return parse_slices(written, columns)


def no_column(column: str, columns: Sequence[str], name: str) -> ColumnNotFoundError:
    """Return the error of a column that is not there."""
    hint = did_you_mean(column, columns) or f"Its columns: {', '.join(columns[:20])}."
    return ColumnNotFoundError(f"{name} has no column {column}.", hint=hint)


def cut(catalog: Catalog, inputs: pd.DataFrame, texts: Sequence[str], expressions: Sequence[Expression]) -> list[Slice]:
    """Return the slices, in the order asked for: each value of a column or expression, quartiles of numbers."""
    by_key = dict(zip([item.key for item in expressions], _values(catalog, inputs, expressions), strict=True))
    return [
        piece
        for text in texts
        for piece in make_slices(by_key[text.strip()] if text not in inputs.columns else inputs[text], text.strip())
    ]


def _values(catalog: Catalog, inputs: pd.DataFrame, expressions: Sequence[Expression]) -> list[pd.Series]:
    if not expressions:
        return []
    used = list(dict.fromkeys(column for item in expressions for column in item.columns))
    names = [f"s{number}" for number in range(len(expressions))]
    wanted = ", ".join(f"{item.platform} AS {name}" for item, name in zip(expressions, names, strict=True))
    restricted = current_caller().source == "rest"
    query = f"SELECT {wanted} FROM {_ROWS}"  # noqa: S608 (parsed, one expression each)
    found = catalog.sql(query, frames={_ROWS: inputs[used]}, restricted=restricted).to_pandas()
    return [_words(found[name]) for name in names]


def _words(column: pd.Series) -> pd.Series:
    """Return conditions as the words that SQL and monitoring have for them."""
    import pandas as pd

    if pd.api.types.is_bool_dtype(column) or (
        set(column.dropna().unique()) <= {True, False} and column.dtype == object
    ):
        return column.map({True: "true", False: "false"}).astype(object)
    return column
