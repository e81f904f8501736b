"""Streams that can be read once, kept so that they can be read again: in memory while small, else in a temporary file that is mapped."""

from __future__ import annotations

import os
import tempfile
import weakref
from typing import Any

import pyarrow as pa

from .readers import ArrowReader

#: Up to so many bytes stay in memory.
MEMORY_BYTES = 256 * 1024 * 1024


class _TemporaryFile:
    """A file that is deleted with this object, and at the latest when the process ends."""

    def __init__(self) -> None:
        handle, self.path = tempfile.mkstemp(prefix="mlnb-explore-", suffix=".arrow")
        os.close(handle)
        self._finalizer = weakref.finalize(self, _delete, self.path)


def _delete(path: str) -> None:
    if os.path.exists(path):
        os.unlink(path)


def kept(stream: pa.RecordBatchReader) -> ArrowReader:
    """Read a stream to its end and return what holds its rows."""
    batches: list[pa.RecordBatch] = []
    size = 0
    for batch in stream:
        if not batch.num_rows:
            continue
        batches.append(batch)
        size += batch.nbytes
        if size > MEMORY_BYTES:
            return _mapped(stream, batches)
    return ArrowReader(pa.Table.from_batches(batches, schema=stream.schema))


def _mapped(stream: pa.RecordBatchReader, first: list[pa.RecordBatch]) -> ArrowReader:
    file = _TemporaryFile()
    with pa.OSFile(file.path, "wb") as sink, pa.ipc.new_file(sink, stream.schema) as writer:
        while first:
            writer.write_batch(first.pop(0))
        for batch in stream:
            writer.write_batch(batch)
    return ArrowReader(pa.ipc.open_file(pa.memory_map(file.path)).read_all(), _keeping(file))


def _keeping(file: _TemporaryFile) -> Any:
    return file
