import pytest

from mlnb.catalog.names import (
    InvalidNameError,
    TableName,
    check,
    folder_part,
    key,
    parse_schema,
    parse_table,
    quote_name,
    split,
)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("flights", ["flights"]),
        ("main.raw.flights", ["main", "raw", "flights"]),
        ("main . raw .flights", ["main", "raw", "flights"]),
        ("`my table`", ["my table"]),
        ("main.`o'clock`.\u00fcber", ["main", "o'clock", "\u00fcber"]),
        ("a.`b``c`", ["a", "b`c"]),
        ("\u8868.\u05d0\u05d1", ["\u8868", "\u05d0\u05d1"]),
        ('main.say "hi".t', ["main", 'say "hi"', "t"]),
    ],
)
def test_a_dotted_name_is_split_into_its_parts(text: str, parts: list[str]) -> None:
    assert split(text) == parts


@pytest.mark.parametrize("text", ["", "a..b", "a.", ".a", "`a", "a/b", "`a.b`", "tab\there", "x" * 256])
def test_what_cannot_be_a_name_is_refused(text: str) -> None:
    with pytest.raises(InvalidNameError):
        split(text)


def test_missing_parts_are_filled_in() -> None:
    assert parse_table("t", "main", "default") == TableName("main", "default", "t")
    assert parse_table("raw.t", "main", "default") == TableName("main", "raw", "t")
    assert parse_schema("raw", "main") == ("main", "raw")
    with pytest.raises(InvalidNameError):
        parse_table("a.b.c.d", "main", "default")


def test_quoting_and_splitting_are_inverse() -> None:
    for name in ("main.raw.flights", "main.my schema.o'clock", "main.\u8868.x-1"):
        assert ".".join(split(quote_name(name))) == name
    assert quote_name("main.my schema.t") == "main.`my schema`.t"


def test_names_are_compared_without_case_and_form() -> None:
    assert key("Caf\u00c9") == key("cafe\u0301")


def test_folders_get_only_safe_characters() -> None:
    assert folder_part("o'clock %20 \u00fc/..") == "o_clock__20_____"
    assert check("o'clock") == "o'clock"
