"""Blocks of rows: conditions by column, the SQL that shows the same, and what is refused."""

import json
from typing import Any

import pyarrow as pa
import pytest

from mlnb.catalog.errors import UnresolvedColumnError
from mlnb.catalog.filters import ColumnFilter
from mlnb.core.errors import InvalidParameterError

NAME = "main.default.`my t`"


@pytest.fixture
def table(cat: Any) -> Any:
    data = pa.table(
        {
            "id": pa.array(range(6), pa.int64()),
            "order": [1.5, 2.5, None, 4.0, 5.0, -1e-3],
            "odd`name": ["it's", "back\\slash", "50%", None, "Ünï", "it is"],
            "ok": [True, False, None, True, True, False],
            "day": pa.array([0, 1, 2, 3, 4, None], pa.date32()),
            "ts": pa.array([0, 10**6, 2 * 10**6, None, 4 * 10**6, 5 * 10**6], pa.timestamp("us", "UTC")),
            "tags": [["x"], [], None, ["y"], ["z"], None],
        }
    )
    return cat.create_table(NAME, data)


def ids(cat: Any, *filters: tuple[Any, ...], **options: Any) -> list[int]:
    asked = [
        ColumnFilter(
            column=column, op=op, **({"values": rest[0]} if op == "in" else {"value": rest[0]} if rest else {})
        )
        for column, op, *rest in filters
    ]
    block = cat.preview(NAME, filters=asked, sort="id", **options)
    # What is shown as SQL gives the same rows.
    again = [row["id"] for row in cat.sql(block.sql).rows()]
    found = block.columns[0].values
    assert again == found
    assert block.total == len(found)
    return found


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ([], [0, 1, 2, 3, 4, 5]),
        ([("id", ">=", "4")], [4, 5]),
        ([("order", ">", "1.5"), ("ok", "=", "true")], [3, 4]),
        ([("ORDER", "<", "0")], [5]),
        ([("odd`name", "=", "it's")], [0]),
        ([("odd`name", "=", "back\\slash")], [1]),
        ([("odd`name", "contains", "IT")], [0, 5]),
        ([("odd`name", "contains", "%")], [2]),
        ([("odd`name", "starts_with", "ün")], [4]),
        ([("odd`name", "in", ["it's", "50%"])], [0, 2]),
        ([("odd`name", "is_null")], [3]),
        ([("tags", "is_not_null")], [0, 1, 3, 4]),
        ([("day", ">=", "1970-01-04")], [3, 4]),
        ([("ts", "<", "1970-01-01 00:00:02")], [0, 1]),
        ([("id", "contains", "3")], [3]),
    ],
)
def test_conditions_select_what_they_say(cat: Any, table: Any, filters: Any, expected: list[int]) -> None:
    assert ids(cat, *filters) == expected


def test_the_sql_is_what_a_person_would_write(cat: Any, table: Any) -> None:
    table.append(table.to_arrow().slice(0, 1))
    filters = [ColumnFilter(column="order", op=">", value="2")]
    block = cat.preview(NAME, version=0, columns=["id", "order"], filters=filters, sort="-id", where="ok")
    assert block.sql == (
        "SELECT id, `order`\nFROM main.default.`my t` VERSION AS OF 0\nWHERE (ok) AND `order` > 2\n"
        "ORDER BY id DESC NULLS LAST\nLIMIT 100"
    )
    assert [row["id"] for row in cat.sql(block.sql).rows()] == block.columns[0].values == [4, 3]


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (("id", "=", "abc"), "id .bigint. compares with 'abc'"),
        (("id", "=", "1; DROP TABLE t"), "compares with"),
        (("id", "=", "1.5"), "compares with '1.5'"),
        (("ok", "=", "maybe"), "Write true or false|compares with 'maybe'"),
        (("day", ">", "tomorrow"), "compares with 'tomorrow'"),
        (("tags", "=", "x"), "cannot be compared"),
        (("id", "="), "has no value"),
        (("id", "in", []), "lists no value"),
    ],
)
def test_a_value_that_does_not_fit_its_column_is_told_at_the_condition(
    cat: Any, table: Any, one: Any, said: str
) -> None:
    with pytest.raises(InvalidParameterError, match=said):
        ids(cat, one)


def test_an_unknown_column_names_the_nearest(cat: Any, table: Any) -> None:
    with pytest.raises(UnresolvedColumnError) as caught:
        ids(cat, ("dya", "is_null"))
    assert "day" in (caught.value.hint or "")


def test_the_routes_take_conditions_and_versions(ws: Any, cat: Any, table: Any) -> None:
    from mlnb.server.catalog import ROUTES
    from mlnb.server.operations import Incoming, perform
    from mlnb.server.router import Router

    def get(path: str, **query: Any) -> Any:
        match = Router(ROUTES).find("GET", path)
        incoming = Incoming("GET", path, match.params, {key: [str(v) for v in value] for key, value in query.items()})
        return json.loads(perform(match.route, ws, incoming, max_json_bytes=1 << 20).body)

    base = "/api/1.0/tables/main.default.%60my%20t%60"
    block = get(base + "/preview", filters=[json.dumps({"column": "id", "op": ">", "value": "3"})])
    assert block["total"] == 2
    assert block["where"] == "id > 3"
    with pytest.raises(InvalidParameterError, match="is no condition"):
        get(base + "/preview", filters=["{}"])
    table.append(table.to_arrow().slice(0, 1))
    found = get(base + "/compare", versions=["0,1"])
    assert (found["added"], found["by"]) == (1, "rows")
    with pytest.raises(InvalidParameterError, match="versions is"):
        get(base + "/compare", versions=["0"])
