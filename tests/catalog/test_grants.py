"""Privileges: what they imply, how they inherit, where they are asked."""

from __future__ import annotations

from typing import Any

import pytest

from mlnb.core.caller import Caller, calling
from mlnb.core.errors import PermissionDeniedError


def test_the_workspaces_user_is_never_asked(ws: Any) -> None:
    ws.catalog.require("SELECT", "table", "main.nowhere.nothing")


def test_somebody_else_is_told_the_right_that_is_missing_and_where(ws: Any) -> None:
    with calling(Caller("bob", source="rest")), pytest.raises(PermissionDeniedError) as refused:
        ws.catalog.require("CREATE TABLE", "schema", "main.default")
    assert "bob does not have USE CATALOG on the catalog main" in refused.value.message
    assert "GRANT USE CATALOG ON CATALOG main TO `bob`" in str(refused.value.hint)
