"""Losses over pairs, against the sums that their papers write."""

import keras
import numpy as np
import pytest

from kerasrecipes.losses.embedding import EmbeddingLoss
from kerasrecipes.metrics.nearest import NearestAccuracy

LABELS = np.array([0, 0, 1, 1, 1, 2, 3, 0], np.int32)  # 2 and 3 have no other
PAIRED = [0, 1, 2, 3, 4, 7]


@pytest.fixture(params=range(3))
def vectors(request):
    found = np.random.default_rng(request.param).normal(size=(len(LABELS), 5))
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


def triplet(vectors, anchor, margin):
    lengths = ((vectors - vectors[anchor]) ** 2).sum(axis=1)
    others = lengths[LABELS[anchor] != LABELS]
    found = []
    for positive in np.flatnonzero(LABELS[anchor] == LABELS):
        if positive != anchor:
            farther = others[others > lengths[positive]]
            negative = farther.min() if len(farther) else others.max()
            found.append(max(lengths[positive] - negative + margin, 0))
    return np.mean(found)


def contrastive(vectors, anchor, margin):
    lengths = np.linalg.norm(vectors - vectors[anchor], axis=1)
    same = LABELS[anchor] == LABELS
    near = (lengths[same] ** 2).sum() / (same.sum() - 1)
    return near + (np.maximum(margin - lengths[~same], 0) ** 2).mean()


def supervised_contrastive(vectors, anchor, temperature):
    logits = vectors @ vectors[anchor] / temperature
    others = np.arange(len(LABELS)) != anchor
    total = np.log(np.exp(logits[others]).sum())
    return (total - logits[others & (LABELS[anchor] == LABELS)]).mean()


@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
@pytest.mark.parametrize("kind", ["triplet", "contrastive", "supervised_contrastive"])
def test_a_loss_is_the_mean_over_images_with_another_of_their_identity(kind, vectors, shape):
    loss = EmbeddingLoss(kind, margin=0.7, temperature=0.3)
    number = 0.3 if kind == "supervised_contrastive" else 0.7
    wanted = np.mean([globals()[kind](vectors, anchor, number) for anchor in PAIRED])
    assert float(loss(LABELS.reshape(shape), vectors)) == pytest.approx(wanted, rel=1e-4)
    assert keras.losses.deserialize(keras.losses.serialize(loss)).kind == kind


@pytest.mark.parametrize("kind", ["triplet", "contrastive", "supervised_contrastive"])
def test_without_pairs_or_distance_a_loss_stays_finite(kind):
    loss, alike = EmbeddingLoss(kind), np.ones((4, 3), np.float32) / np.sqrt(3)
    assert float(loss(np.arange(4), alike)) == 0
    assert np.isfinite(float(loss(np.zeros(4), alike)))
    assert np.isfinite(float(loss(np.array([0, 0, 1, 1]), alike)))


def test_the_nearest_other_decides(vectors):
    metric = NearestAccuracy()
    metric.update_state(LABELS, vectors)
    lengths = np.linalg.norm(vectors[:, None] - vectors, axis=2) + 9 * np.eye(len(LABELS))
    right = LABELS[lengths.argmin(axis=1)] == LABELS
    assert float(metric.result()) == pytest.approx(right[PAIRED].mean())
    assert type(metric).from_config(metric.get_config()).name == "nearest_accuracy"
