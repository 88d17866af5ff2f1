"""Files of weights to begin with: which are taken, and how their pixels are scaled."""

import json

import keras
import numpy as np
import pytest

from kerasrecipes.data import tfds
from kerasrecipes.errors import UserError
from kerasrecipes.models import released_weights, torch_weights
from kerasrecipes.models.mobilenet import mobilenet
from kerasrecipes.models.vgg import vgg
from tests.models.test_torch_weights import scattered

SMALL = (32, 32, 3)


def keras_file(path, model):
    """Write a file as those of `keras.applications` are."""
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [layer.name.encode() for layer in model.layers]
        for layer in model.layers:
            group = file.create_group(layer.name)
            names = [f"{layer.name}/{variable.name}:0" for variable in layer.weights]
            group.attrs["weight_names"] = [name.encode() for name in names]
            for name, array in zip(names, layer.get_weights(), strict=True):
                group[name] = array


@pytest.mark.slow
def test_weights_of_keras_applications_give_its_outputs(tmp_path):
    theirs = scattered(
        keras.applications.MobileNet((64, 96, 3), alpha=0.25, weights=None, classes=6, dropout=1e-3)
    )
    keras_file(tmp_path / "theirs.h5", theirs)
    given = str(tmp_path / "theirs.h5")
    images = np.random.default_rng(0).integers(0, 256, (2, 64, 96, 3)).astype(np.float32)
    expected = theirs.predict(keras.applications.mobilenet.preprocess_input(images.copy()))
    ours = mobilenet((64, 96, 3), 6, alpha=0.25, weights=given)
    np.testing.assert_allclose(ours.predict(images), expected, atol=1e-6)
    # Of other classes the head learns anew.
    other = mobilenet(SMALL, 3, alpha=0.25, weights=given)
    np.testing.assert_array_equal(*(m.get_layer("conv1").kernel for m in (ours, other)))
    with pytest.raises(UserError, match=r"does not hold the weights of mobilenet: conv1 has"):
        mobilenet(SMALL, 3, alpha=0.5, weights=given)
    with pytest.raises(UserError, match=r"mobilenet: it has|of vgg11: it has 55 layers"):
        vgg(SMALL, 3, depth=11, width=0.01, weights=given)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("net.pth", r"can run code .* weights_only=True\), 'x\.safetensors'\)$"),
        ("gone.pt", "can run code"),
        ("gone.h5", "there is no such file"),
        ("net.npz", "expected .h5 of keras.applications or .safetensors"),
        ("net.weights.h5", "expected .h5 of keras.applications"),
        ("net.h5", "is not a file of Keras's weights"),
    ],
)
def test_other_files_are_refused_in_a_line(tmp_path, name, said):
    if not name.startswith("gone"):
        (tmp_path / name).write_bytes(b"no weights")
    with pytest.raises(UserError, match=said) as error:
        mobilenet(SMALL, 3, alpha=0.1, weights=str(tmp_path / name))
    assert "\n" not in str(error.value)


def test_colour_is_asked_for(tmp_path):
    (tmp_path / "net.h5").write_bytes(b"")
    with pytest.raises(UserError, match="take colour images, received 1 channel"):
        mobilenet((32, 32, 1), 3, weights=str(tmp_path / "net.h5"))


@pytest.fixture
def saved(tmp_path):
    """A function that writes a network's weights as timm names them, and the metadata."""
    safetensors = pytest.importorskip("safetensors.numpy", reason="reads files of safetensors")
    model = scattered(mobilenet(SMALL, 3, alpha=0.1))

    def save(prefix="", dtype=np.float32, **metadata):
        path = tmp_path / "net.safetensors"
        tensors = {
            prefix + name: value.astype(dtype)
            for name, value in torch_weights.state_dict(model, "timm").items()
        }
        safetensors.save_file(tensors, path, {name: json.dumps(v) for name, v in metadata.items()})
        return str(path)

    return save


@pytest.mark.parametrize(("prefix", "dtype"), [("", np.float32), ("module.", np.float16)])
def test_safetensors_are_read(saved, prefix, dtype):
    model = mobilenet(SMALL, 3, alpha=0.1, weights=saved(prefix, dtype))
    # Built as torch's: one pixel more on each side.
    assert model.get_layer("conv_pad_2").padding == ((1, 1), (1, 1))
    drawn = scattered(mobilenet(SMALL, 3, alpha=0.1)).get_layer("conv_dw_3").kernel
    np.testing.assert_allclose(model.get_layer("conv_dw_3").kernel, drawn, atol=1e-3)


def scales(weights):
    layer = released_weights.scaling(
        released_weights.find(weights, SMALL), keras="caffe", torch="torch"
    )
    return np.asarray(layer(np.full((1, 1, 1, 3), 255.0)))[0, 0, 0]


def test_pixels_are_scaled_as_the_file_says(saved, tmp_path):
    assert scales("none").tolist() == [1, 1, 1]
    usual = [(1 - 0.485) / 0.229, (1 - 0.456) / 0.224, (1 - 0.406) / 0.225]
    np.testing.assert_allclose(scales(saved()), usual, rtol=1e-5)
    np.testing.assert_allclose(scales(saved(mean=[0.5] * 3, std=[0.25] * 3)), 2.0, rtol=1e-5)
    config = {"pretrained_cfg": {"mean": [0, 0, 0], "std": [2, 2, 2]}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    np.testing.assert_allclose(scales(saved()), 0.5)
    huge = '{"mean": [1e400, 0, 0], "std": [1, 1, 1]}'
    nan = '{"mean": [0, 0, 0], "std": [NaN, 1, 1]}'
    (tmp_path / "config.json").write_text("[" * 200_000)
    np.testing.assert_allclose(scales(saved()), usual, rtol=1e-5)
    for broken in (
        huge,
        nan,
        "{}",
        "[]",
        '{"mean": 1, "std": [0, 0, 0]}',
        "no",
        '{"mean": [1], "std": [0]}',
    ):
        (tmp_path / "config.json").write_text(broken)
        np.testing.assert_allclose(scales(saved()), usual, rtol=1e-5)


def test_a_damaged_file_is_said(saved, tmp_path):
    path = saved()
    (tmp_path / "net.safetensors").write_bytes((tmp_path / "net.safetensors").read_bytes()[:999])
    with pytest.raises(UserError, match="is not a file of safetensors"):
        mobilenet(SMALL, 3, weights=path)


def test_faults_of_ours_are_not_called_a_damaged_file(saved, monkeypatch):
    def fault(*_):
        raise ZeroDivisionError

    path = saved()
    monkeypatch.setattr(torch_weights, "_assign", fault)
    with pytest.raises(ZeroDivisionError):
        mobilenet(SMALL, 3, alpha=0.1, weights=path)


def test_a_damaged_array_of_keras_is_said(tmp_path):
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "net.h5"
    keras_file(path, mobilenet(SMALL, 3, alpha=0.1))
    with h5py.File(path, "a") as file:
        del file["conv1/conv1/kernel:0"]
    with pytest.raises(UserError, match="is damaged at conv1") as error:
        mobilenet(SMALL, 3, alpha=0.1, weights=str(path))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("weights", ["~nobody-here/net.h5", "~nobody-here/net.safetensors"])
def test_the_home_of_nobody_is_no_folder(weights):
    with pytest.raises(UserError, match="there is no such file"):
        mobilenet(SMALL, 3, weights=weights)


@pytest.mark.data
def test_the_weights_of_imagenet_name_what_keras_names():
    path = tfds.keras_home() / "models" / "mobilenet_7_5_224_tf.h5"
    if not path.is_file():
        pytest.skip("needs MobileNet 0.75's file in KERAS_HOME")
    theirs = keras.applications.MobileNet(alpha=0.75)
    ours = mobilenet((224, 224, 3), 1000, alpha=0.75, weights=str(path))
    images = np.random.default_rng(0).integers(0, 256, (2, 224, 224, 3)).astype(np.float32)
    expected = theirs.predict(keras.applications.mobilenet.preprocess_input(images.copy()))
    np.testing.assert_allclose(ours.predict(images), expected, atol=1e-5)
