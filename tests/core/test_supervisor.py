"""Starting the supervisor, and waiting for its work."""

import sys

import pytest

from mlnb.core.supervisor import Supervisor, SupervisorError


def test_waiting_brings_up_the_next_supervisor_when_one_died(ws):
    import os
    import signal

    first = ws.supervisor.ensure()
    os.kill(first.pid, signal.SIGKILL)

    def look():
        status = ws.supervisor.status()
        return status if status.running and status.pid != first.pid else None

    found = ws.supervisor.wait_until(look, timeout=120)
    assert found is not None
    assert ws.supervisor.wait_until(lambda: None, timeout=0.1) is None


def test_a_supervisor_that_dies_while_it_starts_is_told_at_once_and_a_slow_one_is_waited_for(ws, tmp_path, monkeypatch):
    from mlnb.core import supervisor as module

    dying = [sys.executable, "-c", "raise SystemExit('no such package')"]
    with pytest.raises(SupervisorError, match="ended while it started") as caught:
        Supervisor(ws.metastore, dying, tmp_path / "log").start()
    assert str(tmp_path / "log") in caught.value.hint
    assert "no such package" in (tmp_path / "log").read_text()
    slow = Supervisor(ws.metastore, [sys.executable, "-c", "import time; time.sleep(20)"], tmp_path / "slow")
    monkeypatch.setattr(module, "START_PATIENCE_S", 0.5)
    with pytest.raises(SupervisorError, match="did not start within"):
        slow.start()
