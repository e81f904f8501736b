"""The magics, registered by name when the extension is loaded and imported when one is first used.

``%load_ext mlnb`` must not cost a second of anybody's morning, so this module knows only names and kinds. The module behind a magic is
``mlnb/magics/<module>.py`` with a list ``MAGICS`` of ``MagicSpec``; see ``mlnb.magics.base``.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from mlnb.magics.base import MagicSpec

# name -> (module, kinds, one line for `%mlnb help`)
MAGICS: dict[str, tuple[str, tuple[Literal["line", "cell"], ...], str]] = {
    "mlnb": ("mlnb", ("line",), "the workspace at a glance; %mlnb help lists the magics"),
    "sql": ("sql", ("line", "cell"), "query the catalog's tables and the notebook's data frames"),
    "table": ("table", ("line",), "show a table: columns, key, size, first rows"),
    "ingest": ("ingest", ("line",), "load files into a table, each once; --preview looks first"),
    "scope": ("scope", ("line", "cell"), "write down target, metrics and sign-off; later gates read it"),
    "holdout": ("holdout", ("line",), "keep rows for the final test; count who looks at them"),
    "eda": ("eda", ("line", "cell"), "what a table, frame or query holds, on one page; compare two"),
    "leakage": ("leakage", ("line",), "say which columns give the target away"),
    "plot": ("plot", ("line",), "one picture of a table or frame: distribution, groups, time, pairs"),
    "mlrun": ("mlrun", ("cell",), "run the cell as a tracked run"),
    "runs": ("runs", ("line",), "list runs with their metrics"),
    "rundiff": ("runs", ("line",), "say what differs between runs"),
    "evaluate": ("evaluate", ("line",), "how good a model is, where it is worst, whether it beats another"),
    "replay": ("replay", ("line",), "make a run again in a clean process and compare"),
    "register": ("registry", ("line",), "register a run's model as the next version"),
    "promote": ("registry", ("line",), "let an alias name a version, or ask for it"),
    "approve": ("registry", ("line",), "approve what was asked for"),
    "reject": ("registry", ("line",), "reject what was asked for"),
    "models": ("registry", ("line",), "show registered models, versions, requests, activity"),
    "deploy": ("deploy", ("line",), "serve a model version at a REST address"),
    "monitor": ("monitor", ("line",), "watch a table for drift and failing predictions"),
    "jobs": ("jobs", ("line",), "run notebooks as jobs and look at their runs"),
}


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Register magics, completion, formatters and the hooks that tell calls which cell they come from."""
    from IPython.core.magic import no_var_expand

    from mlnb import display
    from mlnb.magics import executed, hooks, leaked

    for name, (_, kinds, _) in MAGICS.items():
        function: Any = no_var_expand(_entry(shell, name))
        for kind in ("line", "cell"):
            shell.register_magic_function(  # type: ignore[call-arg]  # IPython's decorator hides the first argument
                function, magic_kind=kind, magic_name=name
            )
        for kind in kinds:
            key = ("%" if kind == "line" else "%%") + name
            shell.set_hook("complete_command", _completer(name), str_key=key)  # type: ignore[no-untyped-call]
    display.register(shell)
    hooks.install(shell)
    executed.install(shell)
    leaked.install(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Take the magics, formatters and hooks away again."""
    from mlnb import display
    from mlnb.magics import executed, hooks, leaked

    for name in MAGICS:
        for kind in ("line", "cell"):
            shell.magics_manager.magics[kind].pop(name, None)
    display.unregister(shell)
    hooks.remove(shell)
    executed.remove(shell)
    leaked.remove(shell)


def spec(name: str) -> MagicSpec:
    """Import the module behind a magic and return its specification."""
    module = importlib.import_module(f"mlnb.magics.{MAGICS[name][0]}")
    found: MagicSpec = next(one for one in module.MAGICS if one.name == name)
    return found


def _entry(shell: InteractiveShell, name: str) -> Any:
    """Make the function that IPython calls; what it imports is imported on the first call."""

    def magic(line: str, cell: str | None = None) -> object:
        from mlnb.magics.run import run_magic

        return run_magic(shell, spec(name), line, cell)

    magic.__name__ = name
    kinds = MAGICS[name][1]
    percent = "%%" if kinds == ("cell",) else "%"
    magic.__doc__ = f"{percent}{name}: {MAGICS[name][2]}.\n\n{percent}{name} --help explains the options."
    return magic


def _completer(name: str) -> Any:
    def complete(_: Any, event: Any) -> list[str]:
        from mlnb.magics.complete import complete_line

        return complete_line(spec(name), event.text_until_cursor, event.symbol)

    return complete
