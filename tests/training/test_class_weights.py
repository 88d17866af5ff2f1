import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from kerasrecipes import registry
from kerasrecipes.data.examples import Arrays
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Splits
from kerasrecipes.runs.config import resolve
from kerasrecipes.runs.run import Run
from kerasrecipes.training import assembly, class_weights
from kerasrecipes.training.trainer import Trainer

QUICK = {"diagnose": False}


def trainer_of(name: str, train: Arrays | None = None, **given) -> Trainer:
    """A trainer whose training examples may be replaced."""
    recipe = registry.load(registry.find(name))
    config = resolve(name, recipe, **given, **QUICK)
    splits = assembly.load_splits(recipe, config)
    if train is not None:
        splits = Splits(
            train=train, validation=splits.validation, test=splits.test, info=splits.info
        )
    return Trainer(recipe, splits, config)


def weights_after(trainer: Trainer, run) -> list[np.ndarray]:
    trainer.fit(run)
    return trainer.inner.get_weights()


@pytest.mark.parametrize(
    ("name", "given", "task"),
    [
        ("mlp", {"data": "breast_cancer"}, "binary"),
        ("mlp", {"data": "wine", "task": "multiclass"}, "multiclass"),
        ("softmax", {"data": "iris", "labels": "one_hot", "limit": 60}, "multiclass_one_hot"),
        ("logistic", {"data": "breast_cancer"}, "binary"),
        ("perceptron", {"data": "breast_cancer"}, "signed"),
    ],
)
def test_weights_are_those_of_scikit_learn_and_have_the_mean_1(name, given, task):
    trainer = trainer_of(name, class_weight="balanced", **given)
    _, y, weight = trainer.train.columns
    assert trainer.objective.task == task
    classes = y.argmax(axis=1) if y.ndim == 2 else y
    wanted = compute_class_weight("balanced", classes=np.unique(classes), y=classes)
    each = wanted[np.searchsorted(np.unique(classes), classes)]
    np.testing.assert_allclose(weight, each, rtol=1e-6)
    assert weight.mean() == pytest.approx(1)


def test_class_weights_train_as_sample_weights_do():
    given = {"data": "breast_cancer", "epochs": 1, "limit": 96, "dropout_rate": 0.2}
    plain = trainer_of("mlp", **given)
    y = plain.splits.train.y
    sample = compute_class_weight("balanced", classes=np.array([0, 1]), y=y)[y]
    weighted = Arrays(plain.splits.train.x, y, sample.astype(np.float32))
    one = weights_after(trainer_of("mlp", weighted, **given), Run.create("mlp"))
    other = weights_after(trainer_of("mlp", class_weight="balanced", **given), Run.create("mlp"))
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)
    assert sample.min() < 1 < sample.max()


def test_weights_of_the_user_are_multiplied():
    examples = Arrays(np.zeros((4, 1)), np.array([0, 0, 0, 1]), np.array([1.0, 2, 3, 4]))
    found = class_weights.balanced(examples, "binary", Info(classes=("a", "b")))
    np.testing.assert_allclose(found.columns[2], [4 / 6, 8 / 6, 2, 8])


def test_words_have_the_weight_of_their_tag():
    trainer = trainer_of("tagger", data="names", limit=40, class_weight="balanced")
    train, tags = trainer.train, trainer.splits.train.y.values
    weight = train.weight_of_class
    counts = np.bincount(tags, minlength=len(weight))
    np.testing.assert_allclose((weight * counts).sum(), len(tags), rtol=1e-5)
    _, y, batch = train.take(np.arange(3))
    assert (batch[y < 0] == 0).all() and (batch[y >= 0] == weight[y[y >= 0]]).all()
    assert train.signature[2] == ((None, None), np.dtype(np.float32))
    batch = train.select(np.arange(5, 9)).take(np.arange(2))[2]
    assert len(batch) == 2 and train.lengths is not None and len(train.groups()) >= 1


def test_blended_labels_have_a_blended_weight():
    rows = np.array([[1.0, 0], [0.25, 0.75]], np.float32)
    found = class_weights.of_labels(rows, np.array([0.5, 2.0]), "multiclass_one_hot")
    np.testing.assert_allclose(found, [0.5, 0.125 + 1.5])


@pytest.mark.parametrize(("name", "limit"), [("linear", 50), ("next_word", 50), ("seq2seq", 50)])
def test_what_has_no_classes_has_no_class_weights(name, limit):
    with pytest.raises(UserError, match="class_weight=balanced needs one class"):
        trainer_of(name, limit=limit, class_weight="balanced")


def test_weights_have_the_shape_that_their_signature_says():
    """Also where the labels of two classes have an axis of one, as those of texts have."""
    examples = trainer_of("sentiment", limit=40, class_weight="balanced").train
    batch = examples.take(np.arange(4))
    for (axes, _), part in zip(examples.signature, batch, strict=True):
        assert len(axes) == np.ndim(part)
