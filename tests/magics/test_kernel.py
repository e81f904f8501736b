"""The magics in a real kernel, spoken to as JupyterLab does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kernels import Kernel, in_workspace


@pytest.fixture(scope="module")
def kernel(workspace_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """One kernel for all tests."""
    with in_workspace(workspace_template, tmp_path_factory.mktemp("kernel")) as found:
        reply, _ = found.run("%load_ext mlnb")
        assert reply["status"] == "ok"
        yield found


def test_a_cells_calls_carry_notebook_and_cell(kernel: Kernel) -> None:
    code = "from mlnb.core.caller import current_caller as c\nprint(c().principal, c().cell_id, c().notebook)"
    _, outputs = kernel.run(code, "cell-7")
    text = next(one["text"] for one in outputs if one["type"] == "stream")
    assert text.startswith("ada cell-7 ")
    assert text.strip().endswith("flights.ipynb")


def test_an_error_is_one_red_line_and_a_hint(kernel: Kernel) -> None:
    reply, outputs = kernel.run("%scope nothing")
    assert reply["status"] == "error"
    errors = [one for one in outputs if one["type"] == "error"]
    assert len(errors) == 1
    assert len(errors[0]["traceback"]) <= 2
    assert errors[0]["traceback"][0].startswith("\x1b[31m")
    assert "\nTraceback" not in "\n".join(errors[0]["traceback"])


def test_results_come_as_html_and_text(kernel: Kernel) -> None:
    _, outputs = kernel.run("%mlnb")
    data = next(one["data"] for one in outputs if one["type"] == "execute_result")
    assert "jp-mlnb-out" in data["text/html"]
    assert "workspace" in data["text/plain"]
    assert "<script" not in data["text/html"]


def test_help_and_completion_work_as_in_a_cell(kernel: Kernel) -> None:
    _, outputs = kernel.run("%mlnb --help")
    assert "usage" in next(one["text"] for one in outputs if one["type"] == "stream")
    assert "%mlnb journal" in kernel.complete("%mlnb jour")
    assert "%%scope x --comment" in kernel.complete("%%scope x --com")
    assert "%mlnb" in kernel.complete("%mln")
