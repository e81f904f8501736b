"""Privileges: what they imply, how they inherit, who sees what; checked against an oracle that knows no inheritance rules of ours."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlnb.catalog.grants import GRANTABLE, METASTORE, Level, acting_as, missing, visible
from mlnb.core.caller import Caller, calling
from mlnb.core.errors import InvalidParameterError, PermissionDeniedError

BOB = Caller("bob", source="rest", groups=("analysts",))


@pytest.fixture
def cat(ws: Any) -> Any:
    ws.catalog.create_schema("main.raw")
    ws.catalog.create_table("main.raw.orders", pa.table({"id": [1, 2]}))
    yield ws.catalog
    ws.catalog.close()


@pytest.fixture
def bob() -> Iterator[Caller]:
    with calling(BOB) as caller:
        yield caller


def test_the_workspaces_user_is_never_asked(cat: Any) -> None:
    cat.require("SELECT", "table", "main.nowhere.nothing")


def test_somebody_else_is_told_the_right_that_is_missing_and_where(cat: Any, bob: Caller) -> None:
    with pytest.raises(PermissionDeniedError) as refused:
        cat.require("CREATE TABLE", "schema", "main.default")
    assert "bob does not have USE CATALOG on the catalog main, which CREATE TABLE on main.default needs" in str(
        refused.value
    )
    assert "GRANT USE CATALOG ON CATALOG main TO `bob`" in str(refused.value.hint)
    assert refused.value.details["privilege"] == "USE CATALOG"


def test_a_right_is_reached_step_by_step_and_taken_back(cat: Any) -> None:
    def allowed() -> bool:
        with calling(BOB):
            try:
                cat.require("SELECT", "table", "main.raw.orders")
            except PermissionDeniedError:
                return False
            return True

    cat.grant("main.raw.orders", "bob", "select")
    assert not allowed()
    cat.grant("main", "analysts", "USE_CATALOG")
    assert not allowed()
    cat.grant("main.raw", "group:analysts", "USE SCHEMA")
    assert allowed()
    cat.revoke("main.raw.orders", "bob", "ALL PRIVILEGES")
    assert not allowed()
    cat.grant("main", "account users", "SELECT")
    assert allowed()
    assert [e.action for e in cat.ground.journal.tail(5, actions=["grant.*"])] == [
        *["grant.added"] * 3,
        "grant.removed",
        "grant.added",
    ]


def test_enforced_rights_bind_the_workspaces_user_too_but_nobody_is_locked_out(
    cat: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cat.ground.settings, "authorization", "enforce")
    cat.set_owner("main", "platform")
    cat.set_owner("main.raw", "platform")
    cat.set_owner("main.raw.orders", "platform")
    with pytest.raises(PermissionDeniedError):
        cat.require("MODIFY", "table", "main.raw.orders")
    cat.require("MANAGE", "table", "main.raw.orders")
    cat.require("CREATE CATALOG", "metastore", "metastore")
    cat.grant("main", "ada", "USE CATALOG", "USE SCHEMA", "SELECT")
    cat.require("SELECT", "table", "main.raw.orders")
    with pytest.raises(PermissionDeniedError, match="ada does not have MODIFY on the table"):
        cat.require("MODIFY", "table", "main.raw.orders")


def test_the_workspaces_own_work_and_a_views_owner_are_not_the_caller(cat: Any) -> None:
    with calling(BOB, trusted=True):
        cat.require("SELECT", "table", "main.raw.orders")
    with calling(BOB), acting_as("ada"):
        cat.require("SELECT", "table", "main.raw.orders")
    with acting_as("bob"), pytest.raises(PermissionDeniedError):
        cat.require("SELECT", "table", "main.raw.orders")


def test_effective_grants_name_the_level_they_come_from(cat: Any) -> None:
    cat.grant("main", "bob", "SELECT", "USE CATALOG")
    cat.grant("main.raw", "bob", "ALL PRIVILEGES")
    cat.grant("main.raw.orders", "eve", "MODIFY")
    shown = {
        (g.principal, g.privilege, g.inherited_from and g.inherited_from.name)
        for g in cat.grants("main.raw.orders", effective=True)
    }
    assert shown == {("bob", "SELECT", "main"), ("bob", "ALL PRIVILEGES", "main.raw"), ("eve", "MODIFY", None)}
    bobs = {g.privilege: g.inherited_from.name for g in cat.grants("main.raw.orders", principal="bob", effective=True)}
    assert bobs == {"APPLY TAG": "main.raw", "BROWSE": "main.raw", "MODIFY": "main.raw", "SELECT": "main.raw"}
    assert [g.privilege for g in cat.grants("main.raw.orders")] == ["MODIFY"]
    adas = cat.grants("main.raw.orders", principal="ada", effective=True)
    assert {g.privilege for g in adas} == set(GRANTABLE["table"]) - {"ALL PRIVILEGES"}


def test_who_may_not_manage_sees_only_their_own_grants(cat: Any) -> None:
    cat.grant("main.raw.orders", "eve", "MODIFY")
    cat.grant("main.raw.orders", "bob", "SELECT")
    with calling(BOB):
        assert [g.principal for g in cat.grants("main.raw.orders")] == ["bob"]
        with pytest.raises(PermissionDeniedError):
            cat.grant("main.raw.orders", "bob", "MODIFY")
    assert len(cat.grants("main.raw.orders")) == 2


@pytest.mark.parametrize(
    ("name", "privilege", "message"),
    [
        ("main.raw.orders", "SELCT", "Did you mean SELECT"),
        ("main.raw.orders", "CREATE SCHEMA", "cannot be granted on a table"),
        ("main.raw", "USE CATALOG", "cannot be granted on a schema"),
    ],
)
def test_a_privilege_that_does_not_exist_or_fit_is_refused(cat: Any, name: str, privilege: str, message: str) -> None:
    with pytest.raises(InvalidParameterError) as refused:
        cat.grant(name, "bob", "BROWSE", privilege)
    assert message in str(refused.value)
    assert cat.grants(name) == []


# -- against a naive oracle ---------------------------------------------------------------------------------------------

_KINDS = ("table", "view", "volume", "function", "model")


@st.composite
def worlds(draw: st.DrawFn) -> list[Level]:
    depth = draw(st.integers(1, 4))
    kinds = [METASTORE, "catalog", "schema", draw(st.sampled_from(_KINDS))][:depth]
    return [
        Level(
            kind,
            kind,
            kind,
            "",
            draw(st.integers(0, 9)) == 0,
            frozenset(draw(st.lists(st.sampled_from(GRANTABLE[kind]), max_size=3))),
        )
        for kind in kinds
    ]


def oracle(levels: list[Level], privilege: str) -> bool:
    """Expand every grant and ownership into (level, privilege) pairs, one by one, then look the needed ones up."""
    has: set[tuple[str, str]] = set()
    everything = {p for kind in GRANTABLE.values() for p in kind}
    for position, level in enumerate(levels):
        for below in levels[position:]:
            if level.kind == METASTORE:
                if level.owned:
                    has |= {(below.kind, p) for p in ("MANAGE", "BROWSE", "CREATE CATALOG")}
                has |= {(below.kind, p) for p in level.privileges}
                continue
            if level.owned or "MANAGE" in level.privileges:
                has |= {(below.kind, p) for p in everything}
            if "ALL PRIVILEGES" in level.privileges:
                has |= {(below.kind, p) for p in everything - {"MANAGE", "EXTERNAL USE SCHEMA"}}
            has |= {(below.kind, p) for p in level.privileges}
    target = levels[-1].kind
    way = {"catalog": ("catalog", "USE CATALOG"), "schema": ("schema", "USE SCHEMA")}
    kinds = [level.kind for level in levels]
    if privilege == "BROWSE":
        reach = all(way[kind] in has for kind in kinds[:-1] if kind in way)
        return (target, "BROWSE") in has or (reach and any((target, p) in has for p in GRANTABLE[target]))
    if privilege == "MANAGE" and levels[0].owned:
        return True
    return (target, privilege) in has and all(way[kind] in has for kind in kinds if kind in way)


@settings(max_examples=400, deadline=None)
@given(worlds(), st.data())
def test_rights_are_those_of_the_oracle(levels: list[Level], data: st.DataObject) -> None:
    privilege = data.draw(st.sampled_from([p for p in GRANTABLE[levels[-1].kind] if p != "ALL PRIVILEGES"]))
    assert (missing(levels, privilege) is None) == oracle(levels, privilege)
    assert visible(levels) == oracle(levels, "BROWSE")


_PLACES = ["main", "main.raw", "main.raw.orders", "main.default"]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(_PLACES), st.sampled_from(["bob", "analysts", "eve"]), st.integers(0, 40), st.booleans()
        ),
        min_size=1,
        max_size=12,
    )
)
def test_stored_rights_and_lists_are_those_of_a_model(cat: Any, steps: list[tuple[str, str, int, bool]]) -> None:
    model: dict[str, dict[str, set[str]]] = {place: {} for place in _PLACES}
    for place in _PLACES:
        for who in ("bob", "analysts", "eve"):
            cat.revoke(place, who, "ALL PRIVILEGES")
    kinds = {"main": "catalog", "main.raw": "schema", "main.default": "schema", "main.raw.orders": "table"}
    for place, who, number, give in steps:
        privilege = GRANTABLE[kinds[place]][number % len(GRANTABLE[kinds[place]])]
        held = model[place].setdefault(who, set())
        (cat.grant if give else cat.revoke)(place, who, privilege)
        held |= {privilege} if give else set()
        held -= set() if give else (held if privilege == "ALL PRIVILEGES" else {privilege})
    mine = {place: frozenset().union(*(model[place].get(w, set()) for w in ("bob", "analysts"))) for place in _PLACES}

    def levels(name: str) -> list[Level]:
        parts = name.split(".")
        above = [".".join(parts[: n + 1]) for n in range(len(parts))]
        return [Level("", METASTORE, "", "")] + [Level(x, kinds[x], x, "", False, mine[x]) for x in above]

    with calling(BOB):
        for name, privilege in (("main.raw.orders", "SELECT"), ("main.raw", "CREATE TABLE"), ("main", "BROWSE")):
            try:
                cat.require(privilege, kinds[name], name)
                allowed = True
            except PermissionDeniedError:
                allowed = False
            assert allowed == oracle(levels(name), privilege), (name, privilege, mine)
        for kind, parent, names in (
            ("schema", ("catalog", "main"), ["main.raw", "main.default"]),
            ("table", ("schema", "main.raw"), ["main.raw.orders"]),
        ):
            condition = cat.rights.condition(kind, parent)
            with cat.ground.metastore.connect() as connection:
                from mlnb.catalog.tables import catalog_securable as s

                query = s.select().where(s.c.full_name.in_(names), s.c.deleted_at.is_(None))
                found = connection.execute(query if condition is None else query.where(condition))
                assert {row.full_name for row in found} == {n for n in names if oracle(levels(n), "BROWSE")}


def test_no_variable_of_this_process_grants_rights_to_a_request(cat: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "MLNB_USER", "bob")
    with calling(BOB), pytest.raises(PermissionDeniedError):
        cat.require("SELECT", "table", "main.raw.orders")
