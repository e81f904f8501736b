"""From a model's folder to what an endpoint needs: a verified local copy, the inputs, an example, the inference tables' columns.

The copy is made once per digest and is what the endpoint reads: a version that is deleted from the registry, or a folder that somebody
edits, changes nothing that is already served.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mlnb.core.errors import InvalidStateError, NotProvidedError
from mlnb.core.files import storage_errors
from mlnb.registry.artifacts import digest, read_signature
from mlnb.registry.registration import SignatureMissingError

from .records import InputField

if TYPE_CHECKING:
    from mlnb.registry.records import ModelColumn, ModelSignature

#: Rows of a logged example that are kept: enough to show the form.
_EXAMPLE_ROWS: Final = 2

_PLACEHOLDERS: Final[dict[str, Any]] = {
    "boolean": True,
    "integer": 1,
    "long": 1,
    "float": 1.0,
    "double": 1.0,
    "string": "text",
    "datetime": "2013-08-01T14:00:00Z",
    "binary": "",
    "array": [],
    "object": {},
    "map": {},
}


@dataclass(frozen=True)
class Prepared:
    """A model that can be served.

    Attributes
    ----------
    digest
        Of its files, and the name of its copy.
    inputs, looked_up
        What a request holds, and what the endpoint looks up.
    prediction_type
        MLflow type of a prediction, ``string`` for what is no single value.
    example, example_is_real
        A body in the right form, and whether it was logged with the model.
    """

    digest: str
    inputs: list[InputField]
    prediction_type: str
    looked_up: list[InputField] = field(default_factory=list)
    example: dict[str, Any] | None = None
    example_is_real: bool = False


def model_folder(workspace: Path, model_digest: str) -> Path:
    """Return where the copy of a model is."""
    return workspace / "serving" / "models" / model_digest


def prepare(workspace: Path, folder: Path, label: str) -> Prepared:
    """Check a model's folder, copy it into the workspace and describe it.

    Parameters
    ----------
    workspace
        The workspace folder.
    folder
        The registered version's files, which the registry has checked against their digest.
    label
        How messages name the version.

    Raises
    ------
    SignatureMissingError
        When the model does not say what it takes.
    NotProvidedError
        When it takes tensors.
    """
    found = digest(folder)
    signature = read_signature(folder)
    if signature is None:
        raise SignatureMissingError(
            f"{label} has no signature, so no request could be checked.",
            hint="Log it with signature=infer_signature(X, model.predict(X)) and register the new version.",
        )
    from .lookup import looked_up_fields

    looked_up = looked_up_fields(folder)
    # A plain model's signature is inferred from data: what is required there was never null. A look-up's inputs are all required.
    inputs = [_input(column, label, nullable=bool(looked_up)) for column in signature.inputs]
    example, real = _example(folder, inputs)
    prepared = Prepared(found, inputs, _prediction_type(signature), looked_up, example, real)
    _copy(folder, model_folder(workspace, found))
    return prepared


def _input(column: ModelColumn, label: str, *, nullable: bool) -> InputField:
    if column.name is None or column.type.startswith("tensor"):
        raise NotProvidedError(
            f"{label} takes {column.type if column.name is None else 'tensors'} without column names; endpoints serve named columns.",
            hint="Log it with a signature inferred from a data frame: infer_signature(frame, predictions).",
        )
    return InputField(name=column.name, type=column.type, required=column.required, nullable=nullable)


def _prediction_type(signature: ModelSignature) -> str:
    if len(signature.outputs) != 1:
        return "string"
    kind = signature.outputs[0].type
    tensor = re.fullmatch(r"tensor<(\w+?)\d*>\[-1\]", kind.replace(" ", ""))
    if tensor:
        kinds = {"int": "long", "uint": "long", "float": "double", "bool": "boolean"}
        return kinds.get(tensor[1], "string")
    return kind if kind in ("boolean", "integer", "long", "float", "double", "string", "datetime") else "string"


def _example(folder: Path, inputs: Sequence[InputField]) -> tuple[dict[str, Any], bool]:
    """Return the example logged with the model, cut to a few rows, or one made up from the types."""
    names = [item.name for item in inputs]
    try:
        logged = json.loads((folder / "serving_input_example.json").read_text(encoding="utf-8"))["dataframe_split"]
        columns, data = list(logged["columns"]), list(logged["data"])[:_EXAMPLE_ROWS]
        if data and set(names) <= set(columns):
            return {"dataframe_split": {"columns": columns, "data": data}}, True
    except (OSError, ValueError, KeyError, TypeError):
        pass  # most models are logged without one
    row = [_PLACEHOLDERS.get(item.type) for item in inputs]
    return {"dataframe_split": {"columns": names, "data": [row]}}, False


def _copy(source: Path, target: Path) -> None:
    """Copy a folder beside its target and rename it, so that a half-made copy is never used."""
    if target.is_dir():
        return
    with storage_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=".copy-", dir=target.parent))
        try:
            shutil.copytree(source, beside / "model", ignore=shutil.ignore_patterns("__pycache__"), symlinks=True)
            if digest(beside / "model") != target.name:
                raise InvalidStateError("The model's files changed while they were copied.", hint="Deploy again.")
            try:
                os.rename(beside / "model", target)
            except OSError:
                if not target.is_dir():  # somebody else was faster, and made the same copy
                    raise
        finally:
            shutil.rmtree(beside, ignore_errors=True)
