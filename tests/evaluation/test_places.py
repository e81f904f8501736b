"""Models that are named from afar: loading one runs its code, so only those of the workspace are loaded."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from mlnb.core.caller import calling
from mlnb.core.errors import MlnbError

from .conftest import TABLE, Made

_TRAP = """
from pathlib import Path
def _load_pyfunc(path):
    Path({mark!r}).touch()
    raise SystemExit
"""


@pytest.fixture
def trap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """A model outside the workspace that leaves a mark when it is loaded, and the mark."""
    mark, model = tmp_path / "mark", tmp_path / "elsewhere" / "model"
    model.mkdir(parents=True)
    (tmp_path / "mlnb_trap.py").write_text(_TRAP.format(mark=str(mark)))
    monkeypatch.syspath_prepend(str(tmp_path))
    (model / "MLmodel").write_text(
        "flavors:\n  python_function:\n    loader_module: mlnb_trap\n    python_version: 3.11.0\n"
    )
    return model, mark


def test_a_model_that_is_named_from_afar_is_loaded_from_the_workspace_only(
    ws: Any, made: Made, trap: tuple[Path, Path]
) -> None:
    model, mark = trap
    client = ws.tracking.client()
    client.create_registered_model("m")
    client.create_model_version("m", str(model))
    client.create_model_version("m", "models:/m/1")
    client.create_registered_model("good")
    client.create_model_version("good", made.strong, made.strong_run)
    artifacts = Path(client.get_run(made.weak_run).info.artifact_uri)
    up = "../" * len(artifacts.parts) + str(model).lstrip("/")
    (artifacts / "link").parent.mkdir(exist_ok=True)
    (artifacts / "link").symlink_to(model)
    refused = [
        str(model),
        f"file://{model}",
        "http://127.0.0.1:9/model",
        "s3://bucket/model",
        f"runs:/{made.weak_run}/{up}",
        f"runs:/{made.weak_run}/link",
        f"runs:/{made.weak_run}/{up.replace('..', '%2e%2e')}",
        "models:/m/1",
        "models:/m/2",
    ]
    with calling(source="rest"):
        for address in refused:
            with pytest.raises(MlnbError) as found:
                ws.evaluation.evaluate(address, TABLE, targets="good", bootstrap=0)
            assert found.value.code in (
                "PERMISSION_DENIED",
                "RESOURCE_DOES_NOT_EXIST",
                "RUN_NOT_FOUND",
                "MODEL_NOT_FOUND",
            )
        with pytest.raises(MlnbError):
            ws.evaluation.evaluate(made.strong, TABLE, targets="good", bootstrap=0, baseline=str(model))
        for address in (made.strong, "models:/good/1", made.strong_run):
            assert ws.evaluation.evaluate(address, TABLE, targets="good", bootstrap=0).n_rows == 2000
    assert not mark.exists()
    # The trap is one: in a notebook of their own people load what they like.
    with pytest.raises(SystemExit):
        ws.evaluation.evaluate(str(model), TABLE, targets="good", bootstrap=0)
    assert mark.exists()


def test_who_asks_from_afar_is_not_told_which_files_are_there(ws: Any, made: Made, tmp_path: Path) -> None:
    shutil.copytree(ws.path / "artifacts", tmp_path / "there")
    said = []
    with calling(source="rest"):
        for name in ("there", "not there"):
            with pytest.raises(MlnbError) as found:
                ws.evaluation.evaluate(str(tmp_path / name), TABLE, targets="good")
            said.append((found.value.code, found.value.message.replace(name, "")))
    assert said[0] == said[1]
