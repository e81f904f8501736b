"""The platform's own client moves files in and out of volumes, large ones too."""

from __future__ import annotations

import io
from typing import Any

import pytest


def test_files_go_up_and_down_in_one_piece_even_where_the_client_would_send_parts(sdk: Any, seeded: Any) -> None:
    seeded.catalog.create_volume("main.default.uploads", if_not_exists=True)
    folder = "/Volumes/main/default/uploads/a b"
    sdk.config.files_ext_multipart_upload_min_stream_size = 1
    data = bytes(range(256)) * 8192
    sdk.files.upload(f"{folder}/größe.bin", io.BytesIO(data))
    assert sdk.files.download(f"{folder}/größe.bin").contents.read() == data
    about = sdk.files.get_metadata(f"{folder}/größe.bin")
    assert (about.content_length, about.content_type) == (len(data), "application/octet-stream")
    sdk.files.create_directory(f"{folder}/empty")
    sdk.files.get_directory_metadata(f"{folder}/empty")
    assert [e.name for e in sdk.files.list_directory_contents(folder)] == ["empty", "größe.bin"]
    sdk.files.delete_directory(f"{folder}/empty")
    sdk.files.delete(f"{folder}/größe.bin")


def test_the_client_raises_its_own_errors(sdk: Any, seeded: Any) -> None:
    from databricks.sdk import errors

    seeded.catalog.create_volume("main.default.uploads", if_not_exists=True)
    with pytest.raises(errors.NotFound):
        sdk.files.download("/Volumes/main/default/uploads/none")
    with pytest.raises(errors.NotFound):
        sdk.files.download("/Volumes/main/default/nowhere/none")
    sdk.files.upload("/Volumes/main/default/uploads/x", io.BytesIO(b"1"))
    with pytest.raises(errors.ResourceConflict):
        sdk.files.upload("/Volumes/main/default/uploads/x", io.BytesIO(b"2"))
    sdk.files.upload("/Volumes/main/default/uploads/x", io.BytesIO(b"2"), overwrite=True)
    assert sdk.files.download("/Volumes/main/default/uploads/x").contents.read() == b"2"
