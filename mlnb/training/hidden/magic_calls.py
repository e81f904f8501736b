"""IPython's own syntax, as it stands in transformed code: ``get_ipython().run_cell_magic('time', '', 'x = f()')``."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

from .facts import RANDOM
from .syntax import bound_names

if TYPE_CHECKING:
    from .expressions import Expressions

_CALLS = ("run_line_magic", "run_cell_magic", "run_cell", "system", "getoutput")
#: Magics whose text is Python that runs among the notebook's variables.
_PYTHON = frozenset({"mlrun", "time", "timeit", "prun", "capture", "python_timer"})
#: Magics after which variables may be anything.
_OPAQUE = frozenset({"run", "store", "reset", "reset_selective", "xdel", "load", "macro", "edit", "pylab"})
#: Cell magics whose text is none of the notebook's code.
_TEXT = frozenset(
    {
        "bash",
        "sh",
        "html",
        "javascript",
        "js",
        "latex",
        "markdown",
        "svg",
        "script",
        "writefile",
        "file",
        "scope",
        "system",
        "cmd",
        "perl",
        "ruby",
    }
)
_WORD = re.compile(r"[A-Za-z_]\w*")
_SQL_NAME = re.compile(r"(?:\b(?:from|join)\s+|,\s*)([A-Za-z_]\w*)(?![\w.(])|(?<![:\w]):([A-Za-z_]\w*)", re.IGNORECASE)
_ASSIGN = re.compile(r"\s*([A-Za-z_]\w*)\s*<<")
_SEED = re.compile(r"--seed[ =]\s*\d+")
_NAMES = re.compile(r"--(?:metrics|params|send)[ =]\s*([A-Za-z_][\w,]*)")


def magic_call(reader: Expressions, node: ast.Call) -> bool:
    """Read a call of the shell; return whether it was one."""
    function = node.func
    if not (isinstance(function, ast.Attribute) and isinstance(function.value, ast.Call)):
        return False
    shell = function.value.func
    if not (isinstance(shell, ast.Name) and shell.id == "get_ipython" and function.attr in _CALLS):
        return False
    texts = [item.value if isinstance(item, ast.Constant) else None for item in node.args]
    name, line = (str(text or "") for text in (*texts, "", "")[:2])
    body = str(texts[2]) if len(texts) > 2 and texts[2] is not None else None
    if function.attr == "run_cell":
        reader.opaque("get_ipython().run_cell")
    elif function.attr.startswith("run_"):
        _magic(reader, name, line, body)
    return True


def _magic(reader: Expressions, name: str, line: str, body: str | None) -> None:
    if name in _PYTHON:
        _python(reader, name, line, body)
    elif name in _OPAQUE:
        reader.opaque(f"%{name} {line}".strip())
    elif name == "sql":
        _sql(reader, line, body)
    elif body is None:
        for word in _WORD.findall(line):
            if word in reader.kinds and not reader.kinds[word].startswith("module:"):
                reader.load(word)
    elif name not in _TEXT and name not in ("eda", "mlnb"):
        reader.opaque(f"%%{name}")


def _python(reader: Expressions, name: str, line: str, body: str | None) -> None:
    if name == "mlrun" and _SEED.search(line):
        for pseudo in RANDOM.values():
            reader.store(pseudo)
    code = body if body is not None else re.sub(r"^(?:-\w+\s+\d*\s*)*", "", line)
    tree = parsed(code)
    if name == "timeit":  # in a function of its own: what it binds is gone
        inside = type(reader)(reader.kinds, bound_names(tree))
        inside.read(tree)
        reader.take(inside)
    else:
        reader.read(tree)
    if name == "capture" and (words := [word for word in line.split() if not word.startswith("-")]):
        reader.store(words[0])
    if name == "mlrun":
        for names in _NAMES.findall(line):
            for word in names.split(","):
                if word not in ("auto", "none", ""):
                    reader.load(word)


def _sql(reader: Expressions, line: str, body: str | None) -> None:
    text = f"{line}\n{body or ''}"
    for frame, parameter in _SQL_NAME.findall(text):
        word = frame or parameter
        kind = reader.kinds.get(word)
        if parameter or (kind is not None and not kind.startswith("module:")):
            reader.load(word)
    if (match := _ASSIGN.match(text)) is not None:
        reader.store(match[1])
    reader.store("_sqldf")


def parsed(code: str) -> list[ast.stmt]:
    """Return the statements of a cell, IPython's syntax turned into calls first; none of a cell that is no Python."""
    try:
        return ast.parse(plain(code)).body
    except (SyntaxError, ValueError, RecursionError):
        return []


_SPECIAL = re.compile(r"^\s*[%!?]|=\s*[%!]|\?\s*$", re.MULTILINE)


def plain(code: str) -> str:
    """Return a cell as Python."""
    if not _SPECIAL.search(code):
        return code
    from IPython.core.inputtransformer2 import TransformerManager

    transform: Any = TransformerManager
    return str(transform().transform_cell(code))
