"""The magics in a real kernel, spoken to as JupyterLab does."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


class Kernel:
    """A kernel and its client; every wait is bounded."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def run(self, code: str, cell_id: str = "c1") -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Execute as a cell; return the reply and the outputs."""
        outputs: list[dict[str, Any]] = []
        session = self._client.session
        message = session.msg("execute_request", {"code": code, "silent": False, "store_history": True})
        message["metadata"] = {"cellId": cell_id}
        self._client.shell_channel.send(message)
        wanted = message["header"]["msg_id"]
        while True:
            told = self._client.get_iopub_msg(timeout=60)
            if told["parent_header"].get("msg_id") != wanted:
                continue
            if told["msg_type"] == "status" and told["content"]["execution_state"] == "idle":
                break
            outputs.append({"type": told["msg_type"], **told["content"]})
        while True:
            reply = self._client.get_shell_msg(timeout=60)
            if reply["parent_header"].get("msg_id") == wanted:
                return reply["content"], outputs

    def complete(self, code: str) -> list[str]:
        """Complete at the end of the code."""
        wanted = self._client.complete(code, len(code))
        while True:
            reply = self._client.get_shell_msg(timeout=60)
            if reply["parent_header"].get("msg_id") == wanted:
                content = reply["content"]
                return [code[: content["cursor_start"]] + match for match in content["matches"]]


@pytest.fixture(scope="module")
def kernel(workspace_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """One kernel for all tests, started as a Jupyter server starts it for a notebook."""
    from jupyter_client.manager import start_new_kernel

    root = tmp_path_factory.mktemp("kernel")
    shutil.copytree(workspace_template, root / ".mlnb")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLNB_WORKSPACE", str(root / ".mlnb"))
        patch.setenv("MLNB_USER", "ada")
        patch.setenv("JPY_SESSION_NAME", str(root / "flights.ipynb"))
        patch.setenv("IPYTHONDIR", str(root / "ipython"))
        manager, client = start_new_kernel(startup_timeout=60, cwd=str(root))
    try:
        found = Kernel(client)
        reply, _ = found.run("%load_ext mlnb")
        assert reply["status"] == "ok"
        yield found
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


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
