"""Parameters of a notebook: what its `parameters` cell offers, and a copy of the notebook with values put in.

The papermill convention is kept: the cell tagged `parameters` holds the defaults, a cell tagged `injected-parameters`
behind it holds the values of this run. Values mostly arrive as text (a command line, a form, the platform's API), so
each one is converted to the type of its default, and a value that does not fit is refused before any cell has run.
"""

from __future__ import annotations

import ast
import json
import keyword
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mlnb.core.errors import InvalidParameterError, did_you_mean
from mlnb.core.records import Record

if TYPE_CHECKING:
    from nbformat import NotebookNode

PARAMETERS_TAG = "parameters"
INJECTED_TAG = "injected-parameters"

_TRUE = frozenset({"true", "1", "yes", "on"})
_FALSE = frozenset({"false", "0", "no", "off"})
_TYPES: dict[str, type] = {
    "bool": bool,
    "int": int,
    "float": float,
    "str": str,
    "list": list,
    "dict": dict,
    "tuple": tuple,
}


class NotebookParameter(Record):
    """One assignment of the `parameters` cell: its name, default value and the type that values are converted to."""

    name: str
    default: Any = None
    type: str = "any"


class NotebookCheck(Record):
    """A notebook that can run as a job: its path, its kernel, how many cells run and what can be set."""

    path: str
    kernel: str
    cells: int
    parameters: list[NotebookParameter]


def find_parameters(notebook: NotebookNode) -> list[NotebookParameter]:
    """Read the parameters a notebook offers, in the order they are written.

    Only assignments of literals count (`year = 2013`, `rate: float = 0.1`): the cell is parsed and never executed.

    Parameters
    ----------
    notebook
        A notebook in the version 4 format.

    Returns
    -------
    list[NotebookParameter]
        Empty when no cell is tagged `parameters`.
    """
    index = _tagged(notebook, PARAMETERS_TAG)
    if index is None:
        return []
    try:
        body = ast.parse(notebook.cells[index].source).body
    except SyntaxError:
        return []
    found: dict[str, NotebookParameter] = {}
    for statement in body:
        parameter = _assignment(statement)
        if parameter is not None:
            found[parameter.name] = parameter
    return list(found.values())


def convert_values(notebook: NotebookNode, values: Mapping[str, Any]) -> dict[str, Any]:
    """Convert values to the types of the notebook's defaults.

    Raises
    ------
    InvalidParameterError
        A name is not a Python name, or a value does not convert.
    """
    known = {parameter.name: parameter for parameter in find_parameters(notebook)}
    converted: dict[str, Any] = {}
    for name, value in values.items():
        if not name.isidentifier() or keyword.iskeyword(name):
            raise InvalidParameterError(
                f"{name!r} cannot be a parameter: it is not a Python name.",
                hint=did_you_mean(name, known) or "Use letters, digits and underscores, not starting with a digit.",
            )
        converted[name] = _convert(known[name], value) if name in known else value
    return converted


def inject_parameters(notebook: NotebookNode, values: Mapping[str, Any]) -> NotebookNode:
    """Copy a notebook with a cell that assigns the given values.

    The cell replaces an earlier `injected-parameters` cell, else it follows the `parameters` cell, else it comes first.
    The notebook passed in is not changed.

    Parameters
    ----------
    notebook
        The notebook as the user saved it.
    values
        Name to value. Text is converted to the type of the default of that name.

    Returns
    -------
    NotebookNode
        A deep copy, with the extra cell when there are values.
    """
    import copy

    import nbformat

    converted = convert_values(notebook, values)
    result = copy.deepcopy(notebook)
    if not converted:
        return result
    lines = ["# Values of this run", *(f"{name} = {value!r}" for name, value in converted.items())]
    cell = nbformat.v4.new_code_cell("\n".join(lines), metadata={"tags": [INJECTED_TAG]})  # type: ignore[no-untyped-call]
    earlier, defaults = _tagged(result, INJECTED_TAG), _tagged(result, PARAMETERS_TAG)
    if earlier is not None:
        result.cells[earlier] = cell
    else:
        result.cells.insert(0 if defaults is None else defaults + 1, cell)
    return result


def _tagged(notebook: NotebookNode, tag: str) -> int | None:
    """Position of the first code cell with a tag."""
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type == "code" and tag in cell.metadata.get("tags", ()):
            return index
    return None


def _assignment(statement: ast.stmt) -> NotebookParameter | None:
    """The parameter that one statement of the cell defines, or None for anything but `name = literal`."""
    annotation: str | None = None
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target: ast.expr = statement.targets[0]
    elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
        target, annotation = statement.target, ast.unparse(statement.annotation)
    else:
        return None
    if not isinstance(target, ast.Name) or statement.value is None:
        return None
    try:
        default = ast.literal_eval(statement.value)
    except ValueError:
        return None
    kind = annotation if annotation in _TYPES else type(default).__name__
    return NotebookParameter(name=target.id, default=default, type=kind if kind in _TYPES else "any")


def _convert(parameter: NotebookParameter, value: Any) -> Any:
    """One value in the type of its parameter; values that already have it (from Python) pass unchanged."""
    wanted = _TYPES.get(parameter.type)
    if (
        wanted is None
        or value is None
        or (isinstance(value, wanted) and not (wanted is int and isinstance(value, bool)))
    ):
        return value
    try:
        return _from_text(wanted, value) if isinstance(value, str) else _from_value(wanted, value)
    except (ValueError, TypeError, SyntaxError):
        raise InvalidParameterError(
            f"Parameter {parameter.name!r} cannot be {value!r}: its default {parameter.default!r} is {parameter.type}.",
            hint=f"Give a value of type {parameter.type}, or change the default in the cell tagged 'parameters'.",
        ) from None


def _from_text(wanted: type, text: str) -> Any:
    if wanted is bool:
        lowered = text.strip().lower()
        if lowered in _TRUE | _FALSE:
            return lowered in _TRUE
        raise ValueError(text)
    if wanted in (int, float):
        return wanted(text)
    try:
        value = json.loads(text)
    except ValueError:
        value = ast.literal_eval(text)
    return _from_value(wanted, value)


def _from_value(wanted: type, value: Any) -> Any:
    if wanted is str:
        return str(value)
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if wanted is tuple and isinstance(value, list):
        return tuple(value)
    if isinstance(value, wanted) and not (wanted is int and isinstance(value, bool)):
        return value
    raise TypeError(value)
