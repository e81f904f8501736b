"""What IPython is told about live views: which types have one, and our ``display``.

A view is added to an output; the HTML and text that the object has anyway stay in it, for every place that has no components.
"""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from IPython.core.interactiveshell import InteractiveShell

log = logging.getLogger("mlnb.display")

#: Module and name of types → what makes their view. Looked up by name, so none of the libraries is imported for it.
_FRAMES = frozenset({("pandas", "DataFrame"), ("polars", "DataFrame"), ("pyarrow", "Table")})
_OURS = frozenset(
    {("explore", "Profile"), ("explore", "Comparison"), ("catalog", "SqlResult"), ("training", "BackgroundRun")}
)

#: ``own`` leaves data frames as their library shows them; ``display(df)`` shows the grid either way.
CHOICE = "MLNB_FRAMES"


def find(typ: Any) -> Callable[[Any], dict[str, Any]] | None:
    """Find what adds a live view to the output of a type, None where there is none."""
    parts = getattr(typ, "__module__", "").split(".")
    if parts[0] == "mlnb":
        names = {(parts[1] if len(parts) > 1 else "", base.__name__) for base in typ.__mro__}
        return _ours if names & _OURS else None
    if (parts[0], typ.__name__) in _FRAMES and os.environ.get(CHOICE, "grid") != "own":
        return _frame
    return None


def _ours(record: Any) -> dict[str, Any]:
    from mlnb.display import views

    if hasattr(record, "columns") and hasattr(record, "to_arrow") and not record.columns:
        return {}  # a statement without rows
    return _safely(lambda: _view_of(record, views))


def _view_of(record: Any, views: Any) -> Any:
    if type(record).__name__ != "SqlResult":
        return views.show(record)
    # The cell that shows a result keeps its rows in this variable.
    return views.DataGrid(record.to_arrow(), name="_sqldf")


def _frame(frame: Any) -> dict[str, Any]:
    from mlnb.display.views import FRAME_SNAPSHOT, DataGrid

    if min(frame.shape) == 0:
        return {}
    return _safely(lambda: DataGrid(frame, name=variable_of(frame), max_bytes=FRAME_SNAPSHOT))


def _safely(make: Callable[[], Any]) -> dict[str, Any]:
    """Make the view's part of an output; an output without it is better than none."""
    try:
        found: dict[str, Any] = make().bundle()
    except Exception:
        log.warning("mlnb: this output has no live view", exc_info=True)
        return {}
    return found


def variable_of(value: Any) -> str | None:
    """Return the name of the user's variable that holds a value."""
    from IPython.core.getipython import get_ipython

    shell: Any = get_ipython()
    if shell is None:
        return None
    names = [name for name, held in list(shell.user_ns.items()) if held is value and not name.startswith("_")]
    return names[0] if names else None


def is_tabular(value: Any) -> bool:
    """Say whether something has rows and columns."""
    module = type(value).__module__.split(".")[0]
    name = type(value).__name__
    return (module, name) in _FRAMES or (module, name) in {
        ("pandas", "Series"),
        ("polars", "LazyFrame"),
        ("_duckdb", "DuckDBPyRelation"),
        ("duckdb", "DuckDBPyRelation"),
        ("pyarrow", "RecordBatch"),
    }


def display(*values: Any, **options: Any) -> Any:
    """Show values: what has rows and columns as a grid, everything else as IPython does.

    Parameters
    ----------
    options
        Of IPython's ``display``, such as ``display_id``.
    """
    from IPython.display import display as shown

    from mlnb.display.views import DataGrid

    return shown(  # type: ignore[no-untyped-call]
        *(DataGrid(value, name=variable_of(value)) if is_tabular(value) else value for value in values), **options
    )


def install(shell: InteractiveShell) -> None:
    """Put ``display`` and ``dbutils`` into the user's names, where nothing else has them."""
    from mlnb.display.dbutils import DBUtils

    if shell.user_ns.get("display") is None or _is_ipythons(shell.user_ns["display"]):
        shell.user_ns["display"] = display
        shell.user_ns_hidden["display"] = display
    if "dbutils" not in shell.user_ns:
        made = DBUtils()
        shell.user_ns["dbutils"] = made
        shell.user_ns_hidden["dbutils"] = made


def remove(shell: InteractiveShell) -> None:
    """Take them away again."""
    for name in ("display", "dbutils"):
        held = shell.user_ns.get(name)
        if held is not None and held is shell.user_ns_hidden.get(name):
            shell.user_ns.pop(name)
            shell.user_ns_hidden.pop(name)


def _is_ipythons(function: Any) -> bool:
    return getattr(function, "__module__", "").startswith("IPython.")
