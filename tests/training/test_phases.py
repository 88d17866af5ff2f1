"""Trainings of several phases: on kept features, interrupted, resumed, and saved as one whole
model.
"""

from dataclasses import replace

import keras
import numpy as np
import pytest

from kerasrecipes import registry
from kerasrecipes.errors import RenamedWarning
from kerasrecipes.reports.conclusion import conclude
from kerasrecipes.runs.run import Run
from kerasrecipes.training.job import Job
from kerasrecipes.training_settings import Phase, Training
from tests.training.interruptions import KillAfter, Killed
from tests.training.transfers import made


def trained(tmp_path, name, halts=(), **said):
    run = Run.create(name, tmp_path)
    for halt in halts:
        with pytest.raises(Killed):
            made(**said).fit(run, [KillAfter(halt)], resume=True)
    job = made(**said)
    job.fit(run, resume=True)
    return job, run


@pytest.mark.slow
@pytest.mark.parametrize(
    "said", [{"freeze": "last_block"}, {"freeze": "none", "flip": True, "mixup": 0.2}]
)
def test_an_interruption_in_either_phase_changes_nothing(tmp_path, said):
    whole, _ = trained(tmp_path, "whole", **said)
    # 4 batches an epoch: the first halt is in the head's first epoch, the second in the later
    # phase.
    resumed, _ = trained(tmp_path, "resumed", halts=(3, 10), **said)
    assert [row["epoch"] for row in whole.history.rows] == [1, 2, 3, 4]
    for one, other in zip(whole.history.rows, resumed.history.rows, strict=True):
        assert {k: v for k, v in one.items() if k != "seconds"} == {
            k: v for k, v in other.items() if k != "seconds"
        }
    for one, other in zip(whole.model.get_weights(), resumed.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.slow
def test_the_later_phase_has_its_own_rate_and_moves_its_part_alone(tmp_path):
    before = made(freeze="last_block").model
    frozen = {w.path: w.numpy() if hasattr(w, "numpy") else np.asarray(w) for w in before.weights}
    job, _ = trained(
        tmp_path, "run", freeze="last_block", fine_tuning_rate=1e-3, schedule="constant"
    )
    rates = [row["learning_rate"] for row in job.history.rows]
    assert rates == pytest.approx([5e-3, 5e-3, 1e-3, 1e-3])
    moved = {
        w.path.split("/")[-2]
        for w in job.model.weights
        if not np.array_equal(keras.ops.convert_to_numpy(w), frozen[w.path])
    }
    assert moved == {
        "block4_conv1",
        "block4_conv2",
        "head_scaling",
        "class",
    }  # no normalization of the base


def test_features_are_computed_once_and_the_whole_model_agrees(tmp_path):
    first = Job(registry.load("transfer"), made().config)
    run = first.start(conclude, ())
    assert first.trainer.extraction.images == sum(
        map(len, (first.splits.train, first.splits.validation, first.splits.test))
    )
    second = Job(registry.load("transfer"), made().config)
    again = second.start(conclude, ())
    assert second.trainer.extraction.images == 0
    assert run.metrics["test"] == again.metrics["test"]
    images = first.splits.test.take(np.arange(8))[0]
    judged = first.trainer.predict(first.splits.test)[:8]
    np.testing.assert_allclose(run.model.predict(images, verbose=0), judged, atol=1e-5)
    assert any("on disk already" in note for note in again.metrics["notes"])


def test_augmentation_with_a_frozen_base_is_said_to_cost(tmp_path):
    job, _ = trained(tmp_path, "run", flip=True, epochs=1)
    assert any("augmentation" in note for note in job.notes)
    assert job.extraction.images == 0


@pytest.mark.slow
def test_from_scratch_is_one_phase_in_which_all_learns(tmp_path):
    job, _ = trained(tmp_path, "run", weights="none", freeze="none", epochs=1)
    assert job.last.phase == "all"
    assert all(layer.trainable for layer in job.model.layers)


def test_keywords_of_earlier_versions_are_accepted():
    with pytest.warns(RenamedWarning, match="'kept' of a Phase is called 'frozen_up_to' now"):
        phase = Phase(name="head", training=Training(), kept="pooling")
    with pytest.warns(RenamedWarning):
        varied = replace(phase, varied=True)
    assert (phase.frozen_up_to, phase.augmented) == ("pooling", False)
    assert (varied.frozen_up_to, varied.augmented) == ("pooling", True)


def test_examples_that_are_no_split_are_evaluated_by_the_whole_model(tmp_path):
    job, _ = trained(tmp_path, "run", epochs=1)
    copy = job.splits.test.select(np.arange(len(job.splits.test)))
    by_features, by_images = job.evaluate(job.splits.test), job.evaluate(copy)
    assert by_images == pytest.approx(by_features, abs=1e-5)
    np.testing.assert_allclose(job.predict(copy), job.predict(job.splits.test), atol=1e-5)
    np.testing.assert_array_equal(job.labels(copy), job.labels(job.splits.test))
    assert job.features(copy) is None and job.features(job.splits.test).ndim == 2
