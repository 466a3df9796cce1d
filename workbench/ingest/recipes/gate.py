"""What stands before gold beside a dataset's own gates: its score, and a person's word."""

from __future__ import annotations

from workbench.core.errors import Forbidden, HeldBack
from workbench.core.principals import Principal
from workbench.quality.records import Assessment
from workbench.runs.context import current_fence

__all__ = ["check_held", "check_person", "check_score"]

_SHOWN = 5


def check_held(name: str, assessment: Assessment) -> None:
    """Refuse rows that a gate holds back; one that cannot be checked did not hold.

    Raises
    ------
    HeldBack
        Which expectations, and how many rows.
    """
    broken = assessment.unproven
    if broken:
        raise HeldBack(
            f"{name} is held back by its gates: {' '.join(r.message for r in broken[:_SHOWN])}",
            fix="Nothing was written. Refine it first, change what is expected (`workbench checks`), or set `force=True`.",
            checks=[
                {"id": r.expectation.id, "kind": r.expectation.kind, "column": r.expectation.column, "failed": r.failed} for r in broken
            ],
        )


def check_score(name: str, assessment: Assessment, least: float) -> None:
    """Refuse for gold what does not score high enough.

    Raises
    ------
    HeldBack
        Its score, and the dimensions that make it so.
    """
    score = assessment.score
    if score is not None and score >= least:
        return
    worst = sorted((d for d in assessment.dimensions if d.score is not None and d.score < 1), key=lambda d: d.score or 0)
    why = "; ".join(f"{d.name} {_down(d.score)}: {d.evidence.rstrip('.')}" for d in worst[:3])
    shown = "has no score" if score is None else f"scores {_down(score)}"
    raise HeldBack(
        f"{name} {shown}, and gold takes {least:g} or more{f' ({why})' if why else ''}.",
        fix="Nothing was written. Refine it further, or set `force=True`.",
        score=score,
        least=least,
    )


def _down(score: float | None) -> str:
    # Rounded down: what is not enough never looks as if it were.
    return f"{int((score or 0) * 1000) / 1000:.3f}"


def check_person(principal: Principal) -> None:
    """Let pass a person who speaks for themselves.

    Raises
    ------
    Forbidden
        A service, or a pipeline's step.
    """
    if principal.kind != "user" or current_fence() is not None:
        raise Forbidden(
            "Only a person promotes a dataset to gold.",
            fix="Promote it yourself: `workbench promote NAME`. A pipeline writes gold itself: ws.dataset('gold.name').write(...).",
        )
