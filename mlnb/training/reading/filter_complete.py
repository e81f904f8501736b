"""What may stand at the cursor of a filter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import get_args

from mlnb.catalog.complete import Completion, CompletionItem

from ..records import RunStatus
from .filter_text import DATASETS, NUMERIC, SEARCHED, TEXTUAL, TIMES, Name, Word, name_of, quoted, words
from .reader import Key, TrackingReader

#: Items of one answer.
_MOST = 60
_SEARCHED = ("metrics", "params", "tags")


def complete_filter(
    reader: TrackingReader, text: str, cursor: int, experiment_ids: Sequence[str] | None = None
) -> Completion:
    """Return what may stand at the cursor, counted in code points; names and values are those of the newest runs.

    Parameters
    ----------
    experiment_ids
        Whose runs; all by default.
    """
    every = words(text)
    word = next((one for one in every if one.start < cursor <= one.end and one.kind not in ("compare", "mark")), None)
    start, end = (_begin(word, every), _end(word, cursor)) if word is not None else (cursor, cursor)
    before = _since_and([one for one in every if one.end <= start])
    prefix = text[start:cursor]
    found = _Completer(reader, experiment_ids).items(before, prefix)
    return Completion(start=start, end=end, items=list(found)[:_MOST])


def _begin(word: Word, every: Sequence[Word]) -> int:
    """Return where the word begins; a name whose backtick is still open begins before it."""
    before = next((one for one in every if one.end == word.start and one.kind == "name"), None)
    return before.start if before is not None and word.text.startswith("`") else word.start


def _end(word: Word, cursor: int) -> int:
    """Return what is replaced: a whole name, and of a text that is still open only what stands before the cursor."""
    return cursor if word.kind == "open" else word.end


def _since_and(before: Sequence[Word]) -> list[Word]:
    """Return the words of the condition the cursor stands in."""
    found: list[Word] = []
    for word in before:
        found = [] if word.kind == "word" and word.upper == "AND" else [*found, word]
    return found


class _Completer:
    """Looks up names and values."""

    def __init__(self, reader: TrackingReader, experiment_ids: Sequence[str] | None) -> None:
        self._reader, self._ids = reader, experiment_ids

    def items(self, before: Sequence[Word], prefix: str) -> Iterable[CompletionItem]:
        """Return what fits after the words of this condition."""
        if not before:
            return self._names(prefix)
        name, rest = name_of(before[0].text), [word.upper for word in before[1:]]
        if not rest:
            return _starting(_comparisons(name), prefix, "operator")
        if rest[-1] == "IS":
            return _starting(("NULL", "NOT NULL"), prefix, "keyword")
        if rest == ["IS", "NOT"]:
            return _starting(("NULL",), prefix, "keyword")
        if rest[-1] == "NOT":
            return _starting(("IN (",), prefix, "keyword")
        if rest[-1] in ("(", ","):
            return self._values(name, prefix)
        if "IN" in rest and ")" not in rest:
            return []
        if len(rest) == 1:
            return self._values(name, prefix)
        return _starting(("AND",), prefix, "keyword")

    def _names(self, prefix: str) -> list[CompletionItem]:
        _, dot, rest = prefix.partition(".")
        if dot:
            return self._of_kind(name_of(prefix).kind, rest.strip('`"'))
        attributes = [name for name in (*SEARCHED, *(f"datasets.{one}" for one in DATASETS)) if prefix.lower() in name]
        kinds = [f"{one}." for one in _SEARCHED if one.startswith(prefix.lower())]
        found, _ = self._reader.find_keys(self._ids, prefix, _SEARCHED, _MOST)
        return [
            *(CompletionItem(text=text, type="kind") for text in kinds),
            *(_key(key, count) for key, count in found if not key.name.startswith(("mlflow.", "mlnb."))),
            *(CompletionItem(text=text, type="attribute") for text in attributes),
        ]

    def _of_kind(self, kind: str | None, part: str) -> list[CompletionItem]:
        if kind == "attributes":
            return [CompletionItem(text=name, type="attribute") for name in SEARCHED if part in name]
        if kind == "datasets":
            return [
                CompletionItem(text=f"datasets.{one}", type="attribute") for one in DATASETS if one.startswith(part)
            ]
        if kind is None:
            return []
        found, _ = self._reader.find_keys(self._ids, part, (kind,), _MOST)
        return [_key(key, count) for key, count in found]

    def _values(self, name: Name, prefix: str) -> list[CompletionItem]:
        part = prefix.lstrip("'\"").lower()
        found: Iterable[str] = ()
        if name.kind == "attributes" and name.name == "status":
            found = get_args(RunStatus)
        elif name.kind == "datasets" and name.name == "name":
            ask = getattr(self._reader, "dataset_names", None)
            found = ask() if ask is not None else ()
        elif name.kind in ("params", "tags") or (name.kind == "attributes" and name.name in SEARCHED):
            key = Key(name.kind, name.name)
            found = self._reader.values(self._ids, key) if name.name not in TIMES else ()
        return [CompletionItem(text=_text(value), type="value") for value in found if part in value.lower()]


def _key(key: Key, count: int) -> CompletionItem:
    of = f"in {count} of the newest runs" if count else "in older runs only"
    return CompletionItem(text=quoted(key.kind, key.name), type=key.kind.removesuffix("s"), doc=of)


def _comparisons(name: Name) -> tuple[str, ...]:
    if name.kind == "metrics" or (name.kind == "attributes" and name.name in TIMES):
        return NUMERIC
    if name.kind in ("params", "tags"):
        return (*TEXTUAL, "IS NULL", "IS NOT NULL")
    listed = name.kind == "datasets" or name.name == "run_id"
    return (*TEXTUAL, "IN (", "NOT IN (") if listed else TEXTUAL


def _starting(texts: Iterable[str], prefix: str, kind: str) -> list[CompletionItem]:
    return [CompletionItem(text=text, type=kind) for text in texts if text.lower().startswith(prefix.lower())]


def _text(value: str) -> str:
    return f'"{value}"' if "'" in value else f"'{value}'"
