"""The figure and the page of a learning-rate range test."""

from __future__ import annotations

from pathlib import Path

from matplotlib import ticker
from matplotlib.figure import Figure

from kerasrecipes import files
from kerasrecipes.reports import run_report
from kerasrecipes.reports.style import INK, MUTED, SERIES, WIDTH, picture, style
from kerasrecipes.training.job import environment
from kerasrecipes.training.learning_rate_finder import RangeTest

FIGURE = "learning_rate"


@style()
def range_figure(found: RangeTest) -> Figure:
    """Training loss by learning rate: the dots are single batches, the line is their running mean.
    Left of the fall the rate is too small to learn, right of it training diverges.

    Args:
        found: the test.

    Returns:
        The figure; its title says the proposed rate.
    """
    figure = Figure(figsize=(WIDTH, 3.8))
    axes = figure.add_subplot()
    axes.plot(found.rates, found.losses, "o", color=MUTED, markersize=2.5, alpha=0.6)
    axes.plot(found.rates, found.smoothed, color=SERIES[0], linewidth=2)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(ticker.FuncFormatter(lambda rate, _: f"{rate:g}"))
    low, high = found.smoothed.min(), found.smoothed.max()
    # A diverging end would press the fall flat.
    top = min(high, found.smoothed[0] + 0.5 * (found.smoothed[0] - low)) or high
    margin = 0.08 * (top - low) or 1.0
    axes.set_ylim(low - margin, top + margin)
    axes.set(xlabel="learning rate", ylabel="training loss of the step")
    if found.proposed is None:
        axes.set_title("At no learning rate does the loss fall")
        return figure
    axes.axvline(found.proposed, color=INK, linewidth=1, linestyle=(0, (4, 3)))
    axes.set_title(f"The loss falls fastest at a learning rate of {found.proposed:g}")
    return figure


def write(found: RangeTest, folder: Path, title: str, data: str, command: str | None) -> Path:
    """Write the figure and a page around it.

    Args:
        found: the test.
        folder: an existing folder of its own.
        title: the recipe's name.
        data: on which it was tried.
        command: that trains with the proposed rate.

    Returns:
        The path of the page.
    """
    shown = picture(range_figure, range_figure(found), name=FIGURE)
    files.write_bytes(folder / f"{FIGURE}.png", shown.png)
    phase = f", phase {found.phase}" if found.phase else ""
    page = run_report.report(
        title=f"{title}: learning-rate range test",
        subtitle=f"On {data}{phase}, {folder.name}. Nothing was kept of this short training.",
        metrics={"learning_rate": "none" if found.proposed is None else f"{found.proposed:g}"},
        settings={},
        environment=environment(),
        figures=[shown],
        notes=found.notes,
        commands=[("Train with it", command)] if command else [],
    )
    path = folder / "report.html"
    files.write_text(path, page)
    return path
