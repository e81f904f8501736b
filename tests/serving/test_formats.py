"""Bodies become columns, and what is no body is refused with a reason."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlnb.serving.formats import MISSING, Parsed, client_request_id, parse
from mlnb.serving.protocol import HttpError

NAMES = ["a", "b"]


def parse_json(document: Any, max_rows: int = 1000) -> Parsed:
    return parse(json.dumps(document).encode(), NAMES, max_rows=max_rows)


@pytest.mark.parametrize(
    ("document", "columns"),
    [
        ({"dataframe_split": {"columns": ["a", "b"], "data": [[1, "x"], [2, "y"]]}}, {"a": [1, 2], "b": ["x", "y"]}),
        ({"dataframe_split": {"index": [7], "columns": ["a"], "data": [[1]]}}, {"a": [1]}),
        ({"dataframe_records": [{"a": 1}, {"b": "y"}]}, {"a": [1, MISSING], "b": [MISSING, "y"]}),
        ({"instances": [[1, "x"], [2, "y"]]}, {"a": [1, 2], "b": ["x", "y"]}),
        ({"instances": [{"a": 1, "b": "x"}]}, {"a": [1], "b": ["x"]}),
        ({"inputs": {"a": [1, 2], "b": ["x", "y"]}}, {"a": [1, 2], "b": ["x", "y"]}),
        ({"inputs": {"a": 1, "b": "x"}}, {"a": [1], "b": ["x"]}),
        ({"inputs": [[1, "x"]]}, {"a": [1], "b": ["x"]}),
        ({"dataframe_records": []}, {}),
        ({"dataframe_records": [{"ключ": "значение", "b": "🛫"}]}, {"ключ": ["значение"], "b": ["🛫"]}),
    ],
    ids=[
        "split",
        "split-index",
        "records",
        "instances",
        "instances-objects",
        "inputs",
        "inputs-scalars",
        "inputs-rows",
        "empty",
        "unicode",
    ],
)
def test_each_format_gives_the_same_columns(document: Any, columns: dict[str, list[Any]]) -> None:
    parsed = parse_json(document)
    assert parsed.columns == columns
    assert parsed.rows == len(next(iter(columns.values()), []))


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"[1]", "must be a JSON object, not array"),
        (b"{}", "exactly one of dataframe_split"),
        (b'{"dataframe_records": [], "inputs": {}}', "has dataframe_records and inputs"),
        (b'{"columns": ["a"], "data": []}', "it has 'columns', 'data'"),
        (b'{"dataframe_records": {"a": 1}}', "dataframe_records must be an array of objects"),
        (b'{"dataframe_records": [{"a": 1}, 5]}', "dataframe_records[1]: expected object, got integer"),
        (
            b'{"dataframe_split": {"columns": ["a", "b"], "data": [[1]]}}',
            "dataframe_split.data[0]: expected 2 values, got 1",
        ),
        (b'{"dataframe_split": {"columns": ["a", "a"], "data": []}}', "named twice"),
        (b'{"dataframe_split": {"columns": [1], "data": []}}', "columns[0]: expected string"),
        (b'{"inputs": {"a": [1, 2], "b": [1]}}', "not equally long"),
        (b'{"instances": [[1, 2, 3]]}', "instances[0]: expected 2 values, got 3"),
        (b'{"dataframe_records": [], "params": 1}', "params must be an object"),
        (b'{"dataframe_records": [], "client_request_id": 1}', "client_request_id must be a string"),
        (b'{"dataframe_records": ' + b"[" * 3000 + b"]" * 3000 + b"}", "not JSON"),
    ],
)
def test_what_is_no_body_is_refused_with_the_reason(body: bytes, says: str) -> None:
    with pytest.raises(HttpError) as caught:
        parse(body, NAMES, max_rows=10)
    assert caught.value.status == 400
    assert caught.value.code == "BAD_REQUEST"
    assert says in caught.value.message


def test_too_many_rows_are_refused_as_too_large() -> None:
    with pytest.raises(HttpError) as caught:
        parse_json({"dataframe_records": [{"a": 1}] * 11}, max_rows=10)
    assert caught.value.status == 413


def test_a_hundred_thousand_rows_are_parsed() -> None:
    parsed = parse_json({"dataframe_records": [{"a": i, "b": "x"} for i in range(100_000)]}, max_rows=100_000)
    assert parsed.rows == 100_000
    assert parsed.columns["a"][-1] == 99_999


def test_the_clients_id_is_read_even_from_a_body_that_is_refused() -> None:
    assert client_request_id(b'{"client_request_id": "r-1", "nothing": 1}') == "r-1"
    assert client_request_id(b'{"client_request_id": 5}') is None
    assert client_request_id(b"nonsense") is None
