"""The cells of a notebook that is being written, and text and names from data in them: what they are called breaks neither."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

#: Names that may stand in a code span as they are.
_SIMPLE = re.compile(r"[^\W_][\w .\-/%()#,:+@]*|_[\w .\-]*")
#: Names and values are cut for people, never in code.
SHOWN = 48


class Book:
    """Cells in order."""

    def __init__(self) -> None:
        self._cells: list[tuple[str, str]] = []

    def text(self, *parts: str) -> None:
        """Add a cell of Markdown; the parts are paragraphs, empty ones are left out."""
        self._cells.append(("markdown", "\n\n".join(part for part in parts if part)))

    def code(self, *parts: str) -> None:
        """Add a cell of code; the parts stand below one another, empty ones are left out."""
        text = ""
        for part in (part.strip("\n") for part in parts if part):
            space = "\n\n\n" if part.startswith("def ") else "\n\n" if part.startswith("#") else "\n"
            text += (space if text else "") + part
        self._cells.append(("code", text))

    def notebook(self, metadata: dict[str, Any]) -> str:
        """Return the notebook as a file's content."""
        cells = []
        for number, (kind, text) in enumerate(self._cells, 1):
            # Numbered ids: the same profile gives the same file.
            cell: dict[str, Any] = {"cell_type": kind, "id": f"cell-{number:02d}", "metadata": {}}
            if kind == "code":
                cell |= {"execution_count": None, "outputs": []}
            lines = text.split("\n")
            cells.append(cell | {"source": [f"{line}\n" for line in lines[:-1]] + lines[-1:]})
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        about = {"kernelspec": kernel, "language_info": {"name": "python"}, "mlnb": metadata}
        document = {"cells": cells, "metadata": about, "nbformat": 4, "nbformat_minor": 5}
        return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def plain(text: object, width: int | None = None) -> str:
    """Return text from data for Markdown: one line, without markup of its own."""
    line = " ".join(str(text).encode("utf-8", "replace").decode().split())
    line = "".join(sign if sign.isprintable() else "�" for sign in line)
    if width is not None and len(line) > width:
        line = line[: width - 1] + "…"
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    line = re.sub(r"([\\`*\[\]|~$])", r"\\\1", line)
    line = re.sub(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])", r"\\_", line)
    line = re.sub(r"(?i)\b(https?|ftp)://", r"\1&#58;//", line)
    return re.sub(r"^([#+\-=])|^(\d+)([.)])(?=\s|$)", lambda m: f"\\{m[1]}" if m[1] else f"{m[2]}\\{m[3]}", line)


def named(name: str) -> str:
    """Return a column's name for Markdown."""
    return f"`{name}`" if _SIMPLE.fullmatch(name) and len(name) <= SHOWN else f"**{plain(name, SHOWN) or '(no name)'}**"


def names(columns: Sequence[str], most: int = 6) -> str:
    """Return names in a sentence."""
    shown = [named(name) for name in columns[:most]]
    more = len(columns) - len(shown)
    if more:
        return f"{', '.join(shown)} and {more:,} more"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}" if shown else ""


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of Markdown; the first column is text, the others are figures or words as they come."""
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def listed(values: Sequence[object], name: str) -> str:
    """Return ``name = [...]`` in lines that can be read."""
    one = f"{name} = {list(values)!r}"
    if len(one) <= 100:
        return one
    lines: list[str] = [""]
    for value in values:
        word = f"{value!r}, "
        if lines[-1] and len(lines[-1]) + len(word) > 96:
            lines.append("")
        lines[-1] += word
    return "\n".join([f"{name} = [", *(f"    {line.rstrip()}" for line in lines), "]"])


def mapped(pairs: Sequence[tuple[object, object]], name: str) -> str:
    """Return ``name = {...}``, one pair on a line."""
    return "\n".join([f"{name} = {{", *(f"    {key!r}: {value!r}," for key, value in pairs), "}"])


def commented(code: str) -> str:
    """Return code that does nothing until its reader takes the marks away."""
    return "\n".join(f"# {line}".rstrip() for line in code.split("\n"))


def indented(code: str) -> str:
    """Return code for a function's body."""
    return textwrap.indent(code, "    ")


def percent(share: float, digits: int = 1) -> str:
    """Return a share for people."""
    return f"{100 * share:.{digits}f}%"


def number(value: object) -> str:
    """Return a figure for people."""
    return f"{value:,.4g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else plain(value)
