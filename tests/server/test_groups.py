"""Groups that Jupyter's identity provider knows: what is granted to one of them binds over HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pytest
from jupyter_server.auth.identity import IdentityProvider, User

from mlnb.server.identity import groups_of


@dataclass
class Member(User):
    """A user of a provider that knows groups."""

    groups: tuple[str, ...] = ()


class HubUser(User):
    """A user as JupyterHub's provider makes them: the Hub's model is kept beside the fields of Jupyter."""

    def __init__(self, hub_user: dict[str, Any]) -> None:
        self.hub_user = hub_user
        super().__init__(username=hub_user["name"])


@pytest.fixture
def become(jp_serverapp: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let every request come from a user."""

    def become(user: User) -> None:
        class Provider(IdentityProvider):
            async def get_user(self, handler: Any) -> User:  # type: ignore[override]
                handler._token_authenticated = True  # as a request with a token: no XSRF cookie is asked for
                return user

        settings = jp_serverapp.web_app.settings
        monkeypatch.setitem(settings, "identity_provider", Provider(parent=jp_serverapp, token="t"))
        settings["allow_unauthenticated_access"] = True

    return become


@pytest.fixture
def orders(host: Any) -> Any:
    catalog = host.workspace().catalog
    catalog.create_schema("main.raw", if_not_exists=True)
    catalog.create_table("main.raw.orders", pa.table({"id": [1, 2]}))
    catalog.grant("main", "analysts", "USE CATALOG", "USE SCHEMA", "SELECT")
    return catalog


ANALYSTS = [
    Member(username="grace", groups=("analysts",)),
    HubUser({"kind": "user", "name": "grace", "admin": False, "groups": ["staff", "analysts"]}),
]


@pytest.mark.parametrize("user", ANALYSTS, ids=["provider", "hub"])
async def test_a_grant_to_a_group_binds_its_members(ask: Any, become: Any, orders: Any, user: User) -> None:
    become(User(username="grace"))
    assert (await ask("GET", "api/1.0/tables/main.raw.orders/preview"))[0] == 403
    become(user)
    assert "analysts" in (await ask("GET", "api/1.0/whoami"))[1]["groups"]
    assert (await ask("GET", "api/1.0/tables/main.raw.orders/preview"))[0] == 200
    body = {"statement": "SELECT count(*) AS n FROM main.raw.orders", "wait_timeout": "50s"}
    status, answer = await ask("POST", "api/2.0/sql/statements", body, request_timeout=60)
    assert (status, answer["status"]["state"]) == (200, "SUCCEEDED"), answer
    body["statement"] = "DELETE FROM main.raw.orders"
    _, answer = await ask("POST", "api/2.0/sql/statements", body, request_timeout=60)
    assert answer["status"]["state"] == "FAILED"
    orders.revoke("main", "analysts", "SELECT")
    assert (await ask("GET", "api/1.0/tables/main.raw.orders/preview"))[0] == 403


async def test_a_group_called_like_the_workspaces_user_is_not_that_user(ask: Any, become: Any, orders: Any) -> None:
    become(Member(username="grace", groups=("ada",)))
    assert (await ask("GET", "api/1.0/tables/main.raw.orders/preview"))[0] == 403
    status, _ = await ask(
        "POST", "api/1.0/objects/table/main.raw.orders/grants", {"changes": [{"principal": "grace", "add": ["SELECT"]}]}
    )
    assert status == 403


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        (["a", "b", "a"], ("a", "b")),
        ([{"name": "a"}, {"name": ""}, 3, None], ("a",)),
        ("ab", ()),
        (None, ()),
        (7, ()),
    ],
)
def test_only_names_are_taken_from_what_a_provider_calls_groups(groups: Any, expected: tuple[str, ...]) -> None:
    assert groups_of(Member(username="grace", groups=groups)) == expected
    assert groups_of(HubUser({"name": "grace", "groups": groups})) == expected
    assert groups_of(User(username="grace")) == ()
