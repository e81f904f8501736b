"""Where runs in the background are worked on: in processes of this computer, or on the workers of a Dask scheduler."""

from __future__ import annotations

import importlib.util

from mlnb.core.errors import InvalidParameterError

LOCAL = "local"
_DASK = "dask"
_SCHEME = "dask://"


class ExecutorError(InvalidParameterError):
    """There is no such executor here."""

    code = "EXECUTOR_UNAVAILABLE"


def checked_executor(asked: str | None, default: str) -> str:
    """Return ``local`` or the address of a Dask scheduler.

    Parameters
    ----------
    asked
        ``local``, ``dask`` (the scheduler named in the settings) or ``dask://host:port``; None takes the default.
    default
        From the settings.

    Raises
    ------
    ExecutorError
        When it is not known, Dask is not installed, or no scheduler is named.
    """
    chosen = (asked or default).strip()
    if chosen == _DASK and default.startswith(_SCHEME):
        chosen = default
    if chosen == LOCAL:
        return LOCAL
    if chosen != _DASK and not chosen.startswith(_SCHEME):
        raise ExecutorError(f"There is no executor {chosen!r}.", hint="Use local, dask or dask://host:port.")
    if importlib.util.find_spec("distributed") is None:
        raise ExecutorError("Dask is not installed here.", hint="pip install 'mlnb[dask]', or use executor='local'.")
    if chosen == _DASK or not chosen.removeprefix(_SCHEME).strip("/"):
        raise ExecutorError(
            "No Dask scheduler is named.",
            hint="Give its address, executor='dask://host:8786', or set background_executor in [training].",
        )
    return chosen
