"""Several heads on shared layers, and how much each counts."""

import keras
import numpy as np
import pytest

from kerasrecipes.models.multi_head import multi_head

TASKS = {"kind": ("multiclass", 3), "age": ("regression", 1)}


def built(balance):
    model = multi_head(
        (16, 16, 1), TASKS, target={"age": (40.0, 10.0)}, filters=(4,), units=8, balance=balance
    )
    kinds = keras.losses.SparseCategoricalCrossentropy()
    model.compile("sgd", loss={"kind": kinds, "age": keras.losses.MeanSquaredError()})
    return model


@pytest.mark.parametrize("balance", ["equal", "uncertainty"])
def test_outputs_have_their_units(balance):
    model = built(balance)
    x = np.random.default_rng(0).integers(0, 255, (5, 16, 16, 1), np.uint8)
    found = model.predict(x, verbose=0)
    np.testing.assert_allclose(found["kind"].sum(axis=1), 1, rtol=1e-5)
    assert found["age"].shape == (5, 1) and abs(found["age"].mean() - 40) < 60


def test_losses_are_divided_by_variances_that_are_learned(tmp_path):
    model = built("uncertainty")
    random = np.random.default_rng(0)
    x = random.integers(0, 255, (8, 16, 16, 1), np.uint8)
    y = {"kind": random.integers(0, 3, 8), "age": random.normal(40, 10, (8, 1)).astype("float32")}
    model.log_variances.assign([0.5, -1.0])
    found = model.evaluate(x, y, return_dict=True, verbose=0)
    logs = np.array([0.5, -1.0])
    own = np.array([found["kind_loss"], found["age_loss"]])
    assert found["loss"] == pytest.approx((np.exp(-logs) * own + logs / 2).sum(), rel=1e-4)
    model.fit(x, y, verbose=0, epochs=1)
    assert not np.allclose(np.asarray(model.log_variances), logs)
    model.save(tmp_path / "m.keras")
    loaded = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(loaded.log_variances, model.log_variances)
    assert loaded.evaluate(x, y, verbose=0, return_dict=True)["loss"] == pytest.approx(
        model.evaluate(x, y, verbose=0, return_dict=True)["loss"], rel=1e-5
    )
