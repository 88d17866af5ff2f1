"""Our own VGG16 and ResNets against those of keras.applications, with the same weights."""

import keras
import numpy as np
import pytest

from kerasrecipes.errors import UserError
from kerasrecipes.models.resnet import resnet, resnet50, resnet_cifar
from kerasrecipes.models.vgg import vgg16


@pytest.mark.parametrize(
    "build, name, parameters", [(vgg16, "VGG16", 14_714_688), (resnet50, "ResNet50", 23_587_712)]
)
def test_with_the_same_weights_the_same_maps(build, name, parameters):
    theirs = getattr(keras.applications, name)(
        weights=None, include_top=False, input_shape=(48, 64, 3)
    )
    ours = build((48, 64, 3), None)
    assert ours.count_params() == theirs.count_params() == parameters
    assert [w.path.split("/")[-2:] for w in ours.weights] == [
        w.path.split("/")[-2:] for w in theirs.weights
    ]
    random = np.random.default_rng(0)
    # Moving statistics other than 0 and 1, so that a wrong order of layers would show.
    theirs.set_weights([w * random.uniform(0.5, 1.5, w.shape) + 0.01 for w in theirs.get_weights()])
    ours.set_weights(theirs.get_weights())
    images = random.normal(0, 50, (2, 48, 64, 3)).astype("float32")
    expected = theirs.predict(images, verbose=0)
    np.testing.assert_allclose(
        ours.predict(images, verbose=0), expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max()
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "build, name, parameters", [(vgg16, "VGG16", 138_357_544), (resnet50, "ResNet50", 25_636_712)]
)
def test_whole_with_its_head(build, name, parameters):
    theirs = getattr(keras.applications, name)(weights=None)
    ours = build((224, 224, 3), 1000)
    assert ours.count_params() == parameters
    ours.set_weights(theirs.get_weights())
    images = np.random.default_rng(0).normal(0, 50, (1, 224, 224, 3)).astype("float32")
    np.testing.assert_allclose(
        ours.predict(images, verbose=0), theirs.predict(images, verbose=0), rtol=1e-3, atol=1e-7
    )


def test_vgg_at_other_sizes():
    model = vgg16(
        (32, 32, 1),
        7,
        blocks=((8, 1), (16, 1)),
        dense_units=(20,),
        dropout_rate=0.5,
        batch_normalization=True,
    )
    assert model.output_shape == (None, 7)
    with pytest.raises(UserError, match="at least 32 x 32"):
        vgg16((31, 64, 3), 10)


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
