"""A run in a real kernel that is interrupted, killed and restarted."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from mlnb.core.clock import now_ms
from tests.kernels import Kernel, started
from tests.waiting import until

OPEN = "%%mlrun --name {name} --no-autolog\nimport time\ndepth = 3\nprint('begun', flush=True)\ntime.sleep(600)"


@pytest.fixture
def kernel(ws: Any) -> Iterator[Kernel]:
    """A kernel of the notebook ``a.ipynb`` with the extension; killed at the end."""
    with started(ws.root, "a.ipynb") as found:
        found.run("%load_ext mlnb")
        yield found


def test_a_run_that_is_interrupted_is_killed_and_goes_on_after_the_kernel_was(ws: Any, kernel: Kernel) -> None:
    sent = kernel.send(OPEN.format(name="cut"))
    kernel.until_printed("begun")
    assert ws.runs.get("cut").status == "RUNNING"
    kernel.manager.interrupt_kernel()
    assert kernel.reply(sent)["ename"] == "KeyboardInterrupt"
    run = ws.runs.get("cut")
    assert (run.status, run.params, run.error) == ("KILLED", {"depth": "3"}, "KeyboardInterrupt")
    assert ws.runs.output("cut") == "begun\n"

    kernel.send(OPEN.format(name="gone"))
    kernel.until_printed("begun")
    os.kill(kernel.pid, signal.SIGKILL)
    (sweep,) = [one for one in ws.runs.reconcilers() if one.name == "runs"]

    def is_swept() -> bool:
        sweep.tick(now_ms() + 70_000)
        return bool(ws.runs.get("gone").status != "RUNNING")

    until(is_swept)
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
