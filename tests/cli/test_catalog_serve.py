"""``mlnb catalog serve`` answers the catalog's REST API without Jupyter, to whoever shows its token."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture
def served(ws: Any) -> Iterator[tuple[str, str]]:
    ws.catalog.create_schema("main.raw")
    ws.catalog.create_table("main.raw.t", {"id": [1, 2]})
    command = [sys.executable, "-c", "from mlnb.cli.main import main; main()", "catalog", "serve", "--port", "0"]
    env = {name: value for name, value in os.environ.items() if name != "MLNB_TOKEN"}
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        found = re.match(r"Catalog at (\S+)  token: (\S+)", process.stdout.readline())
        assert found is not None
        yield found[1], found[2]
    finally:
        process.terminate()
        process.wait(60)


def get(url: str, token: str | None) -> tuple[int, Any]:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_the_token_opens_the_catalog_and_nothing_else(served: tuple[str, str]) -> None:
    host, token = served
    status, found = get(f"{host}/api/2.1/unity-catalog/tables?catalog_name=main&schema_name=raw", token)
    assert (status, [item["name"] for item in found["tables"]]) == (200, ["t"])
    assert get(f"{host}/health", None) == (200, {"status": "ok"})
    for wrong in (None, "guess"):
        assert get(f"{host}/api/2.1/unity-catalog/catalogs", wrong)[0] == 401
    assert get(f"{host}/api/1.0/experiments", token)[0] == 403
    assert get(f"{host}/api/kernels", token)[0] == 404


def test_the_platform_s_client_reads_it(
    served: tuple[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    databricks = pytest.importorskip("databricks.sdk")
    monkeypatch.setenv("DATABRICKS_CONFIG_FILE", str(tmp_path / "none"))
    host, token = served
    config = databricks.core.Config(host=host, token=token, auth_type="pat", retry_timeout_seconds=5)
    client = databricks.WorkspaceClient(config=config)
    assert client.tables.get("main.raw.t").full_name == "main.raw.t"
