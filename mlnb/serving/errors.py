"""Errors of serving with codes of their own."""

from __future__ import annotations

from mlnb.core.errors import (
    AlreadyExistsError,
    InvalidParameterError,
    InvalidStateError,
    MlnbError,
    NotFoundError,
    UnavailableError,
)


class EndpointNotFoundError(NotFoundError):
    """No endpoint of this name."""


class EndpointExistsError(AlreadyExistsError):
    """An endpoint of this name exists."""


class PortInUseError(InvalidStateError):
    """The port asked for belongs to another process."""

    code = "PORT_IN_USE"


class InferenceTableMismatchError(InvalidStateError):
    """The inference table that exists has a column of another type."""

    code = "INFERENCE_TABLE_MISMATCH"


class BadRequestError(InvalidParameterError):
    """An endpoint refused a request; ``fields`` says why."""

    code = "BAD_REQUEST"


class EndpointNotReadyError(UnavailableError):
    """The endpoint does not answer now."""


class EndpointFailedError(InvalidStateError):
    """The endpoint could not be started; the message holds the reason, its log the rest."""

    code = "ENDPOINT_FAILED"


class ModelFailedError(MlnbError):
    """The model raised while predicting; the endpoint's log says why."""
