"""One status per code, one shape of body, and nothing of an exception we did not write."""

from __future__ import annotations

import errno

import pytest

from mlnb.core.errors import AlreadyExistsError as Exists
from mlnb.core.errors import (
    ConflictError,
    FieldViolation,
    InvalidParameterError,
    InvalidStateError,
    MlnbError,
    NotFoundError,
    NotProvidedError,
    PermissionDeniedError,
    UnavailableError,
)
from mlnb.server.errors import answer, status_of


class TableNotFoundError(NotFoundError):
    code = "TABLE_OR_VIEW_NOT_FOUND"


class OddError(MlnbError):
    code = "ODD"


@pytest.mark.parametrize(
    ("error", "path", "status"),
    [
        (InvalidParameterError("x"), "", 400),
        (InvalidStateError("x"), "", 400),
        (PermissionDeniedError("x"), "", 403),
        (NotFoundError("x"), "", 404),
        (TableNotFoundError("x"), "", 404),
        (Exists("x"), "/mlnb/api/1.0/tables", 409),
        (Exists("x"), "/mlnb/api/2.0/mlflow/experiments/create", 400),
        (ConflictError("x"), "", 409),
        (NotProvidedError("x"), "", 501),
        (UnavailableError("x"), "", 503),
        (OddError("x"), "", 400),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, MlnbError) else None,
)
def test_each_code_has_its_status(error: MlnbError, path: str, status: int) -> None:
    assert status_of(error, path) == status


def test_hint_fields_and_facts_travel_in_details() -> None:
    error = InvalidParameterError(
        "age: wrong",
        hint="Send a number.",
        fields=[FieldViolation("rows[0].age", "not a number")],
        details={"rows": 3, "violations": [{"type": "gate", "subject": "auc"}]},
    )
    found = answer(error, request_id="r1")
    info, bad, failed, request = found.body["details"]
    assert found.body["error_code"] == "INVALID_PARAMETER_VALUE"
    assert info["metadata"] == {"rows": "3", "hint": "Send a number."}
    assert bad["field_violations"] == [{"field": "rows[0].age", "description": "not a number"}]
    assert failed["violations"] == [{"type": "gate", "subject": "auc"}]
    assert request["request_id"] == "r1"
    assert all(detail["@type"].startswith("type.googleapis.com/") for detail in found.body["details"])


def test_an_unforeseen_exception_says_nothing_of_itself() -> None:
    found = answer(RuntimeError("password=hunter2 at /secret/place"), request_id="abc")
    text = found.to_bytes().decode()
    assert found.status == 500
    assert found.body["error_code"] == "INTERNAL_ERROR"
    assert "hunter2" not in text
    assert "secret" not in text
    assert "abc" in found.body["message"]


def test_no_message_of_ours_sets_off_the_clients_long_retry() -> None:
    text = answer(RuntimeError("x"), request_id="abc").to_bytes().decode()
    assert "Unexpected error" not in text
    assert "Please try again later" not in text


def test_busy_answers_say_when_to_come_back() -> None:
    assert answer(UnavailableError("locked")).headers["Retry-After"] == "2"


def test_a_full_disk_is_a_storage_error_and_not_repeated() -> None:
    found = answer(OSError(errno.ENOSPC, "No space left on device", "lake/x.parquet"))
    assert (found.status, found.body["error_code"]) == (507, "DISK_FULL")
    assert "Retry-After" not in found.headers


def test_errors_of_mlflow_keep_their_code() -> None:
    from mlflow.exceptions import MlflowException
    from mlflow.protos.databricks_pb2 import INTERNAL_ERROR, RESOURCE_DOES_NOT_EXIST

    found = answer(MlflowException("Run 'x' not found", error_code=RESOURCE_DOES_NOT_EXIST))
    assert (found.status, found.body["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")
    hidden = answer(MlflowException("sqlite:///secret is broken", error_code=INTERNAL_ERROR))
    assert hidden.status == 500
    assert "secret" not in hidden.to_bytes().decode()
