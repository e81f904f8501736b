"""Python functions of the catalog in a query: their source is compiled here and called with Arrow batches."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from mlnb.core.caller import current_caller
from mlnb.core.errors import PermissionDeniedError

from ..errors import SqlError
from ..hooks import ScalarFunction

if TYPE_CHECKING:
    import pyarrow as pa

    from ..records_objects import FunctionInfo


def plan_of(info: FunctionInfo, *, allowed: bool) -> ScalarFunction:
    """Return how DuckDB calls a Python function.

    Parameters
    ----------
    allowed
        What the setting ``remote_python`` says: whether source runs here for callers who are not on this machine.

    Raises
    ------
    PermissionDeniedError
        For such a caller, however the call came about: in a statement, a view, a condition.
    """
    if current_caller().source == "rest" and not allowed:
        raise PermissionDeniedError(
            f"{info.full_name} is a Python function and runs in notebooks and jobs only.",
            hint="Use a SQL function, run the statement in a notebook, or set remote_python = true in [catalog] of mlnb.toml.",
        )
    function = compiled(info.name, info.body, tuple(parameter.name for parameter in info.parameters))
    types = [duckdb_text(parameter.type_text) for parameter in info.parameters]
    returns = duckdb_text(info.return_type)
    return ScalarFunction(_batched(function, info), types, returns, sees_nulls=True)


def duckdb_text(type_text: str) -> str:
    """Return DuckDB's name of one of the platform's types."""
    return exp.DataType.build(type_text, dialect="databricks").sql("duckdb")


@lru_cache(maxsize=256)
def compiled(name: str, source: str, parameters: tuple[str, ...]) -> Callable[..., Any]:
    """Compile a function's source: a whole function, or only its body.

    Raises
    ------
    SqlError
        When it is not Python.
    """
    tree, called = definition(name, source, parameters)
    space: dict[str, Any] = {"__name__": f"mlnb_function_{_identifier(name)}"}
    exec(compile(tree, f"<function {name}>", "exec"), space)  # noqa: S102 - the source of a function that the caller may execute
    function: Callable[..., Any] = space[called.name]
    return function


def definition(name: str, source: str, parameters: tuple[str, ...]) -> tuple[ast.Module, ast.FunctionDef]:
    """Return a function's source as a tree, and the definition in it that is called; nothing is run.

    Raises
    ------
    SqlError
        When it is not Python.
    """
    text = textwrap.dedent(source).strip("\n")
    if not _defines(text):
        text = f"def {_identifier(name)}({', '.join(parameters)}):\n{textwrap.indent(text, '    ')}"
    try:
        tree = ast.parse(text)
        compile(tree, f"<function {name}>", "exec")
    except (SyntaxError, ValueError, RecursionError) as error:
        line = f" (line {error.lineno})" if isinstance(error, SyntaxError) else ""
        told = error.msg if isinstance(error, SyntaxError) else error
        raise SqlError(
            f"The source of {name} is not Python: {told}{line}.",
            code="INVALID_FUNCTION",
            hint="Create the function again from mended source.",
        ) from error
    found = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return tree, next((node for node in found if node.name == name), found[-1])


def _defines(text: str) -> bool:
    try:
        return any(isinstance(node, ast.FunctionDef) for node in ast.parse(text).body) and not any(
            isinstance(node, ast.Return) for node in ast.parse(text).body
        )
    except SyntaxError:
        return False


def _identifier(name: str) -> str:
    return name if name.isidentifier() else "function"


def _batched(function: Callable[..., Any], info: FunctionInfo) -> Callable[..., pa.Array]:
    """Return the function over Arrow arrays, one value after the other."""
    returns = info.return_type

    def call(*columns: Any) -> Any:
        import pyarrow as pa

        values = [column.to_pylist() for column in columns]
        count = len(columns[0]) if columns else 1
        found = []
        for index in range(count):
            arguments = [column[index] for column in values]
            try:
                found.append(function(*arguments))
            except Exception as error:
                raise ValueError(
                    f"{info.full_name}({', '.join(map(repr, arguments))}) raised {type(error).__name__}: {error}"
                ) from error
        try:
            return pa.array(found, arrow_type(returns))
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise ValueError(f"{info.full_name} returned what is no {returns}: {error}") from error

    # DuckDB counts the parameters, and takes *columns for one.
    places = [inspect.Parameter(f"p{n}", inspect.Parameter.POSITIONAL_ONLY) for n in range(len(info.parameters))]
    call.__signature__ = inspect.Signature(places)  # type: ignore[attr-defined]
    return call


def arrow_type(type_text: str) -> pa.DataType:
    """Return the Arrow type of one of the platform's types."""
    import pyarrow as pa

    kind = exp.DataType.build(type_text, dialect="databricks")
    plain = {
        exp.DType.TINYINT: pa.int8(),
        exp.DType.SMALLINT: pa.int16(),
        exp.DType.INT: pa.int32(),
        exp.DType.BIGINT: pa.int64(),
        exp.DType.FLOAT: pa.float32(),
        exp.DType.DOUBLE: pa.float64(),
        exp.DType.BOOLEAN: pa.bool_(),
        exp.DType.TEXT: pa.string(),
        exp.DType.VARCHAR: pa.string(),
        exp.DType.CHAR: pa.string(),
        exp.DType.BINARY: pa.binary(),
        exp.DType.DATE: pa.date32(),
        exp.DType.TIMESTAMP: pa.timestamp("us"),
        exp.DType.TIMESTAMPNTZ: pa.timestamp("us"),
        exp.DType.TIMESTAMPTZ: pa.timestamp("us", "UTC"),
        exp.DType.TIMESTAMPLTZ: pa.timestamp("us", "UTC"),
    }
    inner = kind.expressions
    if kind.this in plain:
        return plain[kind.this]
    if kind.this == exp.DType.DECIMAL:
        digits = [int(item.name) for item in inner] or [10]
        return pa.decimal128(digits[0], digits[1] if len(digits) > 1 else 0)
    if kind.this == exp.DType.ARRAY:
        return pa.list_(arrow_type(inner[0].sql("databricks")))
    if kind.this == exp.DType.MAP:
        return pa.map_(*(arrow_type(item.sql("databricks")) for item in inner))
    if kind.this == exp.DType.STRUCT:
        return pa.struct([(item.name, arrow_type(item.args["kind"].sql("databricks"))) for item in inner])
    raise SqlError(
        f"A function cannot return {type_text}.", code="UNSUPPORTED_DATATYPE", hint="Return STRING and cast."
    )
