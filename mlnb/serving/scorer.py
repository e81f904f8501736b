"""From a request's bytes to predictions: parse, validate, look up, predict. One object per endpoint process, no HTTP in it."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from .formats import MISSING, parse
from .records import InputField
from .validate import Validator
from .worker import LoadedModel, Prediction, to_frame


class Resolver(Protocol):
    """Looks features up for a request's rows with the definitions the model was trained with."""

    def resolve(self, columns: Mapping[str, Sequence[Any]], rows: int) -> dict[str, list[Any]]:
        """Return one value per row for each looked-up feature, ``None`` where there is none."""


@dataclass(slots=True)
class Scored:
    """A request that was answered.

    Attributes
    ----------
    rows, prediction
        How many rows, and what the model said.
    columns
        What went in: inputs, and features as they were used.
    ignored
        Fields that nothing used.
    client_request_id
        As sent.
    """

    rows: int
    prediction: Prediction
    columns: Mapping[str, Sequence[Any]]
    ignored: Sequence[str]
    client_request_id: str | None


class Scorer:
    """Scores requests with one model.

    Parameters
    ----------
    model
        The loaded model.
    inputs
        What a request must hold.
    looked_up
        What is looked up for it; a caller's own value wins.
    resolver
        Does the look-up; None for a model without features.
    model_columns
        Columns of the model's frame, in order; the inputs when there is no look-up.
    """

    def __init__(
        self,
        model: LoadedModel,
        inputs: Sequence[InputField],
        *,
        looked_up: Sequence[InputField] = (),
        resolver: Resolver | None = None,
        model_columns: Sequence[str] | None = None,
        strict: bool = True,
        max_rows: int = 100_000,
    ) -> None:
        self._model = model
        self._validator = Validator(inputs, looked_up, strict=strict)
        self._looked_up = list(looked_up)
        self._resolver = resolver
        self._types = {item.name: item.type for item in (*looked_up, *inputs)}
        self._model_columns = list(model_columns) if model_columns is not None else None
        self._max_rows = max_rows
        # Models are not promised to be safe in several threads, and one row after the other is not slower on one core.
        self._lock = threading.Lock()

    def score(self, body: bytes) -> Scored:
        """Answer one request.

        Raises
        ------
        HttpError
            When the request is wrong.
        ModelError
            When the model fails.
        """
        parsed = parse(body, self._validator.names, max_rows=self._max_rows)
        checked = self._validator.check(parsed)
        columns = dict(checked.columns)
        if self._looked_up:
            columns.update(self._features(columns, checked.given, checked.rows))
        chosen = columns if self._model_columns is None else {name: columns[name] for name in self._model_columns}
        prediction = Prediction([])
        if checked.rows:
            frame = to_frame(chosen, self._types)
            with self._lock:
                prediction = self._model.predict(frame, parsed.params)
        return Scored(checked.rows, prediction, columns, checked.ignored, parsed.client_request_id)

    def _features(
        self, columns: Mapping[str, Sequence[Any]], given: Mapping[str, list[Any]], rows: int
    ) -> dict[str, list[Any]]:
        names = [item.name for item in self._looked_up]
        if rows == 0 or (given.keys() >= set(names) and not any(MISSING in values for values in given.values())):
            return {name: given.get(name, []) for name in names}
        assert self._resolver is not None
        whole = {name: values for name, values in given.items() if MISSING not in values}
        found = self._resolver.resolve({**columns, **whole}, rows)
        return {name: _prefer(given[name], found[name]) if name in given else found[name] for name in names}


def _prefer(given: Sequence[Any], found: Sequence[Any]) -> list[Any]:
    return [look if own is MISSING else own for own, look in zip(given, found, strict=True)]
