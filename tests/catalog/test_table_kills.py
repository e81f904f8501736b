"""``kill -9`` at twenty moments of appends, merges, flushes, renames, drops: nothing acknowledged is lost, nothing is there twice."""

import collections
import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

#: Forks a worker twenty times and kills it somewhere in its work; libraries are loaded once, before any of them has a thread.
KILLER = """
    import itertools, json, os, random, signal, sys, time
    import deltalake, duckdb, pyarrow, sqlglot, pandas
    from mlnb.door import Workspace
    import mlnb.catalog.service, mlnb.catalog.table, mlnb.catalog.changing, mlnb.catalog.sql.front, mlnb.catalog.spool

    folder, kills = sys.argv[1], int(sys.argv[2])

    def work(turn, said):
        cat = Workspace(folder).catalog
        def ack(*what):
            os.write(said, (json.dumps([turn, *what]) + "\\n").encode())
        ack("ready")
        for step in itertools.count():
            number = turn * 1000 + step
            kind = ("append", "merge", "spool", "rename", "drop")[(turn + step) % 5]
            ack("begin", kind, number)
            if kind == "append":
                cat.append("main.raw.a", [{"id": number}], txn=("turn", number))
            elif kind == "merge":
                cat.table("main.raw.m").merge([{"id": step % 3, "v": number}])
            elif kind == "spool":
                spool = cat.spool("main.raw.s")
                for i in range(5):
                    spool.put([{"id": number * 10 + i}])
                    ack("put", number * 10 + i)
                spool.flush()
            elif kind == "rename":
                here = "main.raw.n0" if cat.exists("main.raw.n0") else "main.raw.n1"
                cat.rename(here, "n1" if here.endswith("n0") else "n0")
            elif cat.exists("main.raw.d"):
                cat.drop("main.raw.d")
            else:
                cat.undrop("main.raw.d")
            ack("done", kind, number)

    random.seed(7)
    for turn in range(1, kills + 1):
        hear, said = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(hear)
            work(turn, said)
        os.close(said)
        with os.fdopen(hear) as stream:
            sys.stdout.write(stream.readline())
            time.sleep(random.uniform(0.0, 0.9))
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            sys.stdout.write(stream.read())
"""


def test_twenty_kills_lose_nothing_and_double_nothing(cat: Any, ws: Any, workspace_path: Path) -> None:
    cat.create_table("main.raw.a", [{"id": 0}])
    cat.create_table("main.raw.m", [{"id": i, "v": 0} for i in range(3)], primary_key="id")
    for name in ("s", "n0", "d"):
        cat.create_table(f"main.raw.{name}", [{"id": 0}])
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(KILLER), str(workspace_path), "20"],
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    said = [json.loads(line) for line in done.stdout.splitlines()]
    begun = {(kind, number) for _, what, *rest in said if what == "begin" for kind, number in [rest]}
    acknowledged = {(kind, number) for _, what, *rest in said if what == "done" for kind, number in [rest]}
    assert len({turn for turn, *_ in said}) == 20
    assert {kind for kind, _ in begun - acknowledged}, "some kill came in the middle of something"

    found = cat.read("main.raw.a")["id"].tolist()
    assert len(found) == len(set(found))
    assert {number for kind, number in acknowledged if kind == "append"} <= set(found)
    assert set(found) <= {number for kind, number in begun if kind == "append"} | {0}

    cat.spool("main.raw.s").flush()
    spooled = collections.Counter(cat.read("main.raw.s")["id"].tolist())
    put = {rest[0] for _, what, *rest in said if what == "put"}
    assert put <= set(spooled)
    assert max(spooled.values()) == 1

    merged = cat.read("main.raw.m").sort_values("id")["v"].tolist()
    for key, value in enumerate(merged):
        wanted = [n for kind, n in acknowledged if kind == "merge" and n % 1000 % 3 == key]
        assert value == 0 or ("merge", value) in begun
        assert value >= max(wanted, default=0)

    assert [cat.exists("main.raw.n0"), cat.exists("main.raw.n1")].count(True) == 1
    if not cat.exists("main.raw.d"):
        cat.undrop("main.raw.d")
    assert cat.read("main.raw.d")["id"].tolist() == [0]

    assert ws.journal.verify().ok
    for name in ("a", "m", "s"):
        table = cat.table(f"main.raw.{name}")
        events = ws.journal.tail(5000, subjects=[f"table:main.raw.{name}"])
        assert [e.payload["version"] for e in events if "version" in e.payload] == list(range(table.info.version + 1))
