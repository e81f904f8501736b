import json
from typing import Any


def test_files_are_looked_at_and_loaded_from_the_shell(run: Any, ws: Any) -> None:
    (ws.root / "a.csv").write_text("id,zip\n" + "".join(f"{i},0{i:04d}\n" for i in range(60)) + "x,00001\n")
    shown = run("ingest", "a.csv", "--preview")
    assert shown.code == 0
    assert "leading zeros" in shown.out
    assert "60 rows in 1 files; 1 do not fit." in shown.out
    assert "62" in shown.out
    plan = json.loads(run("ingest", "a.csv", "--preview", "--json").out)
    assert plan["columns"][1]["type"] == "string"
    missing = run("ingest", "a.csv")
    assert (missing.code, "--as" in missing.err) == (1, True)
    loaded = run("ingest", "a.csv", "--as", "main.default.t")
    assert "60 rows into main.default.t, version 0." in loaded.out
    assert "1 rows do not fit; see main.default._rejected_t." in loaded.out
    assert "Skipped a.csv" in run("ingest", "a.csv", "--as", "main.default.t").out
    refused = run("ingest", "a.csv", "--as", "main.default.u", "--max-rejects", "0")
    assert (refused.code, "INGEST_TOO_MANY_REJECTS" in refused.err) == (1, True)
    assert "refused" in run("ingest", "a.csv", "--preview", "--max-rejects", "0").out
