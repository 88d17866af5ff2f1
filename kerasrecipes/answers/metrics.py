"""Metrics of a trained model by name, which a notebook shows as a table."""

from __future__ import annotations

from typing import Any

from kerasrecipes.answers import markup


class Metrics(dict[str, Any]):
    """Metrics by name, beside `examples`, their number, `notes`, and `run`, the run's folder."""

    def _repr_html_(self) -> str:
        """Return a table of the metrics, with the notes and the run below it."""
        notes = "".join(f"<br>{markup.faint(note)}" for note in self.get("notes", ()))
        origin = f"<br>{markup.faint(self['run'])}" if "run" in self else ""
        return markup.metrics(self) + notes + origin
