"""A training begins with an earlier run: with its weights, vocabulary and sizes."""

import keras
import numpy as np
import pytest

from kerasrecipes import api, registry
from kerasrecipes.errors import UserError
from kerasrecipes.runs.run import Run
from kerasrecipes.training import checkpoints
from kerasrecipes.training.job import Job
from tests.training.interruptions import KillAfter, Killed

VERSE = "If all the year were playing holidays,\nto sport would be as tedious as to work;\n" * 40
OTHER = "The market rose on Tuesday, and shares were sold at a loss of 3% by noon.\n" * 40
SIZES = {"units": 12, "num_layers": 1, "num_heads": 2, "input_length": 16, "stride": 16}
QUICK = {"epochs": 2, "batch_size": 16, "diagnose": False}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two texts, and a run that has learned the first."""
    folder = tmp_path_factory.mktemp("texts")
    (folder / "verse.txt").write_text(VERSE)
    (folder / "other.txt").write_text(OTHER)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERASRECIPES_HOME", str(folder / "runs"))
        run = api.run("gpt", data=str(folder / "verse.txt"), **SIZES, **QUICK)
    run.path.rename(folder / "learned")
    return folder


def job(folder, data="other.txt", **said):
    recipe = registry.load("gpt")
    said = {"weights": str(folder / "learned"), **QUICK, **said}
    keras.utils.clear_session()
    return Job(recipe, api.resolve("gpt", recipe, data=str(folder / data), **said))


def arrays(model):
    return [keras.ops.convert_to_numpy(weight) for weight in model.weights]


def test_it_has_the_runs_weights_vocabulary_and_sizes(folder):
    begun, learned = job(folder), Run(folder / "learned")
    trainer = begun.load()
    assert begun.splits.info.preprocessor == learned.info.preprocessor
    assert begun.config.settings["units"] == 12 and begun.config.settings["input_length"] == 16
    for one, other in zip(arrays(trainer.inner), arrays(learned.model), strict=True):
        np.testing.assert_array_equal(one, other)
    assert "were not seen in training" in begun.splits.notes[-1]  # the per cent sign


@pytest.mark.slow
def test_adapters_resume_to_the_same_bits_and_are_saved_merged(folder, tmp_path):
    whole = job(folder, adapter_rank=3)
    trainer = whole.load()
    trainer.fit(Run.create("whole", tmp_path))
    assert "only adapters learned" in trainer.notes[0]
    run = Run.create("broken", tmp_path)
    with pytest.raises(Killed):
        broken = job(folder, adapter_rank=3, checkpoint_seconds=0).load()
        broken.fit(run, [KillAfter(broken.steps // broken.stride + 1)])
    again = job(folder, adapter_rank=3, checkpoint_seconds=0).load()
    again.fit(run, resume=True)
    for one, other in zip(
        checkpoints.read(trainer.model), checkpoints.read(again.model), strict=True
    ):
        np.testing.assert_array_equal(one, other)
    trainer.save(run)
    x = trainer.splits.test.take(np.arange(2))[0]
    saved, live = (keras.ops.convert_to_numpy(one(x)) for one in (run.model, trainer.inner))
    np.testing.assert_allclose(saved, live, atol=1e-6)
    assert run.model.count_params() == Run(folder / "learned").model.count_params()


def test_what_the_user_says_goes_before_the_run(folder):
    assert job(folder, dropout_rate=0.3).config.settings["dropout_rate"] == 0.3
    # A training from it is not that of its own beginning.
    path = folder / "learned" / "config.toml"
    written = path.read_text()
    assert "adapter_rank = 0" in written
    path.write_text(written.replace("adapter_rank = 0", "adapter_rank = 4"))
    try:
        assert job(folder).config.settings["adapter_rank"] == 0
    finally:
        path.write_text(written)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"units": 24}, "has units=12, and not 24 here"),
        ({"num_heads": 3}, "has num_heads=2, and not 3 here"),
        ({"num_layers": 2}, "has no layer block_2, which there is"),
        ({"tokenization": "words"}, "tokenization=words: .* characters"),
        ({"vocabulary_size": 9}, "vocabulary_size=9: "),
        ({"adapter_rank": 12}, "adapter_rank=12: .* must be below 12"),
        ({"adapter_rank": 2, "weights": "none"}, "adapters need trained weights"),
        ({"weights": "nowhere"}, "weights=nowhere: there is no such run"),
    ],
    ids=str,
)
def test_what_does_not_go_together_is_said_in_one_line(folder, said, message):
    with pytest.raises(UserError, match=message) as caught:
        job(folder, **said).load()
    assert len(str(caught.value)) <= 250 + len(str(folder)) and "\n" not in str(caught.value)
