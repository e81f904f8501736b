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
