"""The driver of notebooks: what cells print does not grow without end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from nbformat.v4 import new_output

from mlnb.core.notebooks.files import (
    MERGE_EVERY,
    MOST_STREAM,
    choose_kernel,
    merge_streams,
    read_notebook,
    save_notebook,
)


def stream(text: str, name: str = "stdout") -> Any:
    return new_output("stream", name=name, text=text)


def test_streams_that_came_last_become_one_each_and_others_stay_where_they_are() -> None:
    shown = new_output("display_data", data={"text/plain": "x"})
    outputs = [stream("before"), shown, stream("a"), stream("E", "stderr"), stream("b")]
    merge_streams(outputs)
    assert outputs[:2] == [stream("before"), shown]
    assert outputs[2:] == [stream("ab"), stream("E", "stderr")]
    merge_streams(outputs)
    assert len(outputs) == 4


def test_what_is_printed_without_end_keeps_its_beginning_and_its_end() -> None:
    outputs = [stream("first\n")]
    for number in range(60):
        outputs.append(stream(f"{number:06d}\n" * 10_000))
        merge_streams(outputs)
    text = outputs[0]["text"]
    assert len(outputs) == 1
    assert text.startswith("first\n000000")
    assert text.endswith("000059\n")
    assert text.count("left out") == 1
    assert len(text) < MOST_STREAM + 100_000


def test_a_cell_that_prints_a_hundred_thousand_lines_stays_small(tmp_path: Path) -> None:
    import asyncio

    from nbformat.v4 import new_code_cell, new_notebook

    from mlnb.core.notebooks.driver import NotebookRun

    code = "import sys\nfor n in range(100_000):\n    print('line', n)\n    if n % 50 == 0: sys.stdout.flush()"
    save_notebook(new_notebook(cells=[new_code_cell(code)]), tmp_path / "in.ipynb")
    notebook = read_notebook(tmp_path / "in.ipynb")
    printed: list[str] = []
    run = NotebookRun(
        notebook, tmp_path / "out.ipynb", choose_kernel(notebook), tmp_path, on_text=lambda text: printed.append(text)
    )
    result = asyncio.run(run.execute(timeout=300))
    assert result.outcome == "SUCCESS", result.error
    assert "".join(printed).count("\n") == 100_000
    assert len(printed) > MERGE_EVERY
    assert (tmp_path / "out.ipynb").stat().st_size < 3 * MOST_STREAM


def test_a_kernel_that_is_found_dead_while_it_is_being_stopped_is_shut_down_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import asyncio

    from jupyter_client.provisioning import LocalProvisioner
    from nbformat.v4 import new_code_cell, new_notebook

    from mlnb.core.notebooks.driver import NotebookRun

    wait = LocalProvisioner.wait

    async def slowly(self: LocalProvisioner) -> int | None:
        while await self.poll() is None:
            await asyncio.sleep(0.05)
        await asyncio.sleep(2.5)  # meanwhile the cell's client finds that its kernel is dead
        return await wait(self)

    monkeypatch.setattr(LocalProvisioner, "wait", slowly)
    notebook = new_notebook(cells=[new_code_cell("import time\nprint('begun')\ntime.sleep(600)")])
    begun = asyncio.Event()
    run = NotebookRun(
        notebook,
        tmp_path / "out.ipynb",
        choose_kernel(notebook),
        tmp_path,
        on_text=lambda _: begun.set(),
        grace_seconds=0.2,
    )

    async def stopped() -> str:
        executing = asyncio.ensure_future(run.execute(timeout=300))
        await begun.wait()
        monkeypatch.setattr("jupyter_client.manager.AsyncKernelManager.interrupt_kernel", _no_interrupt)
        await run.stop("CANCELED")
        return (await executing).outcome

    assert asyncio.run(stopped()) == "CANCELED"


async def _no_interrupt(*_: object) -> None:
    """Interrupt nothing: the cell does not hear it."""
