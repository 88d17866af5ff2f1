"""A recipe under keras-tuner's own tuners."""

from importlib.util import find_spec

import keras
import keras_tuner
import pytest

import kerasrecipes
from kerasrecipes.errors import UserError

bare = keras.backend.backend() == "tensorflow" and find_spec("tensorboard") is None
needs_tensorboard = pytest.mark.skipif(bare, reason="keras-tuner needs TensorBoard on TensorFlow")


@needs_tensorboard
@pytest.mark.slow
@pytest.mark.parametrize("tuner", [keras_tuner.RandomSearch, keras_tuner.Hyperband])
def test_any_tuner_takes_it(tuner, tmp_path):
    search = {"hidden_layers": "choice(4/8)"}
    model = kerasrecipes.hypermodel(
        "mlp", "wine", search=search, epochs=1, activation="tanh", limit=40
    )
    given = {"max_epochs": 2} if tuner is keras_tuner.Hyperband else {"max_trials": 2}
    found = tuner(model, objective="val_accuracy", directory=tmp_path, **given)
    found.search()
    best = found.get_best_hyperparameters()[0].values
    assert best["hidden_layers"] in ("4", "8") and best["activation"] == "tanh"
    assert found.get_best_models()[0].count_params() > 0
    assert found.oracle.get_best_trials()[0].score > 0


@needs_tensorboard
def test_a_recipe_of_several_phases_is_refused():
    with pytest.raises(UserError, match=r"use kerasrecipes\.tune"):
        kerasrecipes.hypermodel("transfer")


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="TensorBoard is wanted on TensorFlow alone"
)
def test_what_keras_tuner_wants_is_told(monkeypatch):
    monkeypatch.setattr("kerasrecipes.tuning.hypermodel.find_spec", lambda name: None)
    with pytest.raises(UserError, match="need TensorBoard on TensorFlow"):
        kerasrecipes.hypermodel("mlp")


@needs_tensorboard
def test_it_keeps_the_sizes_of_the_run_that_it_begins_with(tmp_path):
    (tmp_path / "config.toml").write_text('recipe = "gpt"\n[settings]\nunits = 12\n')
    model = kerasrecipes.hypermodel("gpt", weights=str(tmp_path))
    assert model.space.pinned == {"units": 12, "weights": str(tmp_path)}
