"""The rules about data: what a run read, held-out rows, columns that give the outcome away.

Each returns its verdicts, an empty list when the card does not ask. See ``gates.judge`` for how they are put together.
"""

from __future__ import annotations

from .card import ScopeCard
from .card_parts import seconds
from .gates import Facts, GateResult, ReplayFact
from .rules import change

_RECORD_READS = (
    "Train inside %%mlrun and read tables with ws.catalog.read or ws.sql, so that they are recorded with their version."
)


def data(card: ScopeCard, facts: Facts) -> list[GateResult]:
    """``data``: the run read the tables named, with enough rows, and no forbidden column is an input."""
    needs = card.data
    parts = [f"reads {', '.join(needs.inputs)}"] if needs.inputs else []
    parts += [f"≥ {needs.min_rows:,} rows"] if needs.min_rows else []
    parts += [f"≥ {needs.min_positive:,} positive rows"] if needs.min_positive else []
    parts += [f"no older than {needs.max_age}"] if needs.max_age else []
    parts += [f"without {', '.join(needs.forbidden)}"] if needs.forbidden else []
    if not parts:
        return []
    fails, unknown = _data_faults(card, facts)
    verdict = GateResult(
        gate="data",
        status="fail" if fails else "unknown" if unknown else "pass",
        observed=", ".join(table.name for table in facts.tables or []) or None,
        required="; ".join(parts),
        message="The data is as required.",
    )
    if fails:
        hint = "Train on the tables, rows and columns that the scope card asks for."
        return [change(verdict, message=f"Data: {'; '.join(fails)}.", hint=hint)]
    if unknown:
        return [change(verdict, message=f"Data: {'; '.join(unknown)}.", hint=_RECORD_READS)]
    return [verdict]


def _data_faults(card: ScopeCard, facts: Facts) -> tuple[list[str], list[str]]:
    """Return what is wrong, and what is not known."""
    needs = card.data
    fails, unknown = [], []
    read = {table.name: table for table in facts.tables or []}
    rows = [table.n_rows for table in read.values() if table.n_rows is not None]
    used = sorted(set(needs.forbidden) & set(facts.inputs or []))
    missing = [name for name in needs.inputs if name not in read]
    if used:
        fails.append(f"{', '.join(used)} is forbidden but an input of the model")
    elif needs.forbidden and facts.inputs is None:
        unknown.append("the model's inputs are not known")
    if facts.tables is None:
        wanted = needs.inputs or needs.min_rows or needs.min_positive or needs.max_age
        unknown += ["the data the run read is not on record"] if wanted else []
        return fails, unknown
    if missing:
        fails.append(f"the run did not read {', '.join(missing)}")
    if needs.min_rows and rows and max(rows) < needs.min_rows:
        fails.append(f"the largest table read has {max(rows):,} rows")
    elif needs.min_rows and not rows:
        unknown.append("the number of rows read is not on record")
    _positives(card, facts, fails, unknown)
    _age(card, facts, fails, unknown)
    return fails, unknown


def _positives(card: ScopeCard, facts: Facts, fails: list[str], unknown: list[str]) -> None:
    wanted = card.data.min_positive
    if wanted is None or card.target is None:
        return
    known = [table.positives for table in facts.tables or [] if table.positives is not None]
    what = f"{card.target.column} = {card.target.positive}"
    if not known:
        unknown.append(f"the number of rows with {what} is not known: the run did not read {card.target.table}")
    elif max(known) < wanted:
        fails.append(f"{max(known):,} rows have {what}")


def _age(card: ScopeCard, facts: Facts, fails: list[str], unknown: list[str]) -> None:
    if card.data.max_age is None:
        return
    known = [table.age_s for table in facts.tables or [] if table.age_s is not None]
    if not known:
        unknown.append("the age of the newest row is not known")
    elif min(known) > seconds(card.data.max_age):
        fails.append(f"the newest row is {min(known) / 86_400:.1f} days old")


def lineage(facts: Facts) -> GateResult:
    """``lineage``: every table the run read is on record with its version."""
    tables = facts.tables or []
    loose = [table.name for table in tables if table.version is None]
    verdict = GateResult(
        gate="lineage", status="unknown", required="tables at versions", message="", hint=_RECORD_READS
    )
    if not tables:
        return change(verdict, message="The run has no table on record, so nobody can tell what it was trained on.")
    if loose:
        return change(verdict, message=f"{', '.join(loose)} was read without a version on record.")
    names = ", ".join(f"{table.name}@{table.version}" for table in tables)
    return change(verdict, status="pass", observed=names, message=f"Trained on {names}.", hint=None)


_REPLAY = "Let it be made again, which settles it: %replay RUN, or ws.runs.replay(run)."


def replayable(facts: Facts) -> list[GateResult]:
    """``replayable``: the run was made again with the same result, else its cells stand in the notebook as they ran.

    What was never in a notebook cannot be judged by one: the line says so and keeps nobody back.
    """
    known = facts.replay
    if known is None:
        return []
    verdict = GateResult(
        gate="replayable", status="pass", required="replayed with the same result, or clean", message=""
    )
    if known.verdict is not None:
        return [_replayed(change(verdict, observed=known.verdict, evidence=known.evidence), known)]
    verdict = change(verdict, observed=known.mark)
    if known.mark is None:
        text = "The run was not started in the cell of a notebook, so it cannot be told whether it can be made again."
        return [change(verdict, status="waived", message=text)]
    if known.mark == "unknown":
        text = "Whether the notebook makes this run again is not known."
        return [change(verdict, status="unknown", message=text, hint=_REPLAY)]
    if known.mark != "clean":
        text = f"The notebook does not make this run again from top to bottom: {known.mark.replace('_', ' ')}."
        hint = f"Restart the kernel and run the cells from the top. Or: {_REPLAY[0].lower()}{_REPLAY[1:]}"
        return [change(verdict, status="fail", message=text, hint=hint)]
    if not known.environment:
        text = "The cells are as they ran, but the packages are not on record."
        return [change(verdict, status="unknown", message=text, hint=_REPLAY)]
    return [change(verdict, message="The cells stand in the notebook as they ran, and the packages are on record.")]


def _replayed(verdict: GateResult, known: ReplayFact) -> GateResult:
    more = f" {known.message}" if known.message else ""
    if known.verdict == "IDENTICAL":
        return change(verdict, message="Made again, the run came out the same.")
    if known.verdict == "WITHIN_TOLERANCE":
        return change(verdict, message=f"Made again, the run came out the same within the tolerance.{more}")
    if known.verdict == "DIFFERENT":
        hint = "Mend what differs (seeds, order of cells, packages) and train again; the replay's page lists it."
        return change(verdict, status="fail", message=f"Made again, the run came out differently.{more}", hint=hint)
    return change(verdict, status="unknown", message=f"The run could not be made again.{more}", hint=_REPLAY)


def holdout(card: ScopeCard, facts: Facts) -> list[GateResult]:
    """``holdout``: the model was scored on the held-out rows within the looks, and none of them was in training."""
    tainted = [table for table in facts.tables or [] if table.holdout in ("included", "mixed", "unknown")]
    if card.holdout is None and not tainted:
        return []
    verdict = GateResult(
        gate="holdout", status="pass", required="scored on held-out rows, none of them in training", message=""
    )
    for how in ("included", "mixed", "unknown"):
        names = ", ".join(table.name for table in tainted if table.holdout == how)
        if names:
            return [_tainted(verdict, how, names)]
    if facts.look is None:
        return [
            change(
                verdict,
                status="unknown",
                message="The model was not scored on the held-out rows.",
                hint="ws.evaluation.evaluate(model, table, targets=…, holdout=True): one counted look.",
            )
        ]
    look = facts.look
    best = f" The best of {look.number} looks is too good by about {look.optimism:.2g}." if look.optimism else ""
    return [
        change(
            verdict,
            observed=f"look {look.number} of {look.allowed}",
            evidence=facts.evidence,
            message=f"Scored on the held-out rows, look {look.number} of {look.allowed}; none of them was in training.{best}",
        )
    ]


def _tainted(verdict: GateResult, how: str, names: str) -> GateResult:
    if how == "included":
        return change(
            verdict,
            status="fail",
            observed=names,
            message=f"Held-out rows of {names} were in the run's data: they test nothing any more.",
            hint="Train on what ws.features.create_training_set or a filtered read returns.",
        )
    if how == "mixed":
        return change(
            verdict,
            status="fail",
            observed=names,
            message=f"{names} was made from a guarded table without its key: held-out rows may be in it.",
            hint="Make the table with the key column, or from the rows that are not held out.",
        )
    return change(
        verdict,
        status="unknown",
        observed=names,
        message=f"Whether held-out rows of {names} were in training cannot be told: they were read without a filter.",
        hint="Keep the key in the frame, or read the table in the notebook, where held-out rows are left out.",
    )


def leakage(card: ScopeCard, facts: Facts, *, how: str = "block") -> list[GateResult]:
    """``leakage``: no column of the model is known to give the outcome away, unless somebody said why not.

    Without a profile nothing is known: that blocks only when the card asks for one.
    """
    if how == "off":
        return []
    verdict = GateResult(gate="leakage", status="pass", required="no column that gives the outcome away", message="")
    inputs = set(facts.inputs) if facts.inputs is not None else None
    found = [leak for leak in facts.leaks or [] if inputs is None or leak.column is None or leak.column in inputs]
    if found:
        text = " ".join(leak.message for leak in found[:5])
        hint = f"Leave {found[0].column or 'it'} out of training, or dismiss the finding with a reason."
        status = "fail" if how == "block" else "waived"
        return [
            change(verdict, status=status, observed=", ".join(leak.code for leak in found), message=text, hint=hint)
        ]
    if facts.leaks is not None:
        return [change(verdict, observed="none", message="No input is known to give the outcome away.")]
    if card.data.leakage != "checked":
        return []
    target = card.target.column if card.target else "COLUMN"
    return [
        change(
            verdict,
            status="unknown",
            message="Nobody looked for columns that give the outcome away.",
            hint=f"%leakage {card.target.table if card.target else 'TABLE'} --target {target}",
        )
    ]
