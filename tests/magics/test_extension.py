"""``%load_ext mlnb`` in a real shell: registration, errors, completion, hooks, display."""

from __future__ import annotations

from typing import Any

import pytest

from mlnb.core.caller import current_caller
from mlnb.core.errors import NotFoundError
from mlnb.magics import MAGICS, spec
from mlnb.magics.base import CellSyntaxError, MagicCall, MagicSpec, UsageError, execute_cell, parser


@pytest.fixture
def probe(shell: Any, monkeypatch: pytest.MonkeyPatch) -> list[MagicCall]:
    """A magic that keeps its calls; it takes the place of ``%mlnb``."""
    import mlnb.magics.mlnb as module

    calls: list[MagicCall] = []

    def make() -> Any:
        made = parser("%mlnb", "Probe.")
        made.add_argument("table", nargs="?")
        made.add_argument("--target")
        made.add_argument("--mode", choices=["append", "replace"])
        made.add_argument("--fail", action="store_true")
        return made

    def run(call: MagicCall) -> object:
        calls.append(call)
        if call.args.fail:
            raise NotFoundError("No table x.", hint="Did you mean y?")
        return execute_cell(call.shell, call.cell) if call.cell is not None else call.args.table

    names = {"table": lambda ws, prefix: ["main.ml.flights", "main.ml.planes", "main.raw.weather"]}
    monkeypatch.setattr(module, "MAGICS", [MagicSpec("mlnb", run, make, complete=names)])
    return calls


def test_every_magic_is_registered_with_help_and_its_module_exists(shell: Any) -> None:
    for name, (_, kinds, text) in MAGICS.items():
        assert name in shell.magics_manager.magics["line"]
        assert text
        found = spec(name)
        assert tuple(found.kinds) == kinds, name
        assert found.make_parser().format_help().strip()


def test_arguments_arrive_parsed_and_braces_as_typed(shell: Any, probe: list[MagicCall]) -> None:
    shell.user_ns["x"] = "expanded"
    assert shell.run_line_magic("mlnb", "'{x} $x'") == "{x} $x"
    assert probe[0].ws.path.name == ".mlnb"
    assert probe[0].cell is None


def test_a_usage_error_is_one_line_and_fails_the_cell(shell: Any, probe: list[MagicCall], capsys: Any) -> None:
    result = shell.run_cell("%mlnb --nope")
    assert isinstance(result.error_in_exec, UsageError)
    text = capsys.readouterr().out
    assert "INVALID_PARAMETER_VALUE" in text
    assert "Hint: " in text
    assert "Traceback" not in text
    assert probe == []


def test_an_error_of_ours_shows_code_and_hint_and_can_be_caught(
    shell: Any, probe: list[MagicCall], capsys: Any
) -> None:
    shell.run_cell("%mlnb --fail")
    text = capsys.readouterr().out
    assert "RESOURCE_DOES_NOT_EXIST: No table x." in text
    assert "Did you mean y?" in text
    assert "Traceback" not in text
    code = "try:\n    get_ipython().run_line_magic('mlnb', '--fail')\nexcept Exception as e:\n    caught = e.code"
    shell.run_cell(code)
    assert shell.user_ns["caught"] == "RESOURCE_DOES_NOT_EXIST"


def test_help_is_printed_and_the_cell_succeeds(shell: Any, probe: list[MagicCall], capsys: Any) -> None:
    assert shell.run_cell("%mlnb --help").success
    assert "--target" in capsys.readouterr().out
    assert probe == []


def test_the_wrong_form_of_a_magic_says_the_right_one(shell: Any, monkeypatch: Any, capsys: Any) -> None:
    import mlnb.magics.mlnb as module

    made = [MagicSpec("mlnb", lambda call: None, lambda: parser("%mlnb", ""), kinds=("line",))]
    monkeypatch.setattr(module, "MAGICS", made)
    result = shell.run_cell("%%mlnb\nx")
    assert isinstance(result.error_in_exec, UsageError)
    assert "Write %mlnb" in capsys.readouterr().out
    made[0] = MagicSpec("mlnb", lambda call: None, lambda: parser("%%mlnb", ""), kinds=("cell",))
    shell.run_cell("%mlnb")
    assert "Put %%mlnb on the first line" in capsys.readouterr().out


class TestExecuteCell:
    def test_a_body_runs_in_the_users_namespace_and_shows_its_last_value(
        self, shell: Any, probe: list[MagicCall], capsys: Any
    ) -> None:
        shell.run_cell("%%mlnb\na = 3\na + 1")
        assert shell.user_ns["a"] == 3
        assert "4" in capsys.readouterr().out

    def test_its_error_is_shown_once_and_reaches_the_outside(
        self, shell: Any, probe: list[MagicCall], capsys: Any
    ) -> None:
        result = shell.run_cell("%%mlnb\nb = 1\n1/0")
        assert isinstance(result.error_in_exec, ZeroDivisionError)
        text = capsys.readouterr().out
        assert text.count("ZeroDivisionError: division by zero") == 1
        assert "mlnb/magics" not in text
        assert shell.user_ns["b"] == 1

    def test_a_syntax_error_is_shown_once(self, shell: Any, probe: list[MagicCall], capsys: Any) -> None:
        result = shell.run_cell("%%mlnb\ndef f(:\n    pass")
        assert isinstance(result.error_in_exec, CellSyntaxError)
        text = capsys.readouterr().out
        assert text.count("SyntaxError: invalid syntax") == 1
        assert "Traceback" not in text


class TestHooks:
    @pytest.fixture(autouse=True)
    def notebook(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("JPY_SESSION_NAME", "/home/ada/flights.ipynb")

    def test_calls_in_a_cell_know_notebook_and_cell(self, shell: Any) -> None:
        shell.user_ns["ask"] = current_caller
        shell.run_cell("found = ask()", cell_id="abc-123")
        found = shell.user_ns["found"]
        assert (found.principal, found.source) == ("ada", "kernel")
        assert (found.notebook, found.cell_id) == ("/home/ada/flights.ipynb", "abc-123")

    def test_a_nested_run_belongs_to_the_outer_cell(self, shell: Any, probe: list[MagicCall]) -> None:
        shell.user_ns["ask"] = current_caller
        shell.run_cell("%%mlnb\ninner = ask()\nget_ipython().run_cell('deep = ask()')", cell_id="outer")
        assert shell.user_ns["inner"].cell_id == shell.user_ns["deep"].cell_id == "outer"

    def test_after_the_cell_nothing_of_it_is_left(self, shell: Any) -> None:
        shell.run_cell("1", cell_id="abc")
        shell.run_cell("1/0", cell_id="abc")
        assert current_caller().cell_id is None
        assert current_caller().notebook is None

    def test_a_console_has_no_notebook(self, shell: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("JPY_SESSION_NAME", "/home/ada/Console 1")
        shell.user_ns["ask"] = current_caller
        shell.run_cell("found = ask()", cell_id="x")
        assert shell.user_ns["found"].notebook is None


def _complete(shell: Any, text: str) -> list[str]:
    """Complete at the end of the text the way a kernel does for JupyterLab."""
    from IPython.core.completer import provisionalcompleter, rectify_completions

    with provisionalcompleter():
        raw = list(shell.Completer.completions(text, len(text)))
        return [text[: c.start] + c.text for c in rectify_completions(text, raw)]


class TestCompletion:
    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("%mlnb main.ml.f", "%mlnb main.ml.flights"),
            ("%mlnb ", "%mlnb main.raw.weather"),
            ("%%scope x --com", "%%scope x --comment"),
            ("%mlnb main.ml.flights --t", "%mlnb main.ml.flights --target"),
            ("%mlnb --mode ", "%mlnb --mode append"),
            ("%mlnb --mode rep", "%mlnb --mode replace"),
            ("x = 1\n%mlnb main.ml.p", "x = 1\n%mlnb main.ml.planes"),
        ],
    )
    def test_names_options_and_choices(self, shell: Any, probe: list[MagicCall], text: str, found: str) -> None:
        assert found in _complete(shell, text)

    def test_an_option_given_is_not_offered_again(self, shell: Any, probe: list[MagicCall]) -> None:
        assert "%mlnb --target x --target" not in _complete(shell, "%mlnb --target x --")

    def test_a_fault_in_completion_disturbs_nobody(self, shell: Any, probe: list[MagicCall], monkeypatch: Any) -> None:
        import mlnb.magics.complete as module

        def broken() -> None:
            raise RuntimeError("no workspace")

        monkeypatch.setattr(module, "current_workspace", broken)
        assert "%mlnb main.ml.flights" not in _complete(shell, "%mlnb main.ml.f")


class TestMlnbMagic:
    def test_status_help_and_journal_show_something_readable(self, shell: Any, ws: Any) -> None:
        ws.journal.append("table.created", "table:main.ml.<b>x</b>")
        overview = shell.run_line_magic("mlnb", "")
        assert str(ws.path) in repr(overview)
        assert "&lt;b&gt;" in overview._repr_html_()
        assert "%%sql" in repr(shell.run_line_magic("mlnb", "help"))
        assert "table.created" in repr(shell.run_line_magic("mlnb", "journal --limit 3"))


def test_unloading_takes_the_magics_and_hooks_away(shell: Any) -> None:
    shell.run_line_magic("unload_ext", "mlnb")
    try:
        assert not set(MAGICS) & set(shell.magics_manager.magics["line"])
        shell.user_ns["ask"] = current_caller
        shell.run_cell("found = ask()", cell_id="x")
        assert shell.user_ns["found"].cell_id is None
    finally:
        shell.run_line_magic("load_ext", "mlnb")


def test_loading_twice_registers_the_hooks_once(shell: Any) -> None:
    shell.run_line_magic("reload_ext", "mlnb")
    before = len(shell.events.callbacks["pre_run_cell"])
    import mlnb

    mlnb.load_ipython_extension(shell)
    assert len(shell.events.callbacks["pre_run_cell"]) == before


def test_display_falls_back_to_text_when_html_is_too_large(shell: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlnb import display

    monkeypatch.setattr(shell.display_formatter.formatters["text/html"], "enabled", True)  # as in a notebook
    monkeypatch.setattr(display, "_formatters", lambda stage: {"Thing": lambda obj: "x" * obj.size})
    thing = type("Thing", (), {"size": 10, "__module__": "mlnb.catalog.records", "__repr__": lambda self: "THING"})
    data, _ = shell.display_formatter.format(thing())
    assert data == {"text/plain": "THING", "text/html": "x" * 10}
    thing.size = display.MAX_HTML + 1
    data, _ = shell.display_formatter.format(thing())
    assert data == {"text/plain": "THING"}
