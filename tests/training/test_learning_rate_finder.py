"""The range test proposes a rate where the loss falls, for every kind of training, and keeps
nothing.
"""

import keras
import numpy as np
import pytest

from kerasrecipes import api
from kerasrecipes.cli import main
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Recipe
from kerasrecipes.runs.finding import all_runs
from kerasrecipes.training.learning_rate_finder import HIGHEST, LOWEST, propose, smooth
from tests.training.test_resume import PAGE
from tests.training.transfers import SETTINGS


@pytest.mark.parametrize("fall", [1e-4, 1e-3, 1e-1])
@pytest.mark.parametrize("noise", [0.0, 0.05])
def test_the_rate_is_where_the_loss_falls_fastest(fall, noise):
    steps = np.arange(140)
    rates = LOWEST * (HIGHEST / LOWEST) ** (steps / 139)
    # A sigmoid on the logarithmic scale, which falls fastest in its middle, and then a divergence.
    distance = np.log10(rates / fall)
    losses = 1 / (1 + np.exp(4 * distance)) + 0.1 + np.exp(6 * (distance - 1.5))
    losses += np.random.default_rng(0).normal(0, noise, len(steps))
    proposed = propose(rates, smooth(losses))
    assert fall / 2 < proposed < fall * 2


def test_nothing_is_proposed_where_the_loss_does_not_fall():
    rates = np.logspace(-6, 0, 100)
    for losses in (np.ones(100), 1 + rates, 1 - 0.01 * rates):
        assert propose(rates, smooth(losses)) is None


@pytest.mark.slow
def test_the_same_seed_proposes_the_same_rate_and_no_run_appears(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("KERASRECIPES_HOME", str(tmp_path))
    words = ["run", PAGE, "--find-learning-rate", "--batch-size", "20", "dropout_rate=0.1"]
    said = []
    for _ in range(2):
        keras.utils.clear_session()
        assert main([*words, "--learning-rate", "7"]) == 0
        said.append(capsys.readouterr().out.split())
    commands = [out[out.index("next") + 1 :] for out in said]
    assert commands[0] == commands[1]
    *before, flag, rate = commands[0]
    kept = ["kerasrecipes", "run", PAGE, "--batch-size", "20", "dropout_rate=0.1"]
    assert before == kept and flag == "--learning-rate" and 1e-5 < float(rate) < 1
    folders = sorted(tmp_path.glob("pages/learning-rate-*"))
    assert len(folders) == 2 and not all_runs(parent=tmp_path)
    for folder in folders:
        assert {file.name for file in folder.iterdir()} == {"learning_rate.png", "report.html"}
        assert f"--learning-rate {rate}" in (folder / "report.html").read_text()
    # The command trains with what was proposed.
    assert main([*commands[0][1:], "--epochs", "1"]) == 0
    (run,) = all_runs(parent=tmp_path)
    assert run.config.training.learning_rate == float(rate)


def test_a_training_in_phases_is_tried_in_its_first():
    keras.utils.clear_session()
    found = api.find_learning_rate("transfer", **SETTINGS, freeze="last_block")
    assert found.phase == "head" and found.proposed is not None
    assert len(found.rates) == len(found.losses) == len(found.smoothed)


def test_schedule_averages_and_accumulation_do_not_disturb_it():
    said = {"schedule": "cosine", "warmup_epochs": 1, "ema": 0.9, "clip_norm": 1.0}
    keras.utils.clear_session()
    found = api.find_learning_rate(PAGE, batch_size=10, accumulate=2, **said)
    assert found.rates[0] == LOWEST and np.isfinite(found.losses).all()
    assert found.smoothed.argmin() > 40 and found.proposed is not None


def test_a_loss_that_never_is_finite_is_one_line(monkeypatch):
    def broken(info, **settings):
        inputs = keras.Input(info.input_shape)
        x = keras.layers.Rescaling(float("nan"))(inputs)
        x = keras.layers.Dense(10, activation="softmax")(keras.layers.Flatten()(x))
        return keras.Model(inputs, x)

    from kerasrecipes import registry

    page = registry.load(PAGE)
    recipe = Recipe(topic="Tests", build=broken, data=dict(page.data), objective="multiclass")
    config = api.resolve("pages", recipe)
    from kerasrecipes.training.learning_rate_finder import find_learning_rate

    with pytest.raises(UserError, match="not finite at a learning rate"):
        find_learning_rate(recipe, config)
