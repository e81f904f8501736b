"""The whole thread as a stranger meets it: a wheel installed without Node, the demo run from it, its stores read by others' tools.

``binder/postBuild`` is what runs, in a copy of the checkout and an environment of its own, so the Binder image, the wheel and the demo
are shown by one execution.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sysconfig
import venv
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PARTS = (
    "mlnb",
    "examples",
    "binder",
    "jupyter-config",
    "pyproject.toml",
    "package.json",
    "README.md",
    "LICENSE",
    "CHANGELOG.md",
)


def _environment(folder: Path) -> Path:
    """Make an environment that sees this one's libraries but neither this checkout nor Node."""
    venv.create(folder, with_pip=True)
    site = next(folder.glob("lib/python*/site-packages"))
    (site / "libraries.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return folder / "bin"


def _without_node(folder: Path) -> Path:
    """Make a folder for the front of PATH in which Node's programs only leave a trace of having been called."""
    folder.mkdir()
    for name in ("node", "npm", "npx", "yarn", "jlpm"):
        program = folder / name
        program.write_text(f'#!/bin/sh\necho {name} "$@" >> {folder}/called\nexit 127\n')
        program.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    if not (REPOSITORY / "mlnb" / "labextension" / "package.json").exists():
        pytest.skip("the Lab extension is not built: make install")
    folder = tmp_path_factory.mktemp("demo")
    checkout = folder / "checkout"
    checkout.mkdir()
    for part in PARTS:
        source = REPOSITORY / part
        (shutil.copytree if source.is_dir() else shutil.copy2)(source, checkout / part)
    binaries, no_node = _environment(folder / "environment"), _without_node(folder / "no-node")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MLNB_", "PYTHON"))} | {
        "PATH": os.pathsep.join([str(no_node), str(binaries), os.environ["PATH"]]),
        "PIP_NO_DEPS": "1",
        "PIP_NO_BUILD_ISOLATION": "false",  # pip reads this one the other way round
        "CI": "true",
        "HOME": str(folder),
    }
    log = folder / "postBuild.log"
    with open(log, "w") as out:
        code = subprocess.run(
            [checkout / "binder" / "postBuild"],
            env=environment,
            stdout=out,
            stderr=subprocess.STDOUT,
            timeout=1200,
            check=False,
        )
    text = log.read_text()
    assert code.returncode == 0, text[-6000:]
    return {"folder": checkout / "demo", "log": text, "env": environment, "bin": binaries, "no_node": no_node}


def test_the_summary_names_what_there_is_and_the_endpoint_is_stopped(demo):
    from mlnb.door import Workspace

    for word in ("main.raw.flights", "336,776", "@champion", "curl", "Monitor", "chain intact"):
        assert word in demo["log"], word
    workspace = Workspace(demo["folder"] / ".mlnb")
    assert not workspace.supervisor.status().running
    assert workspace.endpoints.get("flights").state == "STOPPED"


def test_its_tables_are_plain_delta(demo):
    from deltalake import DeltaTable

    found = {
        path.parent.name.rsplit("-", 1)[0] for path in (demo["folder"] / ".mlnb" / "lake").glob("main/*/*/_delta_log")
    }
    assert {"flights", "weather_hourly", "flights_payload", "flights_payload_rows_drift_metrics"} <= found
    (flights,) = (demo["folder"] / ".mlnb" / "lake" / "main" / "raw").glob("flights-*")
    assert DeltaTable(flights).to_pyarrow_dataset().count_rows() == 336_776


def test_its_runs_and_versions_are_plain_mlflow(demo):
    from mlflow.tracking import MlflowClient

    client = MlflowClient(f"sqlite:///{demo['folder'] / '.mlnb' / 'mlflow.db'}")
    champion = client.get_model_version_by_alias("main.ml.flights", "champion")
    run = client.get_run(champion.run_id)
    assert run.info.status == "FINISHED"
    first, second = sorted(
        client.search_model_versions("name='main.ml.flights'"), key=lambda version: int(version.version)
    )
    assert champion.version == second.version
    assert client.get_run(first.run_id).data.params["trees"] == "80"


def test_every_request_is_in_the_inference_table_once_and_labels_are_joined(demo):
    from mlnb.door import Workspace

    workspace = Workspace(demo["folder"] / ".mlnb")
    payload = workspace.sql(
        "SELECT count(*) AS n, count(DISTINCT databricks_request_id) AS ids FROM main.ml.flights_payload"
    ).rows()[0]
    assert payload["n"] == payload["ids"] >= 150
    rows = workspace.sql("SELECT count(*) AS n FROM main.ml.flights_payload_rows").rows()[0]["n"]
    outcomes = workspace.sql("SELECT count(*) AS n FROM main.ml.flights_outcomes").rows()[0]["n"]
    assert rows >= outcomes > 10_000


def test_the_monitor_shows_the_decline_and_retraining_mends_it(demo):
    from mlnb.door import Workspace

    workspace = Workspace(demo["folder"] / ".mlnb")
    quality = workspace.monitors.quality("main.ml.flights_payload_rows", granularity="1 month").sort_values("start")
    by_month = quality["roc_auc_score"].to_list()
    assert len(by_month) == 5
    assert by_month[3] < 0.70 < by_month[0]  # August is as promised, November is not
    assert by_month[4] > by_month[3]  # December is answered by the retrained version
    assert quality["base_rate"].min() < 0.16 < 0.20 < quality["base_rate"].to_list()[0]
    notebook = json.loads((demo["folder"] / "flights_lifecycle.ipynb").read_text())
    outputs = {cell["id"]: cell.get("outputs", []) for cell in notebook["cells"]}
    assert any("retrain" in json.dumps(output).lower() for output in outputs["decide"])
    decisions = workspace.journal.tail(50, actions=["monitor.retrain_requested"])
    assert decisions
    versions = {str(version.version): version for version in workspace.models.get("main.ml.flights").versions}
    scores = {
        number: next(
            e.metrics["roc_auc"] for e in workspace.evaluation.list(version.run_id) if "flights_november" in str(e.data)
        )
        for number, version in versions.items()
    }
    assert scores["2"] > scores["1"] + 0.005


def test_the_journal_verifies_from_the_command_line(demo):
    result = subprocess.run(
        [demo["bin"] / "mlnb", "-w", demo["folder"] / ".mlnb", "journal", "verify"],
        env=demo["env"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_wheel_installed_both_extensions_without_node(demo):
    assert not (demo["no_node"] / "called").exists()
    prefix = demo["bin"].parent
    assert (prefix / "share" / "jupyter" / "labextensions" / "mlnb" / "package.json").exists()
    code = "from jupyter_server.extension.serverextension import main; main(['list'])"
    command = [demo["bin"] / "python", "-c", code]
    listed = subprocess.run(command, env=demo["env"], capture_output=True, text=True, check=False)
    text = listed.stdout + listed.stderr
    assert "mlnb" in text
    assert "OK" in text.split("mlnb", 1)[1][:200]


def test_running_it_again_refuses_to_touch_a_workspace_of_yours(tmp_path, monkeypatch):
    from mlnb.core.errors import AlreadyExistsError
    from mlnb.demo.run import prepare
    from mlnb.door import Workspace

    monkeypatch.setenv("MLNB_WORKSPACE", str(tmp_path / ".mlnb"))
    Workspace(tmp_path / ".mlnb")
    with pytest.raises(AlreadyExistsError) as caught:
        prepare(tmp_path, print)
    assert "--path" in str(caught.value.hint)
    assert (tmp_path / ".mlnb" / "metastore.db").exists()
