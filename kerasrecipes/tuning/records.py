"""Records of trials: what a search knows of each, as the plain values that `search.json` holds."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

Record = Mapping[str, Any]

WAITING, RUNNING, COMPLETED, FAILED = "waiting", "running", "completed", "failed"
ENDED_EARLY = "ended early"
PAUSED = "paused"  # by the end of the search's time; it goes on when more time is granted
OVER = (COMPLETED, ENDED_EARLY, FAILED)


def new_record(
    identity: str, kind: str, settings: Mapping[str, Any], seed: int, **values: Any
) -> dict[str, Any]:
    """Return the record of a trial that has not begun.

    Args:
        identity: number of the trial as text, such as `"0003"`.
        kind: `"search"`, or `"winner"` or `"defaults"` for a repetition with a fresh seed.
        settings: that are tried, by name.
        seed: of the trial.
        values: further fields.
    """
    return {
        "id": identity,
        "kind": kind,
        "status": WAITING,
        "settings": dict(settings),
        "seed": seed,
        "oracle": None,  # the oracle's own id
        "until": None,  # the epoch to pause after, with Hyperband
        "earlier": None,  # the trial that this one continues
        "score": None,
        "reason": None,
        "worker": None,
        "attempt": 0,  # times that it was leased
        "kills": 0,  # in a row without a further epoch
        "remote": False,
        "stop": None,  # why it was told to stop
        "history": {},  # metrics by epoch
        "seconds": 0.0,
        "began": time.time(),
        "ended": None,
        "at": None,  # seconds of the search when it ended
        "epochs": 0,
        "begun": [],  # the epoch from which each attempt went on
        **values,
    }


def scored(records: Iterable[Record]) -> list[Record]:
    """Return the records of trials that have a score."""
    return [record for record in records if record["score"] is not None]


def ranked(records: Iterable[Record], maximize: bool) -> list[Record]:
    """Return the trials that have a score, the best first.

    Completed trials come before others, trainings to the last epoch before shorter ones; among
    equal scores the lower validation loss decides.

    Args:
        records: of trials.
        maximize: whether a higher score is better.
    """
    sign = -1 if maximize else 1

    def rank(record: Record) -> tuple[bool, bool, float, float]:
        last = record["history"].get(str(record["epochs"]), {})
        return (
            record["status"] != COMPLETED,
            record["until"] is not None,
            sign * record["score"],
            last.get("val_loss", 0.0),
        )

    return sorted(scored(records), key=rank)


def best_of(records: Iterable[Record], maximize: bool) -> Record | None:
    """Return the best completed trial of the search; `None` if there is none.

    Args:
        records: of trials and repetitions.
        maximize: whether a higher score is better.
    """
    done = [r for r in records if r["kind"] == "search" and r["status"] == COMPLETED]
    return next(iter(ranked(done, maximize)), None)


def summary(record: Record) -> dict[str, Any]:
    """Return what a person wants to know of a trial: how it ended, its score and its settings."""
    names = ("status", "score", "epochs", "seconds", "seed", "reason")
    continued = {"continues": record["earlier"]} if record["earlier"] else {}
    known = {name: record[name] for name in names}
    return {"trial": record["id"], **known, **continued, "settings": record["settings"]}
