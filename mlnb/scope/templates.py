"""Cards to begin with, one for each class of problems: commented YAML that is a card as it stands."""

from __future__ import annotations

from typing import get_args

from mlnb.core.errors import InvalidParameterError, did_you_mean

from .card import Problem, parse_card
from .records import ScopeTemplate

_HEAD = """\
# What is predicted: a column of a table. event_time says when a row was asked about, horizon how far ahead the answer lies.
target: {{table: main.default.TABLE, column: {column}{positive}, event_time: asked_at, horizon: {horizon}}}
problem: {problem}

# What the training data has to be. forbidden columns are known only after the outcome; leakage: checked asks for a profile with the target.
data:
  inputs: [main.default.TABLE]
  min_rows: 5000{min_positive}
  max_age: 30d
  forbidden: []
  leakage: checked
  sufficiency: two full seasons   # for people

# How good it has to be. by: every value of these columns has to reach slice_min (or slice_max).
metrics:
{metrics}
"""

_TAIL = """
# Rows kept for the final test: all rows of one key are on one side; every look at them is counted.
holdout: {key: [customer_id], fraction: 0.2, looks: 5}

# How it will be asked. Throughput and freshness are for people.
serving: {mode: realtime, latency_p95_ms: 100, throughput_rps: 50, freshness: 1d}
explainability: none   # or global, per_prediction

# The model to beat, once there is one:
# baseline: {rule: "@champion", require: better}

# Who has to agree before production. four_eyes: not the one who asked, nor the author.
signoff:
  roles:
    - {role: owner, who: ["user:*"]}
  four_eyes: false
"""

_FAIRNESS = """
# Groups that must be treated alike: columns or conditions, and the gap a metric may have.
# fairness: {protected: [gender, age < 25], max_gap: {equal_opportunity: 0.05}}
"""

_TIME_TAIL = _TAIL.replace(
    """# Rows kept for the final test: all rows of one key are on one side; every look at them is counted.
holdout: {key: [customer_id], fraction: 0.2, looks: 5}""",
    """# Rows kept for the final test: the latest ones, because the future is what is asked about; every look at them is counted.
holdout: {time: asked_at, since: "2025-01-01", looks: 5}""",
)

_CLASSES = {
    "column": "churned",
    "positive": ", positive: true",
    "horizon": "30d",
    "min_positive": "\n  min_positive: 500",
}
_NUMBER = {"column": "amount", "positive": "", "horizon": "30d", "min_positive": ""}

_METRICS: dict[str, str] = {
    "classification": """\
  - {name: roc_auc, primary: true, min: 0.75}
  - {name: precision_at_k, k: 0.1, min: 0.3}
  # - {name: saved_revenue, kind: business, sql: "SELECT sum(saved) FROM main.default.campaigns", min: 10000}""",
    "regression": """\
  - {name: root_mean_squared_error, primary: true, max: 10}
  - {name: mean_absolute_error, max: 7}
  - {name: r2_score, min: 0.5}""",
    "forecasting": """\
  - {name: mean_absolute_percentage_error, primary: true, max: 0.15}
  - {name: mean_absolute_error, max: 7}""",
    "recommendation": """\
  - {name: precision_at_k, k: 0.1, primary: true, min: 0.2}
  - {name: recall_at_k, k: 0.1, min: 0.3}""",
    "ranking": """\
  - {name: roc_auc, primary: true, min: 0.7}
  - {name: precision_at_k, k: 0.1, min: 0.3}""",
    "anomaly_detection": """\
  - {name: precision_recall_auc, primary: true, min: 0.4}
  - {name: recall_score, min: 0.6}""",
    "other": """\
  - {name: my_metric, primary: true, min: 0.5}""",
}


def template(problem: str) -> ScopeTemplate:
    """Return the card to begin with.

    Raises
    ------
    InvalidParameterError
        For a class of problems that there is not.
    """
    known = get_args(Problem)
    if problem not in known:
        raise InvalidParameterError(
            f"{problem!r} is no class of problems.", hint=did_you_mean(problem, known) or f"Known: {', '.join(known)}."
        )
    classes = problem in ("classification", "anomaly_detection", "recommendation", "ranking")
    words = _CLASSES if classes else _NUMBER
    text = _HEAD.format(problem=problem, metrics=_METRICS[problem], **words)
    text += _FAIRNESS if problem in ("classification", "anomaly_detection") else ""
    text += _TIME_TAIL if problem == "forecasting" else _TAIL
    return ScopeTemplate(problem=problem, yaml=text, card=parse_card(text).body())
