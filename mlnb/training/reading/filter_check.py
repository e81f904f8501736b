"""Whether a filter can be read, and where it cannot."""

from __future__ import annotations

from ..records import SearchError
from ..records_pages import FilterCheck
from .filter_text import clauses, first_problem


def check_filter(text: str) -> FilterCheck:
    """Return whether MLflow can read a filter; positions are code points from 0."""
    from .filters import conditions

    try:
        conditions(text, "sqlite")
    except SearchError as error:
        return FilterCheck(
            ok=False,
            message=error.message,
            hint=error.hint,
            position=error.details.get("position"),
            end=error.details.get("end"),
        )
    return FilterCheck(ok=True)


def refused(text: str, reason: str) -> SearchError:
    """Return the error for a filter that MLflow's parser refused, with the place where it goes wrong."""
    problem = first_problem(text)
    if problem is not None:
        details = {"position": problem.start, "end": problem.end, "snippet": _marked(text, problem.start, problem.end)}
        return SearchError(f"The filter cannot be read: {problem.message}", hint=problem.hint, details=details)
    start, end = _refused_clause(text)
    details = {"position": start, "end": end, "snippet": _marked(text, start, end)}
    hint = "Write for example: metrics.roc_auc > 0.7 AND params.depth = '5'."
    return SearchError(f"The filter cannot be read: {reason}", hint=hint, details=details)


def _refused_clause(text: str) -> tuple[int, int]:
    """Return the first condition that MLflow does not read by itself, else the whole text."""
    from .filters import readable

    for start, end in clauses(text):
        if not readable(text[start:end]):
            return start, end
    return 0, len(text)


def _marked(text: str, start: int, end: int) -> str:
    """Return the line of a text with a mark below the part that is wrong."""
    begin = text.rfind("\n", 0, start) + 1
    stop = text.find("\n", start)
    line = text[begin : stop if stop >= 0 else len(text)]
    return f"{line}\n{' ' * (start - begin)}{'^' * max(1, min(end, begin + len(line)) - start)}"
