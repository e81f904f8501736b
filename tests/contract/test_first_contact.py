"""All panels opened at once on a server that has just started: the slow imports happen once, and nobody meets half of them."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

PATHS = (
    "api/1.0/models",
    "api/1.0/status",
    "api/1.0/experiments",
    "api/2.0/mlflow/experiments/get?experiment_id=0",
    "api/1.0/requests",
    "api/1.0/tree",
    "api/1.0/endpoints",
    "api/1.0/models?max_results=5",
    "api/1.0/monitors",
    "api/1.0/jobs",
    "api/1.0/job-runs",
    "api/1.0/scopes",
    "api/1.0/features",
    "api/2.0/mlflow/registered-models/search",
    "api/1.0/models",
)


def _get(lab: Any, path: str) -> tuple[str, int]:
    request = urllib.request.Request(f"{lab.host}/{path}", headers={"Authorization": f"Bearer {lab.token}"})
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            json.load(answer)
            return path, answer.status
    except urllib.error.HTTPError as error:
        return f"{path}: {error.read().decode()[:200]}", error.code


def test_the_first_requests_may_come_all_at_once(lab: Any) -> None:
    with ThreadPoolExecutor(len(PATHS)) as pool:
        answers = list(pool.map(lambda path: _get(lab, path), PATHS))
    wrong = [answer for answer in answers if answer[1] != 200]
    assert wrong == [], lab.log.read_text()[-3000:]
