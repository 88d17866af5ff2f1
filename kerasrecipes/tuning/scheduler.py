"""The desk: hands trials out to workers, takes their results, and writes down every event before it
goes on.

It stands between the workers and keras-tuner's oracle, and speaks the oracle's own language
(`create_trial`, `update_trial`, `end_trial`, …), so that keras-tuner's gRPC service can carry it to
other machines. What one trial is to do and how it ended travels as JSON among the trial's values.

Each time that a trial is handed out it gets a new ticket, `trial.attempt`. Who comes back with an
old one is told to stop, so that every trial ends exactly once.
"""

from __future__ import annotations

import json
import secrets
import shutil
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from keras_tuner.engine.trial import Trial

from kerasrecipes import files
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Recipe
from kerasrecipes.tuning import median_stopping, oracles, plan, results
from kerasrecipes.tuning.plan import Plan
from kerasrecipes.tuning.search_space import Space
from kerasrecipes.tuning.trial import Order

ORDER, OUTCOME, PLAN = "kerasrecipes/order", "kerasrecipes/outcome", "kerasrecipes/plan"
LEASE = 60.0  # seconds of silence after which a trial on another machine is given out again
MOST_KILLS = 5  # times that a trial may be killed without having come an epoch further
FIRST_FAILURES = 5  # trials that may fail before any has succeeded
RUNNING, WAITING, PAUSED = (
    "running",
    "waiting",
    "paused",
)  # Paused is what the search's time has cut off.
COMPLETED, ENDED_EARLY, FAILED = "completed", "ended early", "failed"
OVER = (COMPLETED, ENDED_EARLY, FAILED)
_TIME_IS_UP = "the time was up"
_FRESH = 10_000  # between the seeds of trials and those of the repetitions


class Desk:
    """The state of one search.

    Args:
        folder: where the search writes.
        search: the plan.
        recipe: the recipe.

    Attributes:
        records: what is known of each trial, by its number as text, in order of their beginning.
        finished: whether the search and the repetitions after it are over.
        fatal: why the search cannot go on, if so.
        token: is like no other search's, and in its file.
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
        self.lock = threading.RLock()
        self.phase = "search"
        self.fatal: str | None = None
        self.halted = False
        self.spent, self._began = 0.0, time.monotonic()
        self.token = secrets.token_hex(8)

    # ---------------------------------------------------------------------------------------------
    # file

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
    def load(cls, folder: Path, recipe: Recipe, search: Plan | None = None) -> Desk:
        """Take a search up again; trials that ran on this machine wait to be continued."""
        state = results.read(folder)
        desk = cls(folder, search or Plan.from_dict(state["plan"]), recipe)
        oracles.restore(desk.oracle, state)
        desk.oracle.max_trials = desk.plan.trials
        desk.token = state.get("token", desk.token)
        desk.records, desk.phase, desk.spent = state["records"], state["phase"], state["seconds"]
        for record in desk.records.values():
            if record["status"] == RUNNING and not record["remote"]:
                record["status"] = WAITING
            record["seen"] = time.monotonic()
        if desk.phase == "over" and json.loads(json.dumps(desk.plan.to_dict())) != state["plan"]:
            desk._reopen()
        return desk

    def _reopen(self) -> None:
        """Search on after the end, as more trials or time were granted; the repetitions are of an
        older winner.
        """
        self.phase = "search"
        for record in self.records.values():
            if record["status"] == PAUSED:
                record.update(status=WAITING, score=None, reason=None, ended=None, at=None)
            if record["kind"] != "search":
                record["kind"] = f"earlier {record['kind'].removeprefix('earlier ')}"

    @property
    def elapsed(self) -> float:
        """Seconds that the search has taken so far, interruptions left out."""
        return self.spent + time.monotonic() - self._began

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do."""
        return self.phase == "over"

    def named(self, *statuses: str, kind: str = "search") -> list[dict[str, Any]]:
        """List the records of a kind with one of these statuses."""
        return [r for r in self.records.values() if r["kind"] == kind and r["status"] in statuses]

    @property
    def best(self) -> dict[str, Any] | None:
        """The best trial so far."""
        return results.best_of(self.records.values(), self.plan.maximize)

    # ------------------------------------------------------------------------------------------
    # workers

    def create_trial(self, worker: str) -> Trial:
        """Hand out a trial.

        Args:
            worker: who asks; those on other machines have a name with `@`.

        Returns:
            A trial whose status is RUNNING, IDLE where there may be one later, or STOPPED.
        """
        with self.lock:
            self.expire()
            record = None if self._over else self._next_or_fail()
            order = self._order(record) if record is not None else None
            if order is None:
                return Trial(oracles.parameters({}), "", "STOPPED" if self._over else "IDLE")
            record.update(
                status=RUNNING,
                worker=worker,
                remote="@" in worker,
                seen=time.monotonic(),
                stop=None,
            )
            record |= {"attempt": record["attempt"] + 1, "from": record["epochs"]}
            self.save()
            return self._ticket(record, {ORDER: json.dumps(asdict(order))})

    @property
    def _over(self) -> bool:
        return self.halted or self.fatal is not None or self.finished

    def _next_or_fail(self) -> dict[str, Any] | None:
        try:
            return self._next()
        except (
            Exception
        ) as error:  # The oracle's or the page's; workers would wait for an answer without end.
            self.fatal = f"no further trial could be found: {type(error).__name__}: {error}"
            return None

    def _next(self) -> dict[str, Any] | None:
        """Find what is to be done next: what waits, then what the oracle proposes, then the
        repetitions.
        """
        for record in self.records.values():
            if record["status"] == WAITING:
                return record
        if self.phase == "search" and self._may_begin():
            trial = oracles.create(self.oracle, f"trial-{len(self.records)}", self._left)
            if trial.status == "RUNNING":
                if not self.records:  # So the search knows from the start what it has to beat.
                    oracles.begin_with(self.oracle, trial, self.space.parameters().values)
                return self._record(trial)
            if trial.status == "IDLE":
                return None
        if any(record["status"] == RUNNING for record in self.records.values()):
            return None
        self._go_on()
        return None

    def _may_begin(self) -> bool:
        """Tell whether there are trials and time left."""
        in_time = self.plan.seconds is None or self.elapsed < self.plan.seconds
        return in_time and (self._left is None or self._left > 0)

    @property
    def _left(self) -> int | None:
        """Count the trials that may still begin; `None` where there is no limit."""
        begun = sum(record["kind"] == "search" for record in self.records.values())
        return None if self.plan.trials is None else self.plan.trials - begun

    def _record(self, trial: Trial) -> dict[str, Any]:
        values = dict(trial.hyperparameters.values)
        earlier = self.records.get(self._numbered(values.get("tuner/trial_id")))
        until = values.get("tuner/epochs")
        number = len(self.records)
        try:
            settings, wrong = self.space.settings(values), None
        except UserError as error:
            settings, wrong = {n: value for n, value in values.items() if "/" not in n}, str(error)
        return self._add(
            kind="search",
            oracle=trial.trial_id,
            settings=settings,
            wrong=wrong,
            seed=earlier["seed"] if earlier else self.plan.seed + number,
            until=until if until is not None and until < self.plan.epochs else None,
            earlier=earlier["id"] if earlier else None,
        )

    def _numbered(self, oracles_id: str | None) -> str | None:
        return next(
            (i for i, r in self.records.items() if oracles_id and r["oracle"] == oracles_id), None
        )

    def _add(
        self, *, kind: str, settings: Mapping[str, Any], seed: int, **values: Any
    ) -> dict[str, Any]:
        identity = f"{len(self.records):04d}"
        known = {
            "id": identity,
            "kind": kind,
            "status": WAITING,
            "settings": dict(settings),
            "seed": seed,
        }
        self.records[identity] = results.new_record() | known | values
        return self.records[identity]

    def _order(self, record: dict[str, Any]) -> Order | None:
        """Say what a trial's process is to do; `None` where the page chose what cannot be, and the
        trial is over.
        """
        try:
            if record.get("wrong"):
                raise UserError(record["wrong"])
            config = plan.with_settings(
                self.base, {**record["settings"], "seed": record["seed"], "diagnose": False}
            )
        except UserError as error:
            self._end(record, FAILED, None, str(error))
            self.save()
            return None
        return Order(
            kind="trial",
            folder=self.folder_of(record["id"]),
            config=plan.document(config),
            objective=self.plan.objective,
            folds=1 if record["kind"] != "search" else self.plan.folds,
            until=record["until"],
            earlier=self.folder_of(record["earlier"]) if record["earlier"] else None,
        )

    def folder_of(self, identity: str) -> str:
        """Give the folder of a trial."""
        return str(self.folder / "trials" / identity)

    def _ticket(
        self, record: Mapping[str, Any], values: Mapping[str, Any], status: str = "RUNNING"
    ) -> Trial:
        return Trial(oracles.parameters(values), f"{record['id']}.{record['attempt']}", status)

    def _holder(self, ticket: str) -> dict[str, Any] | None:
        """Find the record of a ticket that is still good."""
        identity, _, attempt = ticket.partition(".")
        record = self.records.get(identity)
        good = (
            record is not None and record["status"] == RUNNING and str(record["attempt"]) == attempt
        )
        return record if good else None

    def get_trial(self, ticket: str) -> Trial:
        """Take a sign of life; the answer's status is STOPPED where the trial is to stop."""
        with self.lock:
            record = self._holder(ticket)
            if record is None:
                return Trial(oracles.parameters({}), ticket, "STOPPED")
            record["seen"] = time.monotonic()
            late = self.plan.seconds is not None and self.elapsed > self.plan.seconds
            if record["stop"] is None and record["kind"] == "search" and late:
                record["stop"] = _TIME_IS_UP
            stop = self.halted or self.fatal is not None or record["stop"] is not None
            return self._ticket(record, {}, "STOPPED" if stop else "RUNNING")

    def update_trial(self, ticket: str, metrics: Mapping[str, float], step: int = 0) -> Trial:
        """Take the figures of an epoch; the answer's status is STOPPED where the trial is to
        stop.
        """
        with self.lock:
            record = self._holder(ticket)
            if record is not None:
                record["history"][str(step)] = dict(metrics)
                record["epochs"] = max(record["epochs"], step)
                if record["stop"] is None and median_stopping.behind(
                    self.plan, record, self.named(COMPLETED), step
                ):
                    record["stop"] = f"behind the median of the others after epoch {step}"
            return self.get_trial(ticket)

    def end_trial(self, trial: Trial) -> None:
        """Take a trial's outcome."""
        outcome = json.loads(trial.hyperparameters.values[OUTCOME])
        with self.lock:
            record = self._holder(trial.trial_id)
            if record is None:
                return
            record["seconds"] = round(record["seconds"] + (outcome.get("seconds") or 0.0), 2)
            record["begun"].append(outcome.get("begun"))
            rows = outcome.get("history") or ()
            record["history"] |= {str(number): row for number, row in enumerate(rows, 1)}
            record["epochs"] = max(record["epochs"], len(rows))
            self._conclude(record, outcome)
            self.save()

    def _conclude(self, record: dict[str, Any], outcome: Mapping[str, Any]) -> None:
        ended, reason = outcome["ended"], outcome.get("reason")
        if ended == "done":
            record["scores"] = outcome.get("scores")
            self._end(record, COMPLETED, outcome["score"])
        elif ended == "failed":
            if outcome.get("objective"):
                self.fatal = reason
            self._end(record, FAILED, None, reason)
        elif record["stop"] == _TIME_IS_UP:
            self._mark(
                record,
                PAUSED,
                median_stopping.so_far(self.plan, record, record["epochs"]),
                _TIME_IS_UP,
            )
        elif record["stop"] is not None:
            self._end(
                record,
                ENDED_EARLY,
                median_stopping.so_far(self.plan, record, record["epochs"]),
                record["stop"],
            )
        elif ended == "killed" and not self.halted:
            blameless = outcome.get("blameless", False)  # All trials here died together.
            self._killed(record, reason, further=blameless or record["epochs"] > record["from"])
        else:
            record["status"] = WAITING

    def _killed(self, record: dict[str, Any], reason: str | None, further: bool) -> None:
        """Let a killed trial go on from its checkpoint, unless it is killed again and again at the
        same place.
        """
        record["kills"] = 1 if further else record["kills"] + 1
        if record["kills"] < MOST_KILLS:
            record["status"] = WAITING
            return
        self._end(
            record,
            FAILED,
            None,
            f"{reason}, {record['kills']} times in or before epoch {record['epochs'] + 1}",
        )

    def _end(
        self, record: dict[str, Any], status: str, score: float | None, reason: str | None = None
    ) -> None:
        self._mark(record, status, score, reason)
        if record["kind"] != "search":
            return
        oracles.end(self.oracle, record["oracle"], score)
        self._tidy()
        failures = self.named(FAILED)
        if len(failures) >= FIRST_FAILURES and not self.named(COMPLETED, ENDED_EARLY):
            self.fatal = f"the first {len(failures)} trials all failed, the last one with: {reason}"

    def _mark(
        self, record: dict[str, Any], status: str, score: float | None, reason: str | None
    ) -> None:
        record.update(
            status=status, score=score, reason=reason, ended=time.time(), at=round(self.elapsed, 1)
        )

    def _tidy(self) -> None:
        """Remove the checkpoints that nobody will go on from; with Hyperband any may be
        continued.
        """
        best = self.best
        if self.plan.method == "hyperband" or best is None:
            return
        for record in self.named(*OVER):
            if record["id"] != best["id"]:
                for folder in Path(self.folder_of(record["id"])).glob("**/checkpoints"):
                    shutil.rmtree(folder, ignore_errors=True)

    def expire(self) -> None:
        """Give trials out again whose workers have fallen silent."""
        with self.lock:
            for record in self.records.values():
                silent = (
                    time.monotonic() - record["seen"]
                    if record["status"] == RUNNING and record["remote"]
                    else 0.0
                )
                if silent > LEASE:
                    self._killed(record, f"its worker {record['worker']} fell silent", True)

    # ----------------------------------------------------------------------------------------
    # afterwards

    def _go_on(self) -> None:
        """Begin the repetitions when the search is over, and end when they are."""
        if self.phase == "search":
            self.phase = "repetitions"
            self._repeat()
        elif not any(record["status"] in (WAITING, RUNNING) for record in self.records.values()):
            self.phase = "over"
        self.save()

    def _repeat(self) -> None:
        """Train the winner and the page's defaults, where it is not those, with seeds that no trial
        had.
        """
        if self.best is None:
            return
        kinds = {"winner": self.best["settings"], "defaults": {}}
        if plan.keeps(kinds["winner"], self.base.values):
            del kinds["defaults"]
        for number in range(self.plan.repeats):
            for kind, settings in kinds.items():
                self._add(kind=kind, settings=settings, seed=self.plan.seed + _FRESH + number)

    # -------------------------------------------------------------------------- the rest of an
    # oracle

    def get_space(self) -> Any:
        """Tell workers on other machines what is searched, and by which token they know the
        folder.
        """
        told = {"recipe": self.plan.recipe, "folder": self.folder.name, "token": self.token}
        return oracles.parameters({PLAN: json.dumps(told)})

    def update_space(self, hyperparameters: Any) -> None:
        """Take nothing: the space is known from the beginning."""

    def get_best_trials(self, count: int = 1) -> list[Trial]:
        """Give the best trials, as keras-tuner has them."""
        return self.oracle.get_best_trials(count)

    def halt(self) -> None:
        """Let every worker stop and keep what it has."""
        with self.lock:
            self.halted = True
