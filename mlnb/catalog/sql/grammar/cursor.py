"""A statement word by word: what the readers of the other modules walk along, with a place for every message."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from ...errors import SqlSyntaxError

T = TypeVar("T")

_TOKEN = re.compile(
    r"""
    (?P<skip>\s+ | --[^\n]* | /\*.*?\*/)
  | (?P<raw>(?i:r)'[^']*' | (?i:r)"[^"]*")
  | (?P<text>'(?:[^'\\]|\\.|'')*' | "(?:[^"\\]|\\.|"")*")
  | (?P<body>\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)
  | (?P<quoted>`(?:[^`]|``)*`)
  | (?P<number>\d+\.\d*(?:[eE][+-]?\d+)? | \.?\d+(?:[eE][+-]?\d+)?(?!\w))
  | (?P<parameter>:[^\W\d]\w*)
  | (?P<word>\w+)
  | (?P<sign><=>|<>|!=|<=|>=|==|\|\||::|->|=>|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)|''|\"\"", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "0": "\0", "Z": "\x1a", "%": "\\%", "_": "\\_"}

Kind = Literal["text", "quoted", "number", "parameter", "word", "sign", "end"]


@dataclass(frozen=True)
class Token:
    """A word, name, text, number, parameter or sign, and where it stands."""

    kind: Kind
    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Parameter:
    """A ``:name`` in place of a value; bound before the statement is run."""

    name: str


@dataclass(frozen=True)
class Name:
    """A dotted name as written, or ``IDENTIFIER(…)`` with a text or parameter that holds one."""

    parts: tuple[str, ...]
    start: int = 0
    identifier: str | Parameter | None = None


def tokens(text: str) -> list[Token]:
    """Split a statement.

    Raises
    ------
    SqlSyntaxError
        For a quote that is not closed.
    """
    found: list[Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        assert match is not None
        position = match.end()
        if match.lastgroup != "skip" and match["skip"] is None:
            found.append(_token(match, text))
    return found


def _token(match: re.Match[str], text: str) -> Token:
    raw, start, end = match[0], match.start(), match.end()
    if match["raw"] is not None:
        return Token("text", raw[2:-1], start, end)
    if match["text"] is not None:
        return Token("text", _unescaped(raw), start, end)
    if match["body"] is not None:
        edge = len(match["tag"]) + 2
        return Token("text", raw[edge:-edge], start, end)
    if match["quoted"] is not None:
        return Token("quoted", raw[1:-1].replace("``", "`"), start, end)
    if match["parameter"] is not None:
        return Token("parameter", raw[1:], start, end)
    if match["number"] is not None:
        return Token("number", raw, start, end)
    if match["word"] is not None:
        return Token("word", raw, start, end)
    if raw in "'\"`" or text.startswith("/*", start):
        what = "comment" if raw == "/" else "quote"
        raise error_at(text, start, f"the {what} is not closed", hint=f"Close the {what}.")
    return Token("sign", raw, start, end)


def _unescaped(raw: str) -> str:
    """Return the value of a quoted text."""
    quote = raw[0]

    def replace(match: re.Match[str]) -> str:
        escaped = match[1]
        if escaped is None:  # a doubled quote; of the other kind it is just two
            return quote if match[0][0] == quote else match[0]
        return chr(int(escaped[1:], 16)) if len(escaped) > 1 else _ESCAPED.get(escaped, escaped)

    return _ESCAPE.sub(replace, raw[1:-1])


def place(text: str, offset: int) -> tuple[int, int]:
    """Return line and column, both from 1, of an offset in a text."""
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


def error_at(text: str, offset: int, what: str, hint: str | None = None) -> SqlSyntaxError:
    """Return a syntax error with its place."""
    line, column = place(text, offset)
    near = text.splitlines()[line - 1].strip() if text.strip() and line <= len(text.splitlines()) else ""
    return SqlSyntaxError(
        f"Syntax error at line {line}, column {column}: {what}.",
        hint=hint or f"Check the statement near: {near}",
        details={"line": line, "column": column, "near": near},
    )


class Cursor:
    """Reads the words of one statement from left to right.

    Parameters
    ----------
    text
        The statement.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._tokens = tokens(text)
        while self._tokens and self._tokens[-1].text == ";" and self._tokens[-1].kind == "sign":
            self._tokens.pop()
        self._end = Token("end", "", len(text.rstrip().rstrip(";").rstrip()), len(text))
        self._at = 0

    # -- looking ----------------------------------------------------------------------------------------------------------

    @property
    def token(self) -> Token:
        """The next token; of kind ``end`` after the last."""
        return self._tokens[self._at] if self._at < len(self._tokens) else self._end

    @property
    def done(self) -> bool:
        """Whether everything has been read."""
        return self._at >= len(self._tokens)

    def peek(self, *words: str) -> bool:
        """Return whether these words or signs come next."""
        coming = self._tokens[self._at : self._at + len(words)]
        return len(coming) == len(words) and all(
            token.kind in ("word", "sign") and token.text.upper() == word
            for token, word in zip(coming, words, strict=True)
        )

    # -- reading ----------------------------------------------------------------------------------------------------------

    def next(self) -> Token:
        """Take the next token, whatever it is."""
        token = self.token
        self._at += 1
        return token

    def accept(self, *words: str) -> bool:
        """Take these words or signs when they come next."""
        if not self.peek(*words):
            return False
        self._at += len(words)
        return True

    def one_of(self, *words: str) -> str | None:
        """Take one of several words, which may be phrases, and return it; the first that fits counts."""
        return next((word for word in words if self.accept(*word.split())), None)

    def expect(self, *words: str) -> None:
        """Take these words or signs, or fail."""
        if not self.accept(*words):
            raise self.error(f"{' '.join(words)} is expected")

    def choose(self, *words: str) -> str:
        """Take one of several words, or fail naming them."""
        found = self.one_of(*words)
        if found is None:
            raise self.error(
                f"{', '.join(words[:-1])} or {words[-1]} is expected" if len(words) > 1 else f"{words[0]} is expected"
            )
        return found

    def end(self) -> None:
        """Fail unless everything has been read."""
        if not self.done:
            raise self.error("the statement should end here")

    def error(self, what: str, hint: str | None = None) -> SqlSyntaxError:
        """Return the syntax error for the next token."""
        token = self.token
        found = "but the statement ends" if token.kind == "end" else f"not {self.text[token.start : token.end]!r}"
        return error_at(self.text, token.start, f"{what}, {found}" if "expected" in what else what, hint)

    # -- pieces -----------------------------------------------------------------------------------------------------------

    def word(self, what: str = "a word") -> str:
        """Take one plain word or one in backticks."""
        if self.token.kind not in ("word", "quoted"):
            raise self.error(f"{what} is expected")
        return self.next().text

    def name(self, what: str = "a name") -> Name:
        """Take a dotted name."""
        start = self.token.start
        if self.accept("IDENTIFIER", "("):
            value = self.value("a name in quotes, or a parameter")
            self.expect(")")
            if not isinstance(value, (str, Parameter)):
                raise self.error("a name in quotes, or a parameter, is expected")
            return Name((), start, value)
        parts = [self.word(what)]
        while self.peek(".") and self.token.start == self._tokens[self._at - 1].end:
            self.next()
            parts.append(self.word("the next part of the name"))
        return Name(tuple(parts), start)

    def string(self, what: str = "a text in quotes") -> str | Parameter:
        """Take a text, or a parameter that stands for one."""
        value = self.value(what)
        if not isinstance(value, (str, Parameter)):
            self._at -= 1
            raise self.error(f"{what} is expected")
        return value

    def value(self, what: str = "a value") -> Any:
        """Take a text, number, boolean, NULL or a parameter."""
        token = self.token
        if token.kind == "parameter":
            self.next()
            return Parameter(token.text)
        if token.kind == "text":
            return self._texts()
        negative = self.accept("-")
        if self.token.kind == "number":
            text = self.next().text
            number = float(text) if re.search(r"[.eE]", text) else int(text)
            return -number if negative else number
        for word, value in (("TRUE", True), ("FALSE", False), ("NULL", None)):
            if self.accept(word):
                return value
        raise self.error(f"{what} is expected")

    def _texts(self) -> str:
        """Take texts that follow each other: they are one."""
        found = self.next().text
        while self.token.kind == "text":
            found += self.next().text
        return found

    def number(self, what: str = "a number") -> Any:
        """Take a whole number, or a parameter."""
        value = self.value(what)
        if isinstance(value, Parameter) or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        self._at -= 1
        raise self.error(f"{what} is expected")

    def several(self, read: Callable[[], T], *, brackets: bool = True) -> list[T]:
        """Take pieces separated by commas, in brackets or bare."""
        if brackets:
            self.expect("(")
        found = [read()]
        while self.accept(","):
            found.append(read())
        if brackets:
            self.expect(")")
        return found

    def pairs(self) -> dict[str, Any]:
        """Take ``('key' = 'value', key.part = 1)``; a key without a value has the empty one."""

        def pair() -> tuple[str, Any]:
            key = self.string() if self.token.kind in ("text", "parameter") else ".".join(self.name("a key").parts)
            value = self.value() if self.accept("=") or self.token.kind in ("text", "number") else ""
            return str(key), value

        return dict(self.several(pair))

    def bracketed(self) -> str:
        """Take what stands in brackets, as written."""
        self.expect("(")
        start = self.token.start
        depth = 1
        while not self.done:
            token = self.next()
            depth += {"(": 1, ")": -1}.get(token.text, 0) if token.kind == "sign" else 0
            if depth == 0:
                return self.text[start : token.start].strip()
        raise self.error("the bracket is not closed")

    def until(self, words: Sequence[str] = (), signs: str = "", *, angles: bool = False) -> tuple[int, int]:
        """Take everything before one of these words or signs that is in no bracket, and return where it stands.

        ``angles``: whether ``<`` and ``>`` are brackets, as in types.
        """
        start, last, depth = self.token.start, self.token.start, 0
        while not self.done:
            token = self.token
            if depth == 0 and (
                (token.kind == "word" and token.text.upper() in words) or (token.kind == "sign" and token.text in signs)
            ):
                break
            if token.kind == "sign":
                depth += (token.text in ("(", "[") or (angles and token.text == "<")) - (
                    token.text in (")", "]") or (angles and token.text == ">")
                )
            last = self.next().end
        return start, last

    def rest(self) -> tuple[int, int]:
        """Take everything that is left, and return where it stands."""
        return self.until()

    def blanked(self, start: int, end: int) -> str:
        """Return a part of the text with blanks before it, so that positions in it are positions in the whole."""
        return re.sub(r"[^\n]", " ", self.text[:start]) + self.text[start:end]
