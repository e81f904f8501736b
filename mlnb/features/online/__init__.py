"""Features where an endpoint finds them in well under a millisecond."""

from __future__ import annotations
