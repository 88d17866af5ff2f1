"""AlexNet in two columns."""

import keras

from kerasrecipes.models.alexnet import alexnet


def test_the_columns_of_alexnet_see_each_other_only_before_the_third_convolution():
    model = alexnet((63, 63, 1), 2, width=0.1)
    first = keras.Model(model.inputs, model.get_layer("conv2_1_pool").output)
    assert not [layer.name for layer in first.layers if layer.name.endswith("_2")]
    third = keras.Model(model.inputs, model.get_layer("conv3_1").output)
    assert {"conv1_1", "conv1_2", "conv2_1", "conv2_2"} <= {layer.name for layer in third.layers}
