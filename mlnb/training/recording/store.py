"""MLflow's store as a run sees it: values in batches, and kept on disk while the store does not answer.

What could not be sent lies in ``unsent/<run id>.jsonl`` of the workspace folder, one call a line, and is sent in that order: by the run at
its next sign of life, else by the supervisor. Sending a line twice does no harm: MLflow keeps a value of a metric once.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from mlnb.core.clock import now_ms
from mlnb.core.files import storage_errors
from mlnb.core.supervisor import Reconciler

from ..records import TrackingUnavailableError
from .batches import clean_key
from .quiet import silent_log

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput
    from mlflow.exceptions import MlflowException
    from mlflow.tracking import MlflowClient

    from mlnb.core.ground import Ground

log = logging.getLogger("mlnb.training")

FOLDER = "unsent"
#: Tag of a run some of whose values were sent later than they were made.
UNSENT_TAG = "mlnb.unsent"
#: Limits of one batch: MLflow takes 1,000 values, 100 parameters, 100 tags and a megabyte of them.
_METRICS, _TEXTS, _TEXT_SIZE = 800, 100, 400_000
#: Seconds between attempts to write into a store that is busy.
RETRIES_S = (0.2, 1.0, 3.0)
#: After a failure the store is left alone for so long.
_PAUSE_S = 2.0
_GONE = {"INVALID_PARAMETER_VALUE", "BAD_REQUEST", "RESOURCE_DOES_NOT_EXIST", "INVALID_STATE", "PERMISSION_DENIED"}

Call = dict[str, Any]


def is_refusal(error: Exception) -> bool:
    """Return whether the store answered and said no, rather than not at all: trying again would not help."""
    return getattr(error, "error_code", None) in _GONE


def unavailable(error: MlflowException) -> TrackingUnavailableError:
    """Return the error that says so before anything has run."""
    return TrackingUnavailableError(
        f"MLflow's store took no run: {error.message.splitlines()[0]}",
        hint="Nothing was executed. Check tracking_uri and free space, then run it again.",
    )


def batches(
    metrics: Mapping[str, float], params: Mapping[str, str], tags: Mapping[str, str], *, step: int, time_ms: int
) -> Iterator[Call]:
    """Return values as calls that MLflow takes."""
    numbers = [[clean_key(name), value, time_ms, step] for name, value in metrics.items()]
    texts = [("params", clean_key(name), text) for name, text in params.items()]
    texts += [("tags", name, text) for name, text in tags.items()]
    while numbers or texts:
        call: Call = {"call": "batch", "metrics": numbers[:_METRICS], "params": [], "tags": []}
        del numbers[:_METRICS]
        size = 0
        while texts and size < _TEXT_SIZE and len(call["params"]) + len(call["tags"]) < _TEXTS:
            kind, name, text = texts.pop(0)
            call[kind].append([name, text])
            size += len(text.encode())
        yield call


def perform(client: MlflowClient, run_id: str, call: Call) -> None:
    """Make one call."""
    from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag

    if call["call"] == "batch":
        client.log_batch(
            run_id,
            [Metric(key, float(value), time_ms, step) for key, value, time_ms, step in call["metrics"]],
            [Param(key, value) for key, value in call["params"]],
            [RunTag(key, value) for key, value in call["tags"]],
        )
    elif call["call"] == "inputs":
        inputs = [
            DatasetInput(Dataset(**item["dataset"]), [InputTag(key, value) for key, value in item["tags"]])
            for item in call["inputs"]
        ]
        client.log_inputs(run_id, inputs)
    else:
        client.set_terminated(run_id, call["status"], call["end_time"])


def send_batch(
    client: MlflowClient,
    run_id: str,
    *,
    metrics: Mapping[str, float] | None = None,
    params: Mapping[str, str] | None = None,
    tags: Mapping[str, str] | None = None,
) -> None:
    """Log values of a run that is not this process's own, in as few calls as MLflow's limits allow."""
    for call in batches(metrics or {}, params or {}, tags or {}, step=0, time_ms=now_ms()):
        perform(client, run_id, call)


class RunStore:
    """One run in MLflow's store.

    Parameters
    ----------
    ground
        The workspace.
    client
        MLflow's client.
    run_id
        The run.
    """

    def __init__(self, ground: Ground, client: MlflowClient, run_id: str) -> None:
        self._file = ground.path / FOLDER / f"{run_id}.jsonl"
        self._client, self._run_id = client, run_id
        self._not_before = 0.0
        #: Calls that had to be kept on disk.
        self.kept = 0

    def log(
        self,
        *,
        metrics: Mapping[str, float] | None = None,
        params: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
        step: int = 0,
    ) -> None:
        """Log values in as few calls as MLflow's limits allow.

        Raises
        ------
        MlflowException
            When the store refuses them, as it does a parameter with another value than before.
        """
        for call in batches(metrics or {}, params or {}, tags or {}, step=step, time_ms=now_ms()):
            self._do(call)

    def log_inputs(self, inputs: Sequence[DatasetInput]) -> None:
        """Log the data a run read."""
        fields = ("name", "digest", "source_type", "source", "profile")
        self._do({
            "call": "inputs",
            "inputs": [
                {
                    "dataset": {name: getattr(item.dataset, name) for name in fields},
                    "tags": [[tag.key, tag.value] for tag in item.tags],
                }
                for item in inputs
            ],
        })  # fmt: skip

    def terminate(self, status: str, end_time: int) -> None:
        """Write the end, patiently: a store that is busy now is free in a second."""
        self._do({"call": "end", "status": status, "end_time": end_time}, RETRIES_S)

    def _do(self, call: Call, waits: Sequence[float] = ()) -> None:
        from mlflow.exceptions import MlflowException

        if not self._file.exists() or self.send():
            for wait in (*waits, None):
                try:
                    with silent_log():
                        perform(self._client, self._run_id, call)
                    return
                except (MlflowException, OSError) as error:
                    if is_refusal(error):
                        raise
                    log.debug("run %s: MLflow's store does not answer: %s", self._run_id, error)
                    if wait is not None:
                        time.sleep(wait)
            self._not_before = time.monotonic() + _PAUSE_S
        self._keep(call)

    def _keep(self, call: Call) -> None:
        self.kept += 1
        with storage_errors(self._file):
            self._file.parent.mkdir(exist_ok=True)
            while not _append(self._file, json.dumps(call)):
                pass  # what was kept before was sent, and its file removed, while this waited for it

    def send(self) -> bool:
        """Send what was kept, if the store answers again; return whether nothing is left."""
        if not self._file.exists():
            return True
        if time.monotonic() < self._not_before:
            return False
        sent = send_file(self._client, self._file)
        if not sent:
            self._not_before = time.monotonic() + _PAUSE_S
        return sent


def _append(path: Path, line: str) -> bool:
    """Add a line, behind one that a killed process may have left half written; return whether the file is still there."""
    with path.open("a", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if not _is_at(file, path):
            return False
        file.write(f"\n{line}\n")
        return True


def _is_at(file: IO[str], path: Path) -> bool:
    """Return whether an open file is the one that is found under its path now."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def send_file(client: MlflowClient, path: Path) -> bool:
    """Send what one run has kept; return whether all of it is sent. What another process is sending is left to it."""
    try:
        with path.open("r+", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return False
            if not _is_at(file, path):  # sent in between, all of it or a part
                return not path.exists()
            lines = file.readlines()
            left = _send_lines(client, path.stem, lines)
            if not left:
                path.unlink()
                return True
            if len(left) < len(lines):
                beside = path.with_suffix(f".{os.getpid()}")
                beside.write_text("".join(left), encoding="utf-8")
                os.replace(beside, path)  # killed here, all of it is sent once more, which changes nothing
            return False
    except FileNotFoundError:
        return True


def _send_lines(client: MlflowClient, run_id: str, lines: list[str]) -> list[str]:
    """Send lines in their order and return those from the first that the store did not answer to."""
    from mlflow.exceptions import MlflowException

    for index, line in enumerate(lines):
        try:
            call = json.loads(line)
        except ValueError:  # the process ended while it wrote this line
            continue
        try:
            with silent_log():
                if call["call"] == "end":
                    client.set_tag(run_id, UNSENT_TAG, "sent later")
                perform(client, run_id, call)
        except (MlflowException, OSError) as error:
            if not is_refusal(error):
                return lines[index:]
            log.warning("run %s: MLflow's store refuses what was kept for it: %s", run_id, error)
    return []


class Unsent(Reconciler):
    """Sends what runs could not, also after their process has ended.

    Parameters
    ----------
    ground
        The workspace.
    """

    name = "unsent-values"
    period_ms = 15_000

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._last = 0

    def tick(self, now_ms: int) -> None:
        """Look whether there is anything."""
        if now_ms - self._last < self.period_ms:
            return
        self._last = now_ms
        for path in sorted((self._ground.path / FOLDER).glob("*.jsonl")):
            if not send_file(self._ground.tracking.client(), path):
                return
