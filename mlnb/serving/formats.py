"""The bodies an endpoint understands, each turned into columns: ``dataframe_split``, ``dataframe_records``, ``inputs``, ``instances``.

Columns, not rows, because the signature, the look-up and the model all work by column; a value that a record does not mention is
`MISSING`, which is something else than ``null``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from mlnb.core.errors import FieldViolation

from .protocol import HttpError, bad_request

FORMATS: Final = ("dataframe_split", "dataframe_records", "inputs", "instances")


class _Missing:
    """The value of a field that a record does not mention."""

    _instance: _Missing | None = None

    def __new__(cls) -> _Missing:
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING: Final = _Missing()


@dataclass(slots=True)
class Parsed:
    """A request's rows by column.

    Attributes
    ----------
    columns
        Name → one value a row, `MISSING` where a record has no such field.
    rows
        How many rows.
    tabular
        Whether the names were given once for all rows: a missing name is then one mistake, not one per row.
    params, client_request_id
        As sent.
    """

    columns: dict[str, list[Any]]
    rows: int
    tabular: bool
    params: dict[str, Any] = field(default_factory=dict)
    client_request_id: str | None = None


def parse(body: bytes, names: Sequence[str], *, max_rows: int) -> Parsed:
    """Parse a JSON body.

    Parameters
    ----------
    body
        The bytes received.
    names
        The model's input names, in order: what rows without names (``instances`` as lists) stand for.
    max_rows
        More rows are refused.

    Raises
    ------
    HttpError
        400 when the body is not one of the formats, 413 when it has too many rows.
    """
    import orjson

    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise bad_request(f"The body is not JSON: {error}.") from None
    if not isinstance(document, dict):
        raise bad_request(f"The body must be a JSON object, not {type_name(document)}.", hint=_hint())
    given = [name for name in FORMATS if name in document]
    if len(given) != 1:
        found = (
            f"it has {' and '.join(given)}"
            if given
            else f"it has {', '.join(map(repr, list(document)[:5])) or 'no field'}"
        )
        raise bad_request(f"The body must have exactly one of {', '.join(FORMATS)}; {found}.", hint=_hint())
    kind = given[0]
    parsed = _READERS[kind](document[kind], names)
    if parsed.rows > max_rows:
        raise HttpError(
            413, "REQUEST_TOO_LARGE", f"{parsed.rows:,} rows are more than the {max_rows:,} one request may have."
        )
    parsed.params = _params(document.get("params"))
    parsed.client_request_id = _client_request_id(document.get("client_request_id"))
    return parsed


def client_request_id(body: bytes) -> str | None:
    """Return the client's id of a body that was refused, None when it cannot be read."""
    import orjson

    try:
        document = orjson.loads(body)
        return _client_request_id(document.get("client_request_id"))
    except (orjson.JSONDecodeError, AttributeError, HttpError):
        return None


def type_name(value: Any) -> str:
    """Name a JSON value's type the way JSON does."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    return {int: "integer", float: "number", str: "string", list: "array", dict: "object"}.get(
        type(value), type(value).__name__
    )


def _hint() -> str:
    return 'For example {"dataframe_records": [{"name": value, …}]}.'


def _params(value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise bad_request(
            f"params must be an object, not {type_name(value)}.", fields=[FieldViolation("params", "expected object")]
        )
    return value


def _client_request_id(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise bad_request(
        f"client_request_id must be a string, not {type_name(value)}.",
        fields=[FieldViolation("client_request_id", "expected string")],
    )


def _split(value: Any, _names: Sequence[str]) -> Parsed:
    if (
        not isinstance(value, dict)
        or not isinstance(value.get("columns"), list)
        or not isinstance(value.get("data"), list)
    ):
        raise _shape("dataframe_split", "an object with columns (names) and data (rows)", value)
    columns, data = value["columns"], value["data"]
    wrong = [i for i, name in enumerate(columns) if not isinstance(name, str)]
    if wrong:
        raise bad_request(
            "Column names must be text.",
            fields=[FieldViolation(f"dataframe_split.columns[{i}]", "expected string") for i in wrong[:20]],
        )
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice:
        raise bad_request(
            "A column is named twice.",
            fields=[FieldViolation(f"dataframe_split.columns.{name}", "named twice") for name in twice[:20]],
        )
    _check_width("dataframe_split.data", data, len(columns))
    return Parsed({name: [row[i] for row in data] for i, name in enumerate(columns)}, len(data), tabular=True)


def _records(value: Any, _names: Sequence[str], *, where: str = "dataframe_records") -> Parsed:
    if not isinstance(value, list):
        raise _shape(where, "an array of objects", value)
    wrong = [i for i, row in enumerate(value) if not isinstance(row, dict)]
    if wrong:
        fields = [FieldViolation(f"{where}[{i}]", f"expected object, got {type_name(value[i])}") for i in wrong[:20]]
        raise bad_request(f"{where} must be an array of objects.", fields=fields)
    names = dict.fromkeys(key for row in value for key in row)
    return Parsed({name: [row.get(name, MISSING) for row in value] for name in names}, len(value), tabular=False)


def _instances(value: Any, names: Sequence[str]) -> Parsed:
    if not isinstance(value, list):
        raise _shape("instances", "an array of rows", value)
    if value and isinstance(value[0], dict):
        return _records(value, names, where="instances")
    if len(names) == 1 and not any(isinstance(row, (list, dict)) for row in value):
        return Parsed({names[0]: value}, len(value), tabular=True)
    _check_width("instances", value, len(names))
    return Parsed({name: [row[i] for row in value] for i, name in enumerate(names)}, len(value), tabular=True)


def _inputs(value: Any, names: Sequence[str]) -> Parsed:
    if isinstance(value, list):
        return _instances(value, names)
    if not isinstance(value, dict):
        raise _shape("inputs", "an object of columns, or an array of rows", value)
    columns = {name: values if isinstance(values, list) else [values] for name, values in value.items()}
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        fields = [FieldViolation(f"inputs.{name}", f"{length} values") for name, length in list(lengths.items())[:20]]
        raise bad_request("The columns of inputs are not equally long.", fields=fields)
    return Parsed(columns, next(iter(lengths.values()), 0), tabular=True)


def _check_width(where: str, rows: Sequence[Any], width: int) -> None:
    wrong = [i for i, row in enumerate(rows) if not isinstance(row, list) or len(row) != width]
    if wrong:
        fields = [
            FieldViolation(
                f"{where}[{i}]",
                f"expected {width} values, got {len(rows[i]) if isinstance(rows[i], list) else type_name(rows[i])}",
            )
            for i in wrong[:20]
        ]
        raise bad_request(f"Each row needs {width} values.", fields=fields)


def _shape(where: str, expected: str, value: Any) -> HttpError:
    return bad_request(
        f"{where} must be {expected}.", fields=[FieldViolation(where, f"expected {expected}, got {type_name(value)}")]
    )


_READERS: Final[Mapping[str, Callable[[Any, Sequence[str]], Parsed]]] = {
    "dataframe_split": _split,
    "dataframe_records": _records,
    "inputs": _inputs,
    "instances": _instances,
}
