"""Comments, tags, certification, owners and grants: what people say about data, and who may touch it."""

from __future__ import annotations

from functools import cached_property

from .grants import Rights
from .namespace import Namespace


class Governance(Namespace):
    """Says who owns, describes, tags and may use what."""

    @cached_property
    def rights(self) -> Rights:
        """Answers whether the caller may do something."""
        return Rights(self.ground)

    def require(self, privilege: str, kind: str, full_name: str) -> None:
        """Raise unless the caller holds a privilege on an object; what every other method of the catalog asks first.

        Parameters
        ----------
        privilege
            As it is granted: ``SELECT``, ``CREATE TABLE``, ….
        kind, full_name
            ``catalog``, ``schema``, ``table``, ``view``, ``volume``, ``function`` and its name, or ``metastore`` twice.

        Raises
        ------
        PermissionDeniedError
            Naming the right that is missing and where; nothing was changed.
        """
        self.rights.require(privilege, kind, full_name)
