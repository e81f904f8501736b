"""One hint to the system's memory allocator."""

from __future__ import annotations

import numpy as np

#: Just below 32 MB, the largest block that the allocator of glibc learns from.
_LESSON = 31 << 20


def keep_freed_memory() -> None:
    """Let memory that was given back be used again at once.

    A chunk's intermediate results are taken and given back thousands of times. glibc returns blocks of their size to the system each
    time, and the pages that come anew cost a fifth of a scan. Having seen a large block given back, it keeps twice as much for the next.
    The block is never written to, so it takes no memory; elsewhere it does nothing.
    """
    np.empty(_LESSON, dtype=np.uint8)
