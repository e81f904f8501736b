"""What a search asks and answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from mlnb.core.errors import InvalidParameterError, did_you_mean
from mlnb.core.records import Record

from ..names import key

Matched = Literal["name", "column", "tag", "comment"]

#: Kinds that the catalog itself finds; stages add theirs.
CATALOG_KINDS = ("catalog", "schema", "table", "view", "volume", "function", "column", "external")
STAGE_KINDS = ("model", "run", "experiment", "feature", "endpoint", "monitor", "job")
KINDS = CATALOG_KINDS + STAGE_KINDS

#: Words in one question.
MAX_WORDS = 12

_TOKEN = re.compile(r'(?P<field>[A-Za-z]+):(?P<value>"[^"]*"|\S+)|"(?P<phrase>[^"]*)"|(?P<word>\S+)')
_CONTROL = dict.fromkeys(range(32), " ")
_FIELDS = {
    "type": "types",
    "tag": "tags",
    "owner": "owner",
    "certificationstatus": "certification",
    "schema": "below",
    "catalog": "below",
}


class SearchHit(Record):
    """Something that was found.

    Attributes
    ----------
    where
        Where it lies: ``main.sales`` for a table, the experiment of a run.
    snippet
        The text that matched, the match between ``⟦`` and ``⟧``.
    matched
        What matched: names go before columns, columns before tags, tags before comments.
    badge
        ``certified`` or ``deprecated``.
    """

    address: str
    kind: str
    name: str
    full_name: str
    where: str = ""
    snippet: str = ""
    matched: Matched = "name"
    badge: str | None = None


@dataclass
class Question:
    """A question in parts.

    Attributes
    ----------
    words
        All of them must match.
    types, tags, owner, certification, below
        Filters: kinds; ``key`` or ``key=value``; a principal; ``certified`` or ``deprecated``; a catalog or schema.
    """

    words: list[str] = field(default_factory=list)
    types: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    owner: str | None = None
    certification: str | None = None
    below: str | None = None


#: ``(words, kinds, limit) -> hits``: what a stage finds among its own things. Words are in the form in which names are compared.
SearchProvider: TypeAlias = Callable[[Sequence[str], Sequence[str], int], Iterable[SearchHit]]


def parse(
    text: str,
    *,
    types: Sequence[str] | None = None,
    tags: Sequence[str] | None = None,
    owner: str | None = None,
    certification: str | None = None,
) -> Question:
    """Read a question; ``type:table tag:pii owner:x certificationStatus:certified`` in it are filters.

    Raises
    ------
    InvalidParameterError
        For a kind or a status that does not exist.
    """
    found = Question(types=list(types or ()), tags=list(tags or ()), owner=owner, certification=certification)
    for match in _TOKEN.finditer(text.translate(_CONTROL)):
        name = _FIELDS.get((match["field"] or "").lower())
        value = (match["value"] or "").strip('"')
        if name is None:
            word = key(match["phrase"] or match["word"] or match[0]).strip('"')
            found.words += [word] if word.strip() else []
        elif name in ("types", "tags"):
            getattr(found, name).extend(part for part in (value.split(",") if name == "types" else [value]) if part)
        else:
            setattr(found, name, value)
    found.words = list(dict.fromkeys(found.words))[:MAX_WORDS]
    _check(found)
    return found


def _check(question: Question) -> None:
    question.types = [kind.lower() for kind in question.types]
    wrong = next((kind for kind in question.types if kind not in KINDS), None)
    if wrong is not None:
        raise InvalidParameterError(
            f"{wrong!r} is no kind of object.", hint=did_you_mean(wrong, KINDS) or f"Kinds: {', '.join(KINDS)}."
        )
    if question.certification is not None:
        question.certification = question.certification.lower()
        if question.certification not in ("certified", "deprecated", "none"):
            raise InvalidParameterError(
                f"{question.certification!r} is no certification.", hint="Use certified, deprecated or none."
            )


def marked(text: str, words: Sequence[str], width: int = 120) -> str:
    """Return the part of a text around the first match, with every match between ``⟦`` and ``⟧``."""
    folded = text.lower()
    if len(folded) != len(text):  # some letters get longer in lower case: offsets would be wrong
        return text[:width]
    starts = [folded.find(word) for word in words if word in folded]
    begin = max(0, min(starts, default=0) - width // 3)
    part = text[begin : begin + width]
    pattern = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    shown = re.sub(f"({pattern})", r"⟦\1⟧", part, flags=re.IGNORECASE) if pattern else part
    return f"{'… ' if begin else ''}{shown}{' …' if begin + width < len(text) else ''}"
