"""A training set: label rows with what was known of their features at each row's time, at fixed table versions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from mlnb.core.access import keeping_held_out

from .offline import Found, look_up
from .pit import point_in_time_sql
from .records import Quality
from .spec import Lookup, Spec, group

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from mlnb.catalog.service import Catalog
    from mlnb.scope.holdout_records import HoldoutNote

    from .frames import Frame

#: Rows kept after loading, from which a model's signature is inferred.
HEAD_ROWS = 100


class TrainingSet:
    """Rows to train on (``ws.features.create_training_set``).

    Nothing is read until `load_df`. The feature tables are read at the versions fixed when the training set was made, so loading it again
    later gives the same rows.

    Attributes
    ----------
    id
        Of the journal and the model's feature spec.
    feature_spec
        What a model needs to look the features up itself.
    label
        The label columns; empty for a model without labels.
    versions
        Feature table → version.
    holdout
        What became of held-out rows, None where nothing is held out.
    """

    def __init__(
        self,
        id: str,
        frame: Frame,
        spec: Spec,
        label: Sequence[str],
        catalog: Catalog,
        *,
        on_loaded: Callable[[TrainingSet], None] | None = None,
        holdout: HoldoutNote | None = None,
    ) -> None:
        self.id = id
        self.feature_spec = spec
        self.label = list(label)
        self.versions = {lookup.table: lookup.version for lookup in spec.lookups}
        self.holdout = holdout
        self._frame = frame
        self._catalog = catalog
        self._on_loaded = on_loaded
        self._digest: str | None = None
        self._quality: list[Quality] | None = None
        self._head: pd.DataFrame | None = None

    def __repr__(self) -> str:
        tables = ", ".join(f"{table} v{version}" for table, version in self.versions.items())
        note = f"; {self.holdout.note.rstrip('.')}" if self.holdout is not None else ""
        return f"TrainingSet({self._frame.rows:,} rows, features from {tables or 'no table'}{note})"

    @property
    def rows(self) -> int:
        """Number of rows: one per label row, whatever was found."""
        return self._frame.rows

    @property
    def is_loaded(self) -> bool:
        """Whether digest and quality are known without reading anything."""
        return self._quality is not None

    def load_df(self) -> pd.DataFrame:
        """Return label columns, features and the label, in the order of the label rows."""
        import pandas as pd

        with keeping_held_out():  # only features of the label rows' keys are taken
            found = look_up(self._frame, self.feature_spec.lookups, self._catalog)
        exclude = set(self.feature_spec.exclude)
        own = [name for name in self._frame.names if name not in exclude and name not in self.label]
        features = [name for name in found.features.column_names if name not in exclude]
        parts = [self._frame.to_pandas(own), found.features.select(features).to_pandas()]
        if self.label:
            parts.append(self._frame.to_pandas(self.label))
        frame: pd.DataFrame = pd.concat([part for part in parts if part.shape[1]], axis=1)
        self._note(frame, found)
        return frame

    def to_arrow(self) -> pa.Table:
        """Return the rows as Arrow."""
        import pyarrow as pa

        return pa.Table.from_pandas(self.load_df(), preserve_index=False)

    def sql(self) -> str:
        """Return the query that looks the features up for the frame's keys and times (``labels``)."""
        return point_in_time_sql(group(self.feature_spec.lookups)) if self.feature_spec.lookups else ""

    @property
    def digest(self) -> str:
        """SHA-256 over the rows, in whatever order: equal rows have an equal digest."""
        if self._digest is None:
            self.load_df()
        return self._digest or ""

    @property
    def quality(self) -> list[Quality]:
        """How well each feature was found, with warnings."""
        if self._quality is None:
            self.load_df()
        return self._quality or []

    def head(self) -> pd.DataFrame:
        """Return the first rows without the label: what a model trained on this takes."""
        if self._head is None:
            self.load_df()
        assert self._head is not None
        return self._head

    def _note(self, frame: pd.DataFrame, found: Found) -> None:
        first = self._digest is None
        self._digest = digest_of(frame)
        self._quality = quality_of(found)
        self._head = frame.head(HEAD_ROWS).drop(columns=self.label)
        if first and self._on_loaded is not None:
            self._on_loaded(self)


def digest_of(frame: pd.DataFrame) -> str:
    """Hash the rows of a frame without regard to their order."""
    import pandas as pd

    try:
        hashes = pd.util.hash_pandas_object(frame, index=False)
    except TypeError:  # lists and other values without a hash
        hashes = pd.util.hash_pandas_object(frame.astype(str), index=False)
    # A sum and not an XOR, in which two equal rows would cancel out.
    total = int(hashes.to_numpy().sum(dtype="uint64")) if len(frame) else 0
    facts = json.dumps([list(map(str, frame.columns)), len(frame), total])
    return hashlib.sha256(facts.encode()).hexdigest()


def quality_of(found: Found) -> list[Quality]:
    """Return how well each feature was found."""
    return [
        _quality(found, position, lookup, feature.output, feature.default is not None)
        for position, lookup in enumerate(found.groups)
        for feature in lookup.features
    ]


def _quality(found: Found, position: int, lookup: Lookup, output: str, has_default: bool) -> Quality:
    import numpy as np
    import pyarrow.compute as pc

    values, hits, ages = found.features[output], found.hits[position], found.ages[position]
    rows = max(len(hits), 1)
    hit_rate = float(hits.sum()) / rows
    known = ages[hits] / 1e6 if ages is not None else np.array([])
    quality = Quality(
        feature=output,
        table=lookup.table,
        hit_rate=hit_rate,
        null_rate=values.null_count / rows,
        default_rate=1 - hit_rate if has_default else 0.0,
        age_p50=float(np.median(known)) if known.size else None,
        age_p95=float(np.quantile(known, 0.95)) if known.size else None,
        distinct=int(pc.count_distinct(values).as_py()),
    )
    if len(hits):
        quality.warnings = list(_warnings(quality))
    return quality


def _warnings(quality: Quality) -> Sequence[str]:
    name, table = quality.feature, quality.table
    if quality.hit_rate == 0:
        return [f"No row of {table} was found for any label: check keys, times and look-back."]
    if quality.null_rate == 1:
        return [f"All values of {name} are missing."]
    if quality.distinct == 1:
        return [f"{name} has the same value in every row."]
    if quality.hit_rate < 0.5:
        return [f"{name} was found for only {quality.hit_rate:.0%} of the rows."]
    return []
