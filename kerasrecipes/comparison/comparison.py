"""Finished runs side by side: their table, their groups over seeds, and their page."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasrecipes import files
from kerasrecipes.answers import markup
from kerasrecipes.comparison import page
from kerasrecipes.comparison.learning_curve import Point, as_plain, points, sentence
from kerasrecipes.metrics.names import written
from kerasrecipes.metrics.summary import headline_of
from kerasrecipes.reports import statistics
from kerasrecipes.reports.statistics import Entry
from kerasrecipes.runs.run import Run, home

if TYPE_CHECKING:
    from kerasrecipes.comparison.loss_surface import Descents


def entry(run: Run) -> Entry:
    """Part of a finished run in a comparison."""
    # From the file, as `run.config` would load the recipe's page and with it Keras.
    metrics, document = run.metrics, run.document
    settings: dict[str, Any] = {
        name: document[name] for name in ("recipe", "data") if name in document
    }
    settings["limit"] = document.get("limit", "all")
    settings |= document.get("settings", {}) | document.get("training", {})
    return Entry(
        name=run.name,
        settings=settings,
        metrics={**metrics["test"], "parameters": metrics["parameters"]},
        history=run.history,
        seconds=metrics["seconds"],
        lines=metrics.get("lines", {}),
        # Those of version 0.1.0 have a loss and Keras's metrics there, and no baseline.
        validation=metrics.get("validation") or {},
        main_metric=headline_of(metrics),
        baseline=(metrics.get("baseline") or {}).get("test", {}),
        examples=(metrics.get("examples") or {}).get("train"),
    )


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Finished runs side by side.

    Args:
        title: heading of the page.
        entries: the runs.
        by: the settings that were varied, whose values make groups; empty where each run stands
            alone.
        descents: steps of the trainings, of which figures are drawn; `None` where nothing recorded
            them.
        notes: sentences about what is not equal among the runs.
    """

    title: str
    entries: Sequence[Entry]
    by: Sequence[str] = ()
    descents: Descents | None = None
    notes: Sequence[str] = ()

    @property
    def rows(self) -> list[dict[str, Any]]:
        """A row per run: the settings that differ, and the results."""
        return statistics.table(self.entries)

    @property
    def groups(self) -> list[dict[str, Any]] | None:
        """Mean and standard deviation over the seeds of each combination of values; `None` where
        nothing was varied.
        """
        return statistics.groups(self.entries, self.by) if self.by else None

    @property
    def verdict(self) -> str | None:
        """Which value is best and whether chance is ruled out, or what the learning curve shows, in
        one sentence; `None` where nothing was varied.
        """
        if curve := self._points():
            return sentence(curve, statistics.metric(self.entries))
        groups = self.groups
        return statistics.verdict(groups, statistics.metric(self.entries)) if groups else None

    @property
    def learning_curve(self) -> dict[str, list[dict[str, Any]]] | None:
        """Points of the main metric by number of training examples, for each combination of what
        else was varied; `None` where the number was not varied.
        """
        found = self._points()
        return as_plain(found) if found else None

    def _points(self) -> dict[str, list[Point]] | None:
        if "limit" not in self.by:
            return None
        return points(self.entries, self.by, statistics.metric(self.entries))

    def _repr_html_(self) -> str:
        """Return a table with a row per group or run, and the verdict."""
        rows = self.groups or self.rows
        names = list(dict.fromkeys(name for row in rows for name in row))
        cells = [[_spelled(name, row.get(name)) for name in names] for row in rows]
        return f"{markup.table(names, cells)}<p>{escape(self.verdict or '')}</p>"

    def write(self) -> Path:
        """Write the page beside the runs, as an HTML file that opens offline.

        Returns:
            The page.
        """
        folder = home() / "comparisons"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{time.strftime('%Y-%m-%d-%H%M%S')}.html"
        pictures = self.descents.pictures() if self.descents else ()
        text = page.html(
            self.entries,
            title=self.title,
            by=self.by,
            pictures=pictures,
            summary=self.verdict,
            notes=self.notes,
        )
        files.write_text(path, text)
        return path


def _spelled(name: str, value: Any) -> str:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return written(name, value) if is_number else str("" if value is None else value)
