"""A file as an answer: whole, a beginning of it, or the part that a Range header names, in pieces as it is read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import IO

from mlnb.core.errors import InvalidParameterError
from mlnb.server.route import RawRequest, RawResponse

_CHUNK = 256 * 1024
_RANGE = re.compile(r"bytes=(\d*)-(\d*)\Z")


def send_file(
    q: RawRequest, stream: IO[bytes], size: int, kind: str, headers: Mapping[str, str], *, most: int | None = None
) -> RawResponse:
    """Answer with a file, which is closed when it was sent.

    Parameters
    ----------
    q
        Says the part that is wanted, and whether only the headers are.
    size, kind
        Bytes of the file, and its content type.
    headers
        What else is said of it.
    most
        Bytes that are sent of a file that is wanted whole; all by default.
    """
    try:
        first, last = _part(q.headers.get("range", ""), size, size if most is None else most)
    except InvalidParameterError:
        stream.close()
        return RawResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    length = last - first + 1
    told = {"Content-Length": str(length), "Accept-Ranges": "bytes", **headers}
    if length < size:
        told["Content-Range"] = f"bytes {first}-{last}/{size}"
    if q.verb == "HEAD":
        stream.close()
        return RawResponse(iter(()), kind, headers=told)
    return RawResponse(_pieces(stream, first, length), kind, status=206 if length < size else 200, headers=told)


def header_name(path: str) -> str:
    """Return a file's name as a header can carry it."""
    return re.sub(r"[^\w. -]", "_", path.rstrip("/").rpartition("/")[2], flags=re.ASCII)


def _part(header: str, size: int, most: int) -> tuple[int, int]:
    """Return the first and last byte that are sent; one range only, as pages and clients of files ask."""
    match = _RANGE.match(header.strip()) if header else None
    if match is None or not any(match.groups()):
        return 0, min(size, most) - 1
    start, end = match.groups()
    if not start:
        return max(size - int(end), 0), size - 1
    if int(start) >= size or (end and int(end) < int(start)):
        raise InvalidParameterError("The range lies outside the file.")
    return int(start), min(int(end), size - 1) if end else size - 1


def _pieces(stream: IO[bytes], first: int, length: int) -> Iterator[bytes]:
    with stream:
        stream.seek(first)
        while length > 0 and (piece := stream.read(min(_CHUNK, length))):
            length -= len(piece)
            yield piece
