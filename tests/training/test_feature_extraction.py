"""Features of a frozen network are computed once, in the precision that a measurement chooses."""

import keras
import numpy as np
import pytest

from kerasrecipes.data import feature_cache
from kerasrecipes.training import feature_extraction
from tests.training.transfers import made


def test_only_new_images_are_computed():
    job = made()
    network = keras.Model(job.model.inputs, job.model.get_layer("pooling").output)
    few, all_ = job.splits.train.select(np.arange(10)), job.splits.train
    stats = feature_extraction.ExtractionStats()
    feature_extraction.extract_features(network, [few], stats=stats)
    assert stats.images == 10
    feature_extraction.extract_features(network, [all_, few], stats=stats)
    assert stats.images == len(all_)
    made_, again = feature_extraction.extract_features(network, [all_, few], stats=stats)
    assert stats.images == len(all_)
    expected = network.predict(all_.take(np.arange(10))[0], verbose=0)
    np.testing.assert_allclose(made_.take(np.arange(10))[0], expected, atol=1e-5)
    np.testing.assert_allclose(again.x, expected, atol=1e-5)


def test_an_interrupted_pass_keeps_its_pieces(monkeypatch):
    monkeypatch.setattr(feature_cache, "PIECE", 1)
    job = made()
    network = keras.Model(job.model.inputs, job.model.get_layer("pooling").output)

    class Stop:
        params = None

        def set_params(self, params):
            assert params["images"] == len(job.splits.train)

        def on_predict_begin(self):
            pass

        def on_predict_batch_end(self, count):
            if count >= feature_extraction.BATCH:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        feature_extraction.extract_features(network, [job.splits.train], observers=[Stop()])
    monkeypatch.setattr(feature_extraction, "_notify", lambda *_: None)
    stats = feature_extraction.ExtractionStats()
    feature_extraction.extract_features(network, [job.splits.train], stats=stats)
    assert stats.images in (len(job.splits.train), len(job.splits.train) - feature_extraction.BATCH)


def test_other_weights_have_other_features():
    one, other = made(), made(weights="none", seed=7)
    names = []
    for job in (one, other):
        network = keras.Model(job.model.inputs, job.model.get_layer("pooling").output)
        stats = feature_extraction.ExtractionStats()
        feature_extraction.extract_features(network, [job.splits.validation], stats=stats)
        names.append(stats.images)
    assert names == [len(one.splits.validation)] * 2


@pytest.mark.slow
def test_another_pooling_has_other_features():
    job = made()
    part = job.splits.validation.select(np.arange(8))
    pooling = keras.layers.GlobalMaxPooling2D
    maps = job.model.get_layer("pooling").input
    for layer in (keras.layers.GlobalAveragePooling2D(), pooling(), pooling(name="again")):
        network = keras.Model(job.model.inputs, layer(maps))
        stats = feature_extraction.ExtractionStats()
        (found,) = feature_extraction.extract_features(network, [part], stats=stats)
        expected = network.predict(part.take(np.arange(4))[0], verbose=0)
        np.testing.assert_allclose(found.take(np.arange(4))[0], expected, rtol=1e-2, atol=1e-2)
    assert not stats.images  # under another name it is the same network


def test_half_precision_keeps_the_answers():
    job = made()
    network = keras.Model(job.model.inputs, job.model.get_layer("pooling").output)
    images = job.splits.train.take(np.arange(16))[0]
    measured = feature_extraction.measure_precisions(network, images)
    assert measured["difference"] < 0.05 and measured["speedup"] > 0
    twin = feature_extraction.with_precision(network, "mixed_bfloat16")
    assert twin.get_layer("pooling").compute_dtype == "float32"
    assert twin.get_layer("block2_conv1").compute_dtype == "bfloat16"


@pytest.mark.parametrize(
    "found, precision",
    [
        ({"speedup": 7.0, "difference": 0.01, "seconds": 0.2}, "mixed_bfloat16"),
        ({"speedup": 1.1, "difference": 0.01, "seconds": 0.2}, "float32"),  # not faster
        ({"speedup": 7.0, "difference": 0.4, "seconds": 0.2}, "float32"),  # not the same
        ({"speedup": 7.0, "difference": 0.01, "seconds": 0.0001}, "float32"),  # not worth it
    ],
)
def test_half_precision_is_taken_by_evidence_and_once(monkeypatch, found, precision):
    measured = []
    monkeypatch.setattr(
        feature_extraction, "measure_precisions", lambda *_: measured.append(1) or found
    )
    job = made()
    network = keras.Model(job.model.inputs, job.model.get_layer("pooling").output)
    stats = feature_extraction.ExtractionStats()
    for part in (job.splits.train, job.splits.train, job.splits.test):
        feature_extraction.extract_features(network, [part], stats=stats)
        assert stats.precision == precision
    assert len(measured) == 1 and stats.images == len(job.splits.train) + len(job.splits.test)
