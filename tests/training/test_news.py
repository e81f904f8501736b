"""Which runs changed in MLflow's store, whoever changed them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mlnb.training.reading.news import RunNews


@pytest.fixture
def news(ws: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """News of the workspace's store, asked as often as wished."""
    monkeypatch.setattr("mlnb.training.reading.news._LEAST_S", 0.0)
    monkeypatch.setattr("mlnb.training.reading.news._SHARE", 0)
    found = RunNews(ws.tracking.uri)
    found.take()
    yield found
    found.close()


def test_each_change_of_a_run_is_told_once(ws: Any, news: RunNews) -> None:
    client = ws.tracking.client()
    experiment = ws.tracking.experiment_id("plain")
    run = client.create_run(experiment).info.run_id
    changes: list[Callable[[], Any]] = [
        lambda: client.log_metric(run, "loss", 0.5, step=0),
        lambda: client.log_metric(run, "loss", 0.4, step=1),
        lambda: client.log_param(run, "depth", 5),
        lambda: client.set_tag(run, "k", "v"),
        lambda: client.update_run(run, name="other"),
        lambda: client.set_terminated(run),
        lambda: client.delete_run(run),
        lambda: client.restore_run(run),
    ]
    assert news.take() == [(run, experiment)]
    for number, change in enumerate(changes):
        assert news.take() == []
        change()
        assert news.take() == [(run, experiment)], number


def test_what_is_not_there_yet_or_asked_of_a_server_is_no_news(tmp_path: Any) -> None:
    for uri in (f"sqlite:///{tmp_path}/none.db", "http://localhost:1", "file:///tmp/mlruns"):
        news = RunNews(uri)
        assert news.take() == []
        news.close()


def test_a_store_that_changes_all_the_time_is_compared_for_a_twentieth_of_it(ws: Any) -> None:
    now = [0.0]

    def clock() -> float:
        now[0] += 0.1  # a comparison seems to take so long
        return now[0]

    news = RunNews(ws.tracking.uri, clock=clock)
    news.take()
    client, asked = ws.tracking.client(), now[0]
    client.create_run(ws.tracking.experiment_id("plain"))
    while not news.take():
        pass
    assert now[0] - asked >= 1.9
    news.close()
