"""An evaluation kept: files and metrics on its run in MLflow, the result in the metastore, an event in the journal; and found again."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

import sqlalchemy as sa

from mlnb.core.errors import MlnbError
from mlnb.training.records import RunData

from ..records import CurveRow, EvaluationNotFoundError, EvaluationResult, evaluations
from .charts import curve_svg
from .per_row import KeptRows, RowsNotKeptError, from_parquet, row_ids, to_parquet
from .store import insert, record, select

if TYPE_CHECKING:
    from ..asking.question import Answer
    from ..stage import Stage

#: Named here because a method called ``list`` hides the built-in in some classes.
Results: TypeAlias = list[EvaluationResult]

FOLDER = "mlnb/evaluations"


class Keeper:
    """Keeps evaluations and finds them.

    Parameters
    ----------
    stage
        The stores.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def keep(
        self, result: EvaluationResult, answer: Answer, files: Mapping[str, bytes | str] | None = None
    ) -> EvaluationResult:
        """Log a result on its run, if it has one, and store it.

        Parameters
        ----------
        files
            To be put into the run, by path.
        """
        predictions = result._predictions
        if result.run_id is not None:
            result = self._on_run(result, answer, dict(files or {}))
        payload = {
            "evaluation_id": result.id,
            "data": result.data,
            "version": result.data_version,
            "primary": result.primary,
            "value": result.metrics.get(result.primary or ""),
        }
        with record(self._stage.ground, "evaluation.created", result.run_id, result.id, payload) as connection:
            insert(connection, result)
        result._predictions = predictions
        return result

    def _on_run(self, result: EvaluationResult, answer: Answer, files: dict[str, bytes | str]) -> EvaluationResult:
        runs = self._stage.runs
        data = RunData(direction="read", name=result.data, version=result.data_version, n_rows=result.n_rows)
        stem = re.sub(r"\W+", "_", result.data.rsplit(".", 1)[-1]) + f"_{result.id[:6]}"
        pictures = {f"mlnb/figures/{stem}_{_file_name(item.name)}.svg": curve_svg(item) for item in result.curves}
        update: dict[str, object] = {"figures": list(pictures)}
        if result.n_rows <= self._stage.settings.kept_rows:
            update["rows_uri"] = f"{FOLDER}/{result.id}.parquet"
            files[f"{FOLDER}/{result.id}.parquet"] = to_parquet(
                answer.predictions, row_ids(answer.rows), held_out=answer.rows.holdout is not None
            )
        result = result.model_copy(update=update)
        text = json.dumps(result.to_dict(), indent=1)
        runs.write_artifacts(result.run_id, {**pictures, **files, f"{FOLDER}/{result.id}.json": text})
        runs.log_values(result.run_id, metrics=result.metrics, dataset=data, model_id=answer.scorer.model_id)
        return result

    # -- finding ---------------------------------------------------------------------------------------------------------------------

    def get(self, evaluation_id: str) -> EvaluationResult:
        """Return an evaluation.

        Raises
        ------
        EvaluationNotFoundError
            When there is none.
        """
        found = self.read(evaluations.c.id == str(evaluation_id), 1)
        if not found:
            raise EvaluationNotFoundError(
                f"There is no evaluation {evaluation_id}.", hint="ws.evaluation.list(run) names those of a run."
            )
        return found[0]

    def rows(self, evaluation: EvaluationResult) -> KeptRows:
        """Return the predictions of every row of a stored evaluation.

        Raises
        ------
        RowsNotKeptError
            When the evaluation belongs to no run, or the file is gone.
        """
        why = "It belongs to no run" if evaluation.run_id is None else "It had too many rows"
        if evaluation.run_id is not None and evaluation.rows_uri is not None:
            try:
                return from_parquet(self._stage.runs.read_artifact(evaluation.run_id, evaluation.rows_uri))
            except (KeyError, TypeError, ValueError) as error:
                why = f"The file cannot be read ({error})"
        raise RowsNotKeptError(
            f"The single predictions of evaluation {evaluation.id[:8]} are not on record. {why}.",
            hint="Evaluate again with a run: ws.evaluation.evaluate(model, data, targets=…, run=RUN).",
        )

    def with_curves(self, evaluation: EvaluationResult) -> EvaluationResult:
        """Return a stored evaluation with its curves, which are in the run's file; without them when that is gone."""
        if evaluation.run_id is None or evaluation.curves:
            return evaluation
        try:
            text = self._stage.runs.read_artifact(evaluation.run_id, f"{FOLDER}/{evaluation.id}.json")
            curves = [CurveRow.model_validate(item) for item in json.loads(text).get("curves", [])]
        except (MlnbError, ValueError, TypeError, AttributeError, RecursionError):  # somebody changed the file
            return evaluation
        return evaluation.model_copy(update={"curves": curves})

    def read(self, where: sa.ColumnElement[bool], limit: int) -> Results:
        """Return stored evaluations, newest first."""
        with self._stage.ground.metastore.connect() as connection:
            return select(connection, where, limit, min_rows=self._stage.settings.min_slice_rows)

    def version_of_look(self, look_id: str | None) -> int | None:
        """Return the table's version that a look was taken at: a free repetition shows nothing new."""
        found = self.read(evaluations.c.look_id == look_id, 1) if look_id is not None else []
        return found[0].data_version if found else None


def _file_name(text: str) -> str:
    return text.lower().replace(" ", "_")
