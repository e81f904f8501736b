"""What can be read off a cell: parameters from its literals, names it binds and uses, numbers in its result, what it printed.

Pure functions and small recorders; none of them knows IPython or MLflow.
"""

from __future__ import annotations

import ast
import math
import numbers
import re
import sys
import threading
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TextIO, cast

#: Parameters taken from one cell; more are settings of something else than the model.
MOST_PARAMETERS = 50
#: A dictionary of at most this many literals becomes parameters of its own, ``options.depth``.
MOST_ENTRIES = 25
#: Of printed text, so much of the beginning is kept besides the end.
HEAD_BYTES = 64 * 1024

_LOOPS = (ast.For, ast.AsyncFor, ast.While, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_FITS = ("fit", "fit_transform", "partial_fit", "train", "cross_val_score")
_PARAMETER_SETS = ("params", "parameters", "hyperparameters", "hyper_parameters", "hparams", "config")
_SECRET_NAME = re.compile(
    r"pass(word|wd|phrase)|secret|token|api_?key|credential|private_?key|auth(?!ors?(_|$))", re.IGNORECASE
)
_URL_SECRET = re.compile(r"\b\w{1,20}://[^/\s:@]*:[^/\s@]+@")
_SECRET_SHAPE = re.compile(r"[A-Za-z0-9+/=_\-.]{20,}")


@dataclass(frozen=True)
class CellNames:
    """Names a piece of code binds and uses at its top level, the literals it assigns, and the packages it imports.

    ``fits_in_a_loop``: whether it fits models in a loop, where logging each of them costs more than fitting it.
    """

    bound: tuple[str, ...] = ()
    used: frozenset[str] = frozenset()
    literals: Mapping[str, Any] = field(default_factory=dict)
    imported: frozenset[str] = frozenset()
    fits_in_a_loop: bool = False


def read_names(code: str) -> CellNames:
    """Return what ``code`` binds, uses and assigns from literals; nothing for code that does not parse."""
    try:
        tree = ast.parse(code)
    except SyntaxError:  # the cell itself will say so
        return CellNames()
    bound: dict[str, None] = {}
    literals: dict[str, Any] = {}
    for statement in tree.body:
        for name, value in _assignments(statement):
            bound[name] = None
            literals.pop(name, None)  # a later assignment replaces an earlier literal
            if value is not None:
                _keep_literal(literals, name, value)
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                bound[node.id] = None
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    return CellNames(tuple(bound), frozenset(used), literals, frozenset(_imported(tree)), _fits_in_a_loop(tree))


def _fits_in_a_loop(tree: ast.AST) -> bool:
    loops = [node for node in ast.walk(tree) if isinstance(node, _LOOPS)]
    calls = (inner for loop in loops for inner in ast.walk(loop) if isinstance(inner, ast.Call))
    return any(isinstance(call.func, ast.Attribute) and call.func.attr in _FITS for call in calls)


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def _assignments(statement: ast.stmt) -> Iterator[tuple[str, ast.expr | None]]:
    if isinstance(statement, ast.Assign):
        for target in statement.targets:
            if isinstance(target, ast.Name):
                yield target.id, statement.value
            elif isinstance(target, ast.Tuple) and isinstance(statement.value, ast.Tuple):
                for name, value in zip(target.elts, statement.value.elts, strict=False):
                    if isinstance(name, ast.Name):
                        yield name.id, value
    elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        yield statement.target.id, statement.value
    elif isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
        yield statement.target.id, None


def _keep_literal(literals: dict[str, Any], name: str, value: ast.expr) -> None:
    try:
        literals[name] = ast.literal_eval(value)
    except (ValueError, TypeError, MemoryError, RecursionError):
        # dict(depth=3, rate=0.1) is as literal as {...}
        if (
            isinstance(value, ast.Call)
            and isinstance(value.func, ast.Name)
            and value.func.id == "dict"
            and not value.args
        ):
            try:
                literals[name] = {item.arg: ast.literal_eval(item.value) for item in value.keywords if item.arg}
            except (ValueError, TypeError):
                return


def automatic_parameters(names: CellNames) -> dict[str, str]:
    """Return the cell's literals as parameters, without private names, secrets and long texts."""
    found: dict[str, str] = {}
    for name, value in names.literals.items():
        entries = value if isinstance(value, dict) and 0 < len(value) <= MOST_ENTRIES else None
        if entries is not None and all(isinstance(key, str) for key in entries):
            # `params = {"depth": 3}` means depth, not params.depth
            prefix = "" if name.lower() in _PARAMETER_SETS else f"{name}."
            candidates = {f"{prefix}{key}": item for key, item in entries.items()}
        else:
            candidates = {name: value}
        for key, item in candidates.items():
            if not name.startswith("_") and not is_secret(key, item) and _is_short(item):
                found[key] = str(item)
    return dict(list(found.items())[:MOST_PARAMETERS])


def _is_short(value: Any) -> bool:
    return len(repr(value)) <= 500


def is_secret(name: str, value: Any) -> bool:
    """Return whether a value should not leave the cell: by its name, or because it looks like a key."""
    # A number of tokens is no token.
    if _SECRET_NAME.search(name.lower().replace("token", "") if is_number(value) else name):
        return True
    return any(_looks_random(text) or _URL_SECRET.search(text) for text in _texts(value))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, (list, tuple, set)):
        for item in value:
            yield from _texts(item)


def _looks_random(text: str) -> bool:
    if not _SECRET_SHAPE.fullmatch(text):
        return False
    counts = Counter(text)
    entropy = -sum(count / len(text) * math.log2(count / len(text)) for count in counts.values())
    # Words have an entropy near 3 bits a letter and no digits; keys mix both.
    return entropy > 3.5 and any(letter.isdigit() for letter in text) and any(letter.isalpha() for letter in text)


def is_number(value: Any) -> bool:
    """Return whether a value is a metric: a real number, NumPy's included, but no truth value."""
    if isinstance(value, bool) or type(value).__name__ in ("bool", "bool_"):
        return False
    if isinstance(value, numbers.Real):
        return True
    # A single number of an array library: a loss is often still a tensor.
    item = value.item() if getattr(value, "shape", None) == () and hasattr(value, "item") else None
    return isinstance(item, numbers.Real) and not isinstance(item, bool)


def numbers_of(value: Any, prefix: str = "") -> dict[str, float]:
    """Return the metrics in a value: a number under ``prefix``, or a dictionary of numbers, one level of nesting allowed.

    Anything else has none: a dictionary with one text in it is a result to look at and not a set of metrics.
    """
    if is_number(value):
        return {prefix: float(value)} if prefix else {}
    if not isinstance(value, Mapping) or not value or not all(isinstance(key, str) for key in value):
        return {}
    found: dict[str, float] = {}
    for key, item in value.items():
        name = f"{prefix}.{key}" if prefix else key
        if is_number(item):
            found[name] = float(item)
        elif isinstance(item, Mapping) and not prefix.count(".") and (inner := numbers_of(item, name)):
            found.update(inner)
        else:
            return {}
    return found


def no_metrics(value: Any) -> str:
    """Say which entry keeps a dictionary that holds numbers from being metrics; empty when it holds none or nothing else."""
    if not isinstance(value, Mapping) or not any(isinstance(key, str) and is_number(value[key]) for key in value):
        return ""
    for key, item in value.items():
        if not isinstance(key, str):
            return f"the key {key!r} is {type(key).__name__}"
        if not is_number(item) and not (isinstance(item, Mapping) and numbers_of(item)):
            return f"{key} is {'None' if item is None else type(item).__name__}"
    return ""


class OutputLog:
    """Keeps the beginning and the end of what is printed.

    Parameters
    ----------
    tail_bytes
        How much of the end is kept.
    """

    def __init__(self, tail_bytes: int) -> None:
        self._tail_bytes = tail_bytes
        self._head: list[str] = []
        self._tail: deque[str] = deque()
        self._head_size = self._tail_size = self._dropped = 0
        self._lock = threading.Lock()

    def write(self, text: str) -> None:
        """Add printed text."""
        with self._lock:
            room = HEAD_BYTES - self._head_size
            if room > 0:
                self._head.append(text[:room])
                self._head_size += len(text[:room])
                text = text[room:]
            if not text:
                return
            if len(text) > self._tail_bytes:  # alone longer than what is kept
                self._dropped += len(text) - self._tail_bytes
                text = text[-self._tail_bytes :]
            self._tail.append(text)
            self._tail_size += len(text)
            while self._tail_size - len(self._tail[0]) >= self._tail_bytes:
                self._dropped += len(self._tail[0])
                self._tail_size -= len(self._tail.popleft())

    @property
    def written(self) -> int:
        """How many characters were written, kept or not."""
        with self._lock:
            return self._head_size + self._tail_size + self._dropped

    @property
    def text(self) -> str:
        """What is kept, with a line that says how much is missing in between."""
        with self._lock:
            gap = f"\n… {self._dropped:,} characters left out …\n" if self._dropped else ""
            return "".join(self._head) + gap + "".join(self._tail)


class _Tee:
    """A stream that also writes to a log; everything else is the real stream's affair."""

    def __init__(self, stream: TextIO, log: OutputLog) -> None:
        self._stream = stream
        self._log = log

    def write(self, text: str, /) -> int:
        self._log.write(text)
        return self._stream.write(text)

    def writelines(self, lines: Iterable[str], /) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def recording_output(log: OutputLog | None) -> Iterator[None]:
    """Copy standard output and error into ``log`` inside the block."""
    if log is None:
        yield
        return
    before = sys.stdout, sys.stderr
    tees = cast("tuple[TextIO, TextIO]", (_Tee(before[0], log), _Tee(before[1], log)))
    sys.stdout, sys.stderr = tees
    try:
        yield
    finally:
        # Somebody inside may have put streams of their own there and left them; those stay.
        if sys.stdout is tees[0]:
            sys.stdout = before[0]
        if sys.stderr is tees[1]:
            sys.stderr = before[1]
