"""Streams that can be read once, kept so that they can be read again: in memory while small, else in a temporary file that is mapped."""

from __future__ import annotations

import os
import tempfile

import pyarrow as pa

from .readers import ArrowReader

#: Up to so many bytes stay in memory.
MEMORY_BYTES = 256 * 1024 * 1024


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
    handle, path = tempfile.mkstemp(prefix="mlnb-explore-", suffix=".arrow")
    os.close(handle)
    try:
        with pa.OSFile(path, "wb") as sink, pa.ipc.new_file(sink, stream.schema) as writer:
            while first:
                writer.write_batch(first.pop(0))
            for batch in stream:
                writer.write_batch(batch)
        mapped = pa.memory_map(path)
    finally:
        # What is mapped stays readable without its name, and its room is free again when nobody reads it, also after a kill.
        os.unlink(path)
    return ArrowReader(pa.ipc.open_file(mapped).read_all())
