"""What `tune` shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kerasrecipes import registry
from kerasrecipes.cli.flags import PROGRAM
from kerasrecipes.cli.output import out, quiet_start
from kerasrecipes.metrics.names import printed

if TYPE_CHECKING:
    from kerasrecipes.tuning.results import Tuning


def tune(name: str, **said: Any) -> None:
    """Search and tell."""
    registry.find(name)
    with quiet_start(devices=False):  # They are the trials'.
        from kerasrecipes.tuning.live_table import LiveTable
        from kerasrecipes.tuning.search import tune as search

    with LiveTable(out) as table:
        found = search(name, watch=table.show, **said)
    if not found.finished:
        out.print("the search is over; its results are with the chief")
    else:
        _tell(found)


def _tell(found: Tuning) -> None:
    from kerasrecipes.tuning.live_table import spelled
    from kerasrecipes.tuning.report import sentences

    best = found.best
    out.print()
    score = printed(found.plan.objective, best["score"])
    out.print(f"best    {found.plan.objective} {score}, trial {best['trial']}", markup=False)
    out.print(f"        {spelled(best['settings'], 1000)}", markup=False)
    for sentence in sentences(found)[1:]:
        out.print(f"        {sentence}", markup=False)
    out.print(f"config  {found.config}", markup=False)
    out.print(f"report  {found.report}", markup=False)
    out.print(f"run     {found.run.path}", markup=False)
    out.print(f"next    {PROGRAM} run {found.plan.recipe} --config {found.config}", markup=False)
