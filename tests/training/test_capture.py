"""What is read off a cell without running it, and what is kept of what it prints."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from mlnb.training.recording.batches import NameNotDefinedError, check_names
from mlnb.training.recording.capture import (
    OutputLog,
    automatic_parameters,
    is_secret,
    numbers_of,
    read_names,
    recording_output,
)
from mlnb.training.recording.environment import lock_text, modules_of, requirements
from mlnb.training.recording.repository import parse_status


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("depth = 6\nrate = 0.1", {"depth": "6", "rate": "0.1"}),
        ("depth: int = -6", {"depth": "-6"}),
        ("depth, rate = 6, 0.1", {"depth": "6", "rate": "0.1"}),
        ("depth = 6\ndepth = 7", {"depth": "7"}),
        ("depth = 6\ndepth = load()", {}),
        ("depth = 6\ndepth += 1", {}),
        ("params = {'depth': 6, 'rate': 0.1}", {"depth": "6", "rate": "0.1"}),
        ("grid = dict(depth=6)", {"grid.depth": "6"}),
        ("columns = ['a', 'b']", {"columns": "['a', 'b']"}),
        ("_hidden = 1\nmodel = make()", {}),
        ("if True:\n    depth = 6", {}),
        ("this is not python", {}),
        ("query = '" + "x" * 600 + "'", {}),
    ],
)
def test_literals_assigned_at_the_top_become_parameters(code: str, expected: dict[str, str]) -> None:
    assert automatic_parameters(read_names(code)) == expected


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("api_key", "x", True),
        ("DB_PASSWORD", "x", True),
        ("options", {"url": "a", "key": "sk4Jf82kLmQ9zXc71Pw0TbVn"}, True),
        ("value", "ghp_16C7e42F292c6912E7710c838347Ae178B4a", True),
        ("store", "postgresql+psycopg://ada:pw@host/runs", True),
        ("Authorization", "x", True),
        ("secret_number", 7, True),
        ("max_tokens", 512, False),
        ("author", "Ada", False),
        ("table", "main.ml.flights_payload_rows", False),
        ("columns", ["departure_delay_minutes"], False),
        ("url", "https://example.org/data/flights-2013.csv?download=1", False),
    ],
)
def test_secrets_are_recognised_by_name_or_shape(name: str, value: object, secret: bool) -> None:
    assert is_secret(name, value) is secret
    assert not secret or name not in automatic_parameters(read_names(f"{name} = {value!r}"))


def test_at_most_fifty_parameters_are_taken() -> None:
    code = "\n".join(f"p{number} = {number}" for number in range(80))
    assert len(automatic_parameters(read_names(code))) == 50


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"auc": 0.7, "n": 3}, {"auc": 0.7, "n": 3.0}),
        ({"auc": np.float64(0.7), "n": np.int64(3)}, {"auc": 0.7, "n": 3.0}),
        ({"test": {"auc": 0.7}}, {"test.auc": 0.7}),
        ({"auc": 0.7, "name": "x"}, {}),
        ({"ok": True}, {}),
        ({}, {}),
        ({1: 2.0}, {}),
        (0.7, {}),
        (None, {}),
    ],
)
def test_a_dictionary_of_numbers_is_a_set_of_metrics(value: object, expected: dict[str, float]) -> None:
    assert numbers_of(value) == expected


def test_names_that_will_not_exist_are_refused_with_the_nearest() -> None:
    names = read_names("auc = score()")
    check_names(["auc", "known"], names, {"known": 1}, "--metrics")
    with pytest.raises(NameNotDefinedError) as caught:
        check_names(["auk"], names, {}, "--metrics")
    assert caught.value.hint == "Did you mean auc?"


def test_printed_text_is_kept_at_both_ends() -> None:
    log = OutputLog(tail_bytes=1000)
    for number in range(40_000):
        log.write(f"line {number}\n")
    assert log.text.startswith("line 0\n")
    assert log.text.endswith("line 39999\n")
    assert "characters left out" in log.text
    assert len(log.text) < 64 * 1024 + 1200


def test_streams_are_restored_even_when_code_replaces_them() -> None:
    log, before, other = OutputLog(1000), sys.stdout, sys.stderr
    with recording_output(log):
        print("one")
        sys.stdout.writelines(["two\n"])
        print("three", file=sys.stderr)
    assert (sys.stdout, sys.stderr) == (before, other)
    assert log.text == "one\ntwo\nthree\n"


def test_git_status_is_read() -> None:
    text = "# branch.oid 0123abc\n# branch.head main\n# branch.ab +1 -0\n1 .M N... 100644 100644 100644 a b file.py\n"
    assert parse_status(text).model_dump(exclude={"repository"}) == {
        "commit": "0123abc",
        "branch": "main",
        "dirty": True,
    }
    assert parse_status("# branch.oid (initial)\n# branch.head (detached)\n").model_dump(exclude={"repository"}) == {
        "commit": None,
        "branch": None,
        "dirty": False,
    }


def test_the_lock_names_every_distribution() -> None:
    from importlib import metadata

    text = lock_text()
    listed = {line.split("==")[0] for line in text.splitlines() if "==" in line}
    installed = {dist.metadata["Name"].lower().replace("_", "-").replace(".", "-") for dist in metadata.distributions()}
    assert installed <= listed
    assert f"\nmlflow=={metadata.version('mlflow')}\n" in text


def test_requirements_follow_from_the_classes_inside_a_pipeline() -> None:
    from importlib import metadata

    from lightgbm import LGBMClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    pipeline = make_pipeline(StandardScaler(), LGBMClassifier())
    assert {"sklearn", "lightgbm"} <= modules_of(pipeline)
    found = requirements(pipeline)
    assert f"lightgbm=={metadata.version('lightgbm')}" in found
    assert f"scikit-learn=={metadata.version('scikit-learn')}" in found
    assert found == sorted(found)


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("for d in (1, 2):\n    LGBMClassifier(max_depth=d).fit(X, y)", True),
        ("scores = [make(d).fit(X, y).score(X, y) for d in range(3)]", True),
        ("while True:\n    lgb.train(p, data)", True),
        ("model.fit(X, y)\nfor row in rows:\n    print(row)", False),
        ("def fit():\n    return model.fit(X, y)", False),
    ],
)
def test_a_cell_that_fits_in_a_loop_is_known(code: str, found: bool) -> None:
    assert read_names(code).fits_in_a_loop is found


def test_imported_packages_are_read_off_a_cell() -> None:
    code = "import sklearn.linear_model as lm, os\nfrom lightgbm import LGBMClassifier\nfrom . import own\ndef f():\n    import xgboost"
    assert read_names(code).imported == {"sklearn", "os", "lightgbm", "xgboost"}


def test_one_text_longer_than_what_is_kept_is_cut_too() -> None:
    log = OutputLog(tail_bytes=1000)
    log.write("a" * 10_000_000 + "the end")
    assert log.text.endswith("the end")
    assert len(log.text) < 64 * 1024 + 1100
    assert log.written == 10_000_007
