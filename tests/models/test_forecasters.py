import keras
import numpy as np
import pytest

from kerasrecipes.models.forecasters import forecaster

NETWORKS = ("linear", "lstm", "tcn", "nbeats")


def build(network, **given):
    return forecaster(20, 6, 4, network=network, **{"units": 8, "depth": 2, **given})


@pytest.mark.parametrize("network", NETWORKS)
def test_a_forecast_follows_the_level_and_the_size_of_its_window(network, tmp_path):
    model = build(network)
    past = np.random.default_rng(0).normal(size=(3, 20)).astype("float32")
    found = np.asarray(model(past))
    assert found.shape == (3, 6, 4)
    moved = np.asarray(model(past * 10 + 100))
    np.testing.assert_allclose(moved, found * 10 + 100, rtol=2e-2, atol=0.2)
    model.save(tmp_path / "a.keras")
    again = keras.saving.load_model(tmp_path / "a.keras")
    np.testing.assert_allclose(np.asarray(again(past)), found, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("network", NETWORKS)
def test_every_row_of_the_past_has_a_say(network):
    model = build(network, normalization="none")
    past = np.zeros((1, 20), "float32")
    base = np.asarray(model(past))
    for row in (0, 10, 19):
        other = past.copy()
        other[0, row] = 50.0
        assert np.abs(np.asarray(model(other)) - base).max() > 0, row


def test_the_linear_network_has_two_products():
    assert build("linear").count_params() == 2 * (20 * 24 + 24)


def test_blocks_of_nbeats_have_the_layers_of_the_paper():
    model = build("nbeats", depth=3, units=8)
    hidden = (20 * 8 + 8) + 2 * (8 * 8 + 8)
    assert model.count_params() == 3 * (hidden + 8 * 24 + 24) + 2 * (8 * 20 + 20)


@pytest.mark.parametrize("network", NETWORKS)
def test_covariates_have_a_say(network, tmp_path):
    model = forecaster(20, 6, 4, 3, 2, network=network, units=8, depth=2)
    shapes = {"past": (2, 20), "observed": (2, 20, 3), "known": (2, 6, 2)}
    random = np.random.default_rng(0)
    inputs = {name: random.normal(size=shape).astype("float32") for name, shape in shapes.items()}
    base = np.asarray(model(inputs))
    assert base.shape == (2, 6, 4)
    for name in ("observed", "known"):
        changed = np.asarray(model({**inputs, name: inputs[name] + 1}))
        assert np.abs(changed - base).max() > 1e-4, name
    past_alone = forecaster(20, 6, 4, 1, 0, network=network, units=8, depth=2)
    assert set(past_alone.input) == {"past", "observed"}
