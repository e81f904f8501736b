"""What a replay was asked for, and where its process finds it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlnb.core.errors import InvalidParameterError

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

#: Where the kernel of a replay finds what it has to know.
VARIABLE = "MLNB_REPLAY"
MODES, ENVIRONMENTS, DATA = ("cells", "notebook"), ("same", "locked"), ("pinned", "latest")


@dataclass(frozen=True)
class Asked:
    """A replay as it was asked for.

    Attributes
    ----------
    run_id
        The run to make again.
    token
        Names the folder and the schema of the replay.
    mode
        ``cells`` executes those the run follows from, ``notebook`` all code cells down to the run's own.
    env
        ``same`` uses this interpreter, ``locked`` an environment made from the run's lock.
    data
        ``pinned`` reads tables at the versions of then, ``latest`` as they are now.
    rtol, atol
        Metrics within ``atol + rtol·|x|`` are the same.
    versions
        Of tables, by full name.
    at
        When the run began: tables without a version are read as of then.
    absent
        Tables that its cells made themselves: they are not there yet.
    schema
        For what it writes.
    """

    run_id: str
    token: str
    mode: str = "cells"
    env: str = "same"
    data: str = "pinned"
    rtol: float = 1e-9
    atol: float = 0.0
    versions: dict[str, int] = field(default_factory=dict)
    at: int | None = None
    absent: tuple[str, ...] = ()
    schema: str = ""
    warnings: tuple[str, ...] = ()

    def check(self) -> None:
        """Refuse what no replay can do.

        Raises
        ------
        InvalidParameterError
            Naming the choices.
        """
        for name, choices in (("mode", MODES), ("env", ENVIRONMENTS), ("data", DATA)):
            if getattr(self, name) not in choices:
                raise InvalidParameterError(
                    f"{name}={getattr(self, name)!r} is not understood.", hint=f"Use {' or '.join(choices)}."
                )
        for name in ("rtol", "atol"):
            value = getattr(self, name)
            if not 0 <= value < float("inf"):
                raise InvalidParameterError(f"{name}={value} is no tolerance.", hint="Use 0 or a small number.")

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return asdict(self)

    @staticmethod
    def of(stored: dict[str, Any]) -> Asked:
        """Return it as it was stored."""
        lists = {name: tuple(stored.get(name) or ()) for name in ("warnings", "absent")}
        return Asked(**{**stored, **lists})


def folder(ground: Ground, token: str) -> Path:
    """Return the folder of a replay."""
    return ground.path / "replays" / token


def write(ground: Ground, asked: Asked) -> Path:
    """Write what the replay's process has to know, and return where."""
    path = folder(ground, asked.token) / "replay.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    ground.files.write_atomic(path, json.dumps(asked.to_dict()))
    return path
