"""How a profile looks in a cell: its own page, which takes Lab's theme."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlnb.explore.records import Profile

#: Kilobytes of a page in a notebook, under the limit of one output.
PAGE_KB = 98


def profile_html(profile: Profile) -> str:
    """Render a profile as its static page."""
    return profile.to_html(max_kb=PAGE_KB)


FORMATTERS = {"Profile": profile_html}
