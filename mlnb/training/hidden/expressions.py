"""Expressions: what is used, called and bound in them."""

from __future__ import annotations

import ast
import re
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import replace

from .effects import MODULE, OWN_GENERATORS, READERS, SPOILERS, VALUE, WRITERS, changes, keeps_together
from .facts import FILE, RANDOM, Argument, Deferred
from .magic_calls import magic_call
from .noting import Noting
from .syntax import Function, base_name, callees, dotted, is_globals

_PATH = re.compile(r"[^\n*?<>|\"]{0,180}\.[A-Za-z0-9]{1,8}")


def _is_selection(node: ast.expr) -> bool:
    """Return whether an expression picks rows or columns by a condition or a list: what comes out is a copy everywhere."""
    index = node.slice if isinstance(node, ast.Subscript) else None
    masks = isinstance(index, ast.BinOp) and isinstance(index.op, (ast.BitAnd, ast.BitOr))
    return masks or isinstance(index, (ast.Compare, ast.List)) or _is_negation(index)


def _is_negation(node: ast.expr | None) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert)


class Expressions(Noting):
    """Walks expressions and binds their values."""

    @abstractmethod
    def read(self, body: list[ast.stmt]) -> Noting:
        """Walk statements in order."""

    @abstractmethod
    def function(self, node: Function) -> Deferred:
        """Return what a function does when it is called."""

    # -- binding -----------------------------------------------------------------------------------------------------------------------

    def bind(self, target: ast.expr, value: ast.expr | None) -> None:
        """Note that a value is bound to a target."""
        if isinstance(target, ast.Name):
            self._bind_name(target.id, value)
        elif isinstance(target, (ast.Tuple, ast.List)):
            parts = (
                value.elts if isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(target.elts) else None
            )
            for index, item in enumerate(target.elts):
                self.bind(item, parts[index] if parts else None if isinstance(value, ast.Call) else value)
        elif isinstance(target, ast.Starred):
            self.bind(target.value, value)
        else:  # an item or attribute of something
            for child in ast.iter_child_nodes(target):
                if isinstance(child, ast.expr):
                    self.value(child)
            if (name := base_name(target)) is not None:
                self.change(name)
            elif is_globals(target):
                self._bind_global(target)

    def _bind_name(self, name: str, value: ast.expr | None) -> None:
        held = set(self._same_object(value)) if value is not None else set()
        if name in self._local:
            self._stands[name] = frozenset().union(*(self._stands.get(item, frozenset()) for item in held))
        same = {item for item in held if item not in self._local} - {name}
        makers = callees(value) if value is not None else set()
        lambdas = self.function(value) if isinstance(value, ast.Lambda) else None
        kind = VALUE if isinstance(value, ast.Constant) else None
        if isinstance(value, ast.Name):
            kind = self.kinds.get(value.id)
        self.store(name, kind)
        if name in self._local:
            return
        if same:
            self._aliases[name] = same
        if makers:
            self._made[name] = makers
        if lambdas is not None:
            self._deferred[name] = lambdas

    def _bind_global(self, target: ast.expr) -> None:
        key = target.slice if isinstance(target, ast.Subscript) else None
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            self.store(key.value)
        else:
            self.opaque("globals()")

    def _same_object(self, value: ast.expr) -> Iterator[str]:
        """Yield the names whose object, or a part of it, an expression may be."""
        if isinstance(value, ast.Name):
            if self.kinds.get(value.id) != VALUE:
                yield value.id
        elif isinstance(value, (ast.Attribute, ast.Subscript)):
            name = base_name(value)
            if name is not None and not _is_selection(value) and keeps_together(self.kinds.get(name)):
                yield name
        elif isinstance(value, (ast.List, ast.Tuple, ast.Set)):
            for item in value.elts:
                yield from self._same_object(item.value if isinstance(item, ast.Starred) else item)
        elif isinstance(value, ast.Dict):
            for item in value.values:
                yield from self._same_object(item)
        elif isinstance(value, ast.IfExp):
            yield from self._same_object(value.body)
            yield from self._same_object(value.orelse)
        elif isinstance(value, ast.BoolOp):
            for item in value.values:
                yield from self._same_object(item)

    # -- expressions -------------------------------------------------------------------------------------------------------------------

    def value(self, node: ast.expr) -> None:
        """Walk an expression."""
        if isinstance(node, ast.Name):
            self.load(node.id)
        elif isinstance(node, ast.NamedExpr):
            self.value(node.value)
            self.bind(node.target, node.value)
        elif isinstance(node, ast.Lambda):
            self.call(self.function(node))
        elif isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            self._comprehension(node)
        elif isinstance(node, ast.Call):
            self._on_call(node)
        else:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.expr):
                    self.value(child)

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> None:
        self.value(node.generators[0].iter)
        own = {name.id for part in node.generators for name in ast.walk(part.target) if isinstance(name, ast.Name)}
        added = own - self._local
        self._local |= added
        for index, part in enumerate(node.generators):
            for item in (*([part.iter] if index else []), *part.ifs):
                self.value(item)
        for item in (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,):
            self.value(item)
        self._local -= added

    def _on_call(self, node: ast.Call) -> None:
        if magic_call(self, node):
            return
        self.value(node.func)
        inside = [*node.args, *(word.value for word in node.keywords)]
        for item in inside:
            self.value(item.value if isinstance(item, ast.Starred) else item)
        called = dotted(node.func)
        last = node.func.attr if isinstance(node.func, ast.Attribute) else called
        if isinstance(node.func, ast.Attribute):
            self._method(node)
        elif isinstance(node.func, ast.Name):
            self._own_function(node, node.func.id)
        if last in SPOILERS and node.args and (name := base_name(node.args[0])) is not None:
            self.change(name)
        for word in node.keywords:
            if word.arg == "out" and isinstance(word.value, ast.Name):
                self.change(word.value.id)
        self._randomness(called)
        self._files(node, last or "")

    def _method(self, node: ast.Call) -> None:
        assert isinstance(node.func, ast.Attribute)
        name = base_name(node.func.value)
        inplace = any(
            word.arg == "inplace" and not (isinstance(word.value, ast.Constant) and word.value.value is False)
            for word in node.keywords
        )
        if name is not None and changes(node.func.attr, self.kinds.get(name), inplace=inplace):
            self.change(name)

    def _own_function(self, node: ast.Call, function: str) -> None:
        if function in ("exec", "eval"):
            self._execute(node, function)
        given: list[tuple[int | str, ast.expr]] = list(enumerate(node.args))
        given += [(word.arg, word.value) for word in node.keywords if word.arg]
        known = self._deferred.get(function)
        for place, item in given:
            if isinstance(item, ast.Name):
                self._hand(known, Argument(function, place, item.id, self._stands.get(item.id, frozenset())))

    def _hand(self, known: Deferred | None, argument: Argument, depth: int = 8) -> None:
        """Note that a name is handed to a function, which may change it, or hand it on to one that does."""
        if known is None:
            if argument.function not in self._local and (argument.name not in self._local or argument.parameters):
                self._arguments.append(argument)
        elif known.spoils_at(argument.place):
            self.change(argument.name)
        elif depth:
            for item in known.passed_on(argument.place):
                inner = replace(argument, function=item.function, place=item.place)
                self._hand(self._deferred.get(item.function), inner, depth - 1)

    def _execute(self, node: ast.Call, function: str) -> None:
        text = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None
        try:
            body = ast.parse(text).body if isinstance(text, str) else None
        except SyntaxError:
            body = None
        if body is None:
            self.opaque(function)
        elif len(node.args) == 1:
            self.read(body)

    def _randomness(self, called: str | None) -> None:
        if called is None:
            return
        first, _, rest = called.partition(".")
        kind = self.kinds.get(first, "")
        whole = f"{kind.removeprefix(MODULE)}.{rest}" if kind.startswith(MODULE) else ""
        module, _, function = whole.rpartition(".")
        pseudo = RANDOM.get(module)
        if pseudo is None or function in OWN_GENERATORS or not function:
            return
        if function in ("seed", "manual_seed"):
            self.store(pseudo)
        elif module != "torch" or function.startswith("rand"):
            self.load(pseudo)
            self.change(pseudo)

    def _files(self, node: ast.Call, function: str) -> None:
        texts = [item.value for item in node.args if isinstance(item, ast.Constant) and isinstance(item.value, str)]
        inner = node.func.value if isinstance(node.func, ast.Attribute) else None
        if isinstance(inner, ast.Call) and dotted(inner.func) in ("Path", "pathlib.Path"):
            texts = [
                item.value for item in inner.args if isinstance(item, ast.Constant) and isinstance(item.value, str)
            ]
        path = next((text for text in texts if _PATH.fullmatch(text) and " " not in text), None)
        if path is None:
            return
        mode = next((text for text in texts if text != path and len(text) <= 3), "r") if function == "open" else ""
        name = FILE + path
        if function.startswith(WRITERS) or any(letter in mode for letter in "wx"):
            self.store(name)
        elif "a" in mode or "+" in mode:
            self.change(name)
        elif function.startswith(READERS):
            self.load(name)
