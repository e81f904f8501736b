"""``%%mlrun --background`` in a real kernel, which is killed while the run goes on."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tests.kernels import Kernel, started
from tests.waiting import until

LOAD = "%load_ext mlnb"
LONG = """%%mlrun --background --name far --send factor --tag kind=long
import os, time
rate = 0.5
for step in range(12):
    print("step", step, flush=True)
    time.sleep(0.2)
while not os.path.exists("kernel is gone"):
    time.sleep(0.1)
{"score": rate * factor * base}"""


@pytest.fixture
def kernel(shared: Any) -> Iterator[Kernel]:
    path = shared.root / "models" / "far.ipynb"
    path.parent.mkdir(exist_ok=True)
    cells = [new_code_cell(LOAD, id="load"), new_code_cell("base = 10", id="base"), new_code_cell(LONG, id="far")]
    nbformat.write(new_notebook(cells=cells), path)
    with started(path.parent, path.name) as found:
        yield found


def view_of(content: dict[str, Any]) -> dict[str, Any]:
    return content["data"]["application/vnd.mlnb.view+json"]


def test_a_cell_is_stopped_from_elsewhere_and_a_run_goes_on_when_its_kernel_is_killed(
    shared: Any, kernel: Kernel
) -> None:
    shared.supervisor.ensure()  # the kernel would start the whole one
    kernel.run(LOAD)
    kernel.run("factor = 3")
    refused, _ = kernel.run("%%mlrun --background\nbase", "not-saved")
    assert "Save the notebook" in "\n".join(refused["traceback"])

    here = kernel.send("%%mlrun --name here --no-autolog\nimport time\ntime.sleep(600)")
    until(lambda: any(item == "here" for _, item, _ in shared.runs.named(["here"])))
    until(lambda: shared.runs.get("here").session is not None)
    assert shared.runs.stop("here").state == "STOPPING"  # interrupted in its kernel, as by the notebook's button
    assert kernel.reply(here)["ename"] == "KeyboardInterrupt"
    until(lambda: shared.runs.get("here").status == "KILLED")

    _, outputs = kernel.run(LONG, "far")
    shown = next(one for one in outputs if one["type"] == "display_data")
    view = view_of(shown)
    assert view["component"] == "BackgroundRun"
    assert view["snapshot"]["info"]["state"] in ("QUEUED", "RUNNING")  # as soon as the supervisor comes to it
    assert "Run far in the background" in shown["data"]["text/html"]
    assert "far" in shown["data"]["text/plain"]

    def is_printing(message: dict[str, Any]) -> bool:
        return (
            message["msg_type"] == "update_display_data" and "step 0" in view_of(message["content"])["snapshot"]["log"]
        )

    later = kernel.until(is_printing)
    assert later["content"]["transient"] == shown["transient"]
    run_id = view["props"]["id"]
    (listed,) = kernel.shown("%runs --running")
    assert run_id[:8] in listed["text/plain"]

    kernel.manager.signal_kernel(signal.SIGKILL)
    until(lambda: not kernel.manager.is_alive())
    assert shared.runs.background_info(run_id).state == "RUNNING"
    (shared.root / "models" / "kernel is gone").touch()
    info = shared.runs.background_run(run_id).wait(120)
    assert info.status == "FINISHED", shared.runs.log(run_id).text
    record = shared.runs.get(run_id)
    assert record.metrics["score"] == 15.0
    assert record.experiment_name == "models/far.ipynb"
    assert record.source.cell_id == "far"
    assert record.params == {"rate": "0.5"}
    assert record.tags["kind"] == "long"
    assert shared.runs.output(run_id).splitlines()[-1] == "step 11"
