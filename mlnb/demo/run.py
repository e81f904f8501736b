"""Runs the demo from the shell: a fresh workspace, data, the notebook with live progress, a summary, then JupyterLab."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from mlnb.core.errors import AlreadyExistsError, NotFoundError
from mlnb.demo.data import SOURCES, ensure_data

if TYPE_CHECKING:
    from mlnb.core.notebooks.driver import CellProgress
    from mlnb.door import Workspace

NOTEBOOK = "flights_lifecycle.ipynb"
MARKER = "demo.txt"
ENDPOINT = "flights"
MODEL = "main.ml.flights"
MONITORED = "main.ml.flights_payload_rows"

Say = Callable[[str], None]


def notebook_source() -> Path:
    """Return the demo notebook: of the checkout, else the one inside the installed package.

    Raises
    ------
    NotFoundError
        When neither is there.
    """
    package = Path(__file__).resolve().parent
    for path in (package.parent.parent / "examples" / NOTEBOOK, package / NOTEBOOK):
        if path.exists():
            return path
    raise NotFoundError(
        f"{NOTEBOOK} is not part of this installation.", hint="Run the demo from a checkout of the repository."
    )


def prepare(folder: Path, say: Say) -> Workspace:
    """Make the demo's folder afresh and open its workspace.

    Raises
    ------
    AlreadyExistsError
        When the folder holds a workspace that the demo did not make: it is left alone.
    """
    from mlnb.door import open_workspace

    home = folder / ".mlnb"
    if home.exists():
        if not (home / MARKER).exists():
            raise AlreadyExistsError(
                f"{home} is a workspace of yours.", hint="Give the demo a folder of its own: mlnb demo --path FOLDER"
            )
        say("Starting afresh: the earlier demo is removed")
        stop_everything(open_workspace(home))
        _forget(home)
        shutil.rmtree(home)
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["MLNB_WORKSPACE"] = str(home)
    workspace = open_workspace(home)
    workspace.files.write_atomic(
        home / MARKER, "This workspace was made by `mlnb demo` and is removed by the next one.\n"
    )
    return workspace


def _forget(home: Path) -> None:
    from mlnb import door

    opened = door._opened.pop(home, None)
    if opened is not None:
        opened.close()


def stop_everything(ws: Workspace) -> None:
    """Stop the workspace's endpoints and its supervisor, cleanly."""
    if not ws.supervisor.status().running and not ws.endpoints.list():
        return
    ws.supervisor.ensure()
    for endpoint in ws.endpoints.list():
        ws.endpoints.stop(endpoint.name, wait=True)
    ws.supervisor.stop()


def run_demo(folder: Path, *, lab: bool, say: Say) -> None:
    """Run the whole demo; see the command's help."""
    begin = time.monotonic()
    ws = prepare(folder, say)
    say(f"Workspace {ws.path}")
    _ingest(ws, say)
    ws.supervisor.ensure()
    target = folder / NOTEBOOK
    _execute(notebook_source(), target, ws, say)
    for line in summary(ws, target):
        say(line)
    say(f"\nThe whole lifecycle took {time.monotonic() - begin:.0f} s.")
    if lab:
        _open_lab(folder, say)
    else:
        stop_everything(ws)
        say(
            f"The endpoint is stopped. To look at it all in JupyterLab: mlnb --workspace {os.path.relpath(ws.path)} lab"
        )


def _ingest(ws: Workspace, say: Say) -> None:
    say("\nRaw files become tables")
    clock = [time.monotonic()]

    def tell(report: object) -> None:
        now = time.monotonic()
        say(f"  {report.table:<22} {report.rows:>9,} rows  {now - clock[0]:5.1f} s")  # type: ignore[attr-defined]
        clock[0] = now

    ensure_data(ws, on_table=tell)


def _execute(source: Path, target: Path, ws: Workspace, say: Say) -> None:
    from mlnb.jobs.client import execute_notebook

    say(f"\nThe notebook runs: {target.name}")
    shown = _CellLines(say)
    execute_notebook(
        source, target, on_progress=shown, cwd=target.parent, env={"MLNB_WORKSPACE": str(ws.path)}, timeout=900
    )
    _trust(target)


def _trust(path: Path) -> None:
    """Sign the executed notebook, which this user has just run: Lab strips the look off the outputs of one it does not trust."""
    import nbformat
    from nbformat.sign import NotebookNotary

    NotebookNotary().sign(nbformat.read(path, as_version=4))  # type: ignore[no-untyped-call]


class _CellLines:
    """Prints one line per finished cell, under the heading it belongs to; on a terminal the running one is shown too."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._title = ""
        self._live = sys.stdout.isatty()

    def __call__(self, cell: CellProgress) -> None:
        if cell.cell_type != "code":
            return
        if cell.title and cell.title != self._title:
            self._title = cell.title
            self._clear()
            self._say(f"  {cell.title}")
        first = next((line for line in cell.source.splitlines() if line.strip()), "")[:60]
        text = f"    [{cell.cells_done}/{cell.cells_total}] {first}"
        if cell.state == "running":
            if self._live:
                sys.stdout.write(f"\r\x1b[K{text} …")
                sys.stdout.flush()
            return
        self._clear()
        seconds = ((cell.ended or cell.started) - cell.started) / 1000
        self._say(f"{text:<78} {seconds:5.1f} s" + ("" if cell.state == "done" else "  failed"))

    def _clear(self) -> None:
        if self._live:
            sys.stdout.write("\r\x1b[K")


def summary(ws: Workspace, notebook: Path) -> list[str]:
    """Return the lines that say what the demo made and where to find it."""
    lines = ["", "What there is now", "  Tables"]
    for schema in ("main.raw", "main.features", "main.ml"):
        for table in ws.catalog.tables(schema).items:
            version = "" if table.version is None else f"version {table.version}"
            rows = "" if table.num_rows is None else f"{table.num_rows:,} rows"
            lines.append(f"    {table.full_name:<50} {rows:>14}  {version}")
    model = ws.models.get(MODEL)
    champion = ws.models.version(MODEL, "@champion")
    endpoint = ws.endpoints.get(ENDPOINT)
    lines += [
        f"  Model      {model.name}, {len(model.versions)} versions; @champion is version {champion.version}, from run {champion.run_id}",
        f"  Endpoint   {endpoint.url}  ({endpoint.state})",
        *(f"    {line}" for line in endpoint.curl.splitlines()),
        f"  Monitor    {ws.monitors.verdict(MONITORED, charts=False).text}",
        f"  Journal    {_journal(ws)}",
        f"  Notebook   {notebook}",
    ]
    return lines


def _journal(ws: Workspace) -> str:
    report = ws.journal.verify()
    return (
        f"{report.events} events, chain intact" if report.ok else f"broken at event {report.broken_id}: {report.reason}"
    )


def _open_lab(folder: Path, say: Say) -> None:
    say(
        "JupyterLab opens on the executed notebook. Ctrl-C ends it; the endpoint answers on until: mlnb endpoints stop flights"
    )
    os.chdir(folder)
    sys.stdout.flush()
    arguments = [sys.executable, "-m", "jupyter", "lab", NOTEBOOK]
    if hasattr(os, "getuid") and os.getuid() == 0:
        arguments.append("--allow-root")
    os.execv(sys.executable, arguments)  # noqa: S606


def is_unattended() -> bool:
    """Return whether nobody is there to look at JupyterLab: ``CI`` is set to something true."""
    return os.environ.get("CI", "").casefold() not in ("", "0", "false", "no")


__all__ = ["SOURCES", "ensure_data", "is_unattended", "prepare", "run_demo", "stop_everything", "summary"]
