"""A run in a real kernel that is interrupted, killed and restarted."""

from __future__ import annotations

import os
import queue
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest

from mlnb.core.clock import now_ms

OPEN = "%%mlrun --name {name} --no-autolog\nimport time\ndepth = 3\nprint('begun', flush=True)\ntime.sleep(60)"


@pytest.fixture
def kernel(ws: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A kernel of the notebook ``a.ipynb`` with the extension; killed at the end."""
    from jupyter_client.manager import start_new_kernel

    monkeypatch.setenv("JPY_SESSION_NAME", str(ws.root / "a.ipynb"))
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(ws.root))
    client.execute_interactive("%load_ext mlnb", timeout=60, output_hook=lambda _: None)
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def until_begun(client: Any) -> None:
    """Wait until the cell prints that it runs."""
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        try:
            message = client.get_iopub_msg(timeout=1)
        except queue.Empty:
            continue
        if message["msg_type"] == "stream" and "begun" in message["content"]["text"]:
            return
    raise AssertionError("the cell did not begin")


def test_a_run_that_is_interrupted_is_killed_and_goes_on_after_the_kernel_was(ws: Any, kernel: Any) -> None:
    manager, client = kernel
    client.execute(OPEN.format(name="cut"))
    until_begun(client)
    assert ws.runs.get("cut").status == "RUNNING"
    manager.interrupt_kernel()
    assert client.get_shell_msg(timeout=60)["content"]["ename"] == "KeyboardInterrupt"
    run = ws.runs.get("cut")
    assert (run.status, run.params, run.error) == ("KILLED", {"depth": "3"}, "KeyboardInterrupt")
    assert ws.runs.output("cut") == "begun\n"

    client.execute(OPEN.format(name="gone"))
    until_begun(client)
    os.kill(manager.provisioner.pid, signal.SIGKILL)
    deadline = time.monotonic() + 30
    while ws.runs.get("gone").status == "RUNNING" and time.monotonic() < deadline:
        for reconciler in ws.runs.reconcilers():
            if reconciler.name == "runs":
                reconciler.tick(now_ms() + 70_000)
        time.sleep(0.1)
    run = ws.runs.get("gone")
    assert (run.status, run.tags["mlnb.ended_by"]) == ("KILLED", "stale")
    # what was known when it began is there
    assert (run.source.code or "").strip() == OPEN.split("\n", 1)[1]
    assert run.source.notebook == "a.ipynb"
    assert "mlnb/environment.lock" in {item.path for item in run.artifacts}

    from mlnb.core.caller import calling

    with calling(notebook="a.ipynb"), ws.runs.start(resume="gone") as again:
        again.log(auc=0.5)
    assert again.run_id == run.run_id
    assert ws.runs.get("gone").status == "FINISHED"
    assert "mlnb.ended_by" not in ws.runs.get("gone").tags
