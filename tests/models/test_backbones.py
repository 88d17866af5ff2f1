"""Every base of keras.applications: its blocks' names, its scaling of pixels, its weights."""

import importlib

import h5py
import keras
import numpy as np
import pytest
from keras.src.legacy.saving import legacy_h5_format

from kerasrecipes.errors import UserError
from kerasrecipes.models import backbones
from kerasrecipes.models.transfer import base_layers, freeze, frozen_up_to, transfer

# The least side that each takes, and a layer that its last block begins with.
QUICK = {
    "vgg16": (32, "block5_conv1"),
    "mobilenet": (32, "conv_dw_13"),
    "mobilenet_v2": (32, "block_16_expand"),
    "mobilenet_v3_small": (32, "expanded_conv_10_expand"),
    "resnet50": (32, "conv5_block1_1_conv"),
}
SLOW = {
    "vgg19": (32, "block5_conv1"),
    "resnet101": (32, "conv5_block1_1_conv"),
    "resnet152": (32, "conv5_block1_1_conv"),
    "resnet50_v2": (32, "conv5_block1_preact_bn"),
    "resnet101_v2": (32, "conv5_block1_preact_bn"),
    "resnet152_v2": (32, "conv5_block1_preact_bn"),
    "densenet121": (32, "conv5_block1_0_bn"),
    "densenet169": (32, "conv5_block1_0_bn"),
    "densenet201": (32, "conv5_block1_0_bn"),
    "mobilenet_v3_large": (32, "expanded_conv_14_expand"),
    "nasnet_mobile": (32, "normal_conv_1_12"),
    "nasnet_large": (32, "normal_conv_1_18"),
    "inception_v3": (75, "mixed9"),
    "inception_resnet_v2": (75, "block8_9_ac"),
    "xception": (71, "block14_sepconv1"),
    **{f"efficientnet_b{number}": (32, "block7a_expand_conv") for number in range(8)},
    **{
        f"efficientnet_v2_{kind}": (32, "block6a_expand_conv")
        for kind in ("b0", "b1", "b2", "b3", "s")
    },
    **{f"efficientnet_v2_{kind}": (32, "block7a_expand_conv") for kind in ("m", "l")},
    **{
        f"convnext_{kind}": (32, f"convnext_{kind}_stage_3_block_0_depthwise_conv")
        for kind in ("tiny", "small", "base", "large", "xlarge")
    },
}


def test_the_table_lacks_no_network():
    functions = {
        name for name in dir(keras.applications) if callable(getattr(keras.applications, name))
    }
    assert {base.function for base in backbones.BASES.values()} - {""} == functions
    assert set(QUICK) | set(SLOW) | {"small"} == set(backbones.BASES)


@pytest.mark.parametrize(
    "name",
    [*QUICK, *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW)],
    ids=[*QUICK, *SLOW],
)
def test_its_last_block_alone_is_unfrozen(name):
    keras.utils.clear_session()
    side, first = (QUICK | SLOW)[name]
    model = transfer((side, side, 3), 2, base=name, weights="none")
    freeze(model, name, "all")
    assert {w.path.split("/")[0] for w in model.trainable_weights} == {"class"}
    freeze(model, name, "last_block")
    block = backbones.last_block(model, name)
    names = [layer.name for layer in block]
    assert first in names
    learning = [layer for layer in model.layers if layer.trainable_weights]
    assert set(learning) <= set(block) and len(learning) > 1
    assert not any(isinstance(layer, keras.layers.BatchNormalization) for layer in learning)
    # Whatever lies before is frozen, and by far the larger part of the layers.
    assert len(block) < len(model.layers) / 2
    freeze(model, name, "none")
    with_weights = [layer for layer in base_layers(model) if layer.weights]
    normalizations = [
        layer for layer in with_weights if isinstance(layer, keras.layers.BatchNormalization)
    ]
    assert all(layer.trainable for layer in with_weights if layer not in normalizations)
    assert not any(layer.trainable for layer in normalizations)
    found = frozen_up_to(model, name, "last_block")
    if found:
        assert found not in names


@pytest.mark.parametrize(
    "module, scaling",
    [("vgg16", "caffe"), ("resnet", "caffe"), ("mobilenet", "tf"), ("densenet", "torch")],
)
def test_pixels_are_scaled_as_keras_does(module, scaling):
    images = np.random.default_rng(0).integers(0, 256, (2, 5, 4, 3), np.uint8)
    inputs = keras.Input((5, 4, 3))
    model = keras.Model(inputs, backbones.scaled(inputs, scaling))
    expected = importlib.import_module(f"keras.applications.{module}").preprocess_input(
        images.astype("float32")
    )
    np.testing.assert_allclose(model.predict(images, verbose=0), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", [name for name, base in backbones.BASES.items() if base.function])
def test_the_table_scales_as_the_module_does(name):
    """What `preprocess_input` does to gray 255 tells the four scalings apart."""
    function = getattr(keras.applications, backbones.BASES[name].function)
    short = {"NASNetMobile": "nasnet", "NASNetLarge": "nasnet"}.get(function.__name__)
    module = importlib.import_module(f"keras.applications.{short or _module(name)}")
    white = module.preprocess_input(np.full((1, 1, 1, 3), 255.0, "float32")).reshape(-1)
    scaling = {"tf": 1.0, "own": 255.0, "caffe": 255 - 103.939, "torch": (1 - 0.485) / 0.229}[
        backbones.BASES[name].scaling
    ]
    assert white[0] == pytest.approx(scaling, rel=1e-4)


def _module(name):
    for stem in (
        "vgg16",
        "vgg19",
        "mobilenet_v2",
        "mobilenet_v3",
        "mobilenet",
        "densenet",
        "inception_resnet_v2",
    ):
        if name.startswith(stem):
            return stem
    if name.startswith("resnet"):
        return "resnet_v2" if name.endswith("_v2") else "resnet"
    for stem in ("inception_v3", "xception", "efficientnet_v2", "efficientnet", "convnext"):
        if name.startswith(stem):
            return stem
    raise AssertionError(name)


def test_weights_from_a_file(tmp_path):
    one = backbones.base("mobilenet", (32, 32, 3), weights="none", alpha=0.25)
    one.save_weights(tmp_path / "mine.weights.h5")
    other = backbones.base(
        "mobilenet", (32, 32, 3), weights=str(tmp_path / "mine.weights.h5"), alpha=0.25
    )
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    with pytest.raises(UserError, match="does not hold the weights of mobilenet"):
        backbones.base(
            "mobilenet", (32, 32, 3), weights=str(tmp_path / "mine.weights.h5"), alpha=0.5
        )
    with pytest.raises(UserError, match="no such file"):
        backbones.base("mobilenet", (32, 32, 3), weights=str(tmp_path / "other.h5"))


@pytest.mark.parametrize(
    "name, function, file",
    [
        ("vgg16", "VGG16", "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5"),
        ("resnet50", "ResNet50", "resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5"),
    ],
)
def test_files_as_keras_publishes_them_are_loaded(name, function, file, tmp_path, monkeypatch):
    """Written in the old format of the published files, under the name that Keras looks for."""
    theirs = getattr(keras.applications, function)(
        weights=None, include_top=False, input_shape=(32, 32, 3)
    )
    with h5py.File(tmp_path / file, "w") as opened:
        legacy_h5_format.save_weights_to_hdf5_group(opened, theirs)
    module = importlib.import_module(f"keras.src.applications.{name.rstrip('50')}")
    monkeypatch.setattr(
        module.file_utils, "get_file", lambda asked, *_, **__: str(tmp_path / asked)
    )
    ours = backbones.base(name, (32, 32, 3))
    for one, other in zip(theirs.get_weights(), ours.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_without_network_the_file_is_named(monkeypatch, tmp_path):
    from keras.src.applications import mobilenet

    def failing(name, origin, **options):
        raise Exception(
            f"URL fetch failure on {origin}: None -- [Errno -2] Name or service not known"
        )

    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(mobilenet.file_utils, "get_file", failing)
    with pytest.raises(UserError) as raised:
        backbones.base("mobilenet", (224, 224, 3), alpha=0.5)
    message = str(raised.value)
    assert "put mobilenet_5_0_224_tf_no_top.h5" in message and str(tmp_path / "models") in message
    assert "\n" not in message


def test_what_does_not_fit_is_refused():
    with pytest.raises(UserError, match="did you mean 'mobilenet'"):
        backbones.base("mobilnet", (32, 32, 3))
    with pytest.raises(UserError, match="no setting alpha"):
        backbones.base("vgg16", (32, 32, 3), weights="none", alpha=0.5)
    with pytest.raises(UserError, match="colour images"):
        backbones.base("vgg16", (32, 32, 1), weights="none")
    with pytest.raises(UserError, match="inception_v3"):
        backbones.base("inception_v3", (32, 32, 3), weights="none")
