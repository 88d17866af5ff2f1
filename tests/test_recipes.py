"""The contract that every recipe keeps, tested over the registry."""

import keras
import keras_tuner
import numpy as np
import pytest

from kerasrecipes import api, registry, settings
from kerasrecipes.recipe import Training
from kerasrecipes.reports.conclusion import conclude
from kerasrecipes.runs.run import Run
from kerasrecipes.training import trainer
from kerasrecipes.training.job import Job

LIMIT = 96


@pytest.fixture(params=registry.names())
def name(request):
    return request.param


@pytest.fixture
def job(name):
    """A job of the recipe on a little of its embedded data, for one epoch."""
    keras.utils.clear_session()
    recipe = registry.load(name)
    return Job(recipe, api.resolve(name, recipe, limit=LIMIT, epochs=1))


def test_its_page_can_be_learned_from(name):
    page = registry.load_page(registry.find(name))
    assert f"kerasrecipes run {name}" in page.__doc__
    assert len(page.__doc__.splitlines()) >= 8
    lines = registry.find(name).read_text().count("\n")
    assert lines <= 240, f"{lines} lines: a page holds no machinery"


def test_its_settings_have_types_defaults_and_explanations(name):
    recipe = registry.load(name)
    for setting in settings.of_functions(recipe.functions):
        assert setting.help, f"{name}: {setting.name} is not explained in a docstring's Args"
        assert setting.check(setting.default) == setting.default


def test_its_search_space_names_settings_that_it_has(name):
    recipe = registry.load(name)
    if recipe.search_space is None:
        pytest.skip("nothing to search")
    chosen = recipe.search_space(keras_tuner.HyperParameters())
    known = [*settings.of_functions(recipe.functions), *settings.of_dataclass(Training)]
    assert chosen and settings.bind(known, chosen)


def test_it_trains_saves_loads_predicts_and_reports(job):
    run = job.start(conclude, ())
    metrics = run.metrics
    assert np.isfinite(metrics["test"]["loss"])
    assert {
        "config.toml",
        "environment.json",
        "info.json",
        "model.keras",
        "history.csv",
        "report.html",
    } <= {path.name for path in run.path.iterdir()}
    saved = trainer.predict(run.model, job.splits.test)
    trained = trainer.predict(job.trainer.model, job.splits.test)
    for one, other in zip(keras.tree.flatten(saved), keras.tree.flatten(trained), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)
    assert run.config == job.config


class HaltAt(keras.callbacks.Callback):
    """Ends the training without a farewell in the middle of its epoch."""

    def __init__(self, batch):
        super().__init__()
        self.batch = batch

    def on_train_batch_end(self, batch, logs=None):
        if batch >= self.batch:
            raise KeyboardInterrupt


def test_it_goes_on_after_an_interruption(name, tmp_path):
    keras.utils.clear_session()
    recipe = registry.load(name)
    config = api.resolve(name, recipe, limit=LIMIT, epochs=1, batch_size=16, checkpoint_seconds=0)
    run = Run.create(name, tmp_path)
    splits = trainer.load_splits(recipe, config)
    with pytest.raises(KeyboardInterrupt):
        trainer.Trainer(recipe, splits, config).fit(run, [HaltAt(2)])
    second = trainer.Trainer(recipe, splits, config)
    second.fit(run, resume=True)
    assert len(second.history.rows) == 1 and np.isfinite(second.history.rows[0]["loss"])
