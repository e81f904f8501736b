"""The same monitor with its metastore on a real PostgreSQL."""

from __future__ import annotations

from monitoring_data import make_log

from mlnb.catalog.service import Catalog
from mlnb.core.ground import Ground
from mlnb.monitoring import TimeSeries
from mlnb.monitoring.service import Monitors


def test_monitors_refreshes_alerts_and_decisions_live_in_postgresql(postgres_url, tmp_path, monkeypatch):
    monkeypatch.setenv("MLNB_METASTORE_URL", postgres_url)
    ground = Ground(tmp_path / "root" / ".mlnb")
    catalog = Catalog(ground)
    monitors = Monitors(ground, catalog)
    catalog.create_table("main.default.log", make_log(2, 60).rows)
    monitors.create("main.default.log", profile=TimeSeries(timestamp_col="at_time", granularities=["1 day"]))
    monitors.alert("log", "js", metric="js", threshold=0.01, k=1, n=1, min_rows=1, p_adjusted=None)
    assert monitors.refresh("log").state == "SUCCESS"
    assert monitors.alerts("log")[0].state == "TRIGGERED"
    assert monitors.decide_retraining("log").decision == "RETRAIN"
    catalog.append("main.default.log", make_log(1, 60, first_day=2).rows)
    assert monitors.refresh("log").windows == 1
    assert monitors.summaries()[0].state == "alert"
    assert ground.journal.verify().ok
    catalog.close()
    ground.close()
