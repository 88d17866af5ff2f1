"""The contract that every recipe keeps, tested over the registry in two tiers.

The quick tier is part of the test command. The whole one trains longer ways through the command
line, and runs by `python -m pytest -m contract`, also for one recipe: `-k lenet`.
"""

import csv
import itertools
import json
import shlex
import wave
from pathlib import Path

import keras
import keras_tuner
import numpy as np
import pytest
from PIL import Image

from kerasrecipes import api, registry, settings
from kerasrecipes.cli import main
from kerasrecipes.data.examples import Arrays
from kerasrecipes.reports.conclusion import conclude
from kerasrecipes.training import model_outputs
from kerasrecipes.training.job import Job
from kerasrecipes.training_settings import Training

LIMIT = 96
BEFORE = 3  # batches of a training before it is interrupted
LONGEST_PAGE = 140  # lines; more is machinery, which has its place below kerasrecipes/

RUN_FILES = {
    "config.toml",
    "environment.json",
    "info.json",
    "model.keras",
    "history.csv",
    "report.html",
    "README.md",
}


@pytest.fixture(params=registry.names(), scope="module")
def name(request):
    return request.param


class HaltAfter(keras.callbacks.Callback):
    """Counts batches, and after some ends the training in mid-epoch without a farewell."""

    def __init__(self, most=None):
        super().__init__()
        self.batches, self.most = 0, most

    def on_train_batch_end(self, batch, logs=None):
        self.batches += 1
        if self.batches == self.most:
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def trained(name, tmp_path_factory, request):
    """A job that trained the recipe on a little of its embedded data for one epoch, and its run; in
    the whole contract it was interrupted in between.
    """
    interrupted = "not contract" not in request.config.option.markexpr
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("KERASRECIPES_HOME", str(tmp_path_factory.mktemp("runs")))
        environment.setenv("KERASRECIPES_CACHE", str(tmp_path_factory.mktemp("cache")))
        keras.utils.clear_session()
        recipe = registry.load(name)
        # Several batches, and a checkpoint after each.
        given = {"batch_size": 16, "checkpoint_seconds": 0} if interrupted else {}
        job = Job(recipe, api.resolve(name, recipe, limit=LIMIT, epochs=1, **given))
        if interrupted:
            with pytest.raises(KeyboardInterrupt):
                job.start(conclude, [HaltAfter(BEFORE)])
            keras.utils.clear_session()
            job = Job(recipe, job.run.config, job.run)
        job.counted = HaltAfter()
        return job, job.start(conclude, [job.counted])


def test_its_page_can_be_learned_from(name):
    page = registry.load_page(registry.find(name))
    assert f"kerasrecipes run {name}" in page.__doc__
    assert len(page.__doc__.splitlines()) >= 8
    lines = registry.find(name).read_text().count("\n")
    assert lines <= LONGEST_PAGE, f"{lines} lines: a page holds no machinery"


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


def test_it_trains_saves_loads_predicts_and_reports(trained):
    job, run = trained
    # An agent's loss is that of its training: its world has no examples to compute one on.
    losses = losses_of(run.metrics["test"]) or losses_of(run.history[-1])
    assert losses and np.isfinite(losses).all()
    assert {path.name for path in run.path.iterdir()} >= RUN_FILES
    examples = job.splits.test
    if job.splits.environment is not None:
        random = np.random.default_rng(0)
        examples = Arrays(random.random((3, *job.splits.info.fixed_shape), np.float32))
    saved = model_outputs.predict(run.model, examples)
    kept = model_outputs.predict(job.trainer.model, examples)
    for one, other in zip(keras.tree.flatten(saved), keras.tree.flatten(kept), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)
    assert run.config == job.config


@pytest.mark.contract
def test_it_resumes_after_an_interruption(trained):
    job, run = trained
    assert job.resumed and run.finished
    # The batch of the interruption was not saved; a training in phases has steps of each.
    steps = getattr(job.trainer, "steps", None)
    assert steps is None or job.counted.batches == steps - (BEFORE - 1)
    assert len(run.history) == 1 and np.isfinite(losses_of(run.history[0])).all()


def losses_of(metrics):
    """The loss, or those of each turn where parts of a model learn in turns."""
    return [value for name, value in metrics.items() if name.endswith("loss")]


@pytest.mark.contract
def test_it_is_shown_with_its_settings_and_layers(name, capsys):
    assert main(["show", name]) == 0
    shown = capsys.readouterr().out
    assert "Layers, for" in shown and "in all" in shown
    for setting in settings.of_functions(registry.load(name).functions):
        assert setting.name in shown


@pytest.mark.contract
def test_it_predicts_on_its_example(trained, tmp_path, monkeypatch, capsys):
    job, run = trained
    if job.recipe.predict is None:
        pytest.skip("it does not predict")
    monkeypatch.chdir(tmp_path)  # where explanations are written
    words = shlex.split(job.recipe.example)
    for word in itertools.takewhile(lambda word: not word.startswith("--"), words):
        write_example(word, run)
    assert main(["predict", str(run.path), *words, "--json"]) == 0
    answers = json.loads(capsys.readouterr().out)
    assert answers and not any("error" in answer for answer in answers)


@pytest.mark.contract
def test_all_its_figures_are_drawn(trained):
    _job, run = trained
    assert not [note for note in run.metrics["notes"] if "failed and was left out" in note]
    assert {path.stem for path in (run.path / "figures").iterdir()}


HOSTILE = ("", " ", "no/such/file.png", "\x00", "é" * 5000, "<b>&amp;</b>", "~nobody/x")


@pytest.mark.contract
@pytest.mark.parametrize("word", HOSTILE, ids=range(len(HOSTILE)))
def test_it_answers_hostile_input_in_a_line(trained, word, tmp_path, monkeypatch, capsys):
    """Either there is an answer, or one line and exit status 2; a traceback fails the test."""
    _, run = trained
    monkeypatch.chdir(tmp_path)
    (tmp_path / "noise.bin").write_bytes(np.random.default_rng(0).bytes(999))
    for item in (word, "noise.bin"):
        assert main(["predict", str(run.path), item]) in (0, 2)
        assert capsys.readouterr().err.count("\n") <= 1


@pytest.mark.contract
def test_it_is_exported_and_evaluated(trained, tmp_path, capsys):
    _, run = trained
    assert main(["export", str(run.path), str(tmp_path / "model.keras")]) == 0
    assert (tmp_path / "model.keras").is_file()
    assert main(["evaluate", str(run.path), "--json"]) == 0
    printed = capsys.readouterr().out
    measured = json.loads(printed[printed.index("{") :])
    for metric, value in run.metrics["test"].items():
        if isinstance(value, float):
            assert measured[metric] == pytest.approx(value, rel=1e-3, abs=1e-4), metric


def write_example(name, run):
    """Write a file of the kind that an example names, with the columns of the run's data."""
    if name.endswith((".png", ".jpg")):
        pixels = np.random.default_rng(0).integers(0, 255, (48, 64, 3), np.uint8)
        Image.fromarray(pixels).save(name)
    elif name.endswith(".gif"):
        pixels = np.random.default_rng(0).integers(0, 255, (9, 40, 48), np.uint8)
        first, *more = map(Image.fromarray, pixels)
        first.save(name, save_all=True, append_images=more, duration=40)
    elif name.endswith(".wav"):
        with wave.open(name, "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", "not compressed"))
            file.writeframes(np.random.default_rng(0).integers(-9999, 9999, 8000, np.int16))
    elif name.endswith(".csv") and hasattr(run.info.preprocessor, "horizon"):
        rows = [f"2024-03-{1 + n // 24:02d} {n % 24:02d}:00,{n % 7}" for n in range(200)]
        Path(name).write_text("\n".join(["time,load", *rows]))
    elif name.endswith(".csv"):
        columns = run.info.preprocessor.columns
        with open(name, "w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow([column.name for column in columns])
            rows.writerow(["a word" if column.words else column.mean for column in columns])
