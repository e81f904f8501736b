"""Frames and arrays that a run used and that came from no table: their shape and a fingerprint of what is in them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from mlnb.core.origin import origin_of

from ..records import RunData

#: Frames that one run keeps; smaller ones than this many values are settings rather than data.
_MOST = 20
_FEWEST_VALUES = 20
#: Values that are read for a fingerprint; of more, rows evenly spread over all.
_MOST_VALUES = 1_000_000
_PACKAGES = ("pandas", "numpy", "polars", "pyarrow")


def frame_data(namespace: Mapping[str, Any], names: Iterable[str], known: Iterable[str] = ()) -> list[RunData]:
    """Return the frames among these variables that say nothing of where they came from.

    Parameters
    ----------
    namespace
        The variables.
    names
        Those the code uses.
    known
        Variables whose table is known otherwise.
    """
    data: list[RunData] = []
    seen: set[int] = set()
    for name in sorted(set(names) - set(known)):
        value: Any = namespace.get(name)
        if id(value) in seen or name.startswith("_") or not _is_frame(value) or origin_of(value):
            continue
        seen.add(id(value))
        if len(data) < _MOST:
            print_ = fingerprint(value)
            data.append(RunData(direction="read", kind="frame", name=name, n_rows=len(value), fingerprint=print_))
    return [item.model_copy(update={"observed": False}) for item in data]


def _is_frame(value: Any) -> bool:
    if type(value).__module__.partition(".")[0] not in _PACKAGES:
        return False
    shape = getattr(value, "shape", None)
    if not isinstance(shape, tuple) or not shape or not hasattr(value, "__len__"):
        return False
    size = 1
    for length in shape:
        size *= int(length)
    return size >= _FEWEST_VALUES


def fingerprint(value: Any) -> str | None:
    """Return a hash of columns, types and values, of rows spread over all of a large one; None for values that have none."""
    try:
        step = max(1, -(-_values(value) // _MOST_VALUES))
        digest = hashlib.sha256(repr(value.shape).encode())
        for part in _parts(value, step):
            digest.update(part)
    except Exception:  # a column of lists, say
        return None
    return f"{'sha256' if step == 1 else f'every {step} rows'}:{digest.hexdigest()}"


def _values(value: Any) -> int:
    rows, *columns = value.shape
    return int(rows) * (int(columns[0]) if columns else 1)


def _parts(value: Any, step: int) -> Iterable[bytes]:
    package = type(value).__module__.partition(".")[0]
    if package == "polars":
        value, package = (value.to_frame() if len(value.shape) == 1 else value).to_arrow(), "pyarrow"
    if package == "pandas":
        import pandas as pd

        columns = value.columns if value.ndim == 2 else [value.name]
        kinds = value.dtypes if value.ndim == 2 else [value.dtype]
        yield repr([(str(column), str(kind)) for column, kind in zip(columns, kinds, strict=True)]).encode()
        yield pd.util.hash_pandas_object(value.iloc[::step]).to_numpy().tobytes()
    elif package == "numpy":
        yield str(value.dtype).encode()
        if value.dtype.kind == "O":
            raise TypeError("objects have no bytes of their own")
        import numpy as np

        yield np.ascontiguousarray(value[::step]).tobytes()
    else:
        import numpy as np
        import pyarrow as pa

        table = value if isinstance(value, pa.Table) else pa.table({"values": value})
        table = table.take(pa.array(np.arange(0, table.num_rows, step))) if step > 1 else table
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table.combine_chunks())
        yield sink.getvalue().to_pybytes()
