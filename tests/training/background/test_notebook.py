"""``%%mlrun --background`` in a real kernel, which is killed while the run goes on."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty
from typing import Any

import nbformat
import pytest
from life_helpers import until
from nbformat.v4 import new_code_cell, new_notebook

LOAD = "%load_ext mlnb"
LONG = """%%mlrun --background --name far --send factor --tag kind=long
import time
rate = 0.5
for step in range(12):
    print("step", step, flush=True)
    time.sleep(0.5)
{"score": rate * factor * base}"""


class Kernel:
    """A kernel as a page has one."""

    def __init__(self, notebook: Path) -> None:
        from jupyter_client.manager import start_new_kernel

        self.manager, self.client = start_new_kernel(
            env={**__import__("os").environ, "JPY_SESSION_NAME": str(notebook)}, cwd=str(notebook.parent)
        )

    def run(self, source: str, cell_id: str | None = None) -> list[dict[str, Any]]:
        """Execute a cell and return the messages it brought."""
        self.client.session.metadata = {"cellId": cell_id}
        found: list[dict[str, Any]] = []
        # A kernel drops what comes right after an error; a page would send it again.
        while not any(message["msg_type"] == "execute_input" for message in found):
            sent = self.client.execute(source)
            found = self.messages(lambda m: m["content"].get("execution_state") == "idle", sent)
        return found

    def messages(self, last: Callable[[dict[str, Any]], bool], sent: str | None = None) -> list[dict[str, Any]]:
        """Return messages up to the last one."""
        found: list[dict[str, Any]] = []
        while True:
            try:
                message = self.client.get_iopub_msg(timeout=60)
            except Empty:
                pytest.fail(f"nothing came after {[item['content'] for item in found][-1:]}")
            if sent is None or message["parent_header"].get("msg_id") == sent:
                found.append(message)
                if last(message):
                    return found


@pytest.fixture
def kernel(shared: Any) -> Iterator[Kernel]:
    path = shared.root / "models" / "far.ipynb"
    path.parent.mkdir(exist_ok=True)
    cells = [new_code_cell(LOAD, id="load"), new_code_cell("base = 10", id="base"), new_code_cell(LONG, id="far")]
    nbformat.write(new_notebook(cells=cells), path)
    found = Kernel(path)
    yield found
    found.client.stop_channels()
    found.manager.shutdown_kernel(now=True)


def view_of(message: dict[str, Any]) -> dict[str, Any]:
    return message["content"]["data"]["application/vnd.mlnb.view+json"]


def test_a_cell_is_stopped_from_elsewhere_and_a_run_goes_on_when_its_kernel_is_killed(
    shared: Any, kernel: Kernel
) -> None:
    shared.supervisor.ensure()  # the kernel would start the whole one
    kernel.run(LOAD)
    kernel.run("factor = 3")
    refused = [m for m in kernel.run("%%mlrun --background\nbase", "not-saved") if m["msg_type"] == "error"]
    assert "Save the notebook" in "\n".join(refused[0]["content"]["traceback"])

    here = kernel.client.execute("%%mlrun --name here --no-autolog\nimport time\ntime.sleep(600)")
    until(lambda: any(item == "here" for _, item, _ in shared.runs.named(["here"])))
    until(lambda: shared.runs.get("here").session is not None)
    assert shared.runs.stop("here").state == "STOPPING"  # interrupted in its kernel, as by the notebook's button
    kernel.messages(lambda m: m["msg_type"] == "error" and m["content"]["ename"] == "KeyboardInterrupt", here)
    until(lambda: shared.runs.get("here").status == "KILLED")

    shown = next(m for m in kernel.run(LONG, "far") if m["msg_type"] == "display_data")
    view = view_of(shown)
    assert (view["component"], view["snapshot"]["info"]["state"]) == ("BackgroundRun", "QUEUED")
    assert "Run far in the background" in shown["content"]["data"]["text/html"]
    assert "far" in shown["content"]["data"]["text/plain"]

    def is_printing(message: dict[str, Any]) -> bool:
        return message["msg_type"] == "update_display_data" and "step 0" in view_of(message)["snapshot"]["log"]

    later = kernel.messages(is_printing)[-1]
    assert later["content"]["transient"] == shown["content"]["transient"]
    run_id = view["props"]["id"]
    listed = [m for m in kernel.run("%runs --running") if m["msg_type"] == "execute_result"]
    assert run_id[:8] in listed[0]["content"]["data"]["text/plain"]

    kernel.manager.signal_kernel(signal.SIGKILL)
    until(lambda: not kernel.manager.is_alive())
    assert shared.runs.background_info(run_id).state == "RUNNING"
    info = shared.runs.background_run(run_id).wait(60)
    assert info.status == "FINISHED", shared.runs.log(run_id).text
    record = shared.runs.get(run_id)
    assert record.metrics["score"] == 15.0
    assert record.experiment_name == "models/far.ipynb"
    assert record.source.cell_id == "far"
    assert record.params == {"rate": "0.5"}
    assert record.tags["kind"] == "long"
    assert shared.runs.output(run_id).splitlines()[-1] == "step 11"
