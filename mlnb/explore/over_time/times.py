"""The time column of a look as numbers: real times, text that is a date, years and epoch numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mlnb.core.errors import InvalidParameterError

from ..findings.dates import ISO, date_format, parse_numbers, parse_texts

if TYPE_CHECKING:
    from ..look import Look

FloatArray = npt.NDArray[np.float64]

#: Share of the values that must be times.
PARSED = 0.99
#: Distinct values looked at to tell the format.
PROBE = 500


class TimeColumnNotParseableError(InvalidParameterError):
    """A column given as the time column does not hold times."""

    code = "TIME_COLUMN_NOT_PARSEABLE"


def read_times(look: Look, name: str) -> FloatArray:
    """Return the time of each row of the sample in microseconds since 1970 (UTC), NaN where it is missing.

    Raises
    ------
    ColumnNotFoundError
        With the nearest names.
    TimeColumnNotParseableError
        When fewer than 99 % of the values are times, with five that are not.
    """
    scanned = look.column(name, "time column")
    if scanned.profile.kind == "datetime" and scanned.values is not None:
        return scanned.values
    if scanned.profile.kind == "numeric" and scanned.values is not None:
        return _from_numbers(name, scanned.values)
    if scanned.profile.kind in ("categorical", "text"):
        return _from_texts(name, look)
    raise TimeColumnNotParseableError(
        f"{name!r} is of type {scanned.profile.data_type} and holds no times.",
        hint="Give a column of dates or timestamps.",
    )


def _from_numbers(name: str, values: FloatArray) -> FloatArray:
    parsed = parse_numbers(values)
    present = np.isfinite(values)
    if parsed is None or np.isfinite(parsed[present]).mean() < PARSED:
        wrong = values[present] if parsed is None else values[present & ~np.isfinite(parsed)]
        share = 0.0 if parsed is None else float(np.isfinite(parsed[present]).mean())
        raise _not_times(name, share, [f"{value:.12g}" for value in np.unique(wrong)[:5]])
    return parsed


def _from_texts(name: str, look: Look) -> FloatArray:
    import pyarrow as pa
    import pyarrow.compute as pc

    column = look.table[name]
    plain = column.cast(pa.string()) if not pa.types.is_string(column.type) else column
    encoded = pc.dictionary_encode(plain).combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.chunk(0) if encoded.num_chunks else pa.array([], pa.string()).dictionary_encode()
    texts = encoded.dictionary
    step = max(1, len(texts) // PROBE)
    found = date_format(texts.take(pa.array(range(0, len(texts), step), pa.int64())).to_pylist(), least=0.5)
    parsed = parse_texts(texts, found.format if found is not None else ISO)
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    present = codes >= 0
    values: FloatArray = np.append(parsed, np.nan)[codes]
    share = float(np.isfinite(values[present]).mean()) if present.any() else 0.0
    if share < PARSED:
        wrong = np.flatnonzero(np.isnan(parsed))[:5]
        raise _not_times(name, share, [str(texts[int(i)].as_py()) for i in wrong])
    return values


def _not_times(name: str, share: float, examples: list[str]) -> TimeColumnNotParseableError:
    shown = ", ".join(repr(text if len(text) <= 40 else text[:39] + "…") for text in examples)
    return TimeColumnNotParseableError(
        f"Only {share:.1%} of the values of {name!r} are times." if share else f"The values of {name!r} are no times.",
        hint=f"These are not: {shown}. Mend them or choose another column." if shown else "The column is empty.",
        details={"column": name, "share": share, "examples": examples},
    )
