"""Runs a notebook with parameters from ordinary code: what ``mlnb jobs execute`` and the examples' tests call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any, TypeVar

from mlnb.core.errors import InvalidStateError
from mlnb.core.notebooks.driver import CellProgress, NotebookResult, NotebookRun
from mlnb.core.notebooks.files import choose_kernel, read_notebook
from mlnb.jobs.parameters import inject_parameters

_T = TypeVar("_T")


class NotebookFailedError(InvalidStateError):
    """The notebook ran and did not succeed; `result` says how far it came."""

    code = "NOTEBOOK_FAILED"

    def __init__(self, result: NotebookResult) -> None:
        self.result = result
        super().__init__(
            result.error or "The notebook failed.", hint=f"The executed copy is {str(result.output_path)!r}."
        )


def execute_notebook(
    path: str | Path,
    output_path: str | Path,
    *,
    parameters: Mapping[str, Any] | None = None,
    on_progress: Callable[[CellProgress], None] | None = None,
    kernel_name: str | None = None,
    timeout: float | None = None,
    cwd: str | Path | None = None,
    env: Mapping[str, str] | None = None,
) -> NotebookResult:
    """Run a notebook to its end and keep the executed copy.

    Parameters
    ----------
    path
        The notebook. It is never written.
    output_path
        Where the executed copy goes: from the start, every five seconds, and at the end, also of a failed run.
    parameters
        Values for names in the cell tagged `parameters`; text is converted to the type of the default.
    on_progress
        Called in this thread when a cell starts, prints (at most four times a second) and ends.
    kernel_name
        Default: the one recorded in the notebook.
    timeout
        Seconds for the whole notebook.
    cwd
        Working directory of the kernel. Default: the folder of the notebook.
    env
        Environment variables for the kernel, on top of this process's.

    Returns
    -------
    NotebookResult
        With outcome `SUCCESS`.

    Raises
    ------
    NotebookFailedError
        A cell raised, the kernel died, the time was over, or Ctrl-C was pressed.
    MlnbError
        The notebook is missing or unusable, or a parameter does not fit. Nothing has been started then.
    """
    source = Path(path)
    notebook = inject_parameters(read_notebook(source), parameters or {})
    run = NotebookRun(
        notebook,
        Path(output_path),
        kernel_name=choose_kernel(notebook, kernel_name),
        cwd=Path(cwd) if cwd is not None else source.resolve().parent,
        env=env,
        on_progress=on_progress,
    )
    result = _run_here(run.execute(timeout=timeout, signals=True))
    if result.outcome != "SUCCESS":
        raise NotebookFailedError(result)
    return result


def _run_here(coroutine: Coroutine[Any, Any, _T]) -> _T:
    """Run a coroutine from ordinary code, also when the caller's thread has a running loop (a notebook cell)."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(asyncio.run, coroutine).result()
