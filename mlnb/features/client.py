"""The platform's client over ``ws.features``: its verbs, its arguments, its spellings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .current import current_features

if TYPE_CHECKING:
    import pandas as pd
    from mlflow.models.model import ModelInfo

    from .lookup import FeatureLookup
    from .records import FeatureTable, OnlineTable
    from .service import Features
    from .training_set import TrainingSet


class FeatureEngineeringClient:
    """Client of the feature store of the current workspace.

    Parameters
    ----------
    model_registry_uri
        Accepted for compatibility: models go to the workspace's registry.
    features
        Another feature store, for example ``ws.features`` of a workspace that is not the current one.
    """

    def __init__(self, *, model_registry_uri: str | None = None, features: Features | None = None) -> None:
        del model_registry_uri
        self._given = features

    @property
    def _features(self) -> Features:
        return self._given or current_features()

    def create_table(
        self,
        *,
        name: str,
        primary_keys: str | list[str],
        df: Any = None,
        timeseries_column: str | None = None,
        partition_columns: str | list[str] | None = None,
        schema: Any = None,
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> FeatureTable:
        """Create a feature table; ``timeseries_columns`` is accepted too."""
        from mlnb.core.errors import InvalidParameterError, NotProvidedError

        timeseries_columns = kwargs.pop("timeseries_columns", None)
        if kwargs:
            raise InvalidParameterError(f"create_table has no argument {next(iter(kwargs))!r}.")
        if partition_columns:
            raise NotProvidedError(
                "Feature tables are not partitioned here.",
                hint="Leave partition_columns out: files are pruned by statistics.",
            )
        return self._features.create_table(
            name,
            primary_keys,
            df,
            timeseries_column=timeseries_column,
            timeseries_columns=timeseries_columns,
            schema=schema,
            description=description,
            tags=tags,
        )

    def write_table(
        self, *, name: str, df: Any, mode: str = "merge", checkpoint_location: str | None = None, trigger: Any = None
    ) -> None:
        """Write rows: ``merge`` or ``overwrite``. The streaming arguments have no meaning here."""
        del checkpoint_location, trigger
        self._features.write_table(name, df, mode)

    def read_table(self, *, name: str, **_: Any) -> pd.DataFrame:
        """Return a feature table's rows."""
        return self._features.read_table(name)

    def get_table(self, *, name: str) -> FeatureTable:
        """Return what is known about a feature table."""
        return self._features.get_table(name)

    def drop_table(self, *, name: str) -> None:
        """Drop a feature table and its online table."""
        self._features.drop_table(name)

    def create_training_set(
        self,
        *,
        df: Any,
        feature_lookups: Sequence[FeatureLookup] | None = None,
        label: str | list[str] | None,
        exclude_columns: str | list[str] | None = None,
        use_spark_native_join: bool = False,
        use_timeseries_filtering: bool = False,
    ) -> TrainingSet:
        """Put features to label rows. The two flags steer Spark and have no meaning here."""
        del use_spark_native_join, use_timeseries_filtering
        return self._features.create_training_set(df, feature_lookups, label, exclude_columns)

    def log_model(
        self,
        *,
        model: Any,
        artifact_path: str | None = None,
        name: str | None = None,
        flavor: Any,
        training_set: TrainingSet,
        registered_model_name: str | None = None,
        await_registration_for: int = 300,
        infer_input_example: bool = False,
        extra_pip_requirements: Sequence[str] | None = None,
        **kwargs: Any,
    ) -> ModelInfo:
        """Log a model with its look-ups."""
        return self._features.log_model(
            model,
            name or artifact_path,
            flavor=flavor,
            training_set=training_set,
            registered_model_name=registered_model_name,
            await_registration_for=await_registration_for,
            infer_input_example=infer_input_example,
            extra_pip_requirements=extra_pip_requirements,
            **kwargs,
        )

    def score_batch(
        self,
        *,
        model_uri: str,
        df: Any,
        result_type: str = "double",
        env_manager: str = "local",
        params: Mapping[str, Any] | None = None,
        use_spark_native_join: bool = False,
    ) -> pd.DataFrame:
        """Look features up and predict, in this environment."""
        del env_manager, use_spark_native_join
        return self._features.score_batch(model_uri, df, result_type, params)

    def publish_table(
        self,
        *,
        online_store: Any = None,
        source_table_name: str,
        online_table_name: str | None = None,
        publish_mode: str = "TRIGGERED",
        **_: Any,
    ) -> OnlineTable:
        """Put a feature table into the online store."""
        return self._features.publish_table(
            source_table_name,
            online_table_name=online_table_name,
            online_store=online_store,
            publish_mode=publish_mode,
        )
