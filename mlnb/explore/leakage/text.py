"""Words that name the outcome inside a text column: "cancelled by customer", ``images/cat/001.jpg``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..records import Finding
from .copies import Case

if TYPE_CHECKING:
    import pyarrow as pa

    from ..target.values import IntArray

#: Rows and characters of a text that are read; with many text columns, fewer rows of each.
TEXT_ROWS, ALL_TEXT_ROWS, LEAST_ROWS, TEXT_LENGTH = 10_000, 100_000, 1_000, 1_000
#: Rows that must hold a word.
WORD_ROWS = 20
#: AUC of "holds the word", and how often it must be right.
WORD_AUC, WORD_RIGHT = 0.9, 0.8
#: A word that names a class (or is part of the target's name) needs to be this precise, and to cover this share of the class.
LABEL_PRECISION, LABEL_COVERAGE = 0.95, 0.02
#: Any other word must be nearly certain and cover much of the class.
WORD_PRECISION, WORD_COVERAGE = 0.995, 0.3
#: Shorter words name nothing.
STEM = 4
#: Words of target names that say nothing about what they name.
EMPTY_WORDS = {"target", "label", "class", "outcome", "flag", "true", "false", "status", "type", "category"}


def text_finding(case: Case, name: str) -> Finding | None:
    """Return the finding that single words of a text tell the class."""
    values = case.values
    if values.codes is None or values.scored is None or name not in case.texts:
        return None
    rows = values.rows[: max(LEAST_ROWS, min(TEXT_ROWS, ALL_TEXT_ROWS // len(case.texts)))]
    words, document, word = _words(case.look.table[name], rows)
    if len(words) == 0:
        return None
    codes = values.codes[: len(rows)]
    classes = len(values.labels or ())
    held = np.bincount(word * classes + codes[document], minlength=len(words) * classes).reshape(-1, classes)
    return _tell(case, name, words, held.astype(np.float64), np.bincount(codes, minlength=classes).astype(np.float64))


def _words(column: pa.ChunkedArray, rows: IntArray) -> tuple[list[str], IntArray, IntArray]:
    """Words that enough rows hold; and for each pair of a row and a word it holds, both as positions."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = column.take(pa.array(rows)).cast(pa.string()).combine_chunks()
    texts = texts.chunk(0) if isinstance(texts, pa.ChunkedArray) else texts
    lower = pc.utf8_lower(pc.utf8_slice_codeunits(texts.fill_null(""), 0, TEXT_LENGTH))
    split = pc.split_pattern_regex(lower, pattern=r"[^\p{L}]+")
    document = pc.list_parent_indices(split).to_numpy().astype(np.int64)
    encoded = split.flatten().dictionary_encode()
    word = encoded.indices.to_numpy().astype(np.int64)
    names = encoded.dictionary
    pairs = np.unique(document * max(1, len(names)) + word)
    document, word = pairs // max(1, len(names)), pairs % max(1, len(names))
    counts = np.bincount(word, minlength=len(names))
    kept = np.flatnonzero((counts >= WORD_ROWS) & (pc.utf8_length(names).to_numpy() > 1))
    place = np.full(len(names), -1, dtype=np.int64)
    place[kept] = np.arange(len(kept))
    used = place[word] >= 0
    return [str(names[int(i)].as_py()) for i in kept], document[used], place[word[used]]


def _tell(case: Case, name: str, words: list[str], held: np.ndarray, totals: np.ndarray) -> Finding | None:
    """The word that tells a class best: by AUC, or because it names the class and is right."""
    values = case.values
    labels = values.labels or []
    best: tuple[float, str, int, float, float] | None = None
    for code in values.scored or ():
        for side in {code} if not values.binary else set(np.flatnonzero(totals).tolist()):
            own, rest = totals[side], totals.sum() - totals[side]
            if own < WORD_ROWS or rest < WORD_ROWS:
                continue
            coverage = held[:, side] / own
            others = (held.sum(axis=1) - held[:, side]) / rest
            precision = held[:, side] / held.sum(axis=1)
            area = 0.5 + (coverage - others) / 2
            tells = ((area > WORD_AUC) & (precision >= WORD_RIGHT)) | (
                (precision >= WORD_PRECISION) & (coverage >= WORD_COVERAGE)
            )
            could = (precision >= LABEL_PRECISION) & (coverage >= LABEL_COVERAGE) & ~tells
            for i in np.flatnonzero(could):
                tells[i] = _names_class(words[i], case.target, str(labels[side]), values.binary)
            # Of a class that nearly all rows have, any word is precise.
            tells &= precision > own / totals.sum() + 0.3 * (rest / totals.sum())
            for i in np.flatnonzero(tells):
                score = float(area[i])
                if best is None or score > best[0]:
                    best = (score, words[i], int(side), float(precision[i]), float(coverage[i]))
    if best is None:
        return None
    area, word, code, precision, coverage = best
    return Finding(
        code="LEAK_TEXT",
        severity="WARNING",
        column=name,
        other=case.target,
        score=area,
        message=f"The word {word!r} in {name} tells {case.target}: {precision:.1%} of the rows with it are {labels[code]}, "
        f"and it stands in {coverage:.0%} of those.",
        hint="Was the text written before the outcome was known? If not, leave it out or cut what was added later.",
        evidence={"word": word, "label": labels[code], "precision": precision, "coverage": coverage, "auc": area},
    )


def _names_class(word: str, target: str, label: str, binary: bool) -> bool:
    """Whether a word is (a form of) the name of a class, or of a target with two classes."""
    named = [label.casefold()]
    if binary:
        named += [part.casefold() for part in target.replace("-", "_").split("_")]
    named = [text for text in named if len(text) > 2 and text not in EMPTY_WORDS and not text.isdigit()]
    return any(
        word == text or (len(text) >= STEM and word.startswith(text[: max(STEM, len(text) - 2)])) for text in named
    )
