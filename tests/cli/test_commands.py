"""Every command: help, lists as JSON, errors with hint and exit code 1."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import click
import pytest

from mlnb.cli.main import COMMANDS, cli

Run = Callable[..., Any]


def _commands() -> Iterator[tuple[str, click.Command]]:
    """Every command with its path, such as ``journal tail``."""
    context = click.Context(cli)
    waiting = [(name, cli.get_command(context, name)) for name in cli.list_commands(context)]
    while waiting:
        path, command = waiting.pop(0)
        assert command is not None, path
        yield path, command
        if isinstance(command, click.Group):
            waiting += [(f"{path} {name}", command.commands[name]) for name in sorted(command.commands)]


ALL = list(_commands())
PATHS = [path for path, _ in ALL]


def test_every_command_of_the_table_exists() -> None:
    context = click.Context(cli)
    assert [name for name in COMMANDS if cli.get_command(context, name) is None] == []


@pytest.mark.parametrize(("path", "command"), ALL, ids=PATHS)
def test_every_command_and_option_has_help(path: str, command: click.Command) -> None:
    assert command.help, path
    assert [p.name for p in command.params if isinstance(p, click.Option) and not p.help] == []


def test_lists_offer_json() -> None:
    lists = [
        (path, command)
        for path, command in ALL
        if path.split()[-1] in ("list", "ls", "tail", "status", "runs", "history", "routes")
        and not isinstance(command, click.Group)
    ]
    assert lists
    assert [path for path, command in lists if "json_flag" not in [p.name for p in command.params]] == []


def test_help_comes_without_importing_the_commands() -> None:
    code = "import sys; from mlnb.cli.main import cli; cli.main(['--help'], standalone_mode=False); print([m for m in ('mlflow', 'pandas', 'sqlalchemy', 'duckdb', 'mlnb.door') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=180)
    assert done.stdout.splitlines()[-1] == "[]"
    assert "journal" in done.stdout


def test_the_package_runs_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "mlnb", "--version"], capture_output=True, text=True, timeout=180)
    assert done.returncode == 0
    assert done.stdout.startswith("mlnb")


def test_status_tells_where_and_what(run: Run, ws: Any) -> None:
    outcome = run("status")
    assert outcome.code == 0
    assert str(ws.path) in outcome.out
    found = json.loads(run("status", "--json").out)
    assert found["workspace"]["state"] == "ready"
    assert found["supervisor"] == {"running": False}


def test_up_and_down_start_and_stop_one_supervisor(run: Run, ws: Any) -> None:
    first = run("up")
    assert first.code == 0, first.err
    pid = ws.supervisor.status().pid
    assert str(pid) in first.out
    assert "runs already" in run("up").out
    assert ws.supervisor.status().pid == pid
    assert "stopped" in run("down").out
    assert not ws.supervisor.status().running
    assert "does not run" in run("down").out


class TestJournal:
    def test_tail_shows_the_newest_and_filters(self, run: Run, ws: Any) -> None:
        for i in range(5):
            ws.journal.append("table.created", f"table:main.default.t{i}", {"rows": i})
        ws.journal.append("run.finished", "run:1")
        rows = json.loads(run("journal", "tail", "-n", "3", "--json").out)
        assert [row["id"] for row in rows] == [4, 5, 6]
        assert rows[0]["payload"] == {"rows": 3}
        table = run("journal", "tail", "--action", "run.*").out
        assert "run:1" in table
        assert "table:" not in table
        assert run("journal", "tail", "--subject", "nothing:*").out.startswith("The journal has no such event")

    def test_verify_passes_on_an_untouched_journal(self, run: Run, ws: Any) -> None:
        ws.journal.append("table.created", "table:a.b.c")
        outcome = run("journal", "verify")
        assert (outcome.code, outcome.out) == (0, "The journal is intact: 1 events.\n")
        assert json.loads(run("journal", "verify", "--json").out)["ok"] is True

    def test_verify_names_the_first_event_that_was_changed(self, run: Run, ws: Any) -> None:
        for i in range(4):
            ws.journal.append("table.created", f"table:main.default.t{i}", {"rows": i})
        with sqlite3.connect(ws.path / "metastore.db") as connection:
            connection.execute("""UPDATE journal SET payload = '{"rows":99}' WHERE id = 3""")
        connection.close()
        outcome = run("journal", "verify")
        assert outcome.code == 1
        assert "event 3" in outcome.err
        assert "Hint: " in outcome.err
        outcome = run("journal", "verify", "--json")
        assert (outcome.code, json.loads(outcome.out)["broken_id"]) == (1, 3)


def test_an_error_is_a_code_a_message_a_hint_and_exit_code_1(run: Run) -> None:
    outcome = run("scope", "show", "nothing")
    assert outcome.code == 1
    assert outcome.out == ""
    assert outcome.err.startswith("Error: ")
    assert "Traceback" not in outcome.err


def test_broken_settings_are_told_and_change_nothing(run: Run, workspace_path: Any, monkeypatch: Any) -> None:
    from mlnb import door

    door._opened.clear()
    (workspace_path / "mlnb.toml").write_text("user = [")
    outcome = run("status")
    assert outcome.code == 1
    assert "INVALID_SETTINGS" in outcome.err
    assert "Hint: " in outcome.err


def test_another_workspace_can_be_named(run: Run, tmp_path: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("MLNB_WORKSPACE", "elsewhere")  # restored after the test, whatever the command sets
    found = json.loads(run("-w", str(tmp_path / "other"), "status", "--json").out)
    assert found["workspace"]["path"] == str(tmp_path / "other")


def test_the_openapi_document_is_printed(run: Run) -> None:
    assert json.loads(run("server", "openapi").out)["openapi"] == "3.1.0"
    rows = json.loads(run("server", "routes", "--json").out)
    assert {"verb": "GET", "path": "/api/1.0/status"}.items() <= rows[0].items()


def test_lab_starts_jupyterlab_on_the_workspaces_folder(run: Run, ws: Any, monkeypatch: Any) -> None:
    started: list[Any] = []
    monkeypatch.setattr("os.execv", lambda program, arguments: started.append(arguments))
    assert run("lab", "--no-browser", "--port=0").code == 0
    assert started[0][1:3] == ["-m", "jupyterlab"]
    assert f"--ServerApp.root_dir={ws.path.parent}" in started[0]
    assert started[0][-2:] == ["--no-browser", "--port=0"]
