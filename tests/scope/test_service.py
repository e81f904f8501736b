"""Cards by name and version: writing, signing, agreeing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlnb.core.caller import calling
from mlnb.core.errors import MlnbError
from mlnb.scope.gates import Facts

if TYPE_CHECKING:
    from mlnb.door import Workspace

CARD = "problem: classification\nmetrics: [{name: auc, min: 0.7}]\n"
ROLES = CARD + "signoff: {roles: [{role: owner, who: [ada]}, {role: risk, who: [group:risk]}]}\n"


def _actions(ws: Workspace) -> list[str]:
    return [event.action for event in ws.journal.tail(50, subjects=["scope:*"])]


def test_the_same_card_again_changes_nothing_and_another_is_a_new_version(ws: Workspace) -> None:
    first = ws.scopes.put("late", CARD)
    assert (first.version, first.state, first.card.owner) == (1, "DRAFT", "user:ada")
    assert ws.scopes.put("late", CARD).version == 1
    assert ws.scopes.put("late", CARD.replace("0.7", "0.75")).version == 2
    assert [scope.version for scope in ws.scopes.history("late")] == [2, 1]
    assert ws.scopes.get("late", 1) == first
    assert _actions(ws) == ["scope.changed", "scope.changed"]


def test_a_card_is_agreed_when_every_role_signed_and_a_change_drops_it(ws: Workspace) -> None:
    ws.scopes.put("late", ROLES)
    with pytest.raises(MlnbError) as caught, calling(principal="bob"):
        ws.scopes.sign("late", "risk")
    assert caught.value.code == "PERMISSION_DENIED"
    assert "group:risk" in str(caught.value.hint)
    assert ws.scopes.sign("late", "owner").missing_roles == ["risk"]
    with calling(principal="bob", groups=("risk",)):
        assert ws.scopes.sign("late", "risk", comment="fine").state == "AGREED"
        assert ws.scopes.sign("late", "risk", "reject").state == "DRAFT"
    assert _actions(ws) == ["scope.changed", "scope.signed", "scope.signed", "scope.agreed", "scope.signed"]
    changed = ws.scopes.put("late", ROLES.replace("0.7", "0.8"))
    assert (changed.signatures, changed.missing_roles) == ([], ["owner", "risk"])


def test_a_star_names_everybody(ws: Workspace) -> None:
    ws.scopes.put("late", CARD + "signoff: {approvers: ['user:*']}\n")
    with calling(principal="anyone"):
        assert ws.scopes.sign("late", "approver").state == "AGREED"


def test_without_roles_the_owner_signs(ws: Workspace) -> None:
    ws.scopes.put("late", CARD)
    assert ws.scopes.sign("late", "owner").state == "AGREED"


def test_the_target_is_checked_against_the_table_once_it_exists(ws: Workspace) -> None:
    import pandas as pd

    card = CARD + "target: {table: main.ml.labels, column: late}\n"
    assert ws.scopes.put("late", card).notes == ["Table main.ml.labels does not exist yet."]
    ws.catalog.create_schema("main.ml", if_not_exists=True)
    ws.catalog.write("main.ml.labels", pd.DataFrame({"late": [True], "hour": [3]}))
    assert ws.scopes.put("late", card).notes == []
    with pytest.raises(MlnbError) as caught:
        ws.scopes.put("late", card.replace("column: late", "column: lat"))
    assert "late" in str(caught.value.hint)
    assert ws.scopes.get("late").version == 1


def test_facts_are_judged_by_the_newest_version(ws: Workspace) -> None:
    ws.scopes.put("late", CARD)
    ws.scopes.put("late", CARD.replace("0.7", "0.9"))
    report = ws.scopes.check("late", Facts(metrics={"auc": 0.8}, signature=True))
    assert (report.scope_name, report.scope_version, report.passed) == ("late", 2, False)
    assert ws.scopes.check(None, Facts(signature=True)).passed


BAD = [
    ("a/b", CARD, "INVALID_PARAMETER_VALUE"),
    ("", CARD, "INVALID_PARAMETER_VALUE"),
    ("late", "problem: [", "INVALID_SCOPE_CARD"),
    ("late", {"problem": "classification"}, "INVALID_SCOPE_CARD"),
]


@pytest.mark.parametrize(("name", "body", "code"), BAD, ids=str)
def test_bad_input_changes_nothing(ws: Workspace, name: str, body: str, code: str) -> None:
    assert ws.scopes.list() == []  # opens the catalog, which makes its default schema
    before = ws.journal.last_id()
    with pytest.raises(MlnbError) as caught:
        ws.scopes.put(name, body)
    assert caught.value.code == code
    assert caught.value.hint
    assert ws.journal.last_id() == before
    assert ws.scopes.list() == []


def test_what_is_not_there_is_named_with_the_nearest(ws: Workspace) -> None:
    ws.scopes.put("late_flights", CARD)
    for call in (lambda: ws.scopes.get("late_flight"), lambda: ws.scopes.sign("late_flight", "owner")):
        with pytest.raises(MlnbError) as caught:
            call()
        assert caught.value.code == "SCOPE_NOT_FOUND"
        assert "late_flights" in str(caught.value.hint)
    with pytest.raises(MlnbError, match="no version 7"):
        ws.scopes.get("late_flights", 7)
    with pytest.raises(MlnbError, match="no role"):
        ws.scopes.sign("late_flights", "boss")
    with pytest.raises(MlnbError, match="no decision"):
        ws.scopes.sign("late_flights", "owner", "maybe")  # type: ignore[arg-type]
