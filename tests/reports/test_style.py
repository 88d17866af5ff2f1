import dataclasses
import io
import math
import subprocess
import sys

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from kerasrecipes.reports import style


@pytest.fixture
def evaluation(evaluate, history):
    return evaluate([[0.9, 0.1]], [0], history=history)


def titles(figure):
    return [axes.get_title(loc="left") for axes in figure.axes]


def test_curves_say_what_is_seen(evaluation):
    loss, accuracy, rate = titles(style.curves(evaluation))
    assert loss == "Loss by epoch — best 0.5 at\u00a0epoch\u00a06"
    assert accuracy == "Accuracy by epoch — best 90.0\u00a0% at\u00a0epoch\u00a06"
    assert rate == "Learning rate — highest 0.0005, at the end 3.9e-06"


def test_a_steady_learning_rate_and_times_are_not_drawn(evaluation, history):
    steady = [{**row, "learning_rate": 1e-3} for row in history]
    assert len(style.curves(dataclasses.replace(evaluation, history=steady)).axes) == 2


def test_the_best_epoch_is_marked(evaluation):
    axes = style.curves(evaluation).axes[0]
    ring = [line for line in axes.lines if line.get_markerfacecolor() == style.PAPER]
    assert [(line.get_xdata()[0], line.get_ydata()[0]) for line in ring] == [(6.0, 0.5)]


@pytest.mark.parametrize("epochs", [1, 2, 3])
@pytest.mark.parametrize(
    "names", [["loss"], ["loss", "val_loss"], ["loss", "auc", "val_auc"], ["val_bleu"]]
)
def test_short_histories(evaluation, epochs, names):
    history = [{"epoch": epoch, **dict.fromkeys(names, 0.5)} for epoch in range(epochs)]
    figure = style.curves(dataclasses.replace(evaluation, history=history))
    assert Image.open(io.BytesIO(style.png(figure))).width == style.WIDTH * style.DOTS_PER_INCH


def test_no_history_no_figure(evaluation):
    assert style.curves(dataclasses.replace(evaluation, history=())) is None
    assert (
        style.curves(dataclasses.replace(evaluation, history=[{"epoch": 1, "seconds": 2.0}]))
        is None
    )


def test_a_loss_that_breaks_is_told_and_drawn(evaluation):
    values = [2.0, 40.0, math.inf, math.nan, math.nan]
    history = [{"epoch": epoch, "loss": loss} for epoch, loss in enumerate(values, start=1)]
    figure = style.curves(dataclasses.replace(evaluation, history=history))
    assert titles(figure) == ["Loss by epoch — not a number from epoch 3 on"]
    assert style.png(figure)
    history = [{"epoch": 1, "loss": math.nan, "val_loss": math.nan}]
    assert style.png(style.curves(dataclasses.replace(evaluation, history=history)))


@pytest.mark.parametrize(
    ("name", "values", "scale"),
    [
        ("loss", [2.0, 1.5, 1.2, 1.0], "linear"),
        ("loss", [2.0, 0.1, 0.05, 0.02, 0.01], "log"),
        ("loss", [2.0, 0.1, 0.05, 0.0, 0.0], "linear"),
        ("accuracy", [0.5, 0.6, 0.7, 0.8], "linear"),
        ("accuracy", [0.5, 0.97, 0.98, 0.99, 1.0], "function"),
        ("learning_rate", [1e-3] * 3 + [1e-4] * 3 + [1e-5] * 6, "log"),
    ],
)
def test_the_scale_is_logarithmic_where_the_range_demands_it(name, values, scale):
    axes = Figure().add_subplot()
    axes.plot(range(len(values)), values)
    style.set_scale(axes, name, np.array(values))
    assert axes.get_yscale() == scale


def test_a_perfect_accuracy_is_drawn_at_its_tick():
    axes = Figure().add_subplot()
    values = np.array([0.5, 0.97, 0.98, 0.99, 1.0])
    axes.plot(range(5), values)
    style.set_scale(axes, "accuracy", values)
    assert axes.get_yticklabels()[-1].get_text() == "100%"
    places = axes.transData.transform([(0, 1.0), (0, axes.get_yticks()[-1])])
    assert places[0][1] == pytest.approx(places[1][1])


def test_moved_apart_keeps_order_distance_and_centre():
    assert style.moved_apart([0.1, 0.5, 0.9], 0.1) == pytest.approx([0.1, 0.5, 0.9])
    assert style.moved_apart([0.5, 0.5, 0.5], 0.1) == pytest.approx([0.4, 0.5, 0.6])
    assert style.moved_apart([], 0.1) == []
    places = np.sort(np.random.default_rng(0).random(30))
    moved = style.moved_apart(places, 0.05)
    assert np.diff(moved).min() >= 0.05 - 1e-9
    assert np.mean(moved) == pytest.approx(np.mean(places))


def test_style_leaves_matplotlib_as_it_was(evaluation):
    before = dict(matplotlib.rcParams)
    style.png(style.curves(evaluation))
    assert dict(matplotlib.rcParams) == before


def test_equal_figures_are_equal_bytes(evaluation):
    assert style.png(style.curves(evaluation)) == style.png(style.curves(evaluation))


def test_drawn_gives_name_caption_and_picture_of_those_that_apply(evaluation):
    def nothing(evaluation):
        """Not here."""

    made = style.drawn(evaluation, [style.curves, nothing])
    assert [(name, caption) for name, caption, _ in made] == [
        (
            "curves",
            "Learning curves: loss and metrics by epoch, on the training and the validation "
            "examples. A ring marks the best epoch.",
        )
    ]
    assert made[0][2].startswith(b"\x89PNG")


def test_importing_the_figures_loads_neither_pyplot_nor_a_framework():
    code = (
        "import sys, kerasrecipes.reports.image_classification, kerasrecipes.comparison.page\n"
        "print(sorted({'matplotlib.pyplot', 'keras', 'tensorflow', 'jax'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
