"""Environments are made from locks: whole or not at all, once for all who want them, and only as long as somebody waits."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlnb.core.clock import now_ms
from mlnb.training.background import environment
from mlnb.training.background.environment import EnvironmentUnavailableError, python_of, remove_unused, variables
from mlnb.training.background.plan import Plan, PlannedCell
from mlnb.training.background.worker import work
from mlnb.training.recording.environment import lock_text
from tests.waiting import until

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
LOCK = f"# python {HERE}.0 (cpython)\nmlnb==0.0\ntiny-part==1.0\n"


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one package, which is all that installers find."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    facts = "tiny_part-1.0.dist-info"
    with zipfile.ZipFile(folder / "tiny_part-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tiny_part.py", "VALUE = 17\n")
        wheel.writestr(f"{facts}/METADATA", "Metadata-Version: 2.1\nName: tiny-part\nVersion: 1.0\n")
        wheel.writestr(
            f"{facts}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{facts}/RECORD", "")
    for tool in ("UV", "PIP"):
        monkeypatch.setenv(f"{tool}_FIND_LINKS", str(folder))
        monkeypatch.setenv(f"{tool}_NO_INDEX", "1")
    return folder


def says(python: str, code: str) -> str:
    return subprocess.run([python, "-c", code], capture_output=True, text=True, timeout=60, check=True).stdout.strip()


@pytest.mark.parametrize("tool", ["uv", "pip"])
def test_an_environment_holds_the_packages_of_its_lock_and_this_mlnb(
    ws: Any, wheels: Path, tool: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if tool == "pip":
        monkeypatch.setattr(environment, "_uv", lambda: None)
    elif environment._uv() is None:
        pytest.skip("uv is not installed")
    told: list[str] = []
    python = python_of(ws, LOCK, told.append)
    assert told[0] == "making an environment of 1 packages"
    code = "import os, tiny_part, mlnb; print(tiny_part.VALUE, os.path.realpath(mlnb.__file__))"
    import mlnb

    assert says(python, code) == f"17 {mlnb.__file__}"
    # what MLflow and Jupyter look up about mlnb is there too
    found = "from importlib.metadata import entry_points as e; print([p.name for p in e(group='mlflow.run_context_provider')])"
    assert "mlnb" in says(python, found)
    assert variables(python)["PATH"].startswith(f"{Path(python).parent}{os.pathsep}")
    told.clear()
    assert python_of(ws, LOCK, told.append) == python
    assert not told


def test_a_lock_that_somebody_changed_tells_an_installer_nothing_but_names_and_versions() -> None:
    lines = [
        "tiny-part==1.0",
        "zope.interface==7.1+local.1",
        "--index-url http://host/simple?a==1",
        "-r /etc/passwd#==1",
        "evil @ file:///tmp/evil==1.0",
        "evil==1.0 --global-option=x",
        "evil==1.0 ; python_version > '3'",
        "~umpy==2.0",
        "evil==\\",
        "evil==1.0\x0b--pre==1",
    ]
    found = environment.packages("\n".join(["# python 3.11.0", *lines]))
    assert found == {"tiny-part": "1.0", "zope.interface": "7.1+local.1", "evil": "1.0"}


def test_what_is_here_already_is_not_made_again(ws: Any) -> None:
    assert python_of(ws, lock_text()) == sys.executable
    assert variables(sys.executable) == {}
    assert not (ws.path / "environments").exists()


def test_what_a_killed_process_left_is_made_anew_and_what_cannot_be_made_leaves_nothing(ws: Any, wheels: Path) -> None:
    python = Path(python_of(ws, LOCK))
    (python.parents[1] / "complete").unlink()
    next(python.parents[1].glob("lib/python*/site-packages/tiny_part.py")).unlink()
    assert says(python_of(ws, LOCK), "import tiny_part; print(tiny_part.VALUE)") == "17"
    with pytest.raises(EnvironmentUnavailableError, match="no-such-part"):
        python_of(ws, LOCK + "no-such-part==0.0.1\n")
    assert [path for path in (ws.path / "environments" / "runs").iterdir() if path.is_dir()] == [python.parents[1]]


def test_of_two_that_want_the_same_one_makes_it(ws: Any, wheels: Path) -> None:
    told: list[str] = []
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(python_of(ws, LOCK, told.append))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert len(set(found)) == 1
    assert len(found) == 2
    assert len([line for line in told if line.startswith("making")]) == 1


def test_an_interpreter_that_is_not_here_is_named(ws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "_uv", lambda: None)
    with pytest.raises(EnvironmentUnavailableError) as caught:
        python_of(ws, LOCK.replace(f"python {HERE}", "python 2.7"))
    assert caught.value.message == f"It was made with Python 2.7, and here is {HERE}."
    assert environment.differences(lock_text().replace(f"# python {HERE}", "# python 2.7")) == [
        f"python: 2.7 then, {HERE} now"
    ]


def test_environments_that_nobody_used_for_a_month_are_removed(ws: Any, wheels: Path) -> None:
    python = Path(python_of(ws, LOCK))
    remove_unused(ws, now_ms() + 29 * 24 * 3_600_000)
    assert python.exists()
    (ws.path / "environments" / "report").mkdir()
    remove_unused(ws, now_ms() + 31 * 24 * 3_600_000)
    assert not python.exists()
    assert (ws.path / "environments" / "report").is_dir()  # somebody else's


@pytest.fixture
def slow(ws: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Ask for a run whose environment takes ten minutes to make; returns its id."""
    monkeypatch.setattr(ws.supervisor, "ensure", lambda: None)
    code = "import time; print('downloading', flush=True); time.sleep(600)"
    monkeypatch.setattr(environment, "_install", lambda *_: [sys.executable, "-c", code])

    def ask(**options: Any) -> str:
        plan = Plan(
            [PlannedCell("1", None, "run")], ws.tracking.experiment_id("e"), {"experiment": "e"}, lock=LOCK, **options
        )
        return str(ws.runs.launch(plan).run_id)

    return ask


def test_a_run_is_stopped_while_its_environment_is_made(ws: Any, slow: Callable[..., str]) -> None:
    run_id = slow()
    thread = threading.Thread(target=work, args=(ws, run_id))
    thread.start()
    until(lambda: "downloading" in ws.runs.log(run_id).text)
    until(lambda: (said := ws.progress.get(f"run:{run_id}")) and said.message == "downloading")
    ws.runs.stop(run_id)
    thread.join(120)
    assert not thread.is_alive()
    info = ws.runs.background_info(run_id)
    assert (info.status, info.state, info.error["message"]) == ("KILLED", "ENDED", "It was stopped.")
    assert not [path for path in (ws.path / "environments" / "runs").iterdir() if path.is_dir()]


def test_making_the_environment_counts_as_time_of_the_run(ws: Any, slow: Callable[..., str]) -> None:
    run_id = slow(timeout_s=1)
    assert work(ws, run_id) == 0
    info = ws.runs.background_info(run_id)
    assert (info.status, info.error["message"]) == ("KILLED", "It was stopped after 1 s: its time was over.")
