"""The feature store (``ws.features``)."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlnb.core.caller import calling, current_caller
from mlnb.core.clock import now_ms
from mlnb.core.errors import InvalidParameterError, NotProvidedError

from . import current
from .errors import NotAFeatureModelError
from .records import FeatureTable, FeatureTableInfo, OnlineTable, features_training_set
from .spec import Lookup, Spec

if TYPE_CHECKING:
    import pandas as pd
    from mlflow.models.model import ModelInfo

    from mlnb.catalog.records import Commit, TableInfo
    from mlnb.catalog.service import Catalog
    from mlnb.core.ground import Ground

    from .lookup import FeatureLookup
    from .training_set import TrainingSet

#: Arguments of the platform's client that only mean something on Spark.
_SPARK_ONLY = ("use_spark_native_join", "use_timeseries_filtering", "checkpoint_location", "trigger")


class Features:
    """Feature tables, training sets, models that carry their look-ups, and scoring with them.

    Parameters
    ----------
    ground, catalog
        The workspace's stores and tables.
    """

    def __init__(self, ground: Ground, catalog: Catalog) -> None:
        self._ground = ground
        self._catalog = catalog
        current.register(self, ground.path)

    # -- feature tables --------------------------------------------------------------------------------------------------

    def create_table(
        self,
        name: str,
        primary_keys: str | Sequence[str],
        df: Any = None,
        *,
        timeseries_column: str | None = None,
        timeseries_columns: str | Sequence[str] | None = None,
        schema: Any = None,
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> FeatureTable:
        """Create a feature table, with rows or empty.

        Parameters
        ----------
        primary_keys
            Columns that identify a row; whole numbers, text or booleans.
        df
            The rows. Keys must be present and unique.
        timeseries_column, timeseries_columns
            The column that says from when on a row holds (both spellings are in use); part of the key, named there or not.
        schema
            An Arrow schema for an empty table.

        Raises
        ------
        NullKeyError, DuplicateKeysError
            With examples; nothing is created then.
        """
        from .write import create_rows

        keys = [primary_keys] if isinstance(primary_keys, str) else list(primary_keys)
        timeseries = _timeseries(timeseries_column, timeseries_columns)
        if timeseries is not None and timeseries not in keys:
            keys.append(timeseries)
        about = {"schema": schema, "comment": description}
        about["properties"] = {str(key): str(value) for key, value in (tags or {}).items()}
        info = create_rows(self._ground, self._catalog, name, df, keys, timeseries, about)
        return self._describe(info)

    def write_table(self, name: str, df: Any, mode: str = "merge") -> Commit:
        """Write rows: ``merge`` updates rows with equal keys and inserts the others, ``overwrite`` replaces all.

        Raises
        ------
        NullKeyError, DuplicateKeysError, IncompleteTimeseriesError
            With examples; nothing is written then.
        """
        from .build import entity_keys
        from .write import to_rows, write_rows

        if mode not in ("merge", "overwrite"):
            raise InvalidParameterError(f"{mode!r} is no mode.", hint="Use merge or overwrite.")
        table = self._catalog.table(name, filtered=False)
        entity_keys(table.info)
        rows = to_rows(df, self._catalog)
        commit = write_rows(self._ground, table, rows, "merge" if mode == "merge" else "overwrite")
        facts = {"version": commit.version, "rows": rows.num_rows, "mode": mode}
        self._ground.journal.append("feature_table.written", f"table:{table.full_name}", facts)
        return commit

    def read_table(self, name: str) -> pd.DataFrame:
        """Return a feature table's rows."""
        return self._catalog.read(name)

    def get_table(self, name: str) -> FeatureTable:
        """Return what is known about a feature table.

        Raises
        ------
        NoPrimaryKeyError
            For a table without primary key.
        """
        from .build import entity_keys

        info = self._catalog.table(name).info
        entity_keys(info)
        return self._describe(info)

    def drop_table(self, name: str, *, force: bool = False) -> None:
        """Drop a feature table and its online table.

        Parameters
        ----------
        force
            Also when a training set, run or endpoint has pinned a version of it.

        Raises
        ------
        InvalidStateError
            When a version is pinned, naming by whom.
        """
        from .publish import unpublish

        full_name = self._catalog.table(name).full_name
        self._catalog.drop(full_name, force=force)
        unpublish(self._ground, full_name)

    def tables(self, *, filter: str = "") -> list[FeatureTableInfo]:
        """Return the workspace's feature tables: every table with a primary key.

        Parameters
        ----------
        filter
            Keep tables whose name, description or features contain this.
        """
        from .listing import list_tables

        return list_tables(self._ground, self._catalog, filter)

    def _describe(self, info: TableInfo) -> FeatureTable:
        from .listing import describe

        return describe(self._ground, info)

    # -- training sets ---------------------------------------------------------------------------------------------------

    def create_training_set(
        self,
        df: Any,
        feature_lookups: Sequence[FeatureLookup] | None = None,
        label: str | Sequence[str] | None = None,
        exclude_columns: str | Sequence[str] | None = None,
        **spark: Any,
    ) -> TrainingSet:
        """Put features to label rows, each as it was known at the row's time.

        Everything is checked now, against the tables' newest versions, which are fixed; rows are read by ``load_df()``.

        Parameters
        ----------
        df
            The label rows: a frame of any library, or a table's name.
        feature_lookups
            What to look up.
        label
            The column to predict; None for a model without labels.
        exclude_columns
            Keys, times and other columns that the model shall not see.

        Notes
        -----
        Rows that are held out are left out, in jobs too; ``TrainingSet.holdout`` says how many.
        """
        from .build import build_spec
        from .frames import read_frame
        from .held_out import without_held_out
        from .training_set import TrainingSet

        _only_spark(spark)
        frame, held = without_held_out(self._ground, self._catalog, df, read_frame(df, self._catalog))
        labels = [] if label is None else [label] if isinstance(label, str) else list(label)
        exclude = [exclude_columns] if isinstance(exclude_columns, str) else list(exclude_columns or ())
        id_ = uuid.uuid4().hex
        spec = build_spec(self._ground, self._catalog, frame, feature_lookups or [], labels, exclude, id_)
        made = TrainingSet(id_, frame, spec, labels, self._catalog, on_loaded=self._note_loaded, holdout=held)
        caller = current_caller()
        row = {
            "id": id_,
            "spec": json.loads(json.dumps(_spec_facts(spec))),
            "label": labels,
            "exclude": exclude,
            "source": frame.source,
            "versions": made.versions,
            "rows": frame.rows,
            "run_id": caller.run_id,
            "created_by": caller.principal,
            "created_at": now_ms(),
        }
        # The training set can be loaded again after the next vacuum; who may read a table may rely on what they read.
        with calling(trusted=True):
            for table, version in made.versions.items():
                self._catalog.pin(table, version, f"training_set:{id_}")
        with self._ground.metastore.begin() as connection:
            connection.execute(features_training_set.insert().values(row))
            facts = {"rows": frame.rows, "versions": made.versions, "source": frame.source}
            if held is not None:
                facts |= {"held_out": held.excluded, "holdout": held.table}
            self._ground.journal.append("training_set.created", f"training_set:{id_}", facts)
        return made

    def _note_loaded(self, made: TrainingSet) -> None:
        """Keep the digest and quality of a training set that was loaded."""
        table = features_training_set
        values = {"digest": made.digest, "quality": [item.to_dict() for item in made.quality]}
        with self._ground.metastore.begin() as connection:
            connection.execute(table.update().where(table.c.id == made.id).values(values))

    # -- models and scoring ----------------------------------------------------------------------------------------------

    def log_model(
        self,
        model: Any,
        name: str | None = None,
        *,
        flavor: Any,
        training_set: TrainingSet,
        artifact_path: str | None = None,
        registered_model_name: str | None = None,
        await_registration_for: int = 300,
        infer_input_example: bool = False,
        pip_requirements: Sequence[str] | None = None,
        extra_pip_requirements: Sequence[str] | None = None,
        signature: Any = None,
        metadata: Mapping[str, Any] | None = None,
        **raw_options: Any,
    ) -> ModelInfo:
        """Log a model to MLflow together with its look-ups.

        Parameters
        ----------
        model
            The fitted model; a model that names its columns (scikit-learn, LightGBM) may have been fitted on some of the training set's.
        flavor
            MLflow's module for it, such as ``mlflow.lightgbm``.
        training_set
            What it was trained on.
        raw_options
            Further arguments of the flavor's ``save_model``.

        Raises
        ------
        InvalidParameterError
            When the model needs a column that the training set does not have.
        """
        from .tracking import log_model

        return log_model(
            self._ground,
            model=model,
            name=name or artifact_path or "model",
            flavor=flavor,
            training_set=training_set,
            registered_model_name=registered_model_name,
            await_registration_for=await_registration_for,
            infer_input_example=infer_input_example,
            options={
                "pip_requirements": pip_requirements,
                "extra_pip_requirements": extra_pip_requirements,
                "signature": signature,
                "metadata": dict(metadata or {}) or None,
                "raw_options": raw_options,
            },
        )

    def score_batch(
        self,
        model_uri: str,
        df: Any,
        result_type: str = "double",
        params: Mapping[str, Any] | None = None,
        **spark: Any,
    ) -> pd.DataFrame:
        """Look features up on the tables' newest versions and predict.

        Parameters
        ----------
        model_uri
            A model logged with `log_model`.
        df
            Keys, times and the columns that are not looked up. A feature column in it is used as it is.
        result_type
            Type of the prediction: ``double``, ``float``, ``int``, ``long``, ``string``, ``boolean`` or ``array<double>``.

        Returns
        -------
        DataFrame
            The frame's columns, the looked-up features and ``prediction``, in the frame's order.
        """
        from .batch import predictions
        from .model import FeatureModel

        _only_spark({name: value for name, value in spark.items() if name != "env_manager"})
        path = self._model_folder(model_uri)
        if self.load_spec(path) is None:
            raise NotAFeatureModelError(f"{model_uri} carries no look-ups.")
        model = FeatureModel(path)
        frame = self.augment(model.spec, df)
        answer = model.raw_model.predict(frame[list(model.spec.model_columns)], params=dict(params) if params else None)
        return frame.assign(prediction=predictions(answer, result_type))

    def augment(self, spec: Spec, df: Any) -> pd.DataFrame:
        """Return the rows of ``df`` with the spec's features on the tables' newest versions; the caller's columns win."""
        from .batch import augment

        return augment(self._catalog, self._at_newest(spec), df)

    def _at_newest(self, spec: Spec) -> Spec:
        from dataclasses import replace

        from .batch import newest_version

        lookups: list[Lookup] = [
            replace(lookup, version=newest_version(self._ground, self._catalog, lookup)) for lookup in spec.lookups
        ]
        return replace(spec, lookups=tuple(lookups))

    def load_spec(self, model: str | Path) -> Spec | None:
        """Return the look-ups of a model (a URI or a local folder), None for a model without features."""
        from .scoring import load_spec

        return load_spec(self._model_folder(model))

    def _model_folder(self, model: str | Path) -> Path:
        if Path(model).is_dir():
            return Path(model)
        from .tracking import download

        return download(self._ground, str(model))

    # -- online ----------------------------------------------------------------------------------------------------------

    def publish_table(
        self,
        source_table_name: str,
        *,
        online_table_name: str | None = None,
        online_store: Any = None,
        publish_mode: str = "TRIGGERED",
    ) -> OnlineTable:
        """Put a feature table's newest version into the online store; nothing happens when it is there already.

        Parameters
        ----------
        publish_mode
            ``SNAPSHOT`` or ``TRIGGERED``: both publish once, when asked.
        """
        from .publish import publish

        if online_store is not None and getattr(online_store, "name", online_store) != "default":
            raise NotProvidedError(
                f"There is no online store {online_store!r}; a workspace has one, its online_store_url.",
                hint="Leave online_store out.",
            )
        if publish_mode not in ("SNAPSHOT", "TRIGGERED"):
            raise NotProvidedError(
                f"publish_mode={publish_mode!r} is not provided.",
                hint="Use SNAPSHOT or TRIGGERED, and publish again after writing.",
            )
        if online_table_name not in (None, source_table_name):
            raise NotProvidedError(
                "An online table has the name of its feature table.", hint="Leave online_table_name out."
            )
        return publish(self._ground, self._catalog, source_table_name, publish_mode)

    def ensure_published(self, model: str | Path | Spec) -> list[OnlineTable]:
        """Publish every table that a model looks up and whose newest version is not online; called at deployment.

        Parameters
        ----------
        model
            A model URI, a model's folder or a spec. A model without features needs nothing.
        """
        spec = model if isinstance(model, Spec) else self.load_spec(model)
        return [] if spec is None else [self.publish_table(name) for name in spec.tables]

    def online(self, name: str) -> OnlineTable | None:
        """Return the online table of a feature table, None when it is not published."""
        from .publish import find_online

        info = self._catalog.table(name).info
        return find_online(self._ground, {info.full_name: info.version}).get(info.full_name)


def _timeseries(one: str | None, several: str | Sequence[str] | None) -> str | None:
    names = [several] if isinstance(several, str) else [str(name) for name in several or ()]
    names = list(dict.fromkeys([*([one] if one else []), *names]))
    if len(names) > 1:
        raise InvalidParameterError(
            f"A feature table has one time-series column, not {', '.join(names)}.", hint="Choose one of them."
        )
    return names[0] if names else None


def _only_spark(options: Mapping[str, Any]) -> None:
    """Accept the platform's arguments that only steer Spark; refuse any other unknown one."""
    for name in options:
        if name not in _SPARK_ONLY:
            raise InvalidParameterError(
                f"There is no argument {name!r}.", hint=f"Ignored ones: {', '.join(_SPARK_ONLY)}."
            )


def _spec_facts(spec: Spec) -> dict[str, Any]:
    import yaml

    facts: dict[str, Any] = yaml.safe_load(spec.to_yaml())
    return json.loads(json.dumps(facts, default=str))  # type: ignore[no-any-return]
