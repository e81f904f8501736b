"""What screens remember for a person (``ws.state``): pins, named views. Not journaled, because it is nobody else's business."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa

from .caller import current_caller
from .clock import now_ms
from .errors import InvalidParameterError
from .metastore import Metastore, metadata

ui_state = sa.Table(
    "ui_state",
    metadata,
    sa.Column("actor", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value_json", sa.Text, nullable=False),
    sa.Column("updated_at", sa.BigInteger, nullable=False),
)

#: Bytes of JSON that one key may hold.
MAX_BYTES = 64_000


class State:
    """Values by key, each person's own.

    Parameters
    ----------
    metastore
        Where they are kept.
    """

    def __init__(self, metastore: Metastore) -> None:
        self._metastore = metastore

    def get(self, key: str) -> Any:
        """Return the value of a key, None when there is none."""
        with self._metastore.connect() as connection:
            found = connection.execute(
                sa.select(ui_state.c.value_json).where(
                    ui_state.c.actor == current_caller().principal, ui_state.c.key == key
                )
            ).first()
        return json.loads(found.value_json) if found else None

    def put(self, key: str, value: Any) -> None:
        """Keep a value under a key.

        Raises
        ------
        InvalidParameterError
            When it is larger than 64 kB as JSON, or the key is empty or longer than 200 characters.
        """
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        if not 0 < len(key) <= 200:
            raise InvalidParameterError("A key has 1 to 200 characters.")
        if len(text.encode()) > MAX_BYTES:
            raise InvalidParameterError(f"{key} may hold {MAX_BYTES:,} bytes of JSON.", hint="Keep less of it.")
        row = {"actor": current_caller().principal, "key": key, "value_json": text, "updated_at": now_ms()}
        with self._metastore.begin() as connection:
            self._metastore.upsert(connection, ui_state, row, ["actor", "key"])
