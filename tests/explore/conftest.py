"""Profiles without a workspace: frames need neither tables nor settings of their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlnb.core.ground import Ground
from mlnb.explore.records import Profile
from mlnb.explore.service import Explore


@pytest.fixture(scope="session")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Profile]:
    """``ws.explore.profile`` for frames and files."""
    folder = tmp_path_factory.mktemp("explore") / ".mlnb"
    folder.mkdir()
    (folder / "mlnb.toml").write_text("[explore]\nstore_profiles = false\n")
    explore = Explore(Ground(folder), None)  # type: ignore[arg-type]

    def run(data: Any, **options: Any) -> Profile:
        return explore.profile(Path(data) if isinstance(data, str) else data, **options)

    return run
