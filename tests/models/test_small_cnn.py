"""The small base that ships: its size, and that what it learnt from shapes serves for scenes."""

import keras
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from kerasrecipes.data import synthetic
from kerasrecipes.data.synthetic import scene_images
from kerasrecipes.models import backbones
from kerasrecipes.models.small_cnn import WEIGHTS
from kerasrecipes.recipe import Request


def score(weights, splits):
    keras.utils.set_random_seed(0)
    network = backbones.base("small", (64, 64, 3), weights=weights)
    pooled = keras.Model(network.inputs, keras.layers.GlobalAveragePooling2D()(network.output))
    train, test = (pooled.predict(part.x, verbose=0) for part in (splits.train, splits.test))
    scaler = StandardScaler().fit(train)
    head = LogisticRegression(C=0.1, max_iter=300).fit(scaler.transform(train), splits.train.y)
    return head.score(scaler.transform(test), splits.test.y)


def test_it_is_small():
    assert WEIGHTS.stat().st_size < 1_000_000
    assert backbones.base("small", (64, 64, 3)).count_params() == 211_760


@pytest.mark.slow
def test_what_it_learnt_serves_for_things_it_never_saw(monkeypatch):
    monkeypatch.setattr(scene_images, "COUNTS", {"train": 40, "validation": 1, "test": 25})
    splits = synthetic.scenes().load(Request())
    assert set(scene_images.SHAPES).isdisjoint(scene_images.THINGS)
    pretrained, untrained = score("pretrained", splits), score("none", splits)
    assert pretrained > 0.75 and pretrained > untrained + 0.25, (pretrained, untrained)
    assert np.bincount(splits.test.y).min() == 25
