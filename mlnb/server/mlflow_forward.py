"""MLflow's REST calls of a workspace whose store is a tracking server: they go on to that server.

The workspace's own credentials for it are used (MLflow's ``MLFLOW_TRACKING_*`` variables); those of the caller stay here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from mlnb.core.errors import UnavailableError
from mlnb.core.tracking import load_mlflow
from mlnb.server.route import RawRequest, RawResponse

_CHUNK = 256 * 1024
_PASSED_ON = ("content-disposition", "etag", "last-modified")


class TrackingServerUnavailableError(UnavailableError):
    """The workspace's tracking server does not answer."""

    code = "TRACKING_UNAVAILABLE"


def forward(uri: str, q: RawRequest) -> RawResponse:
    """Send a request to a tracking server and pass its answer on, piece by piece.

    Raises
    ------
    TrackingServerUnavailableError
        When it does not answer.
    """
    load_mlflow()
    from mlflow.utils import credentials, rest_utils

    client: Any = rest_utils
    known: Any = credentials
    query = urlencode([(key, value) for key, values in q.query.items() for value in values])
    kind = q.headers.get("content-type")
    options: dict[str, Any] = {"extra_headers": {"Content-Type": kind}} if kind else {}
    body = q.upload.open("rb") if q.upload is not None else None
    try:
        answer = client.http_request(
            known.get_default_host_creds(uri),
            q.path + (f"?{query}" if query else ""),
            q.verb,
            data=body if body is not None else q.body or None,
            stream=True,
            max_retries=1,
            raise_on_status=False,
            **options,
        )
    except Exception as error:  # MLflow's and the HTTP library's own, by many names
        raise TrackingServerUnavailableError(
            "The tracking server of this workspace does not answer.", hint="Check tracking_uri and that it runs."
        ) from error
    finally:
        if body is not None:
            body.close()
    headers = {name: answer.headers[name] for name in _PASSED_ON if name in answer.headers}
    content_type = answer.headers.get("Content-Type", "application/octet-stream")
    return RawResponse(_pieces(answer), content_type, answer.status_code, headers)


def _pieces(answer: Any) -> Iterator[bytes]:
    try:
        yield from answer.iter_content(_CHUNK)
    finally:
        answer.close()
