"""Personal data: recognised by form and check digit, shown nowhere; what only looks like it is left alone."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from mlnb.explore.findings.personal import iban, luhn, recognise, redact
from mlnb.explore.look import look_at
from mlnb.explore.records import Source

N = 600


def look(**columns):
    return look_at(
        pa.Table.from_pandas(pd.DataFrame(columns), preserve_index=False), Source(kind="frame", name="d"), seed=1
    )


def card(rng: np.random.Generator) -> str:
    body = "4" + "".join(str(digit) for digit in rng.integers(0, 10, 14))
    return next(body + str(last) for last in range(10) if luhn(body + str(last)))


def account(rng: np.random.Generator) -> str:
    number = "".join(str(digit) for digit in rng.integers(0, 10, 18))
    check = 98 - int(number + "131400") % 97
    return f"DE{check:02d}{number}"


def values(form: str, rng: np.random.Generator, n: int = N) -> list[str]:
    makers = {
        "email": lambda i: f"first.last{i}@mail.example.org",
        "phone": lambda i: f"+49 30 {1000000 + i * 7}",
        "card": lambda i: card(rng),
        "iban": lambda i: account(rng),
        "ip": lambda i: f"192.168.{i % 200}.{i % 250}",
    }
    return [makers[form](i) for i in range(n)]


FORMS = ["email", "phone", "card", "iban", "ip"]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_recognised(form):
    rng = np.random.default_rng(1)
    found = recognise(look(x=values(form, rng), other=rng.normal(size=N)))
    assert {name: item.form for name, item in found.items()} == {"x": form}
    assert not found["x"].inside
    assert found["x"].share > 0.9


@pytest.mark.parametrize(
    "texts",
    [
        ["(030) 123-4567", "030/1234567", "0171 - 1234567"],
        ["(212) 555-0187", "212-555-0187", "212.555.0187"],
        ["+1 212 555 0187", "+442071838750", "0049 30 123456"],
    ],
)
def test_phones_are_written_in_many_ways(texts):
    assert recognise(look(x=texts * 20))["x"].form == "phone"
    assert recognise(look(phone_number=["5550187", "5550188", "5550199"] * 20))["phone_number"].form == "phone"


def test_forms_inside_longer_texts_are_found():
    texts = [f"call {i}" for i in range(190)] + [f"write to a{i}@b.org please" for i in range(10)]
    found = recognise(look(note=texts))["note"]
    assert (found.form, found.inside) == ("email", True)
    assert recognise(look(note=texts[:190])) == {}


@pytest.mark.parametrize(
    "plain",
    [
        ["2024-01-15", "2023-11-30", "2022-06-01"],
        ["2024-01-15 10:00:00", "2023-11-30 11:30:00"],
        ["12:30:00", "01:02:03"],
        ["1.2.3.4", "1.10.2.0", "2.0.0.1"],
        ["123-45", "456-78"],
        ["4111111111111112", "4111111111111113", "4111111111111114"],
        ["DE00123456789012345678", "DE01123456789012345678"],
        ["a@b", "@handle", "x at y.org"],
        ["N14228", "N24211"],
        ["0171", "0172"],
        ["10.5", "1,234.50", "-3.25e10"],
        ["https://example.org/a/1", "https://example.org/b/2"],
        ["550e8400-e29b-41d4-a716-446655440000", "550e8400-e29b-41d4-a716-446655440001"],
    ],
)
def test_what_only_looks_like_it_is_left_alone(plain):
    assert recognise(look(x=plain * 30)) == {}


def test_numbers_are_cards_only_by_their_check_digits():
    rng = np.random.default_rng(2)
    assert recognise(look(x=[int(card(rng)[:15] + "0") // 10 for _ in range(200)])) == {}
    whole = []
    while len(whole) < 200:
        number = int(card(rng))
        if number < 2**53:
            whole.append(number)
    assert recognise(look(x=whole))["x"].form == "card"
    assert recognise(look(x=rng.integers(10**15, 9 * 10**15, 500), year=rng.integers(1990, 2024, 500))) == {}


def test_check_digits():
    assert luhn("4111111111111111")
    assert not luhn("4111111111111112")
    assert iban("GB82 WEST 1234 5698 7654 32")
    assert not iban("GB82 WEST 1234 5698 7654 33")
    assert redact("ask a.b@c.org, card 4111 1111 1111 1111, order 4111 1111 1111 1112") == (
        "ask ‹email›, card ‹card›, order 4111 1111 1111 1112"
    )


@pytest.mark.parametrize("form", FORMS)
def test_values_appear_nowhere_in_a_profile(profile, form):
    rng = np.random.default_rng(3)
    secret = values(form, rng, 12)
    flag = rng.random(N) < 0.5
    frame = pd.DataFrame(
        {
            "x": [secret[i % 12] for i in range(N)],
            "one": [secret[0]] * N,
            "y": [("yes" if flag[i] else "no") for i in range(N)],
            "z": [float(i % 7) for i in range(N)],
            "note": [f"ask {secret[i % 12]}" if i % 100 == 0 else f"text {i}" for i in range(N)],
        }
    )
    frame.loc[frame.x == secret[3], "y"] = "yes"
    frame = pd.concat([frame, frame[:40]], ignore_index=True)
    for options in ({"target": "y"}, {"target": "x"}, {"target": "y", "sample": 200}):
        result = profile(frame, **options)
        text = json.dumps(result.to_dict(), ensure_ascii=False) + result.to_html() + result.to_text(200)
        assert not [value for value in secret if value in text]
        column = result.column("x")
        assert column.masked
        assert column.semantic == form
        assert column.frequent_items[0].item == f"‹{form} 1›"
        finding = next(item for item in result.findings if item.code == "PERSONAL_DATA" and item.column == "x")
        assert finding.severity == "WARNING"
        assert finding.evidence["tag"] == f"pii={form}"
        assert finding.code_pandas == "df = df.drop(columns=['x'])"


def test_numbers_of_cards_are_not_drawn_either(profile):
    rng = np.random.default_rng(4)
    numbers = [int(card(rng)) for _ in range(300)]
    numbers = [number for number in numbers if number < 2**53]
    frame = pd.DataFrame({"card": numbers * 2, "y": rng.random(2 * len(numbers)) < 0.5})
    result = profile(frame, target="y")
    column = result.column("card")
    assert column.masked
    assert column.histogram is None
    assert column.quantiles is None
    text = json.dumps(result.to_dict())
    assert not [n for n in numbers if str(n) in text or f"{n:,.0f}" in text or f"{n:,}" in text]
