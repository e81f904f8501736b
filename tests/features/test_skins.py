"""Feature tables over REST, in the shell and in a cell."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from mlnb.cli.main import cli
from mlnb.core.errors import NotFoundError
from mlnb.display import html_of
from mlnb.server.features import (
    ROUTES,
    ListFeatureTables,
    PublishFeatureTable,
    list_feature_tables,
    publish_feature_table,
)


def test_the_routes_list_and_publish(ws, features):
    assert [(route.verb, route.path) for route in ROUTES] == [
        ("GET", "/api/1.0/features"),
        ("POST", "/api/1.0/features/{name}/publish"),
    ]
    listed = list_feature_tables(ws, ListFeatureTables(filter="seats")).to_dict()["feature_tables"]
    assert [table["name"] for table in listed] == ["main.default.planes"]
    assert listed[0]["features"] == [{"name": "year", "type": "double"}, {"name": "seats", "type": "bigint"}]
    assert "online" not in listed[0]
    made = publish_feature_table(ws, PublishFeatureTable(name="main.default.planes"))
    assert made.state == "AVAILABLE"
    assert list_feature_tables(ws, ListFeatureTables()).feature_tables[0].online.rows == 3
    with pytest.raises(NotFoundError):
        publish_feature_table(ws, PublishFeatureTable(name="main.default.plains"))


def test_the_commands_list_show_and_publish(ws, features):
    run = CliRunner().invoke
    assert "main.default.weather" in run(cli, ["features", "list"]).output
    listed = json.loads(run(cli, ["features", "list", "--json"]).output)
    assert [table["name"] for table in listed] == ["main.default.planes", "main.default.weather"]
    assert json.loads(run(cli, ["features", "show", "main.default.planes", "--json"]).output)["primary_keys"] == [
        "tailnum"
    ]
    assert json.loads(run(cli, ["features", "publish", "main.default.planes", "--json"]).output)["rows"] == 3


def test_results_show_themselves_in_a_cell(features, labels, lookups):
    made = features.create_training_set(labels, lookups, "late")
    assert "load_df() returns the rows" in html_of(made)
    made.load_df()
    page = html_of(made)
    assert "temperature" in page
    assert "80.0%" in page
    assert "main.default.weather" in repr(made)
    assert "tailnum" in html_of(features.get_table("main.default.planes"))
    assert "available" in html_of(features.publish_table("main.default.planes"))
