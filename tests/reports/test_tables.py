"""Figures of tables appear where they apply, and say what is so."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.tables.columns import EncodedColumn
from kerasrecipes.data.tables.preprocessor import TablePreprocessor
from kerasrecipes.info import Info
from kerasrecipes.models.mlp import mlp
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports import tables
from kerasrecipes.reports.style import png

RANDOM = np.random.default_rng(0)

POINTS = TablePreprocessor(
    targets=("t",),
    order=("x", "y", "t"),
    columns=tuple(EncodedColumn(name=name, kind="number") for name in "xy"),
)


def evaluation(model, x, y, info):
    outputs = model.predict(x, verbose=0)
    return Evaluation(
        recipe="r",
        model=model,
        info=info,
        examples=Arrays(x, y),
        labels=y,
        outputs=outputs,
        metrics={},
    )


def two_classes(task="binary"):
    """A line at x = 0 that has one of 40 points on the wrong side."""
    x = np.stack([np.linspace(-2, 2, 40), RANDOM.normal(size=40)], axis=1).astype("float32")
    y = (x[:, 0] > 0).astype(int)
    y[0] = 1
    model = mlp((2,), 1, task=task, hidden_layers=())
    model.set_weights([np.array([[3.0], [0.0]]), np.array([0.0])])
    info = Info(input_shape=(2,), classes=("left", "right"), task=task, preprocessor=POINTS)
    return evaluation(model, x, 2 * y - 1.0 if task == "signed" else y, info)


def titles(figure):
    return " ".join(
        [axes.get_title(loc="left") or axes.get_title() for axes in figure.axes]
        + [figure.get_suptitle()]
    )


@pytest.mark.parametrize("task", ["binary", "signed"])
def test_the_border_between_two_classes(task):
    figure = tables.decision_boundary(two_classes(task))
    assert "1\u00a0example of 40 on the wrong side" in titles(figure)
    assert png(figure).startswith(b"\x89PNG")


def test_the_border_between_three_classes():
    x = RANDOM.normal(size=(30, 2)).astype("float32")
    y = RANDOM.integers(0, 3, 30)
    info = Info(
        input_shape=(2,),
        classes=("a", "b", "c"),
        task="multiclass",
        preprocessor=POINTS,
    )
    assert isinstance(tables.decision_boundary(evaluation(mlp((2,), 3), x, y, info)), Figure)


def test_weights_name_the_heaviest_feature():
    figure = tables.weights(two_classes())
    assert titles(figure).startswith("x has the greatest weight")


def regression(slope=2.0):
    x = RANDOM.normal(size=(60, 2)).astype("float32")
    y = (slope * x[:, :1] + 1).astype("float32")
    model = mlp((2,), 1, task="regression", hidden_layers=())
    model.set_weights([np.array([[slope], [0.0]]), np.array([1.0])])
    info = Info(input_shape=(2,), targets=("t",), task="regression", preprocessor=POINTS)
    return evaluation(model, x, y, info)


def test_predicted_and_true_tells_the_explained_variance():
    assert "100" in titles(tables.predicted_and_true(regression()))


def test_outliers_move_the_squared_error_most():
    figure = tables.outliers_and_losses(regression())
    moved = {}
    for part in titles(figure).split("the line of ")[1].split(", "):
        name, _, shift = part.split()
        moved[name] = float(shift)
    assert moved["MSE"] > 3 * moved["Huber"] >= 3 * moved["MAE"]


def test_lines_by_each_loss():
    x = np.linspace(0, 10, 50)
    y = 3 * x + 5
    for loss in ("mse", "mae", "huber"):
        np.testing.assert_allclose(tables.fit_line(x, y, loss), (3, 5), rtol=1e-6)
    y[::10] += 100
    np.testing.assert_allclose(tables.fit_line(x, y, "mae"), (3, 5), atol=1e-3)
    assert tables.fit_line(x, y, "mse")[1] > 10


def test_figures_that_do_not_apply_are_left_out():
    assert tables.predicted_and_true(two_classes()) is None
    assert tables.outliers_and_losses(two_classes()) is None
    assert tables.decision_boundary(regression()) is None
