"""DCGAN as others count it, its settings, and what it logs."""

import keras
import numpy as np
import pytest

from kerasrecipes.models import dcgan
from kerasrecipes.models.gan import gan
from kerasrecipes.training.alternating import AlternatingOptimizer

IMAGES = np.random.default_rng(0).integers(0, 256, (8, 16, 16, 1), np.uint8)
LABELS = np.arange(8, dtype=np.int32) % 3
KINDS = ("a", "b", "c")


def trainable(model):
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


def test_at_64_pixels_it_has_the_parameters_of_the_usual_dcgan():
    # Of 64 filters and codes of 100, without biases: as in PyTorch's example of that name.
    assert trainable(dcgan.generator((64, 64, 3), 100, 64)) == 3_576_704
    assert trainable(dcgan.discriminator((64, 64, 3), 64)) == 2_765_568


def model_of(classes=KINDS, shape=(16, 16, 1), **settings):
    keras.utils.set_random_seed(0)
    model = gan(shape, classes, **{"filters": 4, "latent": 5, **settings})
    parts = {turn: keras.optimizers.Adam(1e-3) for turn in dict.fromkeys(model.turns)}
    model.compile(optimizer=AlternatingOptimizer(parts), jit_compile=False)
    return model


@pytest.mark.parametrize(
    "settings",
    [
        {"loss": "wasserstein", "critic_steps": 2, "conditional": True},
        {"loss": "wasserstein", "normalization": "spectral"},
        {"loss": "hinge", "normalization": "spectral", "conditional": True},
        {"loss": "minimax", "label_smoothing": 0.1},
        {"loss": "non_saturating", "label_smoothing": 0.1},
        {"loss": "least_squares"},
    ],
)
def test_a_step_trains_all_three_and_keeps_their_weights_apart(settings):
    model = model_of(**settings)
    parts = (model.generator, model.discriminator, model.judge)
    before = [[w.numpy() for w in part.trainable_weights] for part in parts]
    logs = model.train_on_batch(IMAGES, LABELS, return_dict=True)
    assert all(np.isfinite(value) for value in logs.values()), logs
    assert set(logs) >= {"discriminator_loss", "generator_loss", "told_apart", "variety", "kinds"}
    for part, weights in zip(parts, before, strict=True):
        changed = [
            np.any(w.numpy() != b) for w, b in zip(part.trainable_weights, weights, strict=True)
        ]
        assert any(changed), part.name
    steps = [int(part.iterations) for part in model.optimizer.parts.values()]
    assert steps == [settings.get("critic_steps", 1), 1, 1]


def test_without_classes_the_judge_tells_turned_images_apart():
    model = model_of(None)
    logs = model.train_on_batch(IMAGES, return_dict=True)
    assert model.judge.output["logits"].shape[-1] == 4 and np.isfinite(logs["judge_loss"])
    wide = model_of(None, (12, 16, 3))
    assert wide.judge.output["logits"].shape[-1] == 2
    wide.train_on_batch(np.zeros((4, 12, 16, 3), np.uint8))


@pytest.mark.parametrize("shape", [(8, 8, 1), (13, 18, 3), (28, 28, 1), (5, 5, 3)])
def test_generated_images_have_the_size_of_the_real_ones(shape):
    model = model_of(shape=shape)
    made = model.generate(np.zeros((3, 5), np.float32))
    assert made.shape == (3, *shape) and made.min() >= 0 and made.max() <= 1


def test_a_class_is_asked_for_and_a_saved_model_makes_the_same(tmp_path):
    model = model_of(conditional=True, loss="hinge", critic_steps=3)
    codes = np.zeros((3, 5), np.float32)
    made = model.generate(codes, np.array([0, 1, 1]))
    assert (made[0] != made[1]).any() and (made[1] == made[2]).all()
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.turns == model.turns and loaded.adversarial_loss == "hinge"
    np.testing.assert_allclose(loaded.generate(codes, np.array([0, 1, 1])), made, atol=1e-6)
    judged = [m.predict_on_batch(IMAGES)["features"] for m in (model, loaded)]
    np.testing.assert_allclose(*judged, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("classes", "settings", "says"),
    [
        (None, {"conditional": True}, "no classes"),
        (KINDS, {"loss": "hinge", "label_smoothing": 0.1}, "has no labels"),
        (KINDS, {"loss": "wasserstein", "normalization": "batch"}, "mixes images"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(classes, settings, says):
    with pytest.raises(ValueError, match=says):
        gan((16, 16, 1), classes, **settings)


def test_equal_images_have_no_variety():
    model = model_of()
    dense = model.generator.get_layer("spread")
    dense.kernel.assign(np.zeros(dense.kernel.shape))
    logs = model.test_on_batch(IMAGES, LABELS, return_dict=True)
    assert logs["variety"] == pytest.approx(0, abs=1e-5)
