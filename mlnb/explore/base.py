"""What the parts of ``ws.explore`` share: the workspace's stores, the settings, and the rows behind the last pages."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from .settings import ExploreSettings

if TYPE_CHECKING:
    from mlnb.catalog.service import Catalog
    from mlnb.core.ground import Ground
    from mlnb.scope.service import Scopes

    from .asking.grids import Grids
    from .stored.store import ProfileStore


class Base:
    """The workspace's stores for every part.

    Parameters
    ----------
    ground, catalog, scopes
        The workspace's stores, tables, and scope cards with their hold-outs.
    """

    def __init__(self, ground: Ground, catalog: Catalog, scopes: Scopes | None = None) -> None:
        self._ground = ground
        self._catalog = catalog
        self._scopes = scopes

    @cached_property
    def settings(self) -> ExploreSettings:
        """The section ``[explore]``."""
        return self._ground.settings.section("explore", ExploreSettings)

    @cached_property
    def grids(self) -> Grids:
        """The rows behind the last profiles and grids of this process, by id, and questions about them."""
        from .asking.grids import here

        return here()

    @cached_property
    def store(self) -> ProfileStore:
        """Rows and files of profiles."""
        from .stored.store import ProfileStore

        return ProfileStore(self._ground, self.settings.keep_profiles)
