"""Weights written for torchvision and timm, and what is refused."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest

from kerasrecipes.errors import UserError
from kerasrecipes.inference.export import formats, scripts, state_dicts
from kerasrecipes.info import Info
from kerasrecipes.layers.scaling import scaling_layer
from kerasrecipes.models import torch_weights
from kerasrecipes.models.alexnet import zfnet
from kerasrecipes.models.resnet import resnet
from kerasrecipes.models.vgg import vgg16 as any_vgg
from tests.models.test_torch_weights import scattered


@pytest.fixture
def without_torch(monkeypatch):
    """The libraries are not there, and take networks of any width."""
    monkeypatch.setattr(state_dicts.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(torch_weights, "refusal", lambda model: None)


_OTHERS = [("torchvision", "tf"), ("torchvision", "caffe"), ("timm", "tf"), ("timm", "torch")]


@pytest.mark.parametrize(
    ("library", "scaling"),
    [
        ("torchvision", "torch"),
        ("timm", "caffe"),
        *(pytest.param(*pair, marks=pytest.mark.slow) for pair in _OTHERS),
    ],
)
def test_a_written_file_gives_the_models_outputs(library, scaling, tmp_path, without_torch):
    safetensors = pytest.importorskip("safetensors", reason="writes files of safetensors")
    blocks = [(2, 1), (2, 1), (2, 2), (3, 2), (3, 2)]
    model = scattered(
        any_vgg(
            (224, 224, 3),
            4,
            blocks=blocks,
            dense_units=(5, 6),
            front=[scaling_layer(scaling, "scale")],
        )
    )
    form = formats.format_of(tmp_path / "net.safetensors", library)
    form.write(model, tmp_path / "net.safetensors", None)
    images = np.random.default_rng(0).uniform(0, 255, (2, 224, 224, 3)).astype(np.float32)
    (found,) = form.load(tmp_path / "net.safetensors", model)([images])
    np.testing.assert_allclose(found, model.predict(images, verbose=0), atol=1e-4)
    assert "vgg11" in form.note(model) and "num_classes=4" in form.note(model)

    file = safetensors.safe_open(tmp_path / "net.safetensors", framework="numpy")
    told = {name: json.loads(file.metadata()[name]) for name in ("mean", "std")}
    # One pixel, as a user of torch would scale it, through the first kernel.
    pixel = (np.array([200, 100, 50]) / 255 - told["mean"]) / told["std"]
    theirs = file.get_tensor("features.0.weight")[:, :, 1, 1] @ pixel
    front = keras.Model(model.input, model.get_layer("scale").output)
    scaled = np.asarray(front(np.full((1, 224, 224, 3), [200.0, 100, 50])))[0, 0, 0]
    ours = scaled @ np.asarray(model.get_layer("block1_conv1").kernel)[1, 1]
    np.testing.assert_allclose(theirs, ours, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("target", "library", "build", "said"),
    [
        ("net.onnx", "timm", None, "--format timm is written to a file that ends in .safetensors"),
        ("net.safetensors", "torchvision", lambda: zfnet((53, 53, 3), 2, width=0.02), "ZFNet"),
        (
            "net.safetensors",
            "timm",
            lambda: resnet((32, 32, 3), 2, depth=50),
            "timm's resnet50 would answer otherwise than this model: its first 1 x 1",
        ),
        ("net.safetensors", "keras", lambda: zfnet((53, 53, 3), 2, width=0.02), "unknown format"),
    ],
)
def test_what_cannot_be_written_is_refused_in_a_line(target, library, build, said, tmp_path):
    with pytest.raises(UserError, match=said) as error:
        form = formats.format_of(Path(target), library)
        form.write(build(), tmp_path / target, None)
    assert not list(tmp_path.iterdir()) and len(str(error.value)) <= 250


def test_no_program_is_written_for_weights_alone():
    described = {"predict": "kerasrecipes.inference.image_classification:classify", "inputs": [{}]}
    assert scripts.script(Path("net.safetensors"), described, Info()) is None
