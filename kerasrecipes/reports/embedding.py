"""Figures of embeddings: how far the same and others are apart, nearest neighbours, a map."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.offsetbox import AnnotationBbox, OffsetImage
from matplotlib.ticker import PercentFormatter

from kerasrecipes.inference.embedding import calibration
from kerasrecipes.metrics.embedding import Pairs, distances, pairs_of, some
from kerasrecipes.metrics.names import percent
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports.curves import curves
from kerasrecipes.reports.formatting import counted
from kerasrecipes.reports.images import displayable, show, write_below
from kerasrecipes.reports.style import (
    FAINT,
    INK,
    MUTED,
    RIGHT,
    SERIES,
    WIDTH,
    WRONG,
    label_ends,
    set_title,
    style,
)

_NEIGHBOURS = 7  # of an image that are shown
_ASKED = 5  # images whose neighbours are shown
_ON_MAP = 600  # images; more would hide each other, and take long to place
_NAMED = 24  # identities of the map that have a photograph in it


def _measured(evaluation: Evaluation) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the images that are measured, their labels and their distances."""
    chosen = some(len(evaluation.examples))
    labels = np.asarray(evaluation.labels)[chosen]
    return chosen, labels, distances(np.asarray(evaluation.outputs)[chosen])


def _of_pixels(evaluation: Evaluation, chosen: np.ndarray, labels: np.ndarray) -> Pairs:
    pixels = np.asarray(evaluation.examples.take(chosen)[0], np.float32)
    return pairs_of(distances(pixels.reshape(len(pixels), -1)), labels)


@style()
def apart(evaluation: Evaluation) -> Figure | None:
    """Distances between images of the same identity and of different ones; the line is the distance
    up to which two are said to be the same, chosen on the validation split.
    """
    _, labels, lengths = _measured(evaluation)
    pairs = pairs_of(lengths, labels)
    if not pairs:
        return None
    figure = Figure(figsize=(WIDTH, 3.2))
    axes: Any = figure.add_subplot()
    edges = np.linspace(0, max(pairs.same[-1], pairs.different[-1]), 50)
    for values, colour, name, place in (
        (pairs.same, RIGHT, "same", 0.02),
        (pairs.different, WRONG, "different", 0.98),
    ):
        weights = np.full(len(values), 1 / len(values))
        heights, *_ = axes.hist(values, edges, weights=weights, color=colour, alpha=0.55)
        peak = float(edges[int(heights.argmax())])
        side = "left" if place > 0.5 else "right"
        axes.annotate(
            f"{name} ({len(values):,} pairs)",
            (peak, heights.max()),
            (8 if side == "left" else -2, 5),
            textcoords="offset points",
            color=colour,
            ha=side if peak > edges[10] else "left",
        )
    axes.margins(y=0.18)
    axes.set(xlabel="distance", ylabel="share of the pairs")
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    calibrated = calibration(evaluation)
    told = (
        f"The same are {np.median(pairs.same):.2f} apart, others {np.median(pairs.different):.2f}"
    )
    if calibrated is not None:
        threshold = calibrated[0]
        axes.axvline(threshold, color=INK, linewidth=1.2, linestyle="--")
        told += f"; up to {threshold:.2f}, {percent(pairs.balanced_accuracy(threshold))} are right"
    set_title(figure, told)
    return figure


@style()
def roc(evaluation: Evaluation) -> Figure | None:
    """Share of the pairs of one identity that are recognized, by the share of other pairs that are
    taken for one, from the strictest threshold to the loosest; by embeddings and by pixels.
    """
    chosen, labels, lengths = _measured(evaluation)
    pairs = pairs_of(lengths, labels)
    if not pairs:
        return None
    figure = Figure(figsize=(WIDTH, 3.8))
    axes = figure.add_subplot()
    ends = []
    raw = _of_pixels(evaluation, chosen, labels)
    for one, name, colour in ((pairs, "embeddings", SERIES[0]), (raw, "pixels", MUTED)):
        false = np.unique(np.concatenate([np.geomspace(1e-4, 1, 200), [0.01, 0.1]]))
        places = np.ceil(false * len(one.different)).astype(int) - 1
        found, wrong = one.rates(one.different[np.clip(places, 0, None)])
        axes.plot(wrong, found, color=colour)
        ends.append((float(found[len(found) * 3 // 4]), name, colour))
    axes.plot(false, false, color=FAINT, linestyle=":", zorder=0)
    axes.set_xscale("log")
    axes.set(xlabel="of two identities, taken for one (logarithmic)", ylabel="recognized")
    axes.set(xlim=(max(1e-4, 1 / len(pairs.different)), 1), ylim=(0, 1.02))
    axes.xaxis.set_major_formatter(lambda share, _: f"{100 * share:g}%")
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    label_ends(axes, ends)
    recognized, _ = pairs.rates(pairs.different[max(0, int(0.01 * len(pairs.different)) - 1)])
    set_title(
        figure,
        f"{percent(float(recognized))} of the pairs are recognized where 1 % of others are "
        f"mistaken; AUC {pairs.auc:.3f}, of pixels {raw.auc:.3f}",
    )
    return figure


@style()
def nearest_images(evaluation: Evaluation) -> Figure | None:
    """Images of the split and those that are nearest to them, the nearest first: framed by whether
    they are of the same identity. From those with the most mistakes to those with the fewest.
    """
    chosen, labels, lengths = _measured(evaluation)
    if len(labels) < 3:
        return None
    np.fill_diagonal(lengths, np.inf)
    count = min(_NEIGHBOURS, len(labels) - 1)
    order = np.argsort(lengths, axis=1, kind="stable")[:, :count]
    same = labels[order] == labels[:, None]
    others = (labels[:, None] == labels).sum(axis=1) - 1
    # Of an identity with three images two neighbours can be right.
    wrong = np.minimum(others, count) - same.sum(axis=1)
    candidates = np.flatnonzero(others > 0)
    if not len(candidates):
        return None
    candidates = candidates[np.argsort(-wrong[candidates], kind="stable")]
    asked = candidates[np.unique(np.linspace(0, len(candidates) - 1, _ASKED).astype(int))]
    shown = np.column_stack([asked, order[asked]]).ravel()
    pictures = displayable(evaluation.examples.take(chosen[shown])[0])
    if pictures is None:
        return None
    columns = count + 1
    side = WIDTH / columns * pictures.shape[1] / pictures.shape[2]
    figure = Figure(figsize=(WIDTH, len(asked) * (side + 0.12) + 0.6))
    panels = figure.subplots(len(asked), columns, squeeze=False)
    for number, (axes, picture) in enumerate(zip(panels.ravel(), pictures, strict=True)):
        row, column = divmod(number, columns)
        if not column:
            show(axes, picture)
            write_below(axes, "asked", 3, INK, "bold")
            continue
        right = bool(same[asked[row], column - 1])
        show(axes, picture, RIGHT if right else WRONG)
        write_below(axes, f"{lengths[asked[row], shown[number]]:.2f}", 3, MUTED)
    first = float(same[candidates, 0].mean())
    set_title(figure, f"The nearest image is of the same identity for {percent(first)}")
    return figure


@style()
def map_of_the_space(evaluation: Evaluation) -> Figure | None:
    """The space of the embeddings laid flat (t-SNE): a dot is an image, a colour an identity, and a
    photograph stands where its identity's images are. Near stays near; wide gaps mean little.
    """
    count = min(len(evaluation.examples), _ON_MAP)
    vectors, labels = np.asarray(evaluation.outputs), np.asarray(evaluation.labels)
    # Whole identities, so that what belongs together can be seen.
    order = np.argsort(labels, kind="stable")[:count]
    names = np.unique(labels[order])
    if count < 12 or len(names) < 2:
        return None
    from sklearn.manifold import TSNE

    places = TSNE(perplexity=min(20, count / 4), init="pca", random_state=0).fit_transform(
        vectors[order]
    )
    pictures = displayable(evaluation.examples.take(order)[0])
    figure = Figure(figsize=(WIDTH, 6.2))
    axes: Any = figure.add_subplot()
    for number, name in enumerate(names):
        own = labels[order] == name
        axes.scatter(*places[own].T, s=14, color=SERIES[number % len(SERIES)], linewidths=0)
        if pictures is None or number >= _NAMED:
            continue
        middle = np.median(places[own], axis=0)
        index = np.flatnonzero(own)[((places[own] - middle) ** 2).sum(axis=1).argmin()]
        zoom = 40 / max(pictures.shape[1:3])
        image = OffsetImage(pictures[index], zoom=zoom, cmap="gray")
        axes.add_artist(
            AnnotationBbox(
                image,
                places[index],
                pad=0.1,
                bboxprops={"edgecolor": SERIES[number % len(SERIES)], "linewidth": 1.5},
            )
        )
    axes.set(xticks=[], yticks=[])
    axes.grid(False)
    axes.margins(0.06)
    persons = counted(len(names), "identity", "identities")
    set_title(figure, f"{counted(count, 'image')} of {persons}, laid flat")
    return figure


EMBEDDING_FIGURES = (curves, apart, roc, nearest_images, map_of_the_space)
