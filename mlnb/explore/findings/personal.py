"""Personal data, recognised by its form: mail addresses, phones, cards and accounts by their check digits, IP addresses.

The values of such a column are shown nowhere in a profile: not among the most frequent ones, not as smallest or largest, not in the
picture of the target, not in an example of a repeated row.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..records import Finding, Item, Profile
from .making import finding
from .texts import texts_of

if TYPE_CHECKING:
    from ..look import Look
    from ..scanning.column import Scanned

Form = Literal["email", "phone", "card", "iban", "ip"]

#: What the forms are called in a sentence.
WORDS: dict[str, str] = {
    "email": "mail addresses",
    "phone": "phone numbers",
    "card": "card numbers",
    "iban": "bank account numbers",
    "ip": "IP addresses",
}
#: Distinct values looked at; of these a few first.
PROBE, FIRST_LOOK = 1000, 100
#: A column is of a form when this share of its values is; below, values may stand inside longer texts.
WHOLE_SHARE, INSIDE_SHARE, INSIDE_COUNT = 0.5, 0.01, 3
#: Of numbers one in ten has a right check digit by chance, and many begin like a card.
CARD_SHARE, CARD_COUNT = 0.95, 10

_MAIL = re.compile(r"[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,24}")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}\b")
_CARD = re.compile(
    r"(?<![\d.])[3-6]\d{3}(?:[ -]?\d{4}){2}[ -]?\d{1,7}(?![\d.])|(?<![\d.])3[47]\d{2}[ -]?\d{6}[ -]?\d{5}(?![\d.])"
)
_IPV4 = re.compile(r"(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d.])")
_PHONES = re.compile(
    r"(?<![\w.+])(?:(?:\+|00)[1-9]\d{0,2}[ ./-]?(?:\(0?\d{1,5}\)[ ./-]?)?\d(?:[ ./-]?\d){5,12}"
    r"|(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}"
    r"|\(?0\d{1,5}\)?[ /-]{1,3}\d(?:[ -]?\d){4,9})(?![\w.])"
)
_PHONE_NAME = re.compile(
    r"(^|[^a-z])(phone|tele(ph|f)on|tel|mobile|fax|handy|cell)(nr|no|number|nummer)?([^a-z]|$)", re.IGNORECASE
)
_PHONE_LOOSE = re.compile(r"\+?[\d ()./-]{7,20}")
_DIGITS = re.compile(r"(?:\d[ ()./-]{0,3}){7}")
_DATE = re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}")


@dataclass(frozen=True)
class Personal:
    """What a column holds: its ``form``, in what ``share`` of the values looked at, ``inside`` longer texts or as the whole value."""

    form: Form
    share: float
    inside: bool = False

    @property
    def tag(self) -> tuple[str, str]:
        """Key and value of the catalog tag to suggest."""
        return "pii", self.form


def recognise(look: Look) -> dict[str, Personal]:
    """Return the columns that hold personal data."""
    found = {}
    for name, scanned in look.columns.items():
        personal = _of_numbers(scanned) if scanned.values is not None else _of_texts(name, scanned)
        if personal is not None:
            found[name] = personal
    return found


def _of_texts(name: str, scanned: Scanned) -> Personal | None:
    if scanned.profile.kind not in ("categorical", "text") or not scanned.levels or scanned.codes is None:
        return None
    texts = [text.strip() for text in texts_of(scanned, PROBE)]
    if not texts:
        return None
    few = texts[:: max(1, len(texts) // FIRST_LOOK)]
    for form, test in _WHOLE.items():
        if sum(test(text) for text in few) < WHOLE_SHARE / 2 * len(few):
            continue
        hits = sum(test(text) for text in texts)
        if hits >= WHOLE_SHARE * len(texts):
            return Personal(form, hits / len(texts))
    if _PHONE_NAME.search(name):
        hits = sum(_is_loose_phone(text) for text in texts)
        if hits >= WHOLE_SHARE * len(texts):
            return Personal("phone", hits / len(texts))
    suspects = [text for text in texts if "@" in text or _DIGITS.search(text) is not None]
    for form in ("email", "iban", "card", "phone") if suspects else ():
        hits = sum(_INSIDE[form](text) for text in suspects)
        if hits >= max(INSIDE_COUNT, INSIDE_SHARE * len(texts)):
            return Personal(form, hits / len(texts), inside=True)
    return None


def _of_numbers(scanned: Scanned) -> Personal | None:
    """Card numbers stored as whole numbers."""
    if scanned.values is None or scanned.profile.kind != "numeric":
        return None
    values = scanned.values[np.isfinite(scanned.values)]
    if len(values) < CARD_COUNT or values.min() < 3e11 or values.max() >= 7e18:
        return None
    chosen = np.unique(values[:PROBE])
    if len(chosen) < CARD_COUNT:
        return None
    if values.max() >= 2**53:
        return None  # doubles do not hold the last digit
    hits = sum(luhn(f"{value:.0f}") and 13 <= len(f"{value:.0f}") <= 19 for value in chosen)
    return Personal("card", hits / len(chosen)) if hits >= CARD_SHARE * len(chosen) else None


# -- forms -------------------------------------------------------------------------------------------------------------


def luhn(digits: str) -> bool:
    """Whether the last digit of a card number is right."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        number = int(digit) * (2 if place % 2 else 1)
        total += number - 9 if number > 9 else number
    return total % 10 == 0


def iban(text: str) -> bool:
    """Whether the check digits of an international account number are right (ISO 7064, modulo 97)."""
    plain = text.replace(" ", "")
    if not 15 <= len(plain) <= 34:
        return False
    moved = plain[4:] + plain[:4]
    return int("".join(str(int(letter, 36)) for letter in moved)) % 97 == 1


def _is_card(text: str) -> bool:
    digits = re.sub(r"[ -]", "", text)
    return _CARD.fullmatch(text) is not None and 13 <= len(digits) <= 19 and luhn(digits) and len(set(digits)) > 1


def _is_iban(text: str) -> bool:
    return _IBAN.fullmatch(text) is not None and iban(text)


def _is_ip(text: str) -> bool:
    if _IPV4.fullmatch(text):
        # Numbers of versions look the same but are small.
        return max(int(part) for part in text.split(".")) >= 32
    if text.count(":") < 2:
        return False
    try:
        return ipaddress.ip_address(text).version == 6 and re.fullmatch(r"\d\d?:\d\d:\d\d", text) is None
    except ValueError:
        return False


def _is_phone(text: str) -> bool:
    return _PHONES.fullmatch(text) is not None and _DATE.fullmatch(text) is None


def _is_loose_phone(text: str) -> bool:
    digits = sum(letter.isdigit() for letter in text)
    return _PHONE_LOOSE.fullmatch(text) is not None and 7 <= digits <= 15 and _DATE.fullmatch(text) is None


def _any(pattern: re.Pattern[str], test: Callable[[str], bool]) -> Callable[[str], bool]:
    return lambda text: any(test(match[0]) for match in pattern.finditer(text))


_WHOLE: dict[Form, Callable[[str], bool]] = {
    "email": lambda text: _MAIL.fullmatch(text) is not None,
    "iban": _is_iban,
    "card": _is_card,
    "ip": _is_ip,
    "phone": _is_phone,
}
_PATTERNS: dict[Form, re.Pattern[str]] = {"email": _MAIL, "iban": _IBAN, "card": _CARD, "ip": _IPV4, "phone": _PHONES}
_INSIDE: dict[Form, Callable[[str], bool]] = {form: _any(_PATTERNS[form], _WHOLE[form]) for form in _PATTERNS}


def redact(text: str) -> str:
    """Return a text with everything that has the form of personal data replaced by the form's name."""
    for form, pattern in _PATTERNS.items():
        test = _WHOLE[form]
        text = pattern.sub(lambda match, form=form, test=test: f"‹{form}›" if test(match[0]) else match[0], text)  # type: ignore[misc]
    return text


# -- the profile -------------------------------------------------------------------------------------------------------


def mask(profile: Profile, found: dict[str, Personal]) -> None:
    """Take the values of the columns in ``found`` out of everything a profile shows, and single values of such forms elsewhere."""
    # Copies, of what is changed: what the profile was made from still counts the values as they are.
    profile.columns = [column.model_copy() for column in profile.columns]
    for column in profile.columns:
        personal = found.get(column.column_name)
        if personal is not None:
            column.masked, column.semantic = True, personal.form
            column.frequent_items = _numbered(column.frequent_items, personal.form)
            column.min = column.max = column.avg = column.median = None
            column.stddev = column.skew = column.kurtosis = None
            column.quantiles = column.histogram = column.outliers = None
            column.extremes = []
        elif column.kind in ("categorical", "text"):
            column.frequent_items = [Item(item=redact(item.item), count=item.count) for item in column.frequent_items]
        if column.association is not None:
            shape = []
            for place, part in enumerate(column.association.shape, 1):
                label = part.label
                if personal is None:
                    label = redact(label)
                elif label not in ("missing", "rare levels"):
                    label = f"‹{personal.form} {place}›"
                shape.append(part if label == part.label else part.model_copy(update={"label": label}))
            column.association = column.association.model_copy(update={"shape": shape})
    _mask_target(profile, found)
    profile.slices = [piece.model_copy(deep=True) for piece in profile.slices]
    for piece in profile.slices:
        for condition in piece.conditions:
            condition.value = _hidden(condition.value, found.get(condition.column))
            if condition.column in found:
                condition.low = condition.high = None
    if profile.duplicates is not None:
        profile.duplicates = profile.duplicates.model_copy(deep=True)
        for example in profile.duplicates.examples:
            example.values = {name: _hidden(value, found.get(name)) for name, value in example.values.items()}


def _mask_target(profile: Profile, found: dict[str, Personal]) -> None:
    if profile.target is None or profile.target.column not in found:
        return
    target = profile.target = profile.target.model_copy(deep=True)
    places = {item.item: f"‹{found[target.column].form} {place}›" for place, item in enumerate(target.classes, 1)}
    target.classes = [Item(item=places[item.item], count=item.count) for item in target.classes]
    target.positive = places.get(target.positive or "")


def _hidden(value: str, personal: Personal | None) -> str:
    return redact(value) if personal is None else f"‹{personal.form}›"


def _numbered(items: Sequence[Item], form: str) -> list[Item]:
    return [Item(item=f"‹{form} {place}›", count=item.count) for place, item in enumerate(items, 1)]


def clean(findings: Iterable[Finding], found: dict[str, Personal]) -> None:
    """Take values out of findings that were made before the profile was masked: those about masked columns, and forms elsewhere."""
    for item in findings:
        item.message = redact(item.message)
        whole = [name for name in (item.column, item.other) if name in found and not found[name].inside]
        if item.code == "LEAK_TEXT" and whole:  # a word of a value may be a name
            item.message = f"A part of {item.column} tells {item.other}."
        if item.column in found or item.other in found:
            item.evidence = {
                key: value for key, value in item.evidence.items() if isinstance(value, int | float | bool)
            }
        else:
            item.evidence = {key: _redacted(value) for key, value in item.evidence.items()}


def _redacted(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, list):
        return [_redacted(part) for part in value]
    if isinstance(value, dict):
        return {key: _redacted(part) for key, part in value.items()}
    return value


def personal_findings(found: dict[str, Personal], *, masked: bool = True) -> list[Finding]:
    """Return the finding about each column of personal data."""
    findings = []
    for name, personal in found.items():
        where = "in its text" if personal.inside else f"in {personal.share:.0%} of its different values"
        text = f"{name} holds {WORDS[personal.form]} ({where}){'; its values are not shown' if masked else ''}."
        hint = (
            f"A model should not know people by it: leave it out, or keep it only as a key. "
            f"Tag the column {personal.tag[0]}={personal.tag[1]} in the catalog."
        )
        key, value = personal.tag
        findings.append(
            finding(
                "PERSONAL_DATA",
                "WARNING",
                name,
                text,
                hint,
                form=personal.form,
                share=personal.share,
                tag=f"{key}={value}",
            )
        )
    return findings
