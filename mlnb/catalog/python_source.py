"""Python functions as source text: taken from a function in hand, and refused when they need anything that the text does not hold."""

from __future__ import annotations

import ast
import builtins
import inspect
import symtable
import textwrap
import types
import typing
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .errors import SqlError
from .records_objects import FunctionParameter

if TYPE_CHECKING:
    from .functions import Draft

_TYPES: dict[Any, str] = {
    bool: "BOOLEAN",
    int: "BIGINT",
    float: "DOUBLE",
    str: "STRING",
    bytes: "BINARY",
    date: "DATE",
    datetime: "TIMESTAMP",
    Decimal: "DECIMAL(38,18)",
}


def draft_of(function: Callable[..., Any], parameters: Sequence[FunctionParameter] | None, returns: Any) -> Draft:
    """Return what a Python function becomes: its source, and types from its annotations where none are given.

    Raises
    ------
    SqlError
        When it is not a plain function, or uses names that its source does not define.
    """
    from .functions import Draft

    if not inspect.isfunction(function) or function.__name__ == "<lambda>":
        raise _refused("Only a function made with def can be stored.", "Write def name(x: float) -> float: …")
    source = _source_of(function)
    if parameters is None:
        parameters = _parameters_of(function)
    if returns is None:
        hints = typing.get_type_hints(function)
        if "return" not in hints:
            raise _refused(
                f"{function.__name__} does not say what it returns.", "Annotate it: def f(x: float) -> float:"
            )
        returns = type_of(hints["return"])
    comment = inspect.getdoc(function)
    return Draft(
        language="PYTHON",
        parameters=list(parameters),
        returns=returns,
        columns=[],
        body=source,
        comment=comment.split("\n\n")[0] if comment else None,
    )


def _source_of(function: Callable[..., Any]) -> str:
    try:
        source = textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError) as error:
        raise _refused(
            f"The source of {function.__name__} cannot be read.",
            "Define it in a notebook cell or a file, not with exec.",
        ) from error
    if captured := function.__code__.co_freevars:
        raise _captures(function.__name__, captured)
    if ast.parse(source).body[0].decorator_list:  # type: ignore[attr-defined]
        raise _refused(f"{function.__name__} is decorated.", "Store the function without its decorator.")
    return source.strip("\n")


def _parameters_of(function: Callable[..., Any]) -> list[FunctionParameter]:
    hints = typing.get_type_hints(function)
    found = []
    for position, (name, parameter) in enumerate(inspect.signature(function).parameters.items()):
        if parameter.kind not in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
            raise _refused(
                f"The parameter {name} is no plain one.", "Leave out *args, **kwargs and keyword-only parameters."
            )
        if name not in hints:
            raise _refused(f"The parameter {name} has no type.", f"Annotate it: {name}: float.")
        default = None if parameter.default is parameter.empty else _literal(name, parameter.default)
        found.append(FunctionParameter(name=name, type_text=type_of(hints[name]), position=position, default=default))
    return found


def _literal(name: str, value: Any) -> str:
    """Return a default as SQL."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    raise _refused(f"The default of {name} is no text, number or boolean.", "Use None, and choose it in the function.")


def type_of(hint: Any) -> str:
    """Return the platform's type of an annotation.

    Raises
    ------
    SqlError
        For a type that has no counterpart.
    """
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        some = [item for item in inner if item is not type(None)]
        if len(some) == 1:
            return type_of(some[0])
    if origin is typing.Annotated:
        return type_of(inner[0])
    if origin is list and len(inner) == 1:
        return f"ARRAY<{type_of(inner[0])}>"
    if origin is dict and len(inner) == 2:
        return f"MAP<{type_of(inner[0])}, {type_of(inner[1])}>"
    if hint in _TYPES:
        return _TYPES[hint]
    shown = getattr(hint, "__name__", str(hint))
    raise _refused(
        f"The annotation {shown} has no SQL type.",
        "Use bool, int, float, str, bytes, date, datetime, Decimal, list[…] or dict[…, …], or pass parameters= and returns=.",
    )


def check_source(source: str, name: str, parameters: Sequence[str]) -> None:
    """Refuse source that is not Python, defines no function, or needs names from outside; nothing of it is run.

    Raises
    ------
    SqlError
        Naming the line, or the names.
    """
    from .sql.python import definition

    have = definition(name, source, tuple(parameters))[1].args
    needed = [*have.posonlyargs, *have.args]
    if len(needed) != len(parameters) and have.vararg is None:
        raise _refused(
            f"The source takes {len(needed)} parameters, the function {len(parameters)}.", "Make both the same."
        )
    outside = sorted(_outside(source, name, parameters))
    if outside:
        raise _captures(name, outside)


def _outside(source: str, name: str, parameters: Sequence[str]) -> set[str]:
    """Return the names that the source uses and neither it nor Python defines."""
    text = textwrap.dedent(source).strip("\n")
    if not defines(text):
        text = f"def f({', '.join(parameters)}):\n" + textwrap.indent(text, "    ")
    whole = symtable.symtable(text, name, "exec")
    defined = {symbol.get_name() for symbol in whole.get_symbols() if symbol.is_assigned() or symbol.is_imported()}
    defined |= {symbol.get_name() for symbol in whole.get_symbols() if symbol.is_namespace()}
    used: set[str] = set()
    waiting = [whole]
    while waiting:
        table = waiting.pop()
        waiting += table.get_children()
        used |= {
            symbol.get_name()
            for symbol in table.get_symbols()
            if symbol.is_referenced() and (symbol.is_global() or table is whole)
        }
    return {item for item in used if item not in defined and not hasattr(builtins, item) and not _module_name(item)}


def defines(source: str) -> bool:
    """Return whether source defines a function, rather than being the body of one."""
    try:
        found = ast.parse(source).body
    except SyntaxError:
        return False
    return any(isinstance(node, ast.FunctionDef) for node in found) and not any(
        isinstance(node, ast.Return) for node in found
    )


def _module_name(name: str) -> bool:
    return name in ("__name__", "__file__", "__doc__", "__builtins__")


def _captures(name: str, captured: Sequence[str]) -> SqlError:
    return _refused(
        f"{name} uses {', '.join(captured)}, which its source does not define.",
        "Import modules inside the function, and pass values as parameters: only its text is stored.",
    )


def _refused(message: str, hint: str) -> SqlError:
    return SqlError(message, code="INVALID_FUNCTION", hint=hint)
