"""Models and scope cards through cells, routes and the command line: the same calls, the same errors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from mlnb.core.caller import calling
from mlnb.core.errors import MlnbError

if TYPE_CHECKING:
    from mlnb.door import Workspace


@pytest.fixture(scope="module")
def shell(registry_ws: Workspace) -> Iterator[Any]:
    """A real IPython shell with the extension, on the tests' workspace."""
    from IPython.core.interactiveshell import InteractiveShell

    import mlnb.magics

    patch = pytest.MonkeyPatch()
    patch.setattr("mlnb.workspace", lambda *_: registry_ws)
    made = InteractiveShell.instance()
    mlnb.magics.load_ipython_extension(made)
    yield made
    mlnb.magics.unload_ipython_extension(made)
    InteractiveShell.clear_instance()
    patch.undo()


def _html(shell: Any, value: object) -> str:
    data, _ = shell.display_formatter.format(value)
    assert data["text/plain"]
    return str(data["text/html"])


def test_a_card_is_written_shown_and_signed_in_cells(shell: Any) -> None:
    made = shell.run_cell_magic(
        "scope", "from_a_cell", "problem: regression\nmetrics: [{name: rmse, max: 3}]\nsignoff: {approvers: [zoe]}\n"
    )
    assert (made.version, made.state) == (1, "DRAFT")
    assert "from_a_cell" in _html(shell, made)
    with calling(principal="zoe"):
        signed = shell.run_line_magic("scope", "from_a_cell --sign approver --comment 'fine by me'")
    assert signed.state == "AGREED"
    assert "zoe" in _html(shell, signed)
    assert "from_a_cell" in _html(shell, shell.run_line_magic("scope", ""))
    assert len(shell.run_line_magic("scope", "from_a_cell --history")) == 1


def test_from_run_to_champion_in_cells(
    shell: Any, registry_ws: Workspace, train: Any, evaluate: Any, model_name: str
) -> None:
    run = train(scope="signed")
    evaluate(run)
    version = shell.run_line_magic("register", f"{model_name} --tag season=2013 --description 'first try'")
    assert (version.run_id, version.tags["season"], version.description) == (run, "2013", "first try")
    assert "roc_auc" in _html(shell, version)
    report = shell.run_line_magic("models", f"{model_name} 1 --check")
    assert "approval:approver" in _html(shell, report)
    with pytest.raises(MlnbError, match="needs approval"):
        shell.run_line_magic("promote", f"{model_name} --to @champion")
    request = shell.run_line_magic("promote", f"{model_name} --to @champion --request --comment 'have a look'")
    assert f"%approve {model_name} 1 --to @champion" in _html(shell, request)
    assert model_name in _html(shell, shell.run_line_magic("models", "--requests"))
    with calling(principal="bob"):
        approval = shell.run_line_magic("approve", f"{model_name} 1 --to @champion --comment 'I looked'")
    assert "metric:roc_auc" in _html(shell, approval)
    assert "@champion" in _html(shell, shell.run_line_magic("models", model_name))
    assert model_name in _html(shell, shell.run_line_magic("models", ""))
    feed = shell.run_line_magic("models", f"{model_name} --activity")
    assert "I looked" in _html(shell, feed)
    assert "approved" in repr(feed)


def test_what_comes_from_users_is_escaped(shell: Any, registry_ws: Workspace, run_id: str, model_name: str) -> None:
    evil = "<img src=x onerror=alert(1)>"
    version = registry_ws.models.register(f"runs:/{run_id}/model", model_name, description=evil, tags={"k": evil})
    with calling(principal=evil):
        request = registry_ws.models.request(model_name, 1, "@next", comment=evil)
    model = registry_ws.models.get(model_name)
    for value in (
        version,
        request,
        model,
        registry_ws.models.activities(model_name),
        registry_ws.models.requests(model_name),
    ):
        assert "<img" not in _html(shell, value)


LINES = [
    ("register", "main.ml.x --tag nonsense", "name=value"),
    ("register", "main.ml.x --run nosuchrun", "no run"),
    ("promote", "main.ml.x 1", "--to"),
    ("models", "main.ml.nosuch", "no registered model"),
    ("approve", "main.ml.nosuch 1 --to @champion", "no registered model"),
    ("scope", "nosuch", "no scope card"),
]


@pytest.mark.parametrize(("magic", "line", "text"), LINES, ids=[f"{row[0]} {row[1]}" for row in LINES])
def test_a_wrong_line_is_one_error_with_a_hint(shell: Any, magic: str, line: str, text: str) -> None:
    with pytest.raises(MlnbError) as caught:
        shell.run_line_magic(magic, line)
    assert text in str(caught.value)
    assert caught.value.hint


def test_every_magic_explains_itself(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    for magic in ("scope", "register", "promote", "approve", "reject", "models"):
        shell.run_line_magic(magic, "--help")
        assert "usage:" in capsys.readouterr().out


def _ask(ws: Workspace, verb: str, path: str, body: dict[str, Any] | None = None, **query: str) -> Any:
    """Answer a request as the server does, without the network."""
    from mlnb.server import registry, scope
    from mlnb.server.operations import Incoming, perform
    from mlnb.server.router import Router

    match = Router([*registry.ROUTES, *scope.ROUTES]).find(verb, path)
    incoming = Incoming(
        verb,
        path,
        match.params,
        {key: [value] for key, value in query.items()},
        {},
        json.dumps(body).encode() if body else b"",
    )
    answer = perform(match.route, ws, incoming, max_json_bytes=1 << 20)
    assert isinstance(answer.body, bytes)
    return json.loads(answer.body)


def test_the_screens_get_their_shapes(registry_ws: Workspace, train: Any, evaluate: Any, model_name: str) -> None:
    run = train(scope="signed")
    evaluate(run)
    registry_ws.models.register(f"runs:/{run}/model", model_name)
    base = f"/api/1.0/models/{model_name}"
    asked = _ask(registry_ws, "POST", f"{base}/versions/1/requests", {"to": "@champion", "comment": "please"})
    assert {"id", "version", "target", "creator", "comment", "state", "created_at"} <= set(asked)
    (line,) = [item for item in _ask(registry_ws, "GET", "/api/1.0/models")["models"] if item["name"] == model_name]
    assert (line["latest_version"], line["open_requests"], line["aliases"]) == (1, 1, {})
    model = _ask(registry_ws, "GET", base)
    assert {"version", "stage", "aliases", "status", "run_id", "created_at", "metrics"} <= set(model["versions"][0])
    assert {"metric", "value", "dataset"} <= set(model["versions"][0]["metrics"][0])
    assert model["requests"][0]["state"] == "open"
    gates = _ask(registry_ws, "GET", f"{base}/versions/1/gates", to="@champion")
    assert gates["passed"] is False
    assert {"gate", "status", "message"} <= set(gates["results"][0])
    with calling(principal="bob"):
        decided = _ask(registry_ws, "POST", f"{base}/versions/1/approve", {"to": "@champion"})
    assert (decided["applied"], decided["transition"]["to"]) == (True, "@champion")
    feed = _ask(registry_ws, "GET", f"{base}/activities", limit="2")["activities"]
    assert [item["activity_type"] for item in feed] == ["APPROVED_REQUEST", "APPLIED_TRANSITION"]
    assert _ask(registry_ws, "GET", "/api/1.0/requests", state="all")["requests"]


def test_scope_cards_over_http(registry_ws: Workspace) -> None:
    body = {"body": {"problem": "other", "metrics": [{"name": "m"}], "signoff": {"approvers": ["ada"]}}}
    assert _ask(registry_ws, "PUT", "/api/1.0/scopes/web", body)["version"] == 1
    with calling(principal="ada"):
        signed = _ask(registry_ws, "POST", "/api/1.0/scopes/web/sign", {"role": "approver"})
    assert signed["state"] == "AGREED"
    assert _ask(registry_ws, "GET", "/api/1.0/scopes/web")["card"]["problem"] == "other"
    assert "web" in [scope["name"] for scope in _ask(registry_ws, "GET", "/api/1.0/scopes")["scopes"]]
    with pytest.raises(MlnbError) as caught:
        _ask(registry_ws, "PUT", "/api/1.0/scopes/web", {"body": {"problm": "other"}})
    assert caught.value.fields


def test_the_platform_client_understands_models_versions_and_aliases(
    registry_ws: Workspace, run_id: str, model_name: str
) -> None:
    from databricks.sdk.service.catalog import ModelVersionInfo, RegisteredModelAlias, RegisteredModelInfo

    registry_ws.models.register(f"runs:/{run_id}/model", model_name, description="one")
    base = f"/api/2.1/unity-catalog/models/{model_name}"
    alias = RegisteredModelAlias.from_dict(_ask(registry_ws, "PUT", f"{base}/aliases/champion", {"version_num": 1}))
    assert (alias.alias_name, alias.version_num) == ("champion", 1)
    model = RegisteredModelInfo.from_dict(_ask(registry_ws, "GET", base))
    assert (model.full_name, model.catalog_name, model.schema_name) == (model_name, "main", "ml")
    assert model.aliases is not None
    assert model.aliases[0].alias_name == "champion"
    listed = _ask(registry_ws, "GET", "/api/2.1/unity-catalog/models", catalog_name="main", schema_name="ml")
    assert model_name in [item["full_name"] for item in listed["registered_models"]]
    version = ModelVersionInfo.from_dict(_ask(registry_ws, "GET", f"{base}/versions/1"))
    assert (version.version, version.run_id, version.comment) == (1, run_id, "one")
    assert version.status is not None
    by_alias = ModelVersionInfo.from_dict(_ask(registry_ws, "GET", f"{base}/aliases/champion"))
    assert by_alias.version == 1
    assert len(_ask(registry_ws, "GET", f"{base}/versions")["model_versions"]) == 1
    assert _ask(registry_ws, "DELETE", f"{base}/aliases/champion") == {}
    assert registry_ws.models.get(model_name).aliases == {}


@pytest.fixture
def command(registry_ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run ``mlnb …`` on the tests' workspace."""
    from mlnb.cli.main import cli

    monkeypatch.setattr("mlnb.workspace", lambda *_: registry_ws)

    def run(*arguments: str) -> Any:
        return CliRunner().invoke(cli, arguments)

    return run


def test_the_command_line_lists_shows_and_moves(command: Any, run_id: str, model_name: str, tmp_path: Any) -> None:
    made = command("models", "register", f"runs:/{run_id}/model", model_name, "--tag", "k=v")
    assert "version 1" in made.output
    assert command("models", "promote", model_name, "1", "--to", "@champion").exit_code == 0
    assert json.loads(command("models", "show", model_name, "--json").output)["aliases"] == {"champion": 1}
    assert model_name in command("models", "list").output
    assert "READY" in command("models", "show", model_name, "1").output
    assert command("models", "check", model_name, "1").exit_code == 0
    assert "registered version 1" in command("models", "activity", model_name).output
    assert isinstance(json.loads(command("models", "requests", "--json").output), list)
    card = tmp_path / "card.yaml"
    card.write_text("problem: other\nmetrics: [{name: m}]\n")
    assert "version 1" in command("scope", "put", "shell_card", str(card)).output
    assert "problem: other" in command("scope", "show", "shell_card").output
    assert "shell_card" in [row["name"] for row in json.loads(command("scope", "list", "--json").output)]


def test_the_command_line_fails_with_the_error(command: Any) -> None:
    failed = command("models", "show", "main.ml.nosuch")
    assert isinstance(failed.exception, MlnbError)
    assert failed.exception.code == "MODEL_NOT_FOUND"
