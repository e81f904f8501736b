"""Every wrong field is named by row and column; what is harmless passes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from mlnb.serving.formats import MISSING, Parsed
from mlnb.serving.protocol import HttpError
from mlnb.serving.records import InputField
from mlnb.serving.validate import Checked, Validator


def check(kind: str, values: list[Any], *, required: bool = True, strict: bool = True) -> list[Any]:
    validator = Validator([InputField(name="x", type=kind, required=required)], strict=strict)
    return validator.check(Parsed({"x": values}, len(values), tabular=False)).columns["x"]


def wrong(*columns: InputField, sent: dict[str, list[Any]], tabular: bool = False) -> dict[str, str]:
    rows = len(next(iter(sent.values())))
    with pytest.raises(HttpError) as caught:
        Validator(columns).check(Parsed(sent, rows, tabular=tabular))
    assert caught.value.status == 400
    return {item.field: item.description for item in caught.value.fields}


@pytest.mark.parametrize(
    ("kind", "value", "becomes"),
    [
        ("double", 1, 1),
        ("double", 1.5, 1.5),
        ("long", 3, 3),
        ("long", 3.0, 3),
        ("integer", -5, -5),
        ("boolean", True, True),
        ("string", "7", "7"),
        ("datetime", "2013-08-01T14:00:00Z", datetime(2013, 8, 1, 14, tzinfo=UTC)),
        ("datetime", "2013-08-01 14:00:00", datetime(2013, 8, 1, 14, tzinfo=UTC)),
        ("datetime", "2013-08-01T16:00:00+02:00", datetime(2013, 8, 1, 14, tzinfo=UTC)),
        ("datetime", "2013-08-01", datetime(2013, 8, 1, tzinfo=UTC)),
        ("binary", "aGk=", b"hi"),
        ("array", [1, 2], [1, 2]),
        ("object", {"k": 1}, {"k": 1}),
        ("any", {"k": [None]}, {"k": [None]}),
    ],
)
def test_values_of_the_right_type_pass(kind: str, value: Any, becomes: Any) -> None:
    assert check(kind, [value]) == [becomes]


@pytest.mark.parametrize(
    ("kind", "value", "says"),
    [
        ("double", "1.5", "expected double, got string"),
        ("double", True, "expected double, got boolean"),
        ("double", [1], "expected double, got array"),
        ("long", "3", "expected long, got string"),
        ("long", 3.5, "expected long, got a number with a fraction"),
        ("long", False, "expected long, got boolean"),
        ("long", 2**63, "beyond its range"),
        ("integer", 2**31, "beyond its range"),
        ("string", 7, "expected string, got integer"),
        ("string", {}, "expected string, got object"),
        ("boolean", 1, "expected boolean, got integer"),
        ("datetime", "yesterday", "ISO 8601"),
        ("datetime", 1375365600000, "ISO 8601 text, got integer"),
        ("binary", "?", "base64"),
        ("array", "x", "expected array, got string"),
        ("map", [], "expected map, got array"),
        ("double", None, "null where double is required"),
        ("double", MISSING, "missing, double expected"),
    ],
)
def test_values_of_another_type_are_refused_by_name_and_row(kind: str, value: Any, says: str) -> None:
    good = {
        "double": 1.0,
        "long": 1,
        "integer": 1,
        "string": "a",
        "boolean": True,
        "datetime": "2013-08-01",
        "binary": "",
        "array": [],
        "map": {},
    }
    found = wrong(InputField(name="x", type=kind), sent={"x": [good[kind], value]})
    assert list(found) == ["rows[1].x"]
    assert says in found["rows[1].x"]


def test_null_and_missing_pass_where_the_signature_allows_them() -> None:
    assert check("double", [None, MISSING, 1.0], required=False) == [None, None, 1.0]
    optional = Validator([InputField(name="x", type="double", required=False)])
    assert optional.check(Parsed({}, 2, tabular=False)).columns == {"x": [None, None]}


def test_a_key_may_be_unknown_but_not_forgotten() -> None:
    key = InputField(name="tailnum", type="string", nullable=True)
    assert Validator([key]).check(Parsed({"tailnum": [None]}, 1, tabular=False)).columns == {"tailnum": [None]}
    assert wrong(key, sent={"tailnum": ["N1", MISSING]}) == {"rows[1].tailnum": "missing, string expected"}


def test_all_wrong_fields_are_named_in_the_order_of_rows() -> None:
    fields = [InputField(name="age", type="double"), InputField(name="plan", type="string")]
    found = wrong(*fields, sent={"age": [1.0, "x", "y"], "plan": ["a", MISSING, 5]})
    assert list(found) == ["rows[1].age", "rows[1].plan", "rows[2].age", "rows[2].plan"]


def test_the_message_names_fields_but_never_values() -> None:
    with pytest.raises(HttpError) as caught:
        Validator([InputField(name="age", type="double")]).check(Parsed({"age": ["secret"]}, 1, tabular=False))
    assert caught.value.message == "1 field is wrong: rows[0].age: expected double, got string"
    assert "secret" not in str(caught.value)


def test_at_most_twenty_fields_are_listed() -> None:
    with pytest.raises(HttpError) as caught:
        Validator([InputField(name="age", type="double")]).check(Parsed({"age": ["x"] * 1000}, 1000, tabular=False))
    assert len(caught.value.fields) == 20
    assert caught.value.message.startswith("More than 20 fields are wrong")


def test_a_column_missing_from_a_table_is_one_mistake_and_the_nearest_name_is_told() -> None:
    found = wrong(InputField(name="carrier", type="string"), sent={"carier": ["UA", "AA"]}, tabular=True)
    assert found == {"carrier": "missing, string expected; carier was sent"}


def test_unknown_columns_are_ignored_and_named() -> None:
    checked = Validator([InputField(name="x", type="long")]).check(Parsed({"x": [1], "y": [2]}, 1, tabular=False))
    assert checked.ignored == ["y"]
    assert checked.columns == {"x": [1]}


def test_a_callers_own_feature_values_are_kept_apart_and_checked() -> None:
    validator = Validator([InputField(name="x", type="long")], [InputField(name="seats", type="long")])
    checked: Checked = validator.check(Parsed({"x": [1, 2], "seats": [150, MISSING]}, 2, tabular=False))
    assert checked.given == {"seats": [150, MISSING]}
    assert checked.ignored == []
    with pytest.raises(HttpError):
        validator.check(Parsed({"x": [1], "seats": ["many"]}, 1, tabular=False))


def test_numbers_as_text_pass_only_when_the_endpoint_is_lenient() -> None:
    assert check("long", ["3"], strict=False) == [3]
    assert check("double", ["3.5"], strict=False) == [3.5]
    with pytest.raises(HttpError):
        check("long", ["3.5"], strict=False)
