"""The recogniser's sizes, and that padding says nothing."""

import keras
import numpy as np
import pytest

from kerasrecipes.models.speech_recognizer import speech_recognizer

SMALL = {"mels": 12, "filters": 6, "units": 5, "num_layers": 1}


@pytest.mark.parametrize(
    "stride", [2, pytest.param(1, marks=pytest.mark.slow), pytest.param(4, marks=pytest.mark.slow)]
)
def test_padding_is_the_blank(stride):
    model = speech_recognizer(8000, 7, stride=stride, **SMALL)
    random = np.random.default_rng(0)
    samples = random.normal(0, 0.1, (2, 1600)).astype(np.float32)
    samples[0, 800:] = 0
    given = {"samples": samples, "length": np.array([800, 1600], np.int32)}
    logits = model.predict(given, verbose=0)
    frames = -(-20 // stride)
    assert logits.shape == (2, frames, 7)
    assert (logits[0, -(-10 // stride) + 1 :].argmax(axis=-1) == 0).all()
    # The first recording alone has the same logits.
    alone = model.predict({"samples": samples[:1, :800], "length": given["length"][:1]}, verbose=0)
    np.testing.assert_allclose(logits[0, : alone.shape[1]], alone[0], atol=1e-3)


def test_its_recurrent_layers_and_head_have_the_parameters_of_their_sizes():
    model = speech_recognizer(8000, 7, **{**SMALL, "num_layers": 2}, cell="gru")
    layer = model.get_layer("recurrent_2")
    # Two directions of three gates, each with kernel, recurrent kernel and two biases.
    assert layer.count_params() == 2 * 3 * (10 * 5 + 5 * 5 + 2 * 5)
    assert model.get_layer("symbols").count_params() == 10 * 7 + 7
    assert isinstance(model, keras.Model) and not model.compiled
