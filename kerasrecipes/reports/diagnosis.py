"""The figure of the diagnosis: gradients, updates and activations by layer during training."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib import ticker
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_hex
from matplotlib.figure import Figure

from kerasrecipes.diagnosis.findings import Finding
from kerasrecipes.diagnosis.thresholds import limit
from kerasrecipes.reports.style import MUTED, WIDTH, WRONG, label_ends, set_title, style

# From the layer next to the input to the one next to the output.
_DEPTH = LinearSegmentedColormap.from_list("depth", ["#86b7de", "#3f87c2", "#0b3c66"])
MOST_LABELS = 6
# An order of magnitude to each side of 1e-3, the usual rule of thumb.
USUAL_UPDATES = (1e-4, 1e-2)


@dataclass(frozen=True)
class Panel:
    """One quantity of every layer over the training steps.

    Args:
        key: of the quantity in the record.
        title: of the panel.
        logarithmic: whether the y-axis is.
        guide: draws the usual range or the alarm's threshold.
    """

    key: str
    title: str
    logarithmic: bool = True
    guide: Callable[[Axes], None] | None = None


def _guide_updates(axes: Axes) -> None:
    axes.axhspan(*USUAL_UPDATES, color="#eef4ee", zorder=0)
    _note(axes, USUAL_UPDATES[1], "usual", "top")


def _guide_shares(axes: Axes) -> None:
    axes.axhline(limit("dead"), color=MUTED, linewidth=0.9, linestyle=(0, (4, 3)))
    axes.set_ylim(-0.03, 1.03)
    axes.yaxis.set_major_formatter(ticker.PercentFormatter(1.0))
    _note(axes, limit("dead"), "alarm above", "bottom")


def _note(axes: Axes, height: float, text: str, side: str) -> None:
    across = axes.get_yaxis_transform()
    axes.text(0.012, height, text, color=MUTED, fontsize=8, va=side, ha="left", transform=across)


PANELS = (
    Panel("gradient", "Gradient norm"),
    Panel("update", "Norm of an update over the norm of the weights", guide=_guide_updates),
    Panel("share", "Share of dead units, or of saturated outputs", False, _guide_shares),
)


@style()
def diagnosis_figure(
    record: Mapping[str, Any], findings: Iterable[Finding | Mapping[str, Any]] = ()
) -> Figure | None:
    """Norm of the gradients, size of the updates, and share of dead or saturated units, by layer
    and training step.

    Args:
        record: `Diagnosis.record`.
        findings: what was found; the layers named there stand out.

    Returns:
        The figure, or None where nothing was measured.
    """
    steps = [int(moment["step"]) for moment in record.get("moments", ())]
    panels = [
        panel
        for panel in PANELS
        if any(
            (line > 0).any() or not panel.logarithmic for line in _lines(record, panel.key).values()
        )
    ]
    # A single moment makes no line.
    if len(steps) < 2 or not panels:
        return None
    figure = Figure(figsize=(WIDTH, 0.6 + 2.3 * len(panels)))
    named = _named(findings)
    drawn = [name for panel in panels for name in _lines(record, panel.key)]
    colors = _colors(drawn, record, named)
    # Of a single panel `subplots` returns the bare axes, not an array.
    subplots = np.atleast_1d(figure.subplots(len(panels), sharex=True))
    for axes, panel in zip(subplots, panels, strict=True):
        _draw(axes, panel, steps, _lines(record, panel.key), colors)
    _step_axis(axes, steps)
    title = "Layers, from the input (pale) to the output (dark)"
    if named:
        more = ", …" if len(named) > 3 else ""
        title = f"Layers; those of the findings in orange: {', '.join(named[:3])}{more}"
    set_title(figure, title)
    return figure


def _lines(record: Mapping[str, Any], key: str) -> dict[str, np.ndarray]:
    """The values of each layer that has any, from the input to the output."""
    layers = record.get("layers", ())
    # The output layer is meant to saturate: its probabilities are close to 0 and 1.
    names = [layer["name"] for layer in layers if not (key == "share" and layer["output"])]
    moments = record.get("moments", ())
    rows = {name: [moment["layers"].get(name, {}).get(key) for moment in moments] for name in names}
    lines = {
        name: np.array([np.nan if v is None else v for v in row], float)
        for name, row in rows.items()
    }
    return {name: line for name, line in lines.items() if np.isfinite(line).any()}


def _named(findings: Iterable[Finding | Mapping[str, Any]]) -> list[str]:
    rows = [found.to_dict() if isinstance(found, Finding) else found for found in findings]
    layers = [layer for row in rows for layer in (row["layer"], *row["evidence"].get("layers", ()))]
    # Each once, in the order of the findings; a set would lose it.
    return list(dict.fromkeys(layer for layer in layers if layer))


def _colors(
    drawn: Sequence[str], record: Mapping[str, Any], named: Sequence[str]
) -> dict[str, str]:
    """Choose the layers' colours, the same in all panels."""
    ordered = [layer["name"] for layer in record["layers"] if layer["name"] in set(drawn)]
    depths = np.linspace(0, 1, max(2, len(ordered)))
    return {
        name: WRONG if name in named else to_hex(_DEPTH(depth))
        for name, depth in zip(ordered, depths, strict=False)
    }


def _draw(
    axes: Axes,
    panel: Panel,
    steps: Sequence[int],
    lines: Mapping[str, np.ndarray],
    colors: Mapping[str, str],
) -> None:
    ends = []
    for name, line in lines.items():
        color = colors[name]
        # Zero has no place on a logarithmic scale: the line is left open there.
        values = np.where(line > 0, line, np.nan) if panel.logarithmic else line
        known = np.isfinite(values)
        if not known.any():
            continue
        # The layers of the findings lie over the others.
        front = 3 if color == WRONG else 2
        dots: dict[str, Any] = {"marker": "o", "markersize": 2.6}
        axes.plot(np.array(steps)[known], values[known], color=color, zorder=front, **dots)
        ends.append((float(values[known][-1]), name, color))
    axes.set_title(panel.title)
    if panel.logarithmic and ends:
        _scale_by_logarithm(axes)
    if panel.guide:
        panel.guide(axes)
    _label(axes, ends)


def _scale_by_logarithm(axes: Axes) -> None:
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    # Over less than 50-fold, powers of ten alone would leave two ticks at most.
    axes.yaxis.set_major_locator(
        ticker.LogLocator(subs=(1.0,) if high > 50 * low else (1.0, 2.0, 5.0), numticks=7)
    )
    axes.yaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:g}"))
    # Where a logarithmic axis spans less than a decade, matplotlib labels its minor ticks too.
    axes.yaxis.set_minor_locator(ticker.NullLocator())


def _label(axes: Axes, ends: list[tuple[float, str, str]]) -> None:
    """Write the names at the ends of the lines; of many the first, the last and the findings'."""
    chosen = ends
    if len(ends) > MOST_LABELS:
        # Two labels are kept for the first and the last layer.
        chosen = [end for end in ends if end[2] == WRONG][: MOST_LABELS - 2]
        chosen = list(dict.fromkeys([ends[0], *chosen, ends[-1]]))
    label_ends(axes, chosen)


def _step_axis(axes: Axes, steps: list[int]) -> None:
    # The moments are spaced geometrically, so that the first steps get as much room as the last
    # ones.
    # Training begins at step 0, which has no logarithm: the scale is linear up to 1.
    axes.set_xscale("symlog", linthresh=1, linscale=0.6)
    last = max(steps)
    ticks = [0, *(10**power * digit for power in range(9) for digit in (1, 2, 5))]
    ticks = [tick for tick in ticks if tick <= last]
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    axes.xaxis.set_minor_locator(ticker.NullLocator())
    axes.set_xlim(-0.15, last * 1.05)
    axes.set_xlabel("training step")
