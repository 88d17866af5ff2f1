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

from kerasrecipes.metrics.names import written
from kerasrecipes.reports import formatting
from kerasrecipes.tuning.scheduler import (
    COMPLETED,
    ENDED_EARLY,
    FAILED,
    OVER,
    PAUSED,
    RUNNING,
    Desk,
)

_SHOWN = 5  # trials that ended, in the live table
_WIDTH = 70  # of the settings


class Board:
    """Shows a search.

    Args:
        console: where to write; by default standard output.
    """

    def __init__(self, console: Console | None = None):
        self.console = console or Console(highlight=False)
        self.live = (
            Live(console=self.console, auto_refresh=False, transient=True)
            if self.console.is_terminal
            else None
        )
        self.told: set[str] = set()

    def __enter__(self) -> Board:
        if self.live:
            self.live.start()
        return self

    def __exit__(self, *error: Any) -> None:
        if self.live:
            self.live.stop()

    def show(self, desk: Desk, over: bool) -> None:
        """Show how the search stands."""
        with desk.lock:
            ended = [
                r
                for r in desk.records.values()
                if r["status"] in (*OVER, PAUSED) and r["id"] not in self.told
            ]
            for record in sorted(ended, key=lambda r: r["ended"]):
                self.told.add(record["id"])
                self.console.print(line(desk, record), markup=False, soft_wrap=True)
            if self.live and not over:
                self.live.update(
                    Group(self._table(desk), Text(standing(desk), style="bold")), refresh=True
                )

    def _table(self, desk: Desk) -> Table:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
        for column in ("trial", "epoch", desk.plan.objective, "best", "worker", "settings"):
            table.add_column(column, no_wrap=True)
        for record in desk.records.values():
            if record["status"] == RUNNING:
                table.add_row(*_cells(desk, record))
        return table


def _cells(desk: Desk, record: Mapping[str, Any]) -> list[str]:
    name, history = desk.plan.objective, record["history"]
    values = [figures[name] for figures in history.values() if name in figures]
    now = history.get(str(record["epochs"]), {}).get(name)
    best = (max if desk.plan.maximize else min)(values) if values else None
    until = (record["until"] or desk.plan.epochs) * (
        desk.plan.folds if record["kind"] == "search" else 1
    )
    return [
        record["id"] if record["kind"] == "search" else record["kind"],
        f"{record['epochs']}/{until}",
        written(name, now),
        written(name, best),
        record["worker"],
        spelled(record["settings"], _WIDTH),
    ]


def line(desk: Desk, record: Mapping[str, Any]) -> str:
    """Say in a line how a trial ended."""
    what = (
        f"trial {record['id']}"
        if record["kind"] == "search"
        else f"{record['kind']}, seed {record['seed']}"
    )
    score = (
        f"{written(desk.plan.objective, record['score'])}  " if record["score"] is not None else ""
    )
    epochs = formatting.counted(record["epochs"], "epoch")
    reason = f" ({record['reason']})" if record["reason"] else ""
    status = "" if record["status"] == COMPLETED else f"  {record['status']}{reason}"
    return f"{what}  {score}{epochs}  {spelled(record['settings'], _WIDTH)}{status}"


def standing(desk: Desk) -> str:
    """Say in a line how the search stands."""
    search = [r for r in desk.records.values() if r["kind"] == "search"]
    ended = [r for r in search if r["status"] in OVER]
    total = expected(desk)
    parts = [
        f"{len(ended)} of {total} trials" if total else formatting.counted(len(ended), "trial")
    ]
    for status in (ENDED_EARLY, PAUSED, FAILED):
        number = sum(r["status"] == status for r in search)
        parts += [f"{number} {status}"] if number else []
    if desk.best is not None:
        score = written(desk.plan.objective, desk.best["score"])
        parts.append(f"best {desk.plan.objective} {score} (trial {desk.best['id']})")
    if desk.phase == "repetitions":
        parts.append("repeating the winner and the page's defaults with fresh seeds")
    left = time_left(desk, ended, total)
    return ", ".join([*parts, *([f"{formatting.duration(left)} left"] if left is not None else [])])


def expected(desk: Desk) -> int | None:
    """Count the trials that there will be, as far as that is known; those that wait for others
    included.
    """
    oracle, most = desk.oracle, desk.plan.trials
    if desk.plan.method != "hyperband":
        return most
    brackets = range(oracle._get_num_brackets())
    whole = sum(oracle._get_size(b, r) for b in brackets for r in range(oracle._get_num_rounds(b)))
    return min(whole, most) if most else whole


def time_left(desk: Desk, ended: Sequence[Mapping[str, Any]], total: int | None) -> float | None:
    """Guess the seconds that the search will still take."""
    guesses = []
    if total and len(ended) >= 2 and desk.phase == "search":
        running = max(1, sum(r["status"] == RUNNING for r in desk.records.values()))
        length = statistics.fmean(r["ended"] - r["began"] for r in ended)
        guesses.append(max(0, total - len(ended)) * length / running)
    if desk.plan.seconds and desk.phase == "search":
        guesses.append(max(0.0, desk.plan.seconds - desk.elapsed))
    return min(guesses) if guesses else None


def spelled(settings: Mapping[str, Any], width: int) -> str:
    """Write settings in a line, cut to a width."""
    text = " ".join(f"{name}={_short(value)}" for name, value in settings.items())
    return formatting.shortened(text, width) if text else "the page's defaults"


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else formatting.plain(value)
