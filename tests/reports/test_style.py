import subprocess
import sys

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

from kerasrecipes.reports import curves, style

pytestmark = pytest.mark.pictures


@pytest.fixture
def evaluation(evaluate, history):
    return evaluate([[0.9, 0.1]], [0], history=history)


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
    style.png(curves.curves(evaluation))
    assert dict(matplotlib.rcParams) == before


def test_equal_figures_are_equal_bytes(evaluation):
    assert style.png(curves.curves(evaluation)) == style.png(curves.curves(evaluation))


def test_drawn_gives_name_caption_and_picture_of_those_that_can_be_drawn(evaluation):
    def nothing(evaluation):
        """Not here."""

    def broken(evaluation):
        raise OverflowError("cannot convert float infinity to integer\nsecond line")

    notes = []
    made = style.drawn(evaluation, [broken, curves.curves, nothing], notes)
    assert notes == [
        "the figure broken failed and was left out: OverflowError: cannot convert float infinity "
        "to integer"
    ]
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
