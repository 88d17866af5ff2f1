import keras
import numpy as np
import pytest

from kerasrecipes import registry
from kerasrecipes.comparison import loss_surface, sweep, weight_path
from kerasrecipes.comparison.comparison import Comparison, entry
from kerasrecipes.data.examples import Arrays

RANDOM = np.random.default_rng(0)


def line(l2=0.0):
    """A model of one weight and one bias, with rows near y = 3 x - 1."""
    x = RANDOM.normal(size=(50, 1)).astype("float32")
    y = 3 * x - 1 + RANDOM.normal(0, 0.1, (50, 1)).astype("float32")
    model = keras.Sequential(
        [keras.Input((1,)), keras.layers.Dense(1, kernel_regularizer=keras.regularizers.L2(l2))]
    )
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mean_squared_error")
    return model, x, y


def test_the_recorder_sees_each_step_of_a_small_model():
    model, x, y = line()
    recorder = weight_path.Recorder()
    start = weight_path.parameters(model)
    history = model.fit(
        x, y, batch_size=20, epochs=2, shuffle=False, verbose=0, callbacks=[recorder]
    )
    assert recorder.path.shape == (7, 2), "the start, and three steps in each of two epochs"
    np.testing.assert_array_equal(recorder.path[0], start)
    np.testing.assert_array_equal(recorder.path[-1], weight_path.parameters(model))
    w, b = start
    first = np.mean((y[:20] - (w * x[:20] + b)) ** 2)
    assert recorder.losses[0] == pytest.approx(first, rel=1e-4)
    second_epoch = np.average(recorder.losses[3:], weights=(20, 20, 10))
    assert second_epoch == pytest.approx(history.history["loss"][1], rel=1e-4), (
        "each loss is its own batch's"
    )


def test_a_long_path_is_thinned_and_keeps_both_ends(monkeypatch):
    monkeypatch.setattr(weight_path, "MOST_POINTS", 8)
    monkeypatch.setattr(weight_path, "FIRST_LOSSES", 5)
    model, x, y = line()
    recorder, start = weight_path.Recorder(), weight_path.parameters(model)
    model.fit(x, y, batch_size=10, epochs=7, verbose=0, callbacks=[recorder])
    assert 4 <= len(recorder.path) <= 9 and len(recorder.losses) == 5
    np.testing.assert_array_equal(recorder.path[[0, -1]], [start, weight_path.parameters(model)])


def test_a_larger_model_has_losses_and_no_path():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(loss="mean_squared_error")
    recorder = weight_path.Recorder()
    model.fit(np.ones((4, 2)), np.ones((4, 1)), batch_size=2, verbose=0, callbacks=[recorder])
    assert recorder.path.shape == (0, 2) and len(recorder.losses) == 2


@pytest.mark.parametrize("l2", [0.0, 0.5])
def test_the_surface_is_the_loss_at_each_place(l2):
    model, x, y = line(l2)
    before = weight_path.parameters(model)
    first, second = [-1.0, 0.0, 3.0], [-1.0, 2.0]
    found = weight_path.surface(model, Arrays(x, y), first, second)
    expected = [[np.mean((y - (w * x + b)) ** 2) + l2 * w * w for w in first] for b in second]
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    np.testing.assert_array_equal(weight_path.parameters(model), before)


def test_parameters_are_named_in_their_order():
    model, _, _ = line()
    assert weight_path.names(model) == ("kernel", "bias")
    alone = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, use_bias=False)])
    assert weight_path.names(alone) == ("kernel 1", "kernel 2")


def test_the_grid_covers_both_ends_but_not_one_leap():
    path = np.column_stack([np.linspace(0, 1, 100), np.linspace(5, 4, 100)])
    path[50], path[51] = (1000, -1000), (np.nan, np.inf)
    first, second = loss_surface.grid([path])
    assert first[0] < 0 and 1 < first[-1] < 2 and 3 < second[0] < 4 and 5 < second[-1] < 6


def test_averages_by_hand():
    plain, corrected = loss_surface.average([4.0, 2.0, 6.0], 0.5)
    np.testing.assert_allclose(plain, [2.0, 2.0, 4.0])
    np.testing.assert_allclose(corrected, [4.0, 8 / 3, 32 / 7])
    np.testing.assert_allclose(loss_surface.average([3.0] * 9, 0.98)[1], 3.0)


def test_the_figure_of_averages_has_a_panel_for_each_beta(texts):
    figure = loss_surface.averages(2 + RANDOM.normal(size=40), "optimizer=sgd")
    assert [axes.get_title(loc="left").split(":")[0] for axes in figure.axes] == [
        "β = 0.5",
        "β = 0.9",
        "β = 0.98",
    ]
    assert "training loss, optimizer=sgd" in texts(figure)
    _, plain, corrected = figure.axes[2].get_lines()
    assert plain.get_ydata()[0] < corrected.get_ydata()[0]


@pytest.fixture(scope="module")
def compare():
    """Train `linear` briefly for each value, and give what was kept of it."""

    def train(by, data="outliers", repeats=1, **values):
        kept = loss_surface.Descents(by)
        said = {
            "data": data,
            "limit": 60,
            "epochs": 2,
            "diagnose": False,
            "observers": (),
            "descents": kept,
        }
        runs = list(sweep.train("linear", registry.load("linear"), values, repeats=repeats, **said))
        return kept, runs

    return train


@pytest.mark.slow
def test_a_comparison_of_optimizers_shows_paths_and_averages(compare, texts):
    kept, runs = compare(["optimizer"], optimizer=["sgd", "adam"], repeats=2)
    assert [name for name, _, _ in kept.pictures()] == ["surfaces", "averages"]
    ((_, landscape),) = kept._landscapes.values()
    assert list(landscape.paths) == ["optimizer=sgd", "optimizer=adam"], "the first seed of each"
    np.testing.assert_array_equal(
        landscape.paths["optimizer=sgd"][0], landscape.paths["optimizer=adam"][0]
    )
    written = texts(loss_surface.surfaces([landscape]))
    assert {"kernel", "bias", "optimizer=sgd", "optimizer=adam"} <= set(written)
    entries = [entry(run) for _, run in runs]
    found = Comparison(title="Optimizers", entries=entries, by=["optimizer"], descents=kept)
    page = found.write().read_text(encoding="utf-8")
    assert '<figure id="surfaces">' in page and '<figure id="averages">' in page


def test_each_loss_has_a_surface_of_its_own(compare):
    kept, _ = compare(["loss"], loss=["mse", "mae"])
    assert [name for name, _, _ in kept.pictures()] == ["surfaces"]
    squared, absolute = (landscape for _, landscape in kept._landscapes.values())
    assert (squared.title, absolute.title) == ("loss=mse", "loss=mae")
    assert not np.allclose(squared.losses, absolute.losses)


def test_more_parameters_have_no_surface(compare):
    kept, _ = compare(["learning_rate"], data="bmi", learning_rate=[0.1, 0.01])
    assert kept.pictures() == []
