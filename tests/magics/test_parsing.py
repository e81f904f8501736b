"""Lines become arguments: quotes group, options come first where the rest is a language, mistakes are told in one line."""

from __future__ import annotations

import argparse

import pytest

from mlnb.magics.base import HelpRequested, MagicSpec, UsageError, parser, split
from mlnb.magics.run import parse, split_options


def _parser() -> argparse.ArgumentParser:
    made = parser("%%thing", "Does a thing.")
    made.add_argument("name", nargs="?")
    made.add_argument("--limit", "-n", type=int)
    made.add_argument("--tag", action="append")
    made.add_argument("--quiet", action="store_true")
    return made


def _raw_parser() -> argparse.ArgumentParser:
    made = parser("%sql", "Query.")
    made.add_argument("--limit", "-n", type=int)
    made.add_argument("--params", default="{}")
    made.add_argument("--quiet", action="store_true")
    return made


THING = MagicSpec("thing", lambda call: None, _parser)
RAW = MagicSpec("sql", lambda call: None, _raw_parser, raw=True)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", {"name": None}),
        ("a.b.c --limit 3", {"name": "a.b.c", "limit": 3}),
        ("--limit=3 'my name'", {"name": "my name", "limit": 3}),
        ("""x --tag "a b" --tag c\\ d""", {"tag": ["a b", "c d"]}),
        ("--tag 'it''s {braces} $kept'", {"tag": ["its {braces} $kept"]}),
        ("ñandú --quiet", {"name": "ñandú", "quiet": True}),
    ],
)
def test_a_line_is_split_as_a_shell_would(line: str, expected: dict[str, object]) -> None:
    args = vars(parse(THING, line))
    assert {key: args[key] for key in expected} == expected


@pytest.mark.parametrize(
    ("line", "expected", "rest"),
    [
        ("SELECT 'a b', \"c\" FROM t", {}, "SELECT 'a b', \"c\" FROM t"),
        ("--limit 5 SELECT '--quiet'", {"limit": 5}, "SELECT '--quiet'"),
        ("--limit=5 --quiet   SELECT 1", {"limit": 5, "quiet": True}, "SELECT 1"),
        ("""--params '{"a": "x y"}' SELECT :a""", {"params": '{"a": "x y"}'}, "SELECT :a"),
        ("-n 2 result << SELECT {x}", {"limit": 2}, "result << SELECT {x}"),
        ("-- a comment\nSELECT 1", {}, "-- a comment\nSELECT 1"),
        ("--a-comment-of-sql SELECT 1", None, ""),
    ],
)
def test_a_raw_line_keeps_what_follows_its_options(line: str, expected: dict[str, object] | None, rest: str) -> None:
    if expected is None:
        with pytest.raises(UsageError, match="unrecognized"):
            split_options(_raw_parser(), line)
        return
    args = vars(parse(RAW, line))
    assert {key: args[key] for key in expected} == expected
    assert args["line"] == rest


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("--limit x", "invalid int value"),
        ("--nope", "unrecognized arguments: --nope"),
        ("a b", "unrecognized arguments: b"),
        ("'open", "no closing quotation"),
        ("--lim 3", "unrecognized arguments"),
    ],
)
def test_a_mistake_raises_with_the_usage_as_hint(line: str, says: str) -> None:
    with pytest.raises(UsageError, match=says) as caught:
        parse(THING, line)
    assert caught.value.code == "INVALID_PARAMETER_VALUE"
    assert "%%thing" in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("--limt 3", "Did you mean --limit"),
        ("name limit=3", "Write --limit 3."),
        ("name 'tag=a&b'", "Write --tag 'a&b'."),
        ("name quiet", "Write --quiet."),
        ("name --kind larg", "Did you mean large?"),
        ("name --kind zebra", "usage: %%thing"),
    ],
)
def test_the_hint_says_what_was_probably_meant(line: str, hint: str) -> None:
    made = _parser()
    made.add_argument("--kind", choices=["small", "large"])
    made.add_argument("--hidden-one", help=argparse.SUPPRESS)
    with pytest.raises(UsageError) as caught:
        made.parse_args(split(line))
    assert (caught.value.hint or "").startswith(hint)
    with pytest.raises(UsageError) as caught:
        made.parse_args(["--hidden-on"])
    assert "Did you mean --hidden" not in (caught.value.hint or "")


def test_a_usage_line_too_long_to_be_read_is_left_to_help() -> None:
    made = _parser()
    for number in range(20):
        made.add_argument(f"--option-{number}")
    with pytest.raises(UsageError) as caught:
        made.parse_args(["--limit", "x"])
    assert caught.value.hint == "%%thing --help explains all options."


def test_help_is_text_and_does_not_end_the_process() -> None:
    for spec in (THING, RAW):
        with pytest.raises(HelpRequested, match="--limit"):
            parse(spec, "--help")


def test_an_unknown_escape_is_not_lost() -> None:
    assert split(r"a\ b 'c\d'") == ["a b", r"c\d"]
