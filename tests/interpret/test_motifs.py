"""Motifs and the importance of letters are those that a network was given by hand."""

import keras
import numpy as np
import pytest

from kerasrecipes.data.dna import bases
from kerasrecipes.errors import UserError
from kerasrecipes.interpret.motifs import importance, motifs
from kerasrecipes.models.sequence_classifier import sequence_classifier

PLANTED = ("GATAAG", "CCTTGA")


@pytest.fixture(scope="module")
def network():
    """A network whose two filters answer to the planted motifs, and to nothing else."""
    model = sequence_classifier(30, 2, filters=2, width=6, pool=1, units=4, reading="max")
    kernel = np.zeros((6, 4, 2), np.float32)
    for number, motif in enumerate(PLANTED):
        for place, code in enumerate(bases.encode(motif)):
            kernel[place, int(np.log2(code)), number] = 1
    model.get_layer("motifs").set_weights([kernel, np.full(2, -4.5, np.float32)])
    return model


@pytest.fixture(scope="module")
def planted():
    random = np.random.default_rng(0)
    windows = np.array([1, 2, 4, 8], np.uint8)[random.integers(4, size=(200, 30))]
    labels = np.arange(200) % 2
    for row, label in zip(windows, labels, strict=True):
        start = random.integers(24)
        row[start : start + 6] = bases.encode(PLANTED[label])
    return windows, labels


def test_a_filter_is_named_by_its_sites(network, planted):
    found = motifs(network, *planted, 2)
    assert [motif.consensus for motif in found] == [PLANTED[m.label] for m in found]
    assert {motif.filter for motif in found} == {0, 1} and all(m.gap > 0.8 for m in found)
    assert all(1.5 < motif.information.min() <= 2 for motif in found)
    np.testing.assert_allclose(found[0].letters.sum(axis=1), 1)


def test_importance_is_the_slope_along_each_letter(network, planted):
    windows, labels = planted
    found = importance(network, windows[:8], labels[:8])
    assert found.shape == (8, 30)
    padded = windows[:8].copy()
    padded[:, :5] = bases.OUTSIDE
    assert (importance(network, padded, labels[:8])[:, :5] == 0).all()


def test_another_model_is_refused():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    with pytest.raises(UserError, match="no layer 'letters'"):
        importance(model, np.ones((1, 3), np.uint8), [0])
