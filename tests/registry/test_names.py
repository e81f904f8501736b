"""Names, addresses and aliases: what is understood, what is refused and why."""

from __future__ import annotations

import pytest

from mlnb.registry.names import Defaults, ModelNameError, Names, Reference, parse_reference, target_of

NAMES = Names(Defaults())

REFERENCES = [
    ("models:/main.ml.flights@champion", Reference("main.ml.flights", None, "champion")),
    ("models:/main.ml.flights/3", Reference("main.ml.flights", 3, None)),
    ("main.ml.flights@champion", Reference("main.ml.flights", None, "champion")),
    ("main.ml.flights/3", Reference("main.ml.flights", 3, None)),
    (" fraud@Champion ", Reference("fraud", None, "Champion")),
    ("main.ml.Flüge@champion", Reference("main.ml.Flüge", None, "champion")),
]


@pytest.mark.parametrize(("text", "expected"), REFERENCES, ids=[row[0] for row in REFERENCES])
def test_addresses_are_read(text: str, expected: Reference) -> None:
    assert parse_reference(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "models:/",
        "main.ml.flights",
        "models:/main.ml.flights",
        "a/b",
        "a/-1",
        "@champion",
        "a@",
        "a@b c",
        "a/²",
        "a@latest",
    ],
)
def test_what_names_no_version_is_refused_with_a_hint(text: str) -> None:
    with pytest.raises(ModelNameError) as caught:
        parse_reference(text)
    assert caught.value.code == "INVALID_PARAMETER_VALUE"
    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "expected"), [("@champion", "@champion"), ("champion", "@champion"), ("@Production", "@Production")]
)
def test_targets_are_aliases(text: str, expected: str) -> None:
    assert target_of(text) == expected


@pytest.mark.parametrize(
    "text", ["", "@", "Production", "staging", "None", "latest", "@latest", "V3", "@v12", "a b", "a/b", "a.b", "@@x"]
)
def test_stages_and_reserved_words_are_no_targets(text: str) -> None:
    with pytest.raises(ModelNameError) as caught:
        target_of(text)
    assert caught.value.hint


def test_short_names_are_completed_and_bare_mlflow_names_are_found_again() -> None:
    assert NAMES.shown("fraud") == "main.default.fraud"
    assert NAMES.shown("ml.flights") == "main.ml.flights"
    assert NAMES.shown("main.ml.flights") == "main.ml.flights"
    assert NAMES.candidates("main.default.fraud") == ["main.default.fraud", "fraud", "default.fraud"]
    assert "fraud" in NAMES.candidates("fraud")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a.b.c.d",
        "main..x",
        "main.ml.a/b",
        "main.ml.a:b",
        "main.ml.a b",
        "main.ml.a'b",
        "main.ml.a@b",
        "main.ml.a%b",
    ],
)
def test_names_that_no_model_can_have_are_refused(name: str) -> None:
    with pytest.raises(ModelNameError) as caught:
        NAMES.new(name)
    assert caught.value.hint
