"""Predictions of champions, by what the model does and the version of the rows: the same champion is asked once for many challengers."""

from __future__ import annotations

import contextlib
import hashlib
from typing import TYPE_CHECKING

from mlnb.core.errors import MlnbError

from ..keeping.per_row import from_parquet, row_ids, to_parquet

if TYPE_CHECKING:
    from pathlib import Path

    from mlnb.core.files import Files
    from mlnb.training.scoring.metrics import Predictions

    from ..asking.rows import EvaluationData

#: Files kept; the longest unused go first.
_MOST_FILES = 50
_MOST_ROWS = 5_000_000


class PredictionCache:
    """Files of predictions in a folder of the workspace.

    Parameters
    ----------
    folder
        Created when something is kept.
    """

    def __init__(self, folder: Path, files: Files) -> None:
        self._folder, self._files = folder, files

    def read(self, digest: str, rows: EvaluationData, like: Predictions) -> Predictions | None:
        """Return the predictions of these very rows, None when they are not there or belong to others.

        Parameters
        ----------
        like
            The challenger's: truth and classes have to be the same.
        """
        path = self._path(digest, rows)
        if path is None or not path.is_file():
            return None
        try:
            kept = from_parquet(path.read_bytes())
        except (OSError, ValueError, KeyError):  # half written by a full disk, or of an older form
            return None
        p = kept.predictions
        same = len(p) == len(like) and p.classes == tuple(map(_plain, like.classes)) and p.model_type == like.model_type
        if not same or not bool((kept.ids == row_ids(rows)).all()):
            return None
        with contextlib.suppress(OSError):
            path.touch()
        return type(p)(p.model_type, like.truth, p.label, p.score, like.classes)

    def write(self, digest: str, rows: EvaluationData, predictions: Predictions) -> None:
        """Keep predictions; a full disk costs only the next asking."""
        path = self._path(digest, rows)
        if path is None or len(predictions) > _MOST_ROWS:
            return
        # Held-out rows too without their truth: the workspace's cache is no second way to it.
        content = to_parquet(predictions, row_ids(rows), held_out=True)
        with contextlib.suppress(MlnbError, OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            self._files.write_atomic(path, content)
            files = sorted(self._folder.glob("*.parquet"), key=lambda file: file.stat().st_mtime, reverse=True)
            for old in files[_MOST_FILES:]:
                old.unlink(missing_ok=True)

    def _path(self, digest: str, rows: EvaluationData) -> Path | None:
        """Return where predictions of a table's version are; a frame has no name to be found by."""
        if rows.version is None or digest.startswith(("uri:", "object:")):
            return None
        key = "\n".join([digest, rows.name, str(rows.version), rows.target, rows.holdout or "", str(len(rows.truth))])
        return self._folder / f"{hashlib.sha256(key.encode()).hexdigest()[:40]}.parquet"


def _plain(value: object) -> object:
    return value if isinstance(value, (str, int, float, bool)) else str(value)
