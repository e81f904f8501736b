"""Which calls change what they are called on: a method may, unless it is known not to.

Errs towards change: what is thought changed and is not costs a needless mark, the other way round a wrong one.
"""

from __future__ import annotations

import dis
import types
from collections import deque
from typing import Any

#: Methods that leave their object as it was, wherever they are found.
_PURE_WORDS = """
agg aggregate all any apply applymap argmax argmin argsort assign astype between capitalize clip columns combine copy
corr count cov crosstab cummax cummin cumprod cumsum cut decode decision_function describe diff difference dot drop
drop_duplicates dropna dtypes duplicated encode endswith eq equals eval expanding explode fillna filter find first
flatten format ge get groupby gt head hist idxmax idxmin index info intersection isdigit isin isna isnull issubset
items iterrows itertuples join keys kurt last le loc lower lstrip lt map mask max mean median melt memory_usage merge
min mode most_common mul ne nlargest notna notnull nsmallest nunique pivot pivot_table plot predict predict_log_proba
predict_proba prod quantile query rank ravel reindex rename replace reset_index reshape resample rolling round rsplit
rstrip sample score score_samples select select_dtypes sem set_axis set_index shift show skew sort_index sort_values
split splitlines squeeze stack startswith std strftime strip sub sum swapaxes tail take title tolist transform
transpose truediv union unique unstack upper value_counts values var where xs zfill kneighbors inverse_transform
summary
"""
_PURE = frozenset(_PURE_WORDS.split())
_PURE_STARTS = ("get_", "is_", "has_", "to_", "as_", "predict")
#: The only methods of data frames that change them without being told so with ``inplace=True``.
_FRAME_CHANGES = frozenset(
    {"insert", "pop", "update", "setdefault", "insert_column", "replace_column", "extend", "__setitem__"}
)
_ARRAY_CHANGES = frozenset(
    {"sort", "fill", "resize", "put", "partition", "itemset", "byteswap", "setfield", "setflags"}
)
_CONTAINER_CHANGES = frozenset(
    {
        "append",
        "appendleft",
        "add",
        "extend",
        "insert",
        "update",
        "setdefault",
        "pop",
        "popleft",
        "popitem",
        "remove",
        "clear",
    }
)
#: Functions and methods that change their first argument, by the last part of their name.
_SPOILER_WORDS = """
shuffle setattr delattr next heappush heappop heapify heapreplace heappushpop insort insort_left insort_right copyto
fill_diagonal put place putmask
"""
SPOILERS = frozenset(_SPOILER_WORDS.split())
#: Starts of the names of functions that write the file they are given, and of those that read it.
WRITERS = ("to_", "save", "dump", "write", "export")
READERS = ("read", "load", "scan", "imread", "genfromtxt", "open")
#: Of a library's random numbers: makers of generators of their own, which leave the library's alone.
OWN_GENERATORS = frozenset(
    {"default_rng", "Generator", "RandomState", "SeedSequence", "Random", "PCG64", "Philox", "MT19937"}
)

VALUE, FRAME, ARRAY, STREAM, OURS, OBJECT, FUNCTION, CLASS = (
    "value", "frame", "array", "stream", "ours", "object", "function", "class",
)  # fmt: skip
MODULE = "module:"
_FRAME_LIBRARIES = ("pandas", "polars", "pyarrow")
#: Clients of something that has its own record of what changed in it.
_CLIENTS = ("mlnb", "mlflow")
_VALUES = (int, float, complex, str, bytes, bool, type(None), frozenset, range)


def kind_of(value: Any) -> str:
    """Return what sort of thing a variable holds, as far as it says what calling its methods does; nothing of it is run."""
    if isinstance(value, types.ModuleType):
        return MODULE + str(value.__dict__.get("__name__", ""))
    if isinstance(value, type):
        return CLASS
    if isinstance(value, types.FunctionType) and _remembers(value):
        return STREAM
    if isinstance(value, (types.FunctionType, types.BuiltinFunctionType, types.MethodType)):
        return FUNCTION
    kind = type(value)
    if kind in _VALUES or kind is tuple:
        return VALUE
    library = str(getattr(kind, "__module__", "")).partition(".")[0]
    if library in _FRAME_LIBRARIES:
        return FRAME
    if library == "numpy" and kind.__name__ not in ("Generator", "RandomState"):
        return ARRAY if kind.__name__ in ("ndarray", "matrix", "recarray", "MaskedArray") else VALUE
    if library in _CLIENTS:
        return OURS
    if library in ("numpy", "random", "_random") or hasattr(kind, "__next__") or kind.__name__ == "Generator":
        return STREAM
    return OBJECT


def _remembers(function: types.FunctionType) -> bool:
    """Return whether calling a function changes what it keeps between calls: a counter, a cache of its own."""
    if not function.__closure__ or function.__module__ != "__main__":
        return False
    code = function.__code__
    kept = [name for name, cell in zip(code.co_freevars, function.__closure__, strict=False) if _is_container(cell)]
    for step in dis.get_instructions(code):
        if step.opname == "STORE_DEREF" and step.argval in code.co_freevars:
            return True
        if kept and (step.opname in ("STORE_SUBSCR", "DELETE_SUBSCR") or step.argval in _CONTAINER_CHANGES):
            return True
    return False


def _is_container(cell: types.CellType) -> bool:
    try:
        return isinstance(cell.cell_contents, (list, dict, set, deque))
    except ValueError:  # not filled yet
        return False


def changes(method: str, kind: str | None, *, inplace: bool) -> bool:
    """Return whether calling a method may change an object of a kind, None when that is not known."""
    if inplace:
        return True
    if kind in (VALUE, OURS, FUNCTION, CLASS) or (kind or "").startswith(MODULE):
        return False
    if kind == FRAME:
        return method in _FRAME_CHANGES
    if kind == ARRAY:
        return method in _ARRAY_CHANGES
    return kind == STREAM or not (method in _PURE or method.startswith(_PURE_STARTS))


def keeps_together(kind: str | None) -> bool:
    """Return whether a part of an object of a kind is still the object: changing it changes the whole."""
    return not (kind in (VALUE, FRAME, OURS, FUNCTION, CLASS) or (kind or "").startswith(MODULE))
