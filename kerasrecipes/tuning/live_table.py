"""The live table of a search: what runs, the best so far, the time left; lines where there is no
terminal.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from kerasrecipes import terminal
from kerasrecipes.metrics import names as spelling
from kerasrecipes.metrics.names import written
from kerasrecipes.reports import formatting
from kerasrecipes.tuning import oracles
from kerasrecipes.tuning.records import (
    COMPLETED,
    ENDED_EARLY,
    FAILED,
    OVER,
    PAUSED,
    RUNNING,
    Record,
)
from kerasrecipes.tuning.scheduler import Scheduler

_WIDTH = 70  # characters of the settings


class LiveTable:
    """Shows a search.

    Args:
        console: where to write; by default standard output.
    """

    def __init__(self, console: Console | None = None):
        self.console = console or terminal.new_console()
        self.live = (
            Live(console=self.console, auto_refresh=False, transient=True)
            if self.console.is_terminal
            else None
        )
        self.printed: set[str] = set()

    def __enter__(self) -> LiveTable:
        if self.live:
            self.live.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self.live:
            self.live.stop()

    def show(self, scheduler: Scheduler, over: bool) -> None:
        """Print a line for each trial that has ended since, and update the table of those that run.

        Args:
            scheduler: of the search.
            over: whether nothing more is to come.
        """
        with scheduler.lock:
            ended = [
                r
                for r in scheduler.records.values()
                if r["status"] in (*OVER, PAUSED) and r["id"] not in self.printed
            ]
            for record in sorted(ended, key=lambda r: r["ended"]):
                self.printed.add(record["id"])
                self.console.print(line(scheduler, record), soft_wrap=True)
            if self.live and not over:
                standing = Text(status_line(scheduler), style="bold")
                self.live.update(Group(_table(scheduler), standing), refresh=True)


def _table(scheduler: Scheduler) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for column in ("trial", "epoch", scheduler.plan.objective, "best", "worker", "settings"):
        table.add_column(column, no_wrap=True)
    for record in scheduler.records.values():
        if record["status"] == RUNNING:
            table.add_row(*_cells(scheduler, record))
    return table


def _cells(scheduler: Scheduler, record: Record) -> list[str]:
    plan, history, search = scheduler.plan, record["history"], record["kind"] == "search"
    values = [row[plan.objective] for row in history.values() if plan.objective in row]
    now = history.get(str(record["epochs"]), {}).get(plan.objective)
    best = (max if plan.maximize else min)(values) if values else None
    until = (record["until"] or plan.epochs) * (plan.folds if search else 1)
    return [
        record["id"] if search else record["kind"],
        f"{record['epochs']}/{until}",
        written(plan.objective, now),
        written(plan.objective, best),
        record["worker"],
        spelled(record["settings"], _WIDTH),
    ]


def line(scheduler: Scheduler, record: Record) -> str:
    """Return in a line how a trial ended: its number, score, epochs, settings and status.

    Args:
        scheduler: of the search.
        record: of the trial.
    """
    search, score = record["kind"] == "search", record["score"]
    name = f"trial {record['id']}" if search else f"{record['kind']}, seed {record['seed']}"
    parts = [name, written(scheduler.plan.objective, score)] if score is not None else [name]
    epochs = formatting.counted(record["epochs"], "epoch")
    reason = f" ({record['reason']})" if record["reason"] else ""
    status = [] if record["status"] == COMPLETED else [f"{record['status']}{reason}"]
    return "  ".join([*parts, epochs, spelled(record["settings"], _WIDTH), *status])


def status_line(scheduler: Scheduler) -> str:
    """Return in a line how the search stands."""
    search = [r for r in scheduler.records.values() if r["kind"] == "search"]
    ended = [r for r in search if r["status"] in OVER]
    total = oracles.expected_trials(scheduler.oracle, scheduler.plan.trials)
    done = f"{len(ended)} of {total} trials" if total else formatting.counted(len(ended), "trial")
    parts = [done]
    for status in (ENDED_EARLY, PAUSED, FAILED):
        number = sum(r["status"] == status for r in search)
        parts += [f"{number} {status}"] if number else []
    if scheduler.best is not None:
        score = written(scheduler.plan.objective, scheduler.best["score"])
        parts.append(f"best {scheduler.plan.objective} {score} (trial {scheduler.best['id']})")
    if scheduler.phase == "repetitions":
        parts.append("repeating the winner and the recipe's defaults with fresh seeds")
    left = time_left(scheduler, ended, total)
    return ", ".join([*parts, *([f"{spelling.duration(left)} left"] if left is not None else [])])


def time_left(scheduler: Scheduler, ended: Sequence[Record], total: int | None) -> float | None:
    """Estimate the seconds that the search will still take.

    Args:
        scheduler: of the search.
        ended: records of its trials that are over.
        total: trials that there will be; `None` where that is not known.

    Returns:
        The seconds; `None` where nothing tells.
    """
    if scheduler.phase != "search":
        return None
    guesses = []
    if total and len(ended) >= 2:  # One trial alone tells little: the first compiles, too.
        running = max(1, sum(r["status"] == RUNNING for r in scheduler.records.values()))
        length = statistics.fmean(r["ended"] - r["began"] for r in ended)
        guesses.append(max(0, total - len(ended)) * length / running)
    if scheduler.plan.seconds:
        guesses.append(max(0.0, scheduler.plan.seconds - scheduler.elapsed))
    return min(guesses) if guesses else None


def spelled(settings: Mapping[str, Any], width: int) -> str:
    """Return settings in a line.

    Args:
        settings: values by name.
        width: characters to which the line is cut.
    """
    text = " ".join(f"{name}={_short(value)}" for name, value in settings.items())
    return formatting.shortened(text, width) if text else "the recipe's defaults"


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else formatting.plain(value)
