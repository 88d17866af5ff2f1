"""ResNet50 against that of keras.applications, and the residual networks of other depths."""

import keras
import numpy as np
import pytest

from kerasrecipes.errors import UserError
from kerasrecipes.models.resnet import resnet, resnet50, resnet_cifar
from tests.models.applications import assert_same_maps, assert_same_outputs


@pytest.mark.slow
def test_with_the_weights_of_keras_it_has_the_same_maps():
    assert_same_maps(resnet50, "ResNet50", 23_587_712)


@pytest.mark.slow
def test_whole_with_its_head():
    assert_same_outputs(resnet50, "ResNet50", 25_636_712)


@pytest.mark.parametrize("depth, millions", [(20, 0.27), (32, 0.46), (56, 0.85)])
def test_depths_have_the_papers_sizes(depth, millions):
    model = resnet_cifar((32, 32, 3), 10, depth=depth)
    learned = sum(int(np.prod(w.shape)) for w in model.trainable_weights)
    assert round(learned / 1e6, 2) == millions
    convolutions = [
        layer
        for layer in model.layers
        if isinstance(layer, (keras.layers.Conv2D, keras.layers.Dense))
    ]
    assert len(convolutions) == depth


def test_a_shortcut_carries_the_signal_alone():
    """With silent second convolutions a block gives what it was given: half the pixels, then zeros
    around.
    """
    model = resnet_cifar((16, 16, 3), 4, depth=8)
    for layer in model.layers:
        if layer.name.endswith("_2_bn"):
            layer.gamma.assign(0 * layer.gamma)
    maps = keras.Model(
        model.inputs,
        [model.get_layer("conv2_block1_out").output, model.get_layer("conv3_block1_out").output],
    )
    before, after = maps.predict(
        np.random.default_rng(0).uniform(0, 255, (1, 16, 16, 3)), verbose=0
    )
    np.testing.assert_allclose(after[..., 8:24], before[:, ::2, ::2], rtol=1e-6)
    assert (after[..., :8] == 0).all() and (after[..., 24:] == 0).all()


def test_depth_chooses_the_family():
    assert (
        resnet((32, 32, 3), 10, depth=20).count_params()
        == resnet_cifar((32, 32, 3), 10).count_params()
    )
    large = resnet((32, 32, 3), 10, depth=101, augmentation=[keras.layers.RandomFlip()])
    assert large.name == "resnet101"
    # 42,658,176 below the head, as keras.applications.ResNet101 has, and the head's.
    assert large.count_params() == 42_658_176 + 2048 * 10 + 10


def test_resnet_refuses():
    with pytest.raises(UserError, match="--weight-decay"):
        resnet((32, 32, 3), 10, depth=50, l2=1e-4)
    with pytest.raises(UserError, match="6 n"):
        resnet_cifar((32, 32, 3), 10, depth=21)
    with pytest.raises(UserError, match="at least 32"):
        resnet50((16, 16, 3), 10)
