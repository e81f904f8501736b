"""Rows of opened data that satisfy a condition of the platform's SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlnb.core.errors import InvalidParameterError

from ..records import ColumnNotFoundError
from .spill import kept

if TYPE_CHECKING:
    from .readers import ArrowReader, Data


def satisfying(data: Data, where: str) -> ArrowReader:
    """Return what holds the rows for which ``where`` is true.

    Raises
    ------
    SqlSyntaxError
        When it is anything but one condition.
    ColumnNotFoundError
        When it names a column that the data does not have.
    """
    import duckdb

    from mlnb.catalog.sql.compute import condition

    tree: Any = condition(where)
    _check(tree, data.schema.names)
    text = tree.sql(dialect="duckdb")
    connection = duckdb.connect(
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "enable_external_access": False,
        }
    )
    try:
        stream = _stream(data)
        connection.register("data", stream)
        return kept(connection.sql(f"SELECT * FROM data WHERE {text}").to_arrow_reader())  # noqa: S608
    except duckdb.Error as error:
        line = str(error).splitlines()[0]
        raise InvalidParameterError(
            f"The condition {where!r} cannot be used: {line}", hint="Check names and types."
        ) from error
    finally:
        connection.close()


def _stream(data: Data) -> Any:
    import pyarrow as pa

    return pa.RecordBatchReader.from_batches(data.schema, data.batches())


def _check(tree: Any, names: list[str]) -> None:
    from sqlglot import exp

    if tree.find(exp.Query):
        raise InvalidParameterError("A condition cannot hold a query.", hint="Use %%eda with the whole query instead.")
    known = {name.casefold() for name in names}
    for column in tree.find_all(exp.Column):
        if (
            column.sql().replace('"', "").replace("`", "").casefold() not in known
            and column.name.casefold() not in known
        ):
            raise ColumnNotFoundError.for_name(column.name, names)
