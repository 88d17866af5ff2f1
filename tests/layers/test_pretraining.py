"""Layer-wise pretraining: whose turn it is, and that it learns what it should."""

import keras
import numpy as np
import pytest

from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.label_transforms import mask_labels
from kerasrecipes.diagnosis.gradient_check import gradcheck
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.models.pretraining import pretrained_classifier
from kerasrecipes.recipe import Splits

RANDOM = np.random.default_rng(0)


def flat(rows=64):
    """Twelve numbers that follow from three."""
    return np.tanh(RANDOM.normal(size=(rows, 3)) @ RANDOM.normal(size=(3, 12))).astype("float32")


def kernels(model):
    encoder = model.get_layer("encoder")
    return [
        np.array(dense.get_weights()[0]) for dense in (*encoder.encoders, model.get_layer("answer"))
    ]


def test_one_layer_learns_after_the_other_and_then_all():
    keras.utils.set_random_seed(0)
    x, y = flat(), RANDOM.integers(0, 2, 64)
    model = pretrained_classifier((12,), 2, hidden_layers=(8, 4), examples_per_layer=128)
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="sparse_categorical_crossentropy")
    moved = []
    for _ in range(3):
        before = kernels(model)
        model.fit(x, y, epochs=2, batch_size=32, verbose=0)
        moved.append(
            [bool(np.abs(b - a).max() > 1e-6) for a, b in zip(before, kernels(model), strict=True)]
        )
    assert moved == [[True, False, False], [False, True, False], [True, True, True]]


def test_pretraining_learns_to_restore():
    keras.utils.set_random_seed(1)
    x = flat(256)
    model = pretrained_classifier(
        (12,), 2, hidden_layers=(8,), examples_per_layer=10**9, noise_rate=0.0
    )
    model.compile(
        optimizer=keras.optimizers.Adam(0.02), loss=lambda y, p: 0 * keras.ops.mean(p, axis=-1)
    )
    history = model.fit(x, np.zeros(256), epochs=15, batch_size=32, verbose=0).history["loss"]
    assert history[-1] < 0.3 * x.var() < history[0]


def test_in_inference_it_is_an_ordinary_stack():
    x = flat()
    model = pretrained_classifier((12,), 3, hidden_layers=(8, 4), examples_per_layer=100)
    first, second = model.get_layer("encoder").encoders
    np.testing.assert_allclose(
        model.predict(x, verbose=0),
        np.array(model.get_layer("answer")(second(first(x)))),
        rtol=1e-5,
    )


def test_it_survives_saving_in_the_midst_of_pretraining(tmp_path):
    x, y = flat(), RANDOM.integers(0, 2, 64)
    model = pretrained_classifier((12,), 2, hidden_layers=(8, 4), examples_per_layer=100)
    model.compile(optimizer="sgd", loss="sparse_categorical_crossentropy")
    model.fit(x, y, batch_size=32, verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(again.predict(x, verbose=0), model.predict(x, verbose=0), rtol=1e-6)
    assert float(np.array(again.get_layer("encoder").seen)) == 64


@pytest.mark.parametrize("examples", [0, 10**6])
def test_gradients(examples):
    model = pretrained_classifier(
        (12,), 2, hidden_layers=(5, 4), activation="tanh", examples_per_layer=examples
    )
    assert gradcheck(
        model, flat(6), RANDOM.integers(0, 2, 6), "sparse_categorical_crossentropy", samples=2
    ).passed


def test_without_pretraining_there_are_no_decoders():
    with_it, without = (
        pretrained_classifier((12,), 2, hidden_layers=(8, 4), examples_per_layer=n)
        for n in (100, 0)
    )
    assert without.count_params() == 12 * 8 + 8 + 8 * 4 + 4 + 4 * 2 + 2
    assert with_it.count_params() > without.count_params()


@pytest.mark.parametrize("options", [{"hidden_layers": ()}, {"noise_rate": 1.0}])
def test_what_cannot_be_is_refused(options):
    with pytest.raises(UserError):
        pretrained_classifier((12,), 2, **options)


def splits(labels):
    arrays = Arrays(np.arange(len(labels))[:, None], np.array(labels))
    return Splits(train=arrays, validation=arrays, test=arrays, info=Info(classes=("a", "b", "c")))


def test_a_few_labels_are_kept_equally_many_of_each_class():
    found = mask_labels(splits([0] * 50 + [1] * 30 + [2] * 20), 12)
    weight = found.train.columns[2]
    assert [np.count_nonzero(weight[found.train.y == number]) for number in range(3)] == [4, 4, 4]
    assert weight.mean() == pytest.approx(1)
    assert found.info.num_examples == 100
    assert len(found.validation.columns) == 2


def test_a_rare_class_gives_its_place_to_others():
    found = mask_labels(splits([0] * 50 + [1] * 48 + [2] * 2), 12)
    weight = found.train.columns[2]
    assert [np.count_nonzero(weight[found.train.y == number]) for number in range(3)] == [5, 5, 2]


def test_fewer_labels_than_classes_are_refused():
    with pytest.raises(UserError, match="at least one label for each of the 3 classes"):
        mask_labels(splits([0, 1, 2] * 10), 2)
