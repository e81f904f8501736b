"""The endpoint's HTTP side: a plain ASGI application. Token, length, type, body, score, log, answer.

Every request that got past the token is logged before it is answered. Nothing here needs the supervisor or the metastore.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final
from urllib.parse import unquote

from mlnb.core.clock import now_ms
from mlnb.core.errors import InvalidParameterError, MlnbError, UnavailableError

from .config import ServingSettings
from .formats import client_request_id
from .inference_log import InferenceLog, LogFullError
from .metrics import Recorder
from .payload import REQUEST_TOO_LARGE, RESPONSE_TOO_LARGE, Entry
from .protocol import Headers, HttpError, Receive, Scope, Send, error_body, header, read_body, require_json, respond
from .scorer import Scored, Scorer
from .tokens import MANAGE, REQUESTER_HEADER, Holder, find
from .worker import ModelError

log = logging.getLogger("mlnb.serving")

_JSON: Final = (b"content-type", b"application/json")


class EndpointApp:
    """The application of one endpoint process.

    Parameters
    ----------
    name, model_version
        Of the endpoint, and of the model it serves.
    entity_name
        Sent back as ``served-model-name``.
    scorer
        Answers requests.
    holders
        Valid tokens by hash.
    recorder
        Counts answers.
    inference_log
        Where requests go; None when the endpoint keeps none.
    """

    def __init__(
        self,
        *,
        name: str,
        entity_name: str,
        model_version: str,
        scorer: Scorer,
        holders: Mapping[str, Holder],
        recorder: Recorder,
        settings: ServingSettings,
        inference_log: InferenceLog | None,
        durable: bool,
        threads: int = 1,
    ) -> None:
        self._name = name
        self._entity = entity_name
        self._version = model_version
        self._scorer = scorer
        self._holders = dict(holders)
        self._recorder = recorder
        self._settings = settings
        self._log = inference_log
        self._durable = durable
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="score")
        self.in_flight = 0
        self.last_request = time.monotonic()
        #: Answers then close their connection, so that clients come back to the process that takes over.
        self.draining = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        started = time.perf_counter()
        self.in_flight += 1
        request_id = str(uuid.uuid4())
        headers: Headers = [_JSON, (b"x-request-id", request_id.encode())]
        try:
            status, body = await self._answer(scope, receive, request_id, headers, started)
        except ConnectionError:
            return
        finally:
            self.in_flight -= 1
            self.last_request = time.monotonic()
        if self.draining:
            headers.append((b"connection", b"close"))
        await respond(send, status, body, headers)

    async def _answer(
        self, scope: Scope, receive: Receive, request_id: str, headers: Headers, started: float
    ) -> tuple[int, bytes]:
        try:
            holder = find(header(scope, b"authorization"), self._holders)
            if holder is None:
                raise HttpError(
                    401,
                    "UNAUTHENTICATED",
                    "This endpoint needs its token.",
                    hint="Send Authorization: Bearer <token>; the endpoint's card names the file that holds it.",
                    headers={"www-authenticate": "Bearer"},
                )
            plain = self._plain(scope)
            if plain is not None:
                return 200, plain
        except HttpError as error:
            return self._refuse(error, request_id, headers)
        status, body = await self._invoke(scope, receive, holder, request_id, headers, started)
        self._recorder.record(status, (time.perf_counter() - started) * 1000)
        return status, body

    def _refuse(self, error: HttpError, request_id: str, headers: Headers) -> tuple[int, bytes]:
        headers += [(key.encode(), value.encode()) for key, value in error.headers.items()]
        return error.status, _dumps(error_body(error, request_id))

    def _plain(self, scope: Scope) -> bytes | None:
        """Return the answer of the small GET paths, None for an invocation."""
        path, method = unquote(scope["path"]), scope["method"]
        if path in ("/invocations", f"/serving-endpoints/{self._name}/invocations"):
            if method != "POST":
                raise HttpError(405, "METHOD_NOT_ALLOWED", f"{path} takes POST.", headers={"allow": "POST"})
            return None
        small: dict[str, Any] = {
            "/ping": {"status": "ok"},
            "/health": {"status": "ok"},
            "/ready": {"status": "ready"},
            "/version": {"endpoint": self._name, "served_model_name": self._entity, "model_version": self._version},
        }
        if path not in small:
            raise HttpError(
                404,
                "ENDPOINT_NOT_FOUND",
                f"Nothing is at {path}; this is endpoint {self._name}.",
                hint="POST /invocations.",
            )
        if method not in ("GET", "HEAD"):
            raise HttpError(405, "METHOD_NOT_ALLOWED", f"{path} takes GET.", headers={"allow": "GET"})
        if path == "/ready" and self.draining:
            raise HttpError(
                503, "TEMPORARILY_UNAVAILABLE", "This process is being replaced.", headers={"retry-after": "1"}
            )
        return _dumps(small[path]) if method == "GET" else b""

    async def _invoke(
        self, scope: Scope, receive: Receive, holder: Holder, request_id: str, headers: Headers, started: float
    ) -> tuple[int, bytes]:
        requester = header(scope, REQUESTER_HEADER.encode()) if holder.level == MANAGE else None
        entry = Entry(request_id=request_id, time_ms=now_ms(), requester=unquote(requester or "") or holder.principal)
        body = b""
        try:
            self._check_load()
            require_json(scope)
            limit = self._settings.max_body_mb * 1024 * 1024
            body = await read_body(scope, receive, max_bytes=limit, idle_s=self._settings.body_idle_s)
            scored = await self._score(body, request_id)
            entry.client_request_id = scored.client_request_id
            answer = self._take(scored, entry, headers)
            status = 200
        except HttpError as error:
            status, answer = self._refuse(error, request_id, headers)
            if status == 413 and not body:
                entry.codes.append(REQUEST_TOO_LARGE)
            entry.client_request_id = client_request_id(body) if body else None
        entry.status = status
        entry.duration_ms = round((time.perf_counter() - started) * 1000)
        try:
            await self._write(entry, body, answer)
        except HttpError as error:
            headers[:] = [_JSON, (b"x-request-id", request_id.encode())]
            return self._refuse(error, request_id, headers)
        return status, answer

    def _check_load(self) -> None:
        if self.in_flight > self._settings.max_connections:
            raise HttpError(
                429,
                "REQUEST_LIMIT_EXCEEDED",
                f"More than {self._settings.max_connections} requests at a time.",
                headers={"retry-after": "1"},
            )

    async def _score(self, body: bytes, request_id: str) -> Scored:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._settings.request_timeout_s):
                return await loop.run_in_executor(self._pool, self._scorer.score, body)
        except TimeoutError:
            raise HttpError(
                504, "DEADLINE_EXCEEDED", f"No answer within {self._settings.request_timeout_s:g} s."
            ) from None
        except HttpError:
            raise
        except MlnbError as error:
            raise self._of_lookup(error, request_id) from None
        except ModelError as error:
            log.error("request %s: the model failed: %s", request_id, error, exc_info=error.__cause__)
            raise HttpError(
                500, "INTERNAL_ERROR", "The model failed on this request.", hint=_look(self._name, request_id)
            ) from None
        except Exception:
            log.exception("request %s failed", request_id)
            raise HttpError(
                500, "INTERNAL_ERROR", "The endpoint failed on this request.", hint=_look(self._name, request_id)
            ) from None

    def _of_lookup(self, error: MlnbError, request_id: str) -> HttpError:
        """Return what a failed look-up is to the client: its own mistake, or a store that is not as it should be."""
        if isinstance(error, InvalidParameterError):
            return HttpError(400, "BAD_REQUEST", error.message, fields=error.fields, hint=error.hint)
        log.error("request %s: the look-up failed: %s", request_id, error)
        busy = {"retry-after": "2"} if isinstance(error, UnavailableError) else {}
        return HttpError(503 if busy else 500, error.code, error.message, hint=error.hint, headers=busy)

    def _take(self, scored: Scored, entry: Entry, headers: Headers) -> bytes:
        """Note what was scored in the log entry and return the answer's body."""
        entry.rows = scored.rows
        entry.columns = scored.columns
        entry.values = scored.prediction.values
        entry.proba = scored.prediction.proba
        headers.append((b"served-model-name", self._entity.encode()))
        if scored.ignored:
            names = ",".join(name.encode("ascii", "backslashreplace").decode() for name in scored.ignored[:50])
            headers.append(
                (b"x-mlnb-ignored-fields", "".join(char if char.isprintable() else "?" for char in names).encode())
            )
        return _dumps({"predictions": scored.prediction.values})

    async def _write(self, entry: Entry, body: bytes, answer: bytes) -> None:
        """Log the request; with a durable log, return only when it is stored.

        Raises
        ------
        HttpError
            503 when it cannot be: a durable endpoint gives no answer that nobody recorded.
        """
        if self._log is None:
            return
        limit = self._settings.log_body_max_mb * 1024 * 1024
        entry.request = _loggable(body, limit, entry.codes, REQUEST_TOO_LARGE)
        entry.response = _loggable(answer, limit, entry.codes, RESPONSE_TOO_LARGE)
        try:
            if not self._durable:
                self._log.submit(entry)
                return
            loop = asyncio.get_running_loop()
            stored: asyncio.Future[BaseException | None] = loop.create_future()

            def done(failure: BaseException | None) -> None:
                loop.call_soon_threadsafe(_settle, stored, failure)

            self._log.submit(entry, done)
            problem = await stored
        except LogFullError as error:
            problem = error
        if problem is not None:
            raise HttpError(
                503,
                "TEMPORARILY_UNAVAILABLE",
                "The request could not be recorded, so it is not answered.",
                headers={"retry-after": "2"},
            )


def _settle(future: asyncio.Future[BaseException | None], failure: BaseException | None) -> None:
    if not future.done():
        future.set_result(failure)


def _look(name: str, request_id: str) -> str:
    return f"Look for {request_id} in the endpoint's log (%deploy logs {name})."


def _loggable(body: bytes, limit: int, codes: list[str], code: str) -> str | None:
    if len(body) > limit:
        if code not in codes:
            codes.append(code)
        return None
    return body.decode("utf-8", "replace") if body else None


def _dumps(value: Any) -> bytes:
    import orjson

    return orjson.dumps(value)
