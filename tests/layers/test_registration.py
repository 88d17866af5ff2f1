"""Renamed layers: models that were saved under a class's old name load and keep their weights."""

import keras
import numpy as np
import pytest
from keras import layers

from kerasrecipes.layers.caption_decoder import (
    LateAttentionDecoder,
    LateFusionDecoder,
    RegionEmbedding,
)
from kerasrecipes.layers.registration import register
from kerasrecipes.layers.text_encodings import IntegerEncoding
from kerasrecipes.layers.word_embeddings import ConcatFeatures, TimeDistributedRNN

RENAMED = {
    "Places": RegionEmbedding,
    "LookingDecoder": LateAttentionDecoder,
    "MergingDecoder": LateFusionDecoder,
    "Beside": ConcatFeatures,
    "EachWord": TimeDistributedRNN,
    "NumberAsValue": IntegerEncoding,
}


@pytest.mark.parametrize("old_name", RENAMED)
def test_an_old_name_loads_the_new_class(old_name):
    cls = keras.saving.get_registered_object(f"kerasrecipes>{old_name}")
    assert issubclass(cls, RENAMED[old_name])
    assert keras.saving.get_registered_name(RENAMED[old_name]) != f"kerasrecipes>{old_name}"


def test_a_configuration_of_old_gives_a_layer_of_the_new_class():
    config = keras.saving.serialize_keras_object(IntegerEncoding(7, name="words"))
    config |= {"class_name": "NumberAsValue", "registered_name": "kerasrecipes>NumberAsValue"}
    layer = keras.saving.deserialize_keras_object(config)
    assert isinstance(layer, IntegerEncoding) and layer.size == 7 and layer.name == "words"


def test_weights_are_found_under_the_old_name(tmp_path):
    @keras.saving.register_keras_serializable(package="kerasrecipes")
    class Before(layers.Dense):
        pass

    inputs = keras.Input((3,))
    model = keras.Model(inputs, Before(2)(inputs))
    model.save(tmp_path / "old.keras")

    @register(old_name="Before")
    class After(layers.Dense):
        pass

    loaded = keras.saving.load_model(tmp_path / "old.keras")
    assert isinstance(loaded.layers[1], After)
    x = np.ones((1, 3), np.float32)
    np.testing.assert_array_equal(loaded(x), model(x))
    loaded.save(tmp_path / "again.keras")
    again = keras.saving.load_model(tmp_path / "again.keras")
    np.testing.assert_array_equal(again(x), model(x))
