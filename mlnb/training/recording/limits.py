"""MLflow's limits on the length of values: what is longer is cut with a mark, and kept whole as a file of the run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .batches import clean_key

LONGEST_TAG = 8000
LONGEST_PARAMETER = 6000
#: Folder of the whole texts.
FOLDER = "mlnb/long"


def cut(text: str, longest: int) -> str:
    """Return a text of at most ``longest`` characters; one that was cut ends with a mark."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def fitting(values: Mapping[str, Any], kind: str) -> tuple[dict[str, str], dict[str, bytes | str]]:
    """Return values as MLflow takes them, and files with those that had to be cut.

    Parameters
    ----------
    kind
        ``params`` or ``tags``.
    """
    longest = LONGEST_PARAMETER if kind == "params" else LONGEST_TAG
    texts = {clean_key(str(name)): value if isinstance(value, str) else str(value) for name, value in values.items()}
    files: dict[str, bytes | str] = {
        f"{FOLDER}/{kind}.{name.replace('/', '_')}.txt": text for name, text in texts.items() if len(text) > longest
    }
    return {name: cut(text, longest) for name, text in texts.items()}, files
