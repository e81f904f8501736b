"""Notebook files: reading them with errors a user understands, saving them whole, and outputs as text, cut when they are long."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InvalidStateError, NotFoundError, did_you_mean

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from ..files import Files

#: Terminal colours in tracebacks and printed text.
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")

#: What a progress record keeps of a cell's output. The executed notebook has all of it.
MAX_OUTPUT_TEXT = 4000

#: Messages of printed text after which they are made one output, and how many characters of a stream a cell keeps about.
MERGE_EVERY = 200
MOST_STREAM = 1_000_000


class NotebookNotFoundError(NotFoundError):
    """There is no notebook file at the path."""


class NotebookUnusableError(InvalidStateError):
    """The file is there, but cannot run as a job."""


def find_notebook(path: str, root: Path, files: Files, *, restricted: bool) -> Path:
    """Find the file that a notebook path of a job means.

    Parameters
    ----------
    path
        Relative to the root, absolute, or `/Workspace/…`; `.ipynb` may be left out.
    root
        The notebook root.
    files
        Checks that a path stays inside the root.
    restricted
        Nothing outside the root is found.
    """
    text = path.removeprefix("/Workspace/")
    candidates = [Path(path)] if Path(path).is_absolute() else []
    if restricted:
        candidates = [item for item in candidates if item.resolve().is_relative_to(root.resolve())]
    candidates.append(files.inside(root, text.lstrip("/")))
    for candidate in candidates:
        for file in (candidate, Path(f"{candidate}.ipynb")):
            if file.is_file():
                return file.resolve()
    near = did_you_mean(Path(text).name, [item.name for item in root.glob("*.ipynb")])
    raise NotebookNotFoundError(
        f"There is no notebook at {path!r}.",
        hint=near or f"Paths are relative to {str(root)!r}; save the notebook first.",
    )


def read_notebook(path: Path) -> NotebookNode:
    """Read a notebook file into the newest version 4 format, every cell with an id.

    Raises
    ------
    NotebookNotFoundError
        There is no such file.
    NotebookUnusableError
        The file is not a notebook, or not one in Python.
    """
    import nbformat

    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        raise NotebookNotFoundError(
            f"There is no notebook at {str(path)!r}.", hint="Save the notebook first, or check the path."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise NotebookUnusableError(f"{str(path)!r} cannot be read: {error}.", hint="Check the file.") from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            notebook: NotebookNode = nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]
            notebook = nbformat.v4.upgrade(notebook)  # type: ignore[no-untyped-call]
            nbformat.validate(notebook)
    except Exception as error:
        raise NotebookUnusableError(
            f"{str(path)!r} is not a notebook: {str(error).splitlines()[0] if str(error) else type(error).__name__}.",
            hint="Open it in JupyterLab and save it again.",
        ) from None
    language = notebook.metadata.get("kernelspec", {}).get("language", "python")
    if language.lower() != "python":
        raise NotebookUnusableError(
            f"{str(path)!r} is a {language} notebook.", hint="Only notebooks with a Python kernel run as jobs."
        )
    return notebook


def choose_kernel(notebook: NotebookNode, kernel_name: str | None = None) -> str:
    """Name of the kernel to start, checked to exist on this machine.

    A `python3` recorded in the notebook means the Python that runs mlnb, wherever the notebook was written.
    """
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    name = kernel_name or notebook.metadata.get("kernelspec", {}).get("name") or "python3"
    specs = KernelSpecManager()
    try:
        specs.get_kernel_spec(name)
    except NoSuchKernel:
        known = ", ".join(sorted(specs.find_kernel_specs())) or "none"
        raise NotebookUnusableError(
            f"The kernel {name!r} is not installed here.",
            hint=f"Installed kernels: {known}. Choose another kernel in the notebook and save it.",
        ) from None
    return str(name)


def save_notebook(notebook: NotebookNode, path: Path) -> None:
    """Write a notebook beside its place and rename it there, so that a reader never sees half a file."""
    import nbformat

    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        text: str = nbformat.writes(notebook, version=4)  # type: ignore[no-untyped-call]
        beside.write_text(text, encoding="utf-8")
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def is_executed(cell: Any) -> bool:
    """Whether a run executes the cell: code that is not blank."""
    return bool(cell.cell_type == "code" and cell.source.strip())


def is_silent(cell: Any) -> bool:
    """Whether the cell is no cell of the notebook, but code that prepares the kernel: it leaves no trace."""
    return bool(cell.metadata.get("mlnb", {}).get("silent"))


def outputs_text(outputs: Iterable[Any], limit: int = MAX_OUTPUT_TEXT) -> str:
    """What a cell printed and returned as plain text, the end of it when it is long."""
    parts: list[str] = []
    for output in outputs:
        if output.output_type == "stream":
            parts.append(output.text)
        elif output.output_type == "error":
            parts.append(f"{output.ename}: {output.evalue}\n")
        else:
            text = output.get("data", {}).get("text/plain", "")
            parts.append(f"{text}\n" if text else "")
    text = plain("".join(parts)).rstrip()
    return text if len(text) <= limit else "…" + text[-limit:]


def merge_streams(outputs: list[Any]) -> None:
    """Make one output of each stream out of those that came last, and leave out the middle of what is too long.

    A cell that prints for hours would otherwise fill the memory and the disk, and be written again every five seconds.
    """
    begin = len(outputs)
    while begin and outputs[begin - 1]["output_type"] == "stream":
        begin -= 1
    merged: dict[str, Any] = {}
    parts: dict[str, list[str]] = {}
    for output in outputs[begin:]:
        merged.setdefault(output["name"], output)
        parts.setdefault(output["name"], []).append(output["text"])
    for name, output in merged.items():
        text = "".join(parts[name])
        if len(text) > MOST_STREAM:
            text = f"{text[: MOST_STREAM // 4]}\n… left out …\n{text[-MOST_STREAM // 2 :]}"
        output["text"] = text
    outputs[begin:] = list(merged.values())


def plain(text: str) -> str:
    """Text without terminal colours."""
    return _ANSI.sub("", text)


def heading_above(notebook: NotebookNode, index: int) -> str:
    """The nearest Markdown heading at or above a cell: what a person calls this part of the notebook."""
    for cell in reversed(notebook.cells[: index + 1]):
        if cell.cell_type != "markdown":
            continue
        for line in reversed(cell.source.splitlines()):
            if line.lstrip().startswith("#"):
                return str(line.lstrip("# \t").strip())
    return ""
