"""Scores of embeddings, against counts of all pairs and scikit-learn's curves."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from kerasrecipes.metrics import embedding
from kerasrecipes.metrics.embedding import (
    Pairs,
    distances,
    embedding_metrics,
    logistic_threshold,
    pairs_of,
)


@pytest.fixture(params=[0, 1, 2])
def drawn(request):
    random = np.random.default_rng(request.param)
    labels = np.repeat(np.arange(6), 5)
    # Rounded, so that some distances are equal.
    vectors = np.round(
        random.normal(0, request.param, (6, 3))[labels] + random.normal(size=(30, 3))
    )
    return vectors, labels


def test_pairs_and_auc_are_those_of_all_pairs(drawn):
    vectors, labels = drawn
    lengths = distances(vectors)
    np.testing.assert_allclose(
        lengths, np.linalg.norm(vectors[:, None] - vectors, axis=2), atol=1e-6
    )
    pairs = pairs_of(lengths, labels)
    assert len(pairs.same) == 6 * 10 and len(pairs.different) == 30 * 29 / 2 - 60
    truth = np.repeat([1, 0], [len(pairs.same), len(pairs.different)])
    score = -np.round(np.concatenate([pairs.same, pairs.different]), 6)
    exact = Pairs(np.sort(np.round(pairs.same, 6)), np.sort(np.round(pairs.different, 6)))
    assert exact.auc == pytest.approx(roc_auc_score(truth, score))
    line = np.array(pairs.roc())
    assert (np.diff(line, axis=0) >= 0).all() and line[-1].tolist() == [1, 1]


def test_perfect_embeddings_are_found_perfect():
    labels = np.repeat(np.arange(4), 3)
    found = embedding_metrics(np.eye(4)[labels], labels)
    assert {found[n] for n in ("auc", "one_shot", "nearest_accuracy")} == {1.0}
    assert found["eer"] == 0
    threshold, steepness = logistic_threshold(pairs_of(distances(np.eye(4)[labels]), labels))
    assert 0.2 < threshold < 1.2 and 1 < steepness < 1e3


def test_of_chance_the_scores_are_those_of_chance():
    labels = np.repeat(np.arange(10), 10)
    found = embedding_metrics(np.random.default_rng(0).normal(size=(100, 8)), labels)
    assert found["auc"] == pytest.approx(0.5, abs=0.05)
    assert found["one_shot"] == pytest.approx(0.1, abs=0.04)
    assert found["eer"] == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("labels", [[0, 0, 0], [0, 1, 2], [0]])
def test_what_is_not_defined_is_missing(labels):
    found = embedding_metrics(
        np.random.default_rng(0).normal(size=(len(labels), 2)), np.array(labels)
    )
    assert "auc" not in found and "one_shot" not in found


def test_the_fitted_probability_is_that_of_the_pairs():
    random = np.random.default_rng(0)
    lengths = random.uniform(0, 2, 40_000)
    same = random.random(40_000) < 1 / (1 + np.exp(-6 * (0.9 - lengths)))
    threshold, steepness = logistic_threshold(
        Pairs(np.sort(lengths[same]), np.sort(lengths[~same]))
    )
    assert threshold == pytest.approx(0.95, abs=0.1) and steepness == pytest.approx(6, abs=1)


def test_of_many_images_the_same_ones_are_measured(monkeypatch):
    monkeypatch.setattr(embedding, "MOST", 50)
    chosen = embedding.some(1000)
    assert len(chosen) == 50 and (chosen == embedding.some(1000)).all()
