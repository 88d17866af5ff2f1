import dataclasses
import io
import math

import pytest
from PIL import Image

from kerasrecipes.reports import curves, style


@pytest.fixture
def evaluation(evaluate, history):
    return evaluate([[0.9, 0.1]], [0], history=history)


def titles(figure):
    return [axes.get_title(loc="left") for axes in figure.axes]


def test_curves_say_what_is_seen(evaluation):
    loss, accuracy, rate = titles(curves.curves(evaluation))
    assert loss == "Loss by epoch — best 0.5 at\u00a0epoch\u00a06"
    assert accuracy == "Accuracy by epoch — best 90.0\u00a0% at\u00a0epoch\u00a06"
    assert rate == "Learning rate — highest 0.0005, at the end 3.9e-06"


def test_a_steady_learning_rate_and_times_are_not_drawn(evaluation, history):
    steady = [{**row, "learning_rate": 1e-3} for row in history]
    assert len(curves.curves(dataclasses.replace(evaluation, history=steady)).axes) == 2


def test_the_best_epoch_is_marked(evaluation):
    axes = curves.curves(evaluation).axes[0]
    ring = [line for line in axes.lines if line.get_markerfacecolor() == style.PAPER]
    assert [(line.get_xdata()[0], line.get_ydata()[0]) for line in ring] == [(6.0, 0.5)]


@pytest.mark.parametrize("epochs", [1, 2, 3])
@pytest.mark.parametrize(
    "names", [["loss"], ["loss", "val_loss"], ["loss", "auc", "val_auc"], ["val_bleu"]]
)
def test_short_histories(evaluation, epochs, names):
    history = [{"epoch": epoch, **dict.fromkeys(names, 0.5)} for epoch in range(epochs)]
    figure = curves.curves(dataclasses.replace(evaluation, history=history))
    assert Image.open(io.BytesIO(style.png(figure))).width == style.WIDTH * style.DOTS_PER_INCH


def test_no_history_no_figure(evaluation):
    assert curves.curves(dataclasses.replace(evaluation, history=())) is None
    assert (
        curves.curves(dataclasses.replace(evaluation, history=[{"epoch": 1, "seconds": 2.0}]))
        is None
    )


def test_a_loss_that_breaks_is_told_and_drawn(evaluation):
    values = [2.0, 40.0, math.inf, math.nan, math.nan]
    history = [{"epoch": epoch, "loss": loss} for epoch, loss in enumerate(values, start=1)]
    figure = curves.curves(dataclasses.replace(evaluation, history=history))
    assert titles(figure) == ["Loss by epoch — not a number from epoch 3 on"]
    assert style.png(figure)
    history = [{"epoch": 1, "loss": math.nan, "val_loss": math.nan}]
    assert style.png(curves.curves(dataclasses.replace(evaluation, history=history)))


def test_what_is_neither_good_nor_bad_has_no_best():
    history = [{"epoch": n, "episodes": 10.0 * n, "mean_return": n} for n in range(1, 5)]
    titles = [curves._curve_title(curves.curve(history, n)) for n in ("episodes", "mean_return")]
    assert titles[0] == "Episodes by epoch" and "best 4" in titles[1]
