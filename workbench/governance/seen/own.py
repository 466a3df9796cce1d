"""Which runs are a person's own in full. What a pipeline's step does is done with the rights of who wrote it, or says what she has written,
also where somebody else has started it: it is told to who may read the pipeline."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from workbench.core.errors import RunNotFound

if TYPE_CHECKING:
    from workbench.governance.policy.rights import Rights
    from workbench.runs.log import RunLog
    from workbench.runs.records import Run

__all__ = ["OwnRuns", "is_of_a_pipeline"]


def is_of_a_pipeline(run: Run) -> bool:
    """Whether it is a run of a pipeline, or of one of its steps."""
    return run.kind in ("pipeline", "step")


class OwnRuns:
    """For one call.

    Parameters
    ----------
    me
        In whose name runs are her own; empty: none are.
    rights
        Hers.
    """

    def __init__(self, me: str, rights: Rights, log: RunLog) -> None:
        self.me = me
        self._rights = rights
        self._log = log
        self._known: dict[str, Run] = {}

    def look_up(self, run_ids: Iterable[str | None]) -> None:
        """Runs and what they are parts of, all of one depth at once."""
        missing = dict.fromkeys(run_id for run_id in run_ids if run_id and run_id not in self._known)
        while missing:
            self._known |= (found := self._log.some(missing))
            missing = dict.fromkeys(run.parent_id for run in found.values() if run.parent_id and run.parent_id not in self._known)

    def run(self, run_id: str) -> Run:
        """One run. Raises RunNotFound."""
        if run_id not in self._known:
            self._known[run_id] = self._log.get(run_id)
        return self._known[run_id]

    def among(self, run_ids: Iterable[str]) -> tuple[str, ...]:
        """Those of some runs that are hers."""
        mine = self._log.done_by(self.me, run_ids) if self.me else ()
        self.look_up(mine)
        return tuple(run_id for run_id in mine if self.is_hers(self._known[run_id]))

    def is_hers(self, run: Run) -> bool:
        """Whether all that a run does is for her to see."""
        if not self.me or run.principal != self.me or self.has_others_values(run):
            return False
        if is_of_a_pipeline(run):
            return self.reads_pipeline(run)
        # A place to look for what is wrong with a step shows the step.
        return self.is_hers_below(run.params.get("run_id") if run.kind == "debug" else run.parent_id)

    def is_hers_below(self, run_id: str | None) -> bool:
        """Whether what was done in her name as a part of a run, if of any, is for her to see: a statement of a step, a load."""
        while run_id is not None:
            try:
                above = self.run(run_id)
            except RunNotFound:
                return False
            if is_of_a_pipeline(above):
                return self.is_hers(above)
            run_id = above.parent_id
        return True

    def has_others_values(self, run: Run) -> bool:
        """Whether it was given the values of somebody else's schedule, which all that it did may show."""
        while run.kind == "step" and run.parent_id is not None:
            run = self.run(run.parent_id)
        return bool(run.attributes.get("values_of", self.me) != self.me)

    def reads_pipeline(self, run: Run) -> bool:
        """Whether she may read the pipeline that it is a run of, or a step of one."""
        name = run.job if run.kind == "pipeline" else run.job.rpartition(".")[0]
        if name.endswith(".ipynb"):  # a notebook by itself, which is administrators'; no pipeline's name has a dot
            return False
        return is_of_a_pipeline(run) and self._rights.may_on("read", f"pipeline:{name}")
