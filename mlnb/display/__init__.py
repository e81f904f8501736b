"""How the stages' results look in a cell.

A stage's records know nothing of HTML. ``mlnb/display/<stage>.py`` holds ``FORMATTERS``: the name of a type → a function that returns its
HTML. They are registered with IPython by module and type name, so neither the stage nor its formatter is imported before such an object
is shown for the first time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from IPython.core.interactiveshell import InteractiveShell

STAGES = (
    "catalog",
    "scope",
    "explore",
    "features",
    "training",
    "evaluation",
    "registry",
    "serving",
    "monitoring",
    "jobs",
)

MAX_HTML = 100_000
"""Bytes of HTML one output may have; a larger one falls back to text, because notebooks are files that people send around."""


def register(shell: InteractiveShell) -> None:
    """Let IPython show the stages' results with their own formatters, found when first needed, and answer for those that are live."""
    if shell.display_formatter is None:
        return
    from mlnb.display import comm, showing

    html = shell.display_formatter.formatters["text/html"]
    _hook(html, _find)
    # A terminal shows texts only: it needs no views.
    _hook(shell.display_formatter.mimebundle_formatter, lambda typ: showing.find(typ) if html.enabled else None)
    showing.install(shell)
    comm.install(shell)


def unregister(shell: InteractiveShell) -> None:
    """Show everything as before."""
    if shell.display_formatter is None:
        return
    from mlnb.display import comm, showing

    for formatter in (shell.display_formatter.formatters["text/html"], shell.display_formatter.mimebundle_formatter):
        vars(formatter).pop("lookup_by_type", None)  # the class's own method shows through again
    showing.remove(shell)
    comm.remove(shell)


def _hook(formatter: Any, find: Callable[[Any], Any]) -> None:
    """Let ``find`` answer for a type before the formatter's own table does."""
    if "lookup_by_type" in vars(formatter):
        return
    lookup = formatter.lookup_by_type

    def lookup_by_type(typ: Any) -> Any:
        found = find(typ)
        return found if found is not None else lookup(typ)

    formatter.lookup_by_type = lookup_by_type


def show(record: Any, **props: Any) -> Any:
    """Return the live view of a profile, a comparison, a result of SQL or anything with rows and columns."""
    from mlnb.display.views import show as view_of

    return view_of(record, **props)


def html_of(obj: Any) -> str | None:
    """Return the HTML of one of our records, ``None`` if it has no formatter."""
    formatter = _find(type(obj)) if isinstance(type(obj), type) else None
    return formatter(obj) if formatter is not None else None


def _find(typ: Any) -> Callable[[Any], str | None] | None:
    """Find the formatter of a type of ours by the stage its module belongs to and its name."""
    parts = getattr(typ, "__module__", "").split(".")
    if len(parts) < 2 or parts[0] != "mlnb" or parts[1] not in STAGES:
        return None
    formatters = _formatters(parts[1])
    for base in typ.__mro__:
        if base.__name__ in formatters:
            return _capped(formatters[base.__name__])
    return None


def _formatters(stage: str) -> dict[str, Callable[[Any], str]]:
    import importlib
    import importlib.util

    name = f"mlnb.display.{stage}"
    if importlib.util.find_spec(name) is None:
        return {}
    found: dict[str, Callable[[Any], str]] = importlib.import_module(name).FORMATTERS
    return found


def _capped(formatter: Callable[[Any], str]) -> Callable[[Any], str | None]:
    def render(obj: Any) -> str | None:
        html = formatter(obj)
        return html if len(html.encode()) <= MAX_HTML else None

    return render
