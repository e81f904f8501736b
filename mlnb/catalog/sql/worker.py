"""The process that runs statements of callers over HTTP, one line of JSON for each in and out."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlnb.core.caller import Caller, calling
from mlnb.core.errors import MlnbError

from .engine import MEMORY_SHARE, memory_bytes
from .session import MAX_WORKERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from ..service import Catalog
    from .result import SqlResult

#: Rows of a chunk of a result.
CHUNK_ROWS = 10_000

#: Most bytes of a result; the rest is left out and said to be.
MAX_BYTES = 256 * 1024 * 1024


def serve(catalog: Catalog) -> int:
    """Run statements until the server that started this process goes away."""
    share_memory(catalog)
    # What a library prints must not be taken for an answer.
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    # Between statements there is nothing to cancel.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for line in sys.stdin.buffer:
        order = json.loads(line)
        answers.write(json.dumps(_answer(catalog, order)).encode() + b"\n")
    return 0


def share_memory(catalog: Catalog) -> None:
    """Limit this process to its part: there may be several workers, and together they must fit."""
    if not catalog.settings.sql_memory_limit:
        catalog.settings.sql_memory_limit = f"{memory_bytes() * MEMORY_SHARE / MAX_WORKERS / 1e6:.0f}MB"


def _answer(catalog: Catalog, order: dict[str, Any]) -> dict[str, Any]:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        caller = Caller(
            order["principal"], source="rest", groups=tuple(order["groups"]), request_id=order.get("request_id")
        )
        with calling(caller):
            return _run(catalog, order)
    except KeyboardInterrupt:
        return {"state": "CANCELED", "error_code": "CANCELLED", "message": "The statement was cancelled."}
    except MlnbError as error:
        return {"state": "FAILED", "error_code": error.code, "message": error.message, "hint": error.hint}
    except Exception as error:
        sys.stderr.write(f"statement {order['id']}: {type(error).__name__}: {error}\n")
        return {"state": "FAILED", "error_code": "INTERNAL_ERROR", "message": "The statement failed unexpectedly."}
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _run(catalog: Catalog, order: dict[str, Any]) -> dict[str, Any]:
    from .texts import value_of

    settings = catalog.settings
    params = {item["name"]: value_of(item["name"], item["value"], item["type"]) for item in order["parameters"]}
    catalog.complete_with(order["catalog"], order["schema"])  # what the caller before chose with USE is not this one's
    result = catalog.sql(
        order["statement"],
        params,
        catalog=order["catalog"] or settings.default_catalog,
        schema=order["schema"] or settings.default_schema,
        restricted=True,
    )
    chunks, truncated = _write(result, Path(order["folder"]) / "result.arrow", order.get("row_limit"))
    return {
        "state": "SUCCEEDED",
        "columns": [{"name": n, "type_text": t} for n, t in zip(result.columns, result.types, strict=True)],
        "chunks": chunks,
        "truncated": truncated,
    }


def _write(result: SqlResult, path: Path, row_limit: int | None) -> tuple[list[int], bool]:
    """Write rows as they come; return the rows of each chunk and whether some were left out."""
    import pyarrow as pa

    chunks: list[int] = []
    rows = size = 0
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, result.schema) as writer:
        for batch in _chunks(result.reader()):
            rest = batch.num_rows if row_limit is None else row_limit - rows
            if rest <= 0 or size > MAX_BYTES:
                return chunks, True
            part = batch.slice(0, rest)
            writer.write_batch(part)
            chunks.append(part.num_rows)
            rows, size = rows + part.num_rows, size + part.nbytes
            if part.num_rows < batch.num_rows:
                return chunks, True
    return chunks, False


def _chunks(reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    for batch in reader:
        for start in range(0, batch.num_rows, CHUNK_ROWS):
            yield batch.slice(start, CHUNK_ROWS)
