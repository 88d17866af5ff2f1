"""State of a search: its plan, what is known of its trials, and the file that keeps both."""

from __future__ import annotations

import json
import secrets
import time
from pathlib import Path
from typing import Any, Self

from kerasrecipes import files
from kerasrecipes.recipe import Recipe
from kerasrecipes.tuning import oracles, plan, results
from kerasrecipes.tuning.plan import Plan
from kerasrecipes.tuning.records import PAUSED, RUNNING, WAITING, Record, best_of
from kerasrecipes.tuning.search_space import Space


class SearchState:
    """State of one search, saved in one piece.

    Args:
        folder: where the search writes.
        search: the plan.
        recipe: the recipe.

    Attributes:
        records: what is known of each trial, by its number as text, in order of their beginning.
        phase: `"search"`, `"repetitions"` of the winner with fresh seeds, or `"over"`.
        spent: seconds that the search took before it was taken up again.
        token: random text that tells this search from any other; it is in the search's file.
    """

    def __init__(self, folder: Path, search: Plan, recipe: Recipe):
        self.folder, self.plan, self.recipe = folder, search, recipe
        self.base = plan.config_of(search.base, recipe)
        self.space = Space(recipe, search.searches, search.pinned, self.base.values)
        self.oracle = oracles.make(
            search.method,
            self.space.parameters(),
            maximize=search.maximize,
            epochs=search.epochs,
            trials=search.trials,
            seed=search.seed,
        )
        self.records: dict[str, dict[str, Any]] = {}
        self.phase = "search"
        self.spent, self._began = 0.0, time.monotonic()
        self.token = secrets.token_hex(8)

    def save(self) -> None:
        """Write the whole state, in one piece."""
        state = {
            "plan": self.plan.to_dict(),
            "token": self.token,
            "phase": self.phase,
            "seconds": round(self.elapsed, 1),
            "records": self.records,
            **oracles.state(self.oracle),
        }
        files.write_text(self.folder / "search.json", json.dumps(state) + "\n")

    @classmethod
    def load(cls, folder: Path, recipe: Recipe, search: Plan | None = None) -> Self:
        """Restore a search from its folder; trials that ran on this machine wait to be continued.

        Args:
            folder: of the search.
            recipe: its recipe.
            search: a plan with more trials or time; by default the plan that was saved.

        Returns:
            The search, from which workers can ask for trials.

        Raises:
            UserError: if the folder holds no search.
        """
        state = results.read(folder)
        found = cls(folder, search or Plan.from_dict(state["plan"]), recipe)
        oracles.restore(found.oracle, state)
        found.oracle.max_trials = found.plan.trials
        found.token = state.get("token", found.token)
        found.records, found.phase, found.spent = state["records"], state["phase"], state["seconds"]
        for record in found.records.values():
            if record["status"] == RUNNING and not record["remote"]:
                record["status"] = WAITING
            record["seen"] = time.monotonic()
        if found.phase == "over" and json.loads(json.dumps(found.plan.to_dict())) != state["plan"]:
            # On after the end, as more trials or time were granted; the repetitions are of an older
            # winner.
            found.phase = "search"
            for record in found.records.values():
                if record["status"] == PAUSED:
                    record.update(status=WAITING, score=None, reason=None, ended=None, at=None)
                if record["kind"] != "search":
                    record["kind"] = f"earlier {record['kind'].removeprefix('earlier ')}"
        return found

    @property
    def elapsed(self) -> float:
        """Seconds that the search has taken so far, interruptions left out."""
        return self.spent + time.monotonic() - self._began

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do."""
        return self.phase == "over"

    def with_status(self, *statuses: str) -> list[dict[str, Any]]:
        """Return the records of the search's trials that have one of these statuses."""
        records = self.records.values()
        return [r for r in records if r["kind"] == "search" and r["status"] in statuses]

    @property
    def best(self) -> Record | None:
        """The best trial so far."""
        return best_of(self.records.values(), self.plan.maximize)

    def folder_of(self, identity: str) -> str:
        """Return the folder of a trial."""
        return str(self.folder / "trials" / identity)
