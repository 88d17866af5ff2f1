"""The scheduler: leases trials to workers, takes their results, and saves every event before it
goes on.

It stands between the workers and keras-tuner's oracle, and has an oracle's methods (`create_trial`,
`update_trial`, `end_trial`, `get_trial`), which `kerasrecipes.tuning.rpc` carries to others.
The specification of a trial and its outcome travel as JSON among the trial's values.

Each time that a trial is handed out it gets a new lease, `trial.attempt`. A worker that comes back
with an expired one is told to stop, so that every trial ends exactly once.
"""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from keras_tuner.engine.trial import Trial

from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Recipe
from kerasrecipes.tuning import oracles, plan
from kerasrecipes.tuning.median_stopping import best_so_far, should_stop
from kerasrecipes.tuning.plan import Plan
from kerasrecipes.tuning.records import (
    COMPLETED,
    ENDED_EARLY,
    FAILED,
    OVER,
    PAUSED,
    RUNNING,
    WAITING,
    Record,
    new_record,
)
from kerasrecipes.tuning.search_state import SearchState
from kerasrecipes.tuning.trial import TrialSpec

SPEC, OUTCOME = "kerasrecipes/order", "kerasrecipes/outcome"
LEASE_SECONDS = 60.0  # of silence, after which a trial on another machine is leased again
MOST_KILLS = 5  # times that a trial may be killed without having come an epoch further
FIRST_FAILURES = 5  # trials that may fail before any has succeeded
_TIME_IS_UP = "the time was up"
_FRESH = 10_000  # between the seeds of trials and those of the repetitions


class Scheduler(SearchState):
    """Leases of one search's trials, and what becomes of them.

    Args:
        folder: where the search writes.
        search: the plan.
        recipe: the recipe.

    Attributes:
        fatal: why the search cannot go on, if so.
        stopped: whether every worker is to stop and keep what it has.
    """

    def __init__(self, folder: Path, search: Plan, recipe: Recipe):
        super().__init__(folder, search, recipe)
        self.lock = threading.RLock()
        self.fatal: str | None = None
        self.stopped = False

    # ------------------------------------------------------------------------------------------
    # what is to be done next

    def create_trial(self, worker: str, *, remote: bool = False) -> Trial:
        """Lease a trial to a worker.

        Args:
            worker: who asks.
            remote: whether it is on another machine; its trials expire when it falls silent.

        Returns:
            A trial whose status is RUNNING, IDLE where there may be one later, or STOPPED.
        """
        with self.lock:
            self.expire()
            record = None
            if not self._over:
                try:
                    record = self._next()
                except Exception as error:  # The oracle's or the recipe's.
                    # Raised here it would end this worker, and the others would wait for ever.
                    said = f"{type(error).__name__}: {error}"
                    self.fatal = f"no further trial could be found: {said}"
            spec = self._spec(record) if record is not None else None
            if record is None or spec is None:
                return Trial(oracles.parameters({}), "", "STOPPED" if self._over else "IDLE")
            record.update(
                status=RUNNING,
                worker=worker,
                remote=remote,
                seen=time.monotonic(),
                stop=None,
            )
            record |= {"attempt": record["attempt"] + 1, "from": record["epochs"]}
            self.save()
            return self._lease(record, {SPEC: json.dumps(asdict(spec))})

    @property
    def _over(self) -> bool:
        return self.stopped or self.fatal is not None or self.finished

    def _next(self) -> dict[str, Any] | None:
        """Return what is to be done next: what waits, then what the oracle proposes, then the
        repetitions.
        """
        for record in self.records.values():
            if record["status"] == WAITING:
                return record
        in_time = self.plan.seconds is None or self.elapsed < self.plan.seconds
        begun = sum(record["kind"] == "search" for record in self.records.values())
        left = None if self.plan.trials is None else self.plan.trials - begun
        if self.phase == "search" and in_time and (left is None or left > 0):
            trial = oracles.create(self.oracle, f"trial-{len(self.records)}", left)
            if trial.status == "RUNNING":
                if not self.records:  # So the search knows from the start what it has to beat.
                    oracles.begin_with(self.oracle, trial, self.space.parameters().values)
                return self._proposed(trial)
            if trial.status == "IDLE":
                return None
        if not any(record["status"] == RUNNING for record in self.records.values()):
            self._next_phase()
        return None

    def _proposed(self, trial: Trial) -> dict[str, Any]:
        """Record a trial that the oracle proposes."""
        values = dict(trial.hyperparameters.values)
        # Hyperband names the trial that it trains on, and the epoch at which it compares again.
        oracles_id, until = values.get("tuner/trial_id"), values.get("tuner/epochs")
        same = (r for r in self.records.values() if oracles_id and r["oracle"] == oracles_id)
        earlier = next(same, None)
        try:
            settings, wrong = self.space.settings(values), None
        except UserError as error:
            settings, wrong = {n: value for n, value in values.items() if "/" not in n}, str(error)
        return self._add(
            kind="search",
            oracle=trial.trial_id,
            settings=settings,
            wrong=wrong,
            seed=earlier["seed"] if earlier else self.plan.seed + len(self.records),
            until=until if until is not None and until < self.plan.epochs else None,
            earlier=earlier["id"] if earlier else None,
        )

    def _add(self, **values: Any) -> dict[str, Any]:
        identity = f"{len(self.records):04d}"
        self.records[identity] = new_record(identity, **values)
        return self.records[identity]

    def _spec(self, record: dict[str, Any]) -> TrialSpec | None:
        """Return what a trial's process is to do; `None` where the recipe's search space chose a
        value that a setting cannot have, with which the trial is over.
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
        return TrialSpec(
            kind="trial",
            folder=self.folder_of(record["id"]),
            config=plan.document(config),
            objective=self.plan.objective,
            folds=1 if record["kind"] != "search" else self.plan.folds,
            until=record["until"],
            earlier=self.folder_of(record["earlier"]) if record["earlier"] else None,
        )

    def _next_phase(self) -> None:
        """Begin the repetitions when the search is over, and end when they are."""
        if self.phase == "search":
            self.phase = "repetitions"
            kinds = {} if self.best is None else {"winner": self.best["settings"], "defaults": {}}
            # The winner and the recipe's defaults, where it is not those, with seeds that no trial
            # had.
            if kinds and plan.keeps(kinds["winner"], self.base.values):
                del kinds["defaults"]
            for number in range(self.plan.repeats):
                for kind, settings in kinds.items():
                    self._add(kind=kind, settings=settings, seed=self.plan.seed + _FRESH + number)
        elif not any(record["status"] in (WAITING, RUNNING) for record in self.records.values()):
            self.phase = "over"
        self.save()

    # ------------------------------------------------------------------------------------------
    # leases

    def _lease(self, record: Record, values: Mapping[str, Any], status: str = "RUNNING") -> Trial:
        return Trial(oracles.parameters(values), f"{record['id']}.{record['attempt']}", status)

    def _holder(self, lease: str) -> dict[str, Any] | None:
        """Return the record that a lease is for; `None` if it has expired."""
        identity, _, attempt = lease.partition(".")
        record = self.records.get(identity)
        if record is None or record["status"] != RUNNING or str(record["attempt"]) != attempt:
            return None
        return record

    def get_trial(self, lease: str) -> Trial:
        """Take a heartbeat; the answer's status is STOPPED where the trial is to stop."""
        with self.lock:
            record = self._holder(lease)
            if record is None:
                return Trial(oracles.parameters({}), lease, "STOPPED")
            record["seen"] = time.monotonic()
            late = self.plan.seconds is not None and self.elapsed > self.plan.seconds
            if record["stop"] is None and record["kind"] == "search" and late:
                record["stop"] = _TIME_IS_UP
            stop = self.stopped or self.fatal is not None or record["stop"] is not None
            return self._lease(record, {}, "STOPPED" if stop else "RUNNING")

    def update_trial(self, lease: str, metrics: Mapping[str, float], step: int = 0) -> Trial:
        """Take the metrics of an epoch.

        Args:
            lease: of the trial.
            metrics: by name.
            step: the epoch, from 1.

        Returns:
            A trial whose status is STOPPED where it is to stop.
        """
        with self.lock:
            record = self._holder(lease)
            if record is not None:
                record["history"][str(step)] = dict(metrics)
                record["epochs"] = max(record["epochs"], step)
                completed = self.with_status(COMPLETED)
                if record["stop"] is None and should_stop(self.plan, record, completed, step):
                    record["stop"] = f"behind the median of the others after epoch {step}"
            return self.get_trial(lease)

    def end_trial(self, trial: Trial) -> None:
        """Take a trial's outcome; that of an expired lease counts for nothing."""
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

    def expire(self) -> None:
        """Put trials back in the queue whose workers have fallen silent."""
        with self.lock:
            for record in self.records.values():
                if record["status"] != RUNNING or not record["remote"]:
                    continue
                if time.monotonic() - record["seen"] > LEASE_SECONDS:
                    self._killed(record, f"its worker {record['worker']} fell silent", True)

    # ------------------------------------------------------------------------------------------
    # outcomes

    def _conclude(self, record: dict[str, Any], outcome: Mapping[str, Any]) -> None:
        ended, reason = outcome["ended"], outcome.get("reason")
        if ended == "done":
            record["scores"] = outcome.get("scores")
            self._end(record, COMPLETED, outcome["score"])
        elif ended == "failed" and outcome.get("disk"):
            # The trial is not to blame and waits until the search is gone on with.
            record["status"] = WAITING
            again = f"kerasrecipes tune {self.plan.recipe} --resume {self.folder}"
            self.fatal = f"a trial could not write: {reason}; mend that, then: {again}"
        elif ended == "failed":
            if outcome.get("objective"):
                self.fatal = reason
            self._end(record, FAILED, None, reason)
        elif record["stop"] is not None:
            reached = best_so_far(self.plan, record, record["epochs"])
            if record["stop"] == _TIME_IS_UP:
                # The oracle is not told: the trial goes on when more time is granted.
                self._mark(record, PAUSED, reached, _TIME_IS_UP)
            else:
                self._end(record, ENDED_EARLY, reached, record["stop"])
        elif ended == "killed" and not self.stopped:
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
        where = f"{record['kills']} times in or before epoch {record['epochs'] + 1}"
        self._end(record, FAILED, None, f"{reason}, {where}")

    def _end(
        self, record: dict[str, Any], status: str, score: float | None, reason: str | None = None
    ) -> None:
        self._mark(record, status, score, reason)
        if record["kind"] != "search":
            return
        oracles.end(self.oracle, record["oracle"], score)
        best = self.best
        # Checkpoints that no trial will go on from; with Hyperband any may be continued.
        if self.plan.method != "hyperband" and best is not None:
            for over in self.with_status(*OVER):
                if over["id"] != best["id"]:
                    for folder in Path(self.folder_of(over["id"])).glob("**/checkpoints"):
                        shutil.rmtree(folder, ignore_errors=True)
        failures = self.with_status(FAILED)
        if len(failures) >= FIRST_FAILURES and not self.with_status(COMPLETED, ENDED_EARLY):
            self.fatal = f"the first {len(failures)} trials all failed, the last one with: {reason}"

    def _mark(
        self, record: dict[str, Any], status: str, score: float | None, reason: str | None
    ) -> None:
        record.update(status=status, score=score, reason=reason)
        record.update(ended=time.time(), at=round(self.elapsed, 1))

    def stop(self) -> None:
        """Tell every worker to stop and keep what it has."""
        with self.lock:
            self.stopped = True
