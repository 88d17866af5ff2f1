"""The baseline of texts: tf-idf with logistic regression on the token ids of the training split."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from kerasrecipes.data.ragged import Ragged, RaggedExamples
from kerasrecipes.inference.bag_of_words import NAME, bag_of_words
from kerasrecipes.info import Info
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports.conclusion import _behind


def texts(seed, classes, count=80, words=30):
    """Texts in which some words are likelier in some classes."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, classes, count)
    rows = [
        np.where(random.random(n) < 0.3, 5 + labels[k], random.integers(1, words, n))
        for k, n in enumerate(random.integers(1, 20, count))
    ]
    y = labels.astype(np.float32)[:, None] if classes == 2 else labels.astype(np.int32)
    return RaggedExamples(Ragged.of(rows), y)


def evaluation(classes, train, test):
    info = Info(
        classes=tuple("abcd"[:classes]),
        vocabulary_size=30,
        task="binary" if classes == 2 else "multiclass",
    )
    parts = {"examples": test, "labels": test.y, "outputs": None, "metrics": {}, "train": train}
    return Evaluation(recipe="sentiment", model=None, info=info, **parts)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("classes", [2, 4])
def test_it_answers_as_scikit_learn_on_the_words(classes, seed):
    train, test = texts(seed, classes), texts(seed + 10, classes)
    before = [row.tolist() for row in train.x]
    found = bag_of_words(evaluation(classes, train, test))
    assert [row.tolist() for row in train.x] == before
    vectorizer = TfidfVectorizer(analyzer=list, sublinear_tf=True)
    model = LogisticRegression(max_iter=200)
    model.fit(vectorizer.fit_transform(train.x), train.y.reshape(-1))
    expected = model.predict_proba(vectorizer.transform(test.x))
    assert found.name == NAME
    np.testing.assert_allclose(
        found.outputs, expected[:, 1:] if classes == 2 else expected, atol=1e-3
    )


def test_a_class_without_training_texts_has_no_probability():
    train, test = texts(0, 4), texts(1, 4)
    train = train.select(np.flatnonzero(train.y != 2))
    outputs = bag_of_words(evaluation(4, train, test)).outputs
    assert outputs.shape == (len(test), 4)
    assert (outputs[:, 2] == 0).all()


def test_without_training_texts_there_is_none_and_with_one_class_it_is_the_majority():
    train = texts(0, 2)
    one = evaluation(2, train, train)
    assert bag_of_words(replace(one, train=None)) is None
    single = train.select(np.flatnonzero(train.y[:, 0] == 1))
    assert bag_of_words(replace(one, train=single)).name == "majority class"


@pytest.mark.parametrize(("own", "said"), [(0.70, True), (0.79, False), (0.9, False)])
def test_a_model_that_stays_behind_is_told_what_to_try(own, said):
    train = texts(0, 2)
    baseline = bag_of_words(evaluation(2, train, train)).as_dict()
    baseline["test"] = {"binary_accuracy": 0.8}
    metrics = {"main_metric": "binary_accuracy", "test": {"binary_accuracy": own}}
    notes = _behind({**metrics, "baseline": baseline})
    assert bool(notes) is said
    assert not said or "encoding=bag_of_words" in notes[0]
