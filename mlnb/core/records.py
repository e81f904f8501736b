"""Base of all records that cross a wire or are returned to the user."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

T = TypeVar("T")


class Record(BaseModel):
    """A pydantic model that refuses unknown fields and can be filled from objects."""

    model_config = ConfigDict(extra="forbid", from_attributes=True, protected_namespaces=(), populate_by_name=True)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON types, without the fields that are None."""
        return self.model_dump(mode="json", exclude_none=True, by_alias=True)


class Page(Record, Generic[T]):
    """One page of a list; ``next_page_token`` is absent on the last one."""

    items: list[T]
    next_page_token: str | None = None
