"""The two inference tables of an endpoint: made when it is deployed, widened when a new version has more inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlnb.core.errors import InvalidParameterError

from .config import LogTables
from .errors import InferenceTableMismatchError
from .payload import log_columns, payload_schema, rows_schema

if TYPE_CHECKING:
    import pyarrow as pa

    from mlnb.catalog.service import Catalog

    from .build import Prepared

#: Names the endpoint whose requests a table holds; monitors and skew checks look for it.
ENDPOINT_PROPERTY = "mlnb.endpoint"


def payload_name(choice: bool | str, endpoint: str, model_name: str) -> str | None:
    """Return the full name of an endpoint's payload table, None when it keeps none.

    Parameters
    ----------
    choice
        True: beside the model; ``schema``, ``catalog.schema`` or ``[catalog.]schema.prefix``; False: none.

    Raises
    ------
    InvalidParameterError
        When the choice names neither.
    """
    if choice is False:
        return None
    catalog, schema, _ = model_name.split(".")
    prefix = endpoint.replace("-", "_")
    if isinstance(choice, str):
        parts = choice.removesuffix("_payload").split(".")
        if not all(parts) or len(parts) > 3:
            raise InvalidParameterError(
                f"{choice!r} names no inference table.", hint="Write schema, schema.prefix or catalog.schema.prefix."
            )
        if len(parts) == 1:
            schema = parts[0]
        elif len(parts) == 2:
            schema, prefix = parts
        else:
            catalog, schema, prefix = parts
    return f"{catalog}.{schema}.{prefix}_payload"


def make_tables(catalog: Catalog, payload: str, endpoint: str, model: Prepared) -> LogTables:
    """Create the inference tables, or make those that exist fit.

    Raises
    ------
    InferenceTableMismatchError
        When a column exists with another type.
    """
    columns = log_columns(model.inputs, model.looked_up)
    tables = LogTables(payload=payload, rows=f"{payload}_rows", columns=columns)
    catalog.create_schema(payload.rsplit(".", 1)[0], if_not_exists=True)
    _make(catalog, tables.payload, payload_schema(), endpoint, {"delta.enableChangeDataFeed": "true"})
    _make(catalog, tables.rows, rows_schema(columns, model.prediction_type), endpoint, {})
    return tables


def _make(catalog: Catalog, name: str, schema: pa.Schema, endpoint: str, properties: dict[str, str]) -> None:
    if not catalog.exists(name):
        comment = f"Requests of endpoint {endpoint}" + (", one row per scored row" if name.endswith("_rows") else "")
        catalog.create_table(
            name, schema=schema, comment=comment, properties={ENDPOINT_PROPERTY: endpoint, **properties}, mode="ignore"
        )
    table = catalog.table(name)
    known = {field.name.casefold(): field for field in table.schema}
    wrong = [
        f"{field.name} is {known[field.name.casefold()].type}, the model needs {field.type}"
        for field in schema
        if field.name.casefold() in known and not _fits(field.type, known[field.name.casefold()].type)
    ]
    if wrong:
        raise InferenceTableMismatchError(
            f"The inference table {name} does not fit: {'; '.join(wrong[:3])}.",
            hint="Log into another table: --log SCHEMA.PREFIX, or drop the old one.",
        )
    if any(field.name.casefold() not in known for field in schema):
        table.append(schema.empty_table(), schema="merge")


def _fits(needed: pa.DataType, stored: pa.DataType) -> bool:
    import pyarrow as pa

    if needed == stored or (pa.types.is_timestamp(needed) and pa.types.is_timestamp(stored)):
        return True
    if pa.types.is_list(needed) and pa.types.is_list(stored):
        return _fits(needed.value_type, stored.value_type)
    texts = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    return any(test(needed) for test in texts) and any(test(stored) for test in texts)
