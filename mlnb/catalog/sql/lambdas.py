"""Higher-order functions: arrays and maps with a function of the platform's, ``x -> x + 1``."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlglot import exp


def _call(name: str, *arguments: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this=name, expressions=[argument.copy() for argument in arguments])


def _lambda(body: exp.Expr, *names: str) -> exp.Lambda:
    return exp.Lambda(this=body, expressions=[exp.to_identifier(name) for name in names])


def _names(function: exp.Lambda) -> list[str]:
    return [item.name for item in function.expressions]


def _body(function: exp.Lambda, values: Mapping[str, exp.Expr]) -> exp.Expr:
    """Return a function's body with other expressions for its parameters."""

    def fill(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column) and not node.table and node.name in values:
            return values[node.name].copy()
        inside = isinstance(node, exp.Identifier) and isinstance(node.parent, (exp.Column, exp.Dot, exp.Lambda))
        if isinstance(node, exp.Identifier) and node.name in values and not (inside and node.arg_key != "this"):
            return values[node.name].copy()
        return node

    body: exp.Expr = function.this.copy().transform(fill)
    return body


def _part(name: str, field: str) -> exp.Expr:
    return _call("struct_extract", exp.column(name), exp.Literal.string(field))


def _exists(node: exp.Expr) -> exp.Expr | None:
    function = node.args.get("expression")
    if not isinstance(function, exp.Lambda):
        return None  # EXISTS (SELECT …)
    found = _call("list_filter", node.this, function)
    return exp.Paren(this=exp.GT(this=_call("len", found), expression=exp.Literal.number(0)))


def _forall(node: exp.Expr) -> exp.Expr:
    given, function = node.expressions
    return exp.Paren(
        this=exp.EQ(this=_call("len", _call("list_filter", given, function)), expression=_call("len", given))
    )


def _indexed(node: exp.Expr) -> exp.Expr | None:
    """The second parameter of ``transform`` and ``filter`` counts from 0."""
    function = node.args.get("expression")
    if not isinstance(function, exp.Lambda) or len(function.expressions) != 2 or function.meta.get("mlnb"):
        return None
    item, index = _names(function)
    shifted = exp.Paren(this=exp.Sub(this=exp.column(index), expression=exp.Literal.number(1)))
    new = node.copy()
    new.set("expression", _lambda(_body(function, {index: shifted}), item, index))
    new.args["expression"].meta["mlnb"] = True
    return new


def _zip_with(node: exp.Expr) -> exp.Expr:
    left, right, function = node.expressions
    assert isinstance(function, exp.Lambda)
    first, second = _names(function)
    values = {first: _item("mlnb_z", 1), second: _item("mlnb_z", 2)}
    return _call("list_transform", _call("list_zip", left, right), _lambda(_body(function, values), "mlnb_z"))


def _item(name: str, number: int) -> exp.Expr:
    return _call("struct_extract", exp.column(name), exp.Literal.number(number))


def _over_map(keep: bool, key: bool) -> Callable[[exp.Expr], exp.Expr]:
    """Make the reader of ``map_filter``, ``transform_values``, ``transform_keys``."""

    def rewrite(node: exp.Expr) -> exp.Expr:
        given, function = node.expressions
        assert isinstance(function, exp.Lambda)
        first, second = _names(function)
        body = _body(function, {first: _part("mlnb_e", "key"), second: _part("mlnb_e", "value")})
        entries = _call("map_entries", given)
        if keep:
            return _call("map_from_entries", _call("list_filter", entries, _lambda(body, "mlnb_e")))
        pair = exp.Struct(
            expressions=[
                exp.PropertyEQ(this=exp.to_identifier("k"), expression=body if key else _part("mlnb_e", "key")),
                exp.PropertyEQ(this=exp.to_identifier("v"), expression=_part("mlnb_e", "value") if key else body),
            ]
        )
        return _call("map_from_entries", _call("list_transform", entries, _lambda(pair, "mlnb_e")))

    return rewrite


def _str_to_map(node: exp.Expr) -> exp.Expr:
    pairs = node.args.get("pair_delim") or exp.Literal.string(",")
    delimiter = node.args.get("key_value_delim") or exp.Literal.string(":")
    item = exp.column("mlnb_e")
    pair = exp.Struct(
        expressions=[
            exp.PropertyEQ(
                this=exp.to_identifier(name),
                expression=_call("split_part", item, delimiter, exp.Literal.number(number)),
            )
            for name, number in (("k", 1), ("v", 2))
        ]
    )
    return _call(
        "map_from_entries", _call("list_transform", _call("string_split", node.this, pairs), _lambda(pair, "mlnb_e"))
    )


#: Names, or classes of the parser library -> what rewrites such a call.
HIGHER_ORDER: dict[str, Callable[[exp.Expr], exp.Expr | None]] = {
    "Exists": _exists,
    "forall": _forall,
    "Transform": _indexed,
    "ArrayFilter": _indexed,
    "zip_with": _zip_with,
    "map_filter": _over_map(keep=True, key=False),
    "transform_values": _over_map(keep=False, key=False),
    "transform_keys": _over_map(keep=False, key=True),
    "StrToMap": _str_to_map,
}
