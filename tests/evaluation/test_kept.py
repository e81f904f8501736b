"""Evaluations whose files among the run's somebody changed: what the metastore knows is still shown."""

from __future__ import annotations

from typing import Any

import pytest

from mlnb.core.errors import MlnbError

from .conftest import TABLE, Made


def test_changed_files_take_away_curves_and_rows_and_nothing_else(ws: Any, made: Made) -> None:
    found = ws.evaluation.evaluate(made.strong, TABLE, targets="good", bootstrap=0)
    run = found.run_id
    (curves,) = [item.path for item in ws.runs.artifacts(run) if item.path.endswith(f"{found.id}.json")]
    assert ws.evaluation.get(found.id, curves=True).curves
    for text in ("[]", '{"curves": 1}', '{"curves": [1]}', "{", "[" * 100_000, "\0"):
        ws.runs.write_artifacts(run, {curves: text, found.rows_uri: text})
        again = ws.evaluation.get(found.id, curves=True)
        assert (again.metrics, again.curves) == (found.metrics, []), text[:20]
        with pytest.raises(MlnbError) as error:
            ws.evaluation.choose_threshold(found.id, precision=0.8)
        assert "cannot be read" in error.value.message
