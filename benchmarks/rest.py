"""One request through the operations table against one through Jupyter's own smallest handler, on the same server.

Also the time from a commit in another process to its message on Jupyter's event bus, and what finding a route costs. Run it with the
environment's Python.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import os
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

BASE = "/bench/"


def start(root: Path, token: str) -> tuple[subprocess.Popen[bytes], int]:
    """Start a Jupyter server with the extension; return it and its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        *(sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", f"--port={port}"),
        *(f"--ServerApp.base_url={BASE}", f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={root}"),
        "--ServerApp.jpserver_extensions={'mlnb': True}",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=root)
    for _ in range(600):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return process, port
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server did not start")


def latency(port: int, token: str, path: str, repeat: int) -> tuple[float, float]:
    """Return the median and the 95th percentile of a GET in milliseconds, on one kept connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    spent = []
    for i in range(repeat + 20):
        started = time.perf_counter()
        connection.request("GET", BASE + path, headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status}")
        if i >= 20:
            spent.append((time.perf_counter() - started) * 1000)
    connection.close()
    return statistics.median(spent), statistics.quantiles(spent, n=20)[18]


async def delays(port: int, token: str, ws: Any, repeat: int) -> list[float]:
    """Return the seconds from a commit here to its message on the server's event bus."""
    from tornado.httpclient import HTTPRequest
    from tornado.websocket import websocket_connect

    url = f"ws://127.0.0.1:{port}{BASE}api/events/subscribe"
    socket = await websocket_connect(HTTPRequest(url, headers={"Authorization": f"token {token}"}))
    found = []
    for i in range(repeat):
        await asyncio.sleep(0.37)
        started = time.perf_counter()
        await asyncio.to_thread(ws.journal.append, "bench.tick", f"bench:{i}")
        while True:
            message = json.loads(await asyncio.wait_for(socket.read_message(), 30) or "{}")
            if message.get("subject") == f"bench:{i}":
                break
        found.append(time.perf_counter() - started)
    socket.close()
    return found


def dispatch() -> float:
    """Return the microseconds of finding a route among all of them."""
    from mlnb.server.router import Router, load_routes

    router = Router(load_routes())
    paths = [route.path.replace("{", "").replace("*}", "").replace("}", "") for route in router.routes]
    verbs = [route.verb for route in router.routes]
    started = time.perf_counter()
    for _ in range(20):
        for verb, path in zip(verbs, paths, strict=True):
            router.find(verb, path)
    return (time.perf_counter() - started) / (20 * len(paths)) * 1e6


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--repeat", type=int, default=300)
    repeat = options.parse_args().repeat
    root, token = Path(tempfile.mkdtemp()), secrets.token_hex(8)
    os.environ |= {"MLNB_WORKSPACE": str(root / ".mlnb"), "MLNB_SERVER__SUPERVISOR": "false"}
    import pandas as pd

    import mlnb

    ws = mlnb.workspace()
    ws.catalog.create_schema("main.bench", if_not_exists=True)
    ws.catalog.write("main.bench.t", pd.DataFrame({f"c{i}": [1.0, 2.0] for i in range(20)}))
    process, port = start(root, token)
    try:
        plain = latency(port, token, "api/me", repeat)
        print(f"{'GET':34} {'p50 ms':>8} {'p95 ms':>8} {'ratio':>6}")
        print(f"{'Jupyter api/me':34} {plain[0]:8.2f} {plain[1]:8.2f} {1:6.2f}")
        for path in ("whoami", "status", "journal", "tables/main.bench.t"):
            ours = latency(port, token, f"mlnb/api/1.0/{path}", repeat)
            print(f"{'mlnb api/1.0/' + path:34} {ours[0]:8.2f} {ours[1]:8.2f} {ours[0] / plain[0]:6.2f}")
        found = asyncio.run(delays(port, token, ws, 15))
        print(f"commit to event bus: p50 {statistics.median(found) * 1000:.0f} ms, worst {max(found) * 1000:.0f} ms")
    finally:
        process.terminate()
        process.wait(20)
    print(f"finding one of all routes: {dispatch():.1f} µs")


if __name__ == "__main__":
    main()
