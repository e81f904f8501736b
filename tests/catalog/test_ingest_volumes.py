from typing import Any

import pytest

from mlnb.core.caller import calling
from mlnb.core.errors import MlnbError


def test_files_of_a_volume_are_loaded_by_their_path(cat: Any) -> None:
    cat.create_volume("main.raw.land")
    folder = cat.path("/Volumes/main/raw/land")
    (folder / "day").mkdir(parents=True)
    (folder / "day" / "a.csv").write_text("a\n1\n")
    (folder / "day" / "b.csv").write_text("a\n2\n")
    plan = cat.preview_ingest("/Volumes/main/raw/land/day/*.csv")
    assert [file.path for file in plan.files] == [f"/Volumes/main/raw/land/day/{name}.csv" for name in "ab"]
    with calling(source="rest"):
        report = cat.ingest("/Volumes/main/raw/land/day/a.csv", "main.raw.t")
    assert [file.path for file in report.files] == ["/Volumes/main/raw/land/day/a.csv"]
    report = cat.ingest("/Volumes/main/raw/land", "main.raw.t", pattern="day/*.csv")
    assert (report.rows, report.skipped_files) == (1, ["/Volumes/main/raw/land/day/a.csv"])
    copied = cat.sql("COPY INTO main.raw.t FROM '/Volumes/main/raw/land/day' FILEFORMAT = CSV")
    assert copied.rows()[0]["num_affected_rows"] == 0
    copied = cat.sql(
        "COPY INTO main.raw.t FROM '/Volumes/main/raw/land/day' FILEFORMAT = CSV COPY_OPTIONS ('force' = 'true')"
    )
    assert copied.rows()[0]["num_affected_rows"] == 2
    for path in (
        "/Volumes/main/raw/nope/a.csv",
        "/Volumes/main/raw/land/../../../x.csv",
        "/Volumes/main/raw/land/z.csv",
    ):
        with pytest.raises(MlnbError):
            cat.ingest(path, "main.raw.t")
