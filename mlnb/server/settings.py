"""Settings of the server, section ``[server]``."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class ServerSettings(BaseModel):
    """What can be set under ``[server]`` in ``mlnb.toml`` or as ``MLNB_SERVER__…``.

    Attributes
    ----------
    threads, slow_threads
        Workers for quick calls, and for SQL, profiles and files.
    max_json_bytes
        The largest JSON body accepted.
    mlflow
        Whether MLflow's own API is answered, inside this process.
    supervisor
        Start the supervisor with the Jupyter server.
    """

    model_config = ConfigDict(extra="forbid")

    threads: int = Field(default=8, ge=1, le=256)
    slow_threads: int = Field(default=4, ge=1, le=64)
    max_json_bytes: int = Field(default=16 * 1024 * 1024, ge=1024)
    mlflow: Literal["in-process", "off"] = "in-process"
    supervisor: bool = True
