"""MLflow's filter language as text: its words with their places, and the first one that cannot stand where it does.

MLflow's own parser decides what a filter means and whether it can be read. It does not say where it stopped; this does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from mlnb.core.errors import did_you_mean

from .reader import ATTRIBUTES

Kind = Literal["metrics", "params", "tags", "attributes", "datasets"]

#: Every spelling of a kind that MLflow takes.
KINDS: dict[str, Kind] = {
    "metric": "metrics", "metrics": "metrics",
    "parameter": "params", "parameters": "params", "param": "params", "params": "params",
    "tag": "tags", "tags": "tags",
    "attribute": "attributes", "attributes": "attributes", "attr": "attributes", "run": "attributes",
    "dataset": "datasets", "datasets": "datasets",
}  # fmt: skip
SEARCHED = (*(name for name in ATTRIBUTES if name not in ("experiment_id", "duration")), "created")
TIMES = ("start_time", "end_time", "created", "Created")
DATASETS = ("name", "digest", "context")
NUMERIC = ("=", "!=", ">", ">=", "<", "<=")
TEXTUAL = ("=", "!=", "LIKE", "ILIKE")
_OTHER_NAMES = ("Created", "run name", "Run name", "Run Name", "artifact_uri")

_WORDS = re.compile(
    r"""(?P<space>\s+)
      | (?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*")
      | (?P<open>['"`].*)
      | (?P<name>(?:\w|`[^`]*`)(?:[\w.\-/:@]|`[^`]*`|(?<=\.)"[^"]*")*)
      | (?P<compare><=|>=|!=|<>|==|=|<|>)
      | (?P<mark>[(),;])
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_SIGNED = re.compile(
    r"[+-]\s*(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|\d+(\.\d*)?([eE][+-]?\d+)?(?![\w.])|\.\d+([eE][+-]?\d+)?"
)


@dataclass(frozen=True)
class Word:
    """A word of a filter; ``kind`` is text, number, name, word (AND, LIKE …), compare, mark, open or other."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def upper(self) -> str:
        """In capitals, as keywords are compared."""
        return self.text.upper()


@dataclass(frozen=True)
class Problem:
    """What is wrong, and where."""

    message: str
    start: int
    end: int
    hint: str | None = None


@dataclass(frozen=True)
class Name:
    """A key of a filter: its kind, as far as it is one, and its name without quotes."""

    kind: Kind | None
    name: str


_KEYWORDS = ("AND", "OR", "LIKE", "ILIKE", "RLIKE", "IN", "NOT", "IS", "NULL", "BETWEEN")


def words(text: str) -> list[Word]:
    """Return the words of a filter, blanks left out."""
    found: list[Word] = []
    place = 0
    while place < len(text):
        number = _SIGNED.match(text, place)
        match = number or _WORDS.match(text, place)
        assert match is not None
        kind = "number" if number else str(match.lastgroup)
        word = match[0]
        if kind == "name" and word.upper() in _KEYWORDS:
            kind = "word"
        if kind != "space":
            found.append(Word(kind, word, match.start(), match.end()))
        place = match.end()
    return found


def name_of(text: str) -> Name:
    """Read a key such as ``metrics.auc`` or ``params.`learning rate```."""
    kind, dot, name = text.partition(".")
    if not dot:
        return Name("attributes", _bare(kind))
    return Name(KINDS.get(_bare(kind)), _bare(name))


def plain_name(text: str) -> bool:
    """Return whether a name is written without quotes."""
    return re.fullmatch(r"[^\W\d]\w*(\.[^\W\d]\w*)*", text) is not None


def quoted(kind: str, name: str) -> str:
    """Return a key as it is written in a filter."""
    if kind == "attributes" and plain_name(name):
        return name
    return f"{kind}.{name}" if plain_name(name) else f"{kind}.`{name}`"


def first_problem(text: str) -> Problem | None:
    """Return the first thing that cannot stand where it does; None when this, which knows less than MLflow's parser, sees none."""
    every = words(text)
    reader = _Reader(every, len(text))
    while not reader.at_end:
        problem = _clause(reader)
        if problem is not None:
            return problem
        if reader.at_end:
            return None
        problem = _joint(reader)
        if problem is not None:
            return problem
    return None


class _Reader:
    """Goes from word to word."""

    def __init__(self, every: list[Word], length: int) -> None:
        self._words, self._place = every, 0
        self._end = Word("end", "", length, length)

    @property
    def at_end(self) -> bool:
        return self._place >= len(self._words)

    @property
    def word(self) -> Word:
        return self._end if self.at_end else self._words[self._place]

    @property
    def before(self) -> Word:
        return self._words[self._place - 1]

    def next(self) -> Word:
        word = self.word
        self._place += 1
        return word


def _joint(reader: _Reader) -> Problem | None:
    word = reader.next()
    if word.upper == "OR":
        return _at(
            word,
            "Conditions cannot be joined by OR.",
            "Join them by AND; for several values of one attribute write run_id IN ('…', '…').",
        )
    if word.text == ";":
        return _at(word, "A filter is one line of conditions.", "Join them by AND.")
    if word.upper != "AND":
        return _at(word, f"AND is expected here, not {word.text}.", "Put a blank and AND between two conditions.")
    return None


def _clause(reader: _Reader) -> Problem | None:
    key = reader.next()
    if key.text in ("(", ")"):
        return _at(key, "Conditions stand in no parentheses.", "They are joined by AND only.")
    if key.kind != "name":
        what = "a text" if key.kind in ("text", "open") else key.text or "the end"
        return _at(key, f"A name is expected here, not {what}.", "Such as metrics.auc, params.depth or status.")
    name = name_of(key.text)
    problem = _key_problem(key, name)
    if problem is not None:
        return problem
    compare = reader.next()
    if compare.upper in ("IS", "NOT", "IN"):
        return _null_or_list(reader, key, name, compare)
    allowed = NUMERIC if _is_number(name) else TEXTUAL
    if compare.kind not in ("compare", "word"):
        return _at(compare, f"A comparison is expected after {key.text}.", f"One of: {', '.join(allowed)}.")
    if compare.upper not in allowed:
        return _at(compare, f"{key.text} cannot be compared by {compare.text}.", f"One of: {', '.join(allowed)}.")
    return _value_problem(reader.next(), key, name)


def _key_problem(key: Word, name: Name) -> Problem | None:
    if name.kind is None:
        kind = key.text.partition(".")[0]
        return Problem(
            f"{kind} is no kind of value.",
            key.start,
            key.start + len(kind),
            did_you_mean(kind, KINDS) or "One of: metrics, params, tags, attributes, datasets.",
        )
    if not plain_name(key.text) and "`" not in key.text and '"' not in key.text:
        return _at(key, f"{key.text} has characters that need quotes.", f"Write {quoted(name.kind, name.name)}.")
    if name.kind == "attributes" and name.name not in (*SEARCHED, *_OTHER_NAMES):
        hint = (
            did_you_mean(name.name, SEARCHED)
            or f"A value is written metrics.{key.text}, params.{key.text} or tags.{key.text}; "
            f"runs themselves have {', '.join(SEARCHED)}."
        )
        return _at(key, f"Runs have no attribute {name.name}.", hint)
    if name.kind == "datasets" and name.name not in DATASETS:
        return _at(key, f"Data sets have no {name.name}.", f"One of: {', '.join(DATASETS)}.")
    return None


def _null_or_list(reader: _Reader, key: Word, name: Name, compare: Word) -> Problem | None:
    if compare.upper == "IS":
        null = reader.next()
        null = reader.next() if null.upper == "NOT" else null
        if null.upper != "NULL":
            return _at(null, "NULL or NOT NULL is expected after IS.", f"Such as {key.text} IS NOT NULL.")
        if name.kind not in ("params", "tags"):
            return _at(
                compare,
                "Only parameters and tags are asked for NULL.",
                "A metric that is missing fulfils no condition.",
            )
        return None
    if compare.upper == "NOT" and reader.next().upper != "IN":
        return _at(reader.before, "IN is expected after NOT.", None)
    if name.kind != "datasets" and not (name.kind == "attributes" and name.name == "run_id"):
        return _at(key, f"{key.text} is not compared with a list.", "Lists go with run_id and data sets.")
    if reader.next().text != "(":
        return _at(reader.before, "A list in parentheses is expected after IN.", "Such as run_id IN ('…', '…').")
    while True:
        item = reader.next()
        if item.kind != "text":
            return _at(item, "A text in quotes is expected here.", "Such as ('a', 'b').")
        mark = reader.next()
        if mark.text == ")":
            return None
        if mark.text != ",":
            return _at(mark, "A comma or ) is expected here.", None)


def _value_problem(value: Word, key: Word, name: Name) -> Problem | None:
    number = _is_number(name)
    if value.kind == "open":
        return _at(value, f"The quote {value.text[0]} is not closed.", None)
    if value.kind == "end":
        return _at(value, f"A value is missing for {key.text}.", "A number." if number else "A text in quotes.")
    if value.kind == "compare":
        return _at(value, f"{key.text} is followed by two comparisons.", "Write >= or <=, without a blank between.")
    if number and value.kind != "number":
        return _at(value, f"{key.text} is compared with a number, not {value.text}.", _quote_hint(value, number))
    if not number and value.kind != "text" and not value.text.startswith("`"):
        return _at(
            value, f"{key.text} is compared with a text in quotes, not {value.text}.", _quote_hint(value, number)
        )
    return None


def _quote_hint(value: Word, number: bool) -> str:
    if not number:
        return f"Write '{value.text}'."
    return "Write it without quotes." if value.kind == "text" else "Such as 0.7 or 1e-3."


def _is_number(name: Name) -> bool:
    return name.kind == "metrics" or (name.kind == "attributes" and name.name in TIMES)


def _bare(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "`\"'" else text


def _at(word: Word, message: str, hint: str | None) -> Problem:
    return Problem(message, word.start, max(word.end, word.start), hint)


def clauses(text: str) -> Iterator[tuple[int, int]]:
    """Return where each condition between two ANDs begins and ends."""
    every = words(text)
    start: Word | None = None
    last: Word | None = None
    for word in every:
        if word.upper == "AND" and word.kind == "word":
            if start is not None and last is not None:
                yield start.start, last.end
            start = last = None
        else:
            start, last = start or word, word
    if start is not None and last is not None:
        yield start.start, last.end
