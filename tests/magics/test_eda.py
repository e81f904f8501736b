"""``%eda`` and ``%leakage`` in a real kernel: pages replaced in place, interrupts, values, files."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.kernels import Kernel, in_workspace
from tests.waiting import alive, until

SETUP = """
import mlnb, numpy as np, pandas as pd
%load_ext mlnb
rng = np.random.default_rng(0)
small = pd.DataFrame({"a": rng.normal(size=500), "b": rng.choice(["x", "y"], 500), "late": rng.random(500) > 0.7})
small["late_copy"] = small["late"].astype(int)
n = 400_000
large = pd.DataFrame({f"c{i}": rng.normal(size=n) for i in range(10)} | {"t": rng.choice(["u", "v", "w"], n)})
"""


@pytest.fixture(scope="module")
def kernel(workspace_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """One kernel for all tests."""
    with in_workspace(workspace_template, tmp_path_factory.mktemp("eda")) as found:
        reply, _ = found.run(SETUP)
        assert reply["status"] == "ok"
        yield found


def _pages(outputs: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """The pages that a cell showed: how each came, and which output it filled."""
    found = []
    for one in outputs:
        if one["type"] in ("display_data", "update_display_data", "execute_result"):
            html = one["data"].get("text/html", "")
            if "mlnb-eda" in html:
                found.append((one["type"], one.get("transient", {}).get("display_id", "")))
    return found


def test_small_data_is_one_page_which_is_the_cells_value(kernel: Kernel) -> None:
    reply, outputs = kernel.run("%eda small --target late")
    assert reply["status"] == "ok"
    assert [kind for kind, _ in _pages(outputs)] == ["execute_result"]
    assert kernel.value("_eda.rows, _eda.complete, _eda.source.name, _eda is _") == "500 True small True"


def test_the_first_page_is_replaced_in_place_and_shown_once(kernel: Kernel) -> None:
    reply, outputs = kernel.run("profile = %eda large --sample 20000")
    assert reply["status"] == "ok"
    pages = _pages(outputs)
    assert [kind for kind, _ in pages] == ["display_data", "update_display_data"]
    assert pages[0][1] == pages[1][1]
    assert kernel.value("profile is _eda, profile.complete, profile.rows") == "True True 400000"
    _, outputs = kernel.run("%eda large --sample 20000")
    assert [kind for kind, _ in _pages(outputs)] == ["display_data", "update_display_data"]
    assert kernel.value("_ is _eda, Out[max(Out)] is _eda") == "True True"
    _, again = kernel.run("profile")
    assert [kind for kind, _ in _pages(again)] == ["execute_result"]


def test_an_interrupt_in_the_scan_keeps_the_first_page(kernel: Kernel) -> None:
    reply, outputs = kernel.run(
        "stopped = %eda large --sample 20000 --into mine --precise", interrupt=lambda one: one["type"] == "display_data"
    )
    assert reply["status"] == "ok"
    assert _pages(outputs)[-1][0] == "update_display_data"
    assert kernel.value("stopped.complete, stopped.sample_rows, mine is stopped") == "False 20000 True"
    assert "stopped" in kernel.value("stopped.notes")
    assert kernel.value("mlnb.workspace().explore.info(stopped.id).state") == "STOPPED"


def test_an_interrupt_before_the_first_page_is_one_line_and_stores_nothing(kernel: Kernel) -> None:
    before = kernel.value("len(mlnb.workspace().explore.list().items)")
    code = "import threading, os, signal\nthreading.Timer(0.15, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
    reply, _ = kernel.run(f"{code}%eda large --sample none --no-scan")
    assert (reply["status"], reply["ename"]) == ("error", "LookInterruptedError")
    assert len(reply["traceback"]) <= 2
    assert kernel.value("len(mlnb.workspace().explore.list().items)") == before


def test_quiet_shows_nothing_and_returns_the_profile(kernel: Kernel) -> None:
    _, outputs = kernel.run("%eda small --quiet --into silent")
    assert not _pages(outputs)
    assert kernel.value("silent.rows") == "500"


def test_a_cell_profiles_one_query_on_tables_and_frames(kernel: Kernel) -> None:
    reply, _ = kernel.run("%%eda --target late\nSELECT a, late FROM small WHERE b = 'x'")
    assert reply["status"] == "ok"
    assert (
        kernel.value("_eda.source.kind, [c.column_name for c in _eda.columns], _eda.rows < 500")
        == "query ['a', 'late'] True"
    )
    reply, _ = kernel.run("%%eda\nDROP TABLE main.default.x")
    assert (reply["status"], "PARSE_SYNTAX_ERROR" in reply["traceback"][0]) == ("error", True)


def test_files_are_written_and_wrong_input_is_said_with_a_hint(kernel: Kernel) -> None:
    kernel.run("%eda small --html page.html --json page.json --columns a,b --exclude b")
    assert (kernel.root / "page.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert [c["column_name"] for c in json.loads((kernel.root / "page.json").read_text())["columns"]] == ["a"]
    for line, code, hint in (
        ("%eda smal", "DATA_NOT_FOUND", ""),
        ("%eda small --target lat", "UNRESOLVED_COLUMN", "late"),
        ("%eda small --exclude nope", "UNRESOLVED_COLUMN", ""),
        ("%eda small --sample many", "INVALID_PARAMETER_VALUE", "--help"),
        ("%eda small --sample 0", "INVALID_PARAMETER_VALUE", "positive"),
        ("%eda small --target late --exclude late", "INVALID_PARAMETER_VALUE", "Leave one"),
        ("%eda", "INVALID_PARAMETER_VALUE", "--target"),
        ("%eda small large", "INVALID_PARAMETER_VALUE", ""),
        ("%eda small --compare large --split b", "INVALID_PARAMETER_VALUE", ""),
        ("%eda small --into 2x", "INVALID_PARAMETER_VALUE", ""),
        ("%eda small --where 'a >'", "PARSE_SYNTAX_ERROR", ""),
        ("%eda stop nope", "PROFILE_NOT_FOUND", ""),
        ("%eda small --scope nope", "", ""),
    ):
        reply, _ = kernel.run(line)
        assert reply["status"] == "error", line
        said = "\n".join(reply["traceback"])
        assert code in said, (line, said)
        assert hint in said, (line, said)


def test_two_sides_are_compared(kernel: Kernel) -> None:
    kernel.run("other = small.assign(a=small['a'] + 3)")
    reply, outputs = kernel.run("%eda small --compare other --target late")
    assert reply["status"] == "ok"
    assert "text/html" in next(one["data"] for one in outputs if one["type"] == "execute_result")
    assert kernel.value("_eda.left.name, _eda.right.name, _eda.columns[0].column, _eda.columns[0].verdict") == (
        "small other a differs"
    )
    reply, _ = kernel.run("%eda small --split b --columns a")
    assert kernel.value("_eda.left.name, [c.column for c in _eda.columns]") == "b = x ['a']"
    reply, _ = kernel.run("%eda small --split a")
    assert "cannot split" in "".join(reply["traceback"])


def test_leakage_names_what_gives_the_target_away(kernel: Kernel) -> None:
    reply, outputs = kernel.run("%leakage small --target late")
    assert reply["status"] == "ok"
    shown = next(one["data"]["text/html"] for one in outputs if one["type"] == "execute_result")
    assert "late_copy" in shown
    assert kernel.value("_leakage.passed, _leakage.blocked[0].column") == "False late_copy"
    kernel.run("mlnb.workspace().explore.dismiss(_leakage.blocked[0].id, 'a test')")
    kernel.run("%leakage small --target late")
    assert kernel.value("_leakage.passed, len(_leakage.overridden)") == "True 1"


def test_names_and_columns_are_completed(kernel: Kernel) -> None:
    assert "%eda small" in kernel.complete("%eda sma")
    assert "%eda small --target late_copy" in kernel.complete("%eda small --target late_")
    assert "%eda small --no-scan" in kernel.complete("%eda small --no-s")
    assert "%eda status" in kernel.complete("%eda stat")


def test_status_lists_what_is_made_in_the_background(kernel: Kernel) -> None:
    _, outputs = kernel.run("%eda status")
    assert "Nothing is being looked at" in str(outputs)


def test_a_kernel_killed_in_the_scan_leaves_the_first_page_and_nothing_half_stored(kernel: Kernel) -> None:
    from mlnb.door import Workspace

    seen: list[dict[str, Any]] = []

    def kill(one: dict[str, Any]) -> bool:
        if one["type"] == "display_data":
            seen.append(one)
            os.kill(int(pid), signal.SIGKILL)
            raise _Killed
        return False

    pid = kernel.value("__import__('os').getpid()")
    before = kernel.value("len(mlnb.workspace().explore.list().items)")
    with pytest.raises(_Killed):
        kernel.run("%eda large --sample 20000 --precise --fresh", interrupt=kill)
    assert "mlnb-eda" in seen[0]["data"]["text/html"]
    until(lambda: not alive(int(pid)))
    ws = Workspace(kernel.root / ".mlnb")
    assert len(ws.explore.list().items) == int(before)
    assert not list((kernel.root / ".mlnb" / "explore").rglob(".*"))
    assert ws.journal.verify().ok
    ws.close()


class _Killed(Exception):
    """The kernel is gone."""
