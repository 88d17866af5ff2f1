"""The networks of the ImageNet lineage have the papers' parameters, to the digit."""

import keras
import numpy as np
import pytest

from kerasrecipes.errors import UserError
from kerasrecipes.models.alexnet import alexnet, zfnet
from kerasrecipes.models.googlenet import googlenet
from kerasrecipes.models.inception import inception_v3
from kerasrecipes.models.resnet import resnet, resnet50
from kerasrecipes.models.vgg import vgg
from tests.models.applications import assert_same_outputs

LARGE = (224, 224, 3)


@pytest.fixture
def no_numbers(monkeypatch):
    """Weights are zeros: drawing a hundred million of them would take all of a test's time."""

    def zeros(self, shape, dtype=None, **options):
        return keras.ops.zeros(shape, dtype)

    for name in ("GlorotUniform", "HeNormal"):
        monkeypatch.setattr(getattr(keras.initializers, name), "__call__", zeros)


def learned(model):
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


@pytest.mark.parametrize(
    "build, parameters",
    [
        (lambda: alexnet(LARGE, 1000), 60_965_224),
        (lambda: alexnet(LARGE, 1000, groups=1), 62_378_344),
        (lambda: zfnet(LARGE, 1000), 62_357_608),
        (lambda: vgg(LARGE, 1000, depth=11), 132_863_336),
        (lambda: vgg(LARGE, 1000, depth=13), 133_047_848),
        (lambda: vgg(LARGE, 1000, depth=16), 138_357_544),
        (lambda: vgg(LARGE, 1000, depth=19), 143_667_240),
        (lambda: googlenet(LARGE, 1000), 13_378_280),
        (lambda: googlenet(LARGE, 1000, auxiliary_weight=0), 6_998_552),
        (lambda: resnet(LARGE, 1000, depth=18), 11_689_512),
        (lambda: resnet(LARGE, 1000, depth=34), 21_797_672),
    ],
    ids=[
        "alexnet",
        "alexnet-1",
        "zfnet",
        "vgg11",
        "vgg13",
        "vgg16",
        "vgg19",
        "googlenet",
        "googlenet-plain",
        "resnet18",
        "resnet34",
    ],
)
def test_parameters_are_the_papers(build, parameters, no_numbers):
    assert learned(build()) == parameters


def test_parameters_of_resnet50_are_the_papers_without_biases_of_its_convolutions(no_numbers):
    model = resnet50(LARGE, 1000)
    convolutions = (layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D))
    biases = sum(layer.filters for layer in convolutions)
    assert learned(model) - biases == 25_557_032


@pytest.mark.slow
def test_inception_v3_has_the_outputs_of_keras():
    def build(input_shape, num_classes):
        model = inception_v3(input_shape, num_classes)
        # Theirs takes pixels that are scaled already.
        scaled = model.get_layer("scale").output
        return keras.Model(scaled, model.output)

    assert_same_outputs(build, "InceptionV3", 23_851_784, size=299)


def test_maps_have_the_papers_sizes(no_numbers):
    sizes = {
        "conv1_1": (55, 55, 48),
        "conv2_2_pool": (13, 13, 128),
        "conv3_1": (13, 13, 192),
        "flatten": (9216,),
    }
    model = alexnet(LARGE, 10)
    assert {name: model.get_layer(name).output.shape[1:] for name in sizes} == sizes
    narrow = zfnet(LARGE, 10, width=0.1)
    assert narrow.get_layer("conv1").output.shape[1:] == (110, 110, 10)
    assert narrow.get_layer("conv5").output.shape[1:] == (13, 13, 26)
    model = inception_v3((299, 299, 3), 10, width=0.05)
    assert model.get_layer("mixed2").output.shape[1:3] == (35, 35)
    assert model.get_layer("mixed7").output.shape[1:3] == (17, 17)
    assert model.get_layer("mixed10").output.shape[1:3] == (8, 8)


SMALLEST = {alexnet: 63, zfnet: 53, googlenet: 65, inception_v3: 75, vgg: 32}


@pytest.mark.parametrize("build", SMALLEST, ids=lambda build: build.__name__)
def test_the_smallest_image_is_taken_and_smaller_ones_are_refused(build):
    least = SMALLEST[build]
    more = {"modules": (1, 1, 1)} if build in (googlenet, inception_v3) else {}
    model = build(
        (least, least + 7, 1), 3, width=0.05, augmentation=[keras.layers.RandomFlip()], **more
    )
    outputs = model.predict(np.zeros((2, least, least + 7, 1), np.uint8), verbose=0)
    np.testing.assert_allclose(outputs.sum(axis=1), 1, rtol=1e-5)
    with pytest.raises(UserError, match=f"at least {least} x {least} pixels"):
        build((least + 7, least - 1, 1), 3, width=0.05)
