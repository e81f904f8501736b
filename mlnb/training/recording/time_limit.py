"""A limit on how long the code of a run may take."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from mlnb.core.errors import InvalidParameterError

from ..records import RunTimeoutError


@contextmanager
def time_limit(minutes: float | None) -> Iterator[None]:
    """Interrupt the block as the stop button would, once its time is up.

    Parameters
    ----------
    minutes
        None is no limit. Only the main thread can be interrupted; elsewhere there is none either.

    Raises
    ------
    RunTimeoutError
        Instead of the interrupt.
    """
    if minutes is None or threading.current_thread() is not threading.main_thread():
        yield
        return
    lock, state = threading.Lock(), {"open": True, "fired": False}

    def fire() -> None:
        with lock:  # not after the block, where it would interrupt something else
            if state["open"]:
                state["fired"] = True
                os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(minutes * 60, fire)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (KeyboardInterrupt, Exception) as error:  # libraries make errors of their own of an interrupt
        if state["fired"]:
            raise RunTimeoutError(
                f"Stopped after {minutes:g} minutes, as --timeout says.",
                hint="Allow more, or run it in the background: %%mlrun --background.",
            ) from error
        raise
    finally:
        with lock:
            state["open"] = False
        timer.cancel()


def check_minutes(minutes: float | None) -> None:
    """Refuse a limit that is none.

    Raises
    ------
    InvalidParameterError
        When it is not above 0.
    """
    if minutes is not None and not 0 < minutes < float("inf"):
        raise InvalidParameterError(f"--timeout {minutes:g} is no time.", hint="Write minutes: --timeout 30")
