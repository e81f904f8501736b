"""Records of what is said about objects (tags, grants) and of volumes and functions."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mlnb.core.records import Record


class Tag(Record):
    """A tag of an object, or with ``column`` of one of its columns."""

    key: str
    value: str = ""
    column: str | None = None


class ObjectRef(Record):
    """An object by kind and full name."""

    kind: str
    name: str


class Grant(Record):
    """A privilege somebody has on an object; ``inherited_from`` names the level it was granted on when that is above."""

    principal: str
    privilege: str
    inherited_from: ObjectRef | None = None


class GrantChange(Record):
    """Privileges to give to and to take from somebody."""

    principal: str
    add: list[str] = Field(default_factory=list)
    remove: list[str] = Field(default_factory=list)


class ObjectInfo(Record):
    """What every object has, whatever it is; ``may`` lists what the caller may do with it."""

    kind: str
    id: str
    name: str
    full_name: str
    owner: str
    comment: str | None = None
    properties: dict[str, str] = Field(default_factory=dict)
    tags: list[Tag] = Field(default_factory=list)
    certification: Literal["certified", "deprecated"] | None = None
    may: list[str] = Field(default_factory=list)
    created_at: int
    created_by: str
    updated_at: int
    updated_by: str


class VolumeInfo(Record):
    """A volume: a folder with a name and rights; ``path`` is where its files appear."""

    name: str
    catalog_name: str
    schema_name: str
    full_name: str
    volume_id: str
    volume_type: Literal["MANAGED", "EXTERNAL"] = "MANAGED"
    storage_location: str
    path: str
    owner: str
    comment: str | None = None
    created_at: int
    created_by: str
    updated_at: int
    updated_by: str


class VolumeEntry(Record):
    """A file or folder in a volume; ``modified`` is in milliseconds."""

    name: str
    path: str
    is_directory: bool
    size: int | None = None
    modified: int | None = None


class FunctionParameter(Record):
    """A parameter of a function, or a column of what a table function returns; ``default`` is SQL."""

    name: str
    type_text: str
    position: int = 0
    default: str | None = None
    comment: str | None = None


class FunctionInfo(Record):
    """A function of the catalog, kept as source text.

    Attributes
    ----------
    body
        SQL: the expression, or for a table function the query, with parameters as columns. Python: the source, either of a function or of a
        function's body.
    return_type
        As the platform writes it; ``TABLE`` when it returns rows of ``return_columns``.
    """

    name: str
    catalog_name: str
    schema_name: str
    full_name: str
    function_id: str
    language: Literal["SQL", "PYTHON", "FEATURE_SPEC"]
    parameters: list[FunctionParameter] = Field(default_factory=list)
    return_type: str
    return_columns: list[FunctionParameter] = Field(default_factory=list)
    body: str
    body_hash: str
    pip_requirements: list[str] = Field(default_factory=list)
    owner: str
    comment: str | None = None
    properties: dict[str, str] = Field(default_factory=dict)
    created_at: int
    created_by: str
    updated_at: int
    updated_by: str

    @property
    def signature(self) -> str:
        """The function's name with its parameters and result, in one line."""
        given = ", ".join(f"{p.name} {p.type_text}" for p in self.parameters)
        rows = ", ".join(f"{c.name} {c.type_text}" for c in self.return_columns)
        return f"{self.full_name}({given}) → {f'TABLE ({rows})' if self.return_columns else self.return_type}"
