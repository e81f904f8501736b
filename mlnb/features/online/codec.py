"""A row of features as bytes, and a key as bytes or a number.

A row is: format byte, 8 bytes of the schema's hash, a bitmap of missing values, the fixed-width values, the ends of the texts, the texts.
A row whose hash differs from the schema it is read with is refused, so a stale packing is never read as other columns. Values come back
with exactly the bits that went in.
"""

from __future__ import annotations

import datetime as dt
import decimal
import hashlib
import json
import struct
from collections.abc import Sequence
from typing import Any

from mlnb.core.errors import DataLossError, InvalidParameterError

FORMAT = 1
HASH_BYTES = 8

_FIXED = {
    "tinyint": "b",
    "smallint": "h",
    "int": "i",
    "bigint": "q",
    "float": "f",
    "double": "d",
    "boolean": "?",
    "date": "i",
    "timestamp": "q",
    "timestamp_ntz": "q",
}
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_NAIVE_EPOCH = dt.datetime(1970, 1, 1)
_FIRST_DAY = dt.date(1970, 1, 1)
_MICROSECOND = dt.timedelta(microseconds=1)


def schema_hash(columns: Sequence[tuple[str, str]]) -> bytes:
    """Return the hash of column names and types."""
    return hashlib.sha256(json.dumps([list(column) for column in columns]).encode()).digest()[:HASH_BYTES]


def is_packable(type_name: str) -> bool:
    """Whether a type can be stored online."""
    return type_name in _FIXED or type_name in ("string", "binary") or type_name.startswith("decimal")


class RowCodec:
    """Packs and unpacks rows of one schema.

    Parameters
    ----------
    columns
        Name and type of each feature; the types as the catalog spells them.

    Raises
    ------
    InvalidParameterError
        For a type that cannot be packed (nested ones).
    """

    def __init__(self, columns: Sequence[tuple[str, str]]) -> None:
        for name, kind in columns:
            if not is_packable(kind):
                raise InvalidParameterError(
                    f"The feature {name} of type {kind} cannot be stored online.",
                    hint="Leave it out of the feature table, or store its parts as columns of their own.",
                )
        self.columns = list(columns)
        self.hash = schema_hash(columns)
        self._header = bytes([FORMAT]) + self.hash
        self._bitmap_bytes = (len(columns) + 7) // 8
        self._fixed = [i for i, (_, kind) in enumerate(columns) if kind in _FIXED]
        self._variable = [i for i, (_, kind) in enumerate(columns) if kind not in _FIXED]
        self._zeros = [False if columns[i][1] == "boolean" else 0 for i in self._fixed]
        self._struct = struct.Struct("<" + "".join(_FIXED[columns[i][1]] for i in self._fixed))
        self._ends = struct.Struct(f"<{len(self._variable)}I")
        self._fixed_at = len(self._header) + self._bitmap_bytes
        self._ends_at = self._fixed_at + self._struct.size
        self._text_at = self._ends_at + self._ends.size
        self._into = [_encoder(kind) for _, kind in columns]
        self._from = [_decoder(kind) for _, kind in columns]

    def pack(self, values: Sequence[Any]) -> bytes:
        """Return a row's bytes; ``None`` is a missing value."""
        missing = 0
        for i, value in enumerate(values):
            if value is None:
                missing |= 1 << i
        fixed = [
            zero if values[i] is None else self._into[i](values[i])
            for i, zero in zip(self._fixed, self._zeros, strict=True)
        ]
        texts = [b"" if values[i] is None else self._into[i](values[i]) for i in self._variable]
        ends, position = [], 0
        for text in texts:
            position += len(text)
            ends.append(position)
        bitmap = missing.to_bytes(self._bitmap_bytes, "little")
        return b"".join((self._header, bitmap, self._struct.pack(*fixed), self._ends.pack(*ends), *texts))

    def unpack(self, row: bytes) -> list[Any]:
        """Return a row's values.

        Raises
        ------
        DataLossError
            When the row was packed with another schema or is damaged.
        """
        if row[: len(self._header)] != self._header:
            raise DataLossError(
                "A row of the online store was written with other columns than expected.",
                hint="Publish the feature table again.",
            )
        missing = int.from_bytes(row[len(self._header) : self._fixed_at], "little")
        values: list[Any] = [None] * len(self.columns)
        for i, value in zip(self._fixed, self._struct.unpack_from(row, self._fixed_at), strict=True):
            if not missing >> i & 1:
                decode = self._from[i]
                values[i] = value if decode is None else decode(value)
        if self._variable:
            start = self._text_at
            for i, end in zip(self._variable, self._ends.unpack_from(row, self._ends_at), strict=True):
                stop = self._text_at + end
                if not missing >> i & 1:
                    decode = self._from[i]
                    values[i] = row[start:stop] if decode is None else decode(row[start:stop])
                start = stop
        return values


def _encoder(kind: str) -> Any:
    if kind == "date":
        return lambda value: (value - _FIRST_DAY).days
    if kind in ("timestamp", "timestamp_ntz"):
        return micros
    if kind == "string":
        return lambda value: value.encode("utf-8", "surrogatepass")
    if kind == "binary":
        return bytes
    if kind.startswith("decimal"):
        return lambda value: str(value).encode()
    return lambda value: value


def _decoder(kind: str) -> Any:
    """The function that turns the stored value into the feature's, ``None`` when they are the same."""
    if kind == "date":
        return lambda days: _FIRST_DAY + dt.timedelta(days=days)
    if kind == "timestamp":
        return lambda value: _EPOCH + dt.timedelta(microseconds=value)
    if kind == "timestamp_ntz":
        return lambda value: _NAIVE_EPOCH + dt.timedelta(microseconds=value)
    if kind == "string":
        return lambda text: str(text, "utf-8", "surrogatepass")
    if kind.startswith("decimal"):
        return lambda text: decimal.Decimal(text.decode())
    return None


def micros(value: Any) -> int:
    """Return a time as microseconds since 1970 UTC: a datetime or date, ISO text, or a number of milliseconds.

    Raises
    ------
    ValueError
        When it is no time.
    """
    if isinstance(value, dt.datetime):
        moment = value if value.tzinfo is not None else value.replace(tzinfo=dt.UTC)
        return (moment - _EPOCH) // _MICROSECOND
    if isinstance(value, dt.date):
        return (value - _FIRST_DAY).days * 86_400_000_000
    if isinstance(value, str):
        return micros(dt.datetime.fromisoformat(value.strip()))
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return int(value * 1000)
    if hasattr(value, "astype"):  # numpy's datetime64
        return int(value.astype("datetime64[us]").astype("int64"))
    raise ValueError(f"{value!r} is no time")


#: Tag of each type of a key's part. Numbers are shifted to be unsigned, so that the bytes keep their order.
_INT, _TEXT, _BOOLEAN = b"\x02", b"\x03", b"\x01"


def encode_key(parts: Sequence[Any]) -> int | bytes:
    """Return a key: one whole number as it is, anything else as bytes that keep the order of the parts."""
    if len(parts) == 1 and type(parts[0]) is int:
        return parts[0]
    encoded = []
    for part in parts:
        if isinstance(part, bool):
            encoded.append(_BOOLEAN + (b"\x01" if part else b"\x00"))
        elif isinstance(part, int):
            encoded.append(_INT + (part + 2**63).to_bytes(8, "big"))
        else:
            text = str(part).encode("utf-8", "surrogatepass")
            encoded.append(_TEXT + text.replace(b"\x00", b"\x00\xff") + b"\x00\x00")
    return b"".join(encoded)
