"""State dicts of torchvision and timm: by hand, there and back, and against the libraries."""

import keras
import numpy as np
import pytest

from kerasrecipes.errors import UserError
from kerasrecipes.models import torch_weights
from kerasrecipes.models.alexnet import alexnet, zfnet
from kerasrecipes.models.googlenet import googlenet
from kerasrecipes.models.inception import inception_v3
from kerasrecipes.models.mobilenet import mobilenet
from kerasrecipes.models.resnet import resnet
from kerasrecipes.models.vgg import vgg
from kerasrecipes.models.vgg import vgg16 as any_vgg

SMALL = (32, 32, 3)


def tiny():
    """VGG of few filters, which reads 224 x 224 pixels."""
    blocks = [(2, 1), (2, 1), (2, 2), (3, 2), (3, 2)]
    front = [keras.layers.Rescaling(1 / 127.5, offset=-1.0, name="scale")]
    return any_vgg((224, 224, 3), 4, blocks=blocks, dense_units=(5, 6), front=front)


def scattered(model, seed=0):
    """Give a model weights that differ from each other, variances among them."""
    random = np.random.default_rng(seed)
    for variable in model.weights:
        shape = tuple(variable.shape)
        positive = "variance" in variable.path or "gamma" in variable.path
        drawn = random.uniform(0.5, 1.5, shape) if positive else random.normal(0, 0.2, shape)
        variable.assign(drawn)
    return model


def test_a_state_dict_written_by_hand():
    """Kernels of torch are output, input, height, width; dense layers read channels of places."""
    random = np.random.default_rng(1)
    tensors = {}
    shapes = [(2, 3), (2, 2), (2, 2), (2, 2), (3, 2), (3, 3), (3, 3), (3, 3)]
    for place, shape in zip((0, 3, 6, 8, 11, 13, 16, 18), shapes, strict=True):
        tensors[f"features.{place}.weight"] = random.normal(0, 0.3, (*shape, 3, 3))
        tensors[f"features.{place}.bias"] = random.normal(0, 0.1, shape[:1])
    for place, shape in zip((0, 3, 6), ((5, 147), (6, 5), (4, 6)), strict=True):
        tensors[f"classifier.{place}.weight"] = random.normal(0, 0.3, shape)
        tensors[f"classifier.{place}.bias"] = random.normal(0, 0.1, shape[:1])
    model = tiny()
    torch_weights.load(model, tensors, "by hand")

    image = random.uniform(0, 255, (1, 224, 224, 3)).astype(np.float32)
    first = keras.Model(model.input, model.get_layer("block1_conv1").output).predict(image)[0]
    patch = (image[0, 99:102, 49:52] / 127.5 - 1).transpose(2, 0, 1)  # around row 100, column 50
    sums = (tensors["features.0.weight"] * patch).sum((1, 2, 3)) + tensors["features.0.bias"]
    np.testing.assert_allclose(first[100, 50], np.maximum(sums, 0), atol=1e-5)

    middle = keras.Model(
        model.input, [model.get_layer("block5_pool").output, model.get_layer("fc1").output]
    )
    maps, dense = middle.predict(image)
    flat = maps[0].transpose(2, 0, 1).reshape(-1)
    sums = tensors["classifier.0.weight"] @ flat + tensors["classifier.0.bias"]
    np.testing.assert_allclose(dense[0], np.maximum(sums, 0), rtol=1e-4, atol=1e-6)

    back = torch_weights.state_dict(model, "torchvision")
    assert list(back) == list(tensors)
    for name, tensor in tensors.items():
        np.testing.assert_allclose(back[name], tensor, rtol=1e-6)
    timm = torch_weights.state_dict(model, "timm")
    assert timm["pre_logits.fc1.weight"].shape == (5, 3, 7, 7)
    assert timm["pre_logits.fc2.weight"].shape == (6, 5, 1, 1) and "head.fc.bias" in timm
    other = tiny()
    torch_weights.load(other, timm, "timm's")
    for one, two in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-6)


def torch_like(kind):
    """Networks as they are built with weights of torch."""
    if kind == "resnet":
        return resnet(SMALL, 5, depth=18)
    if kind == "inception":
        return inception_v3((75, 75, 3), 5, width=0.05)
    if kind == "mobilenet":
        return mobilenet(SMALL, 5, alpha=0.1)
    blocks = [(2, 1), (2, 1), (2, 2), (3, 2), (3, 2)]
    return any_vgg((224, 224, 3), 5, blocks=blocks, dense_units=(4, 4), batch_normalization=True)


SLOW = [pytest.param(kind, marks=pytest.mark.slow) for kind in ("resnet", "inception")]


@pytest.mark.parametrize("kind", ["mobilenet", "vgg_bn", *SLOW])
def test_what_is_written_is_read_again(kind):
    model, other = scattered(torch_like(kind)), scattered(torch_like(kind), seed=1)
    library = "timm" if kind == "mobilenet" else "torchvision"
    torch_weights.load(other, torch_weights.state_dict(model, library), "written")
    images = np.random.default_rng(0).uniform(0, 255, (2, *model.input_shape[1:]))
    expected = model.predict(images, verbose=0)
    assert expected.std() > 1e-3
    np.testing.assert_allclose(other.predict(images, verbose=0), expected, atol=2e-6)


def test_names_are_those_of_the_libraries():
    found = torch_weights.state_dict(torch_like("inception"), "torchvision")
    assert len(found) == 94 * 6 + 2
    for name in ("Conv2d_1a_3x3.conv.weight", "Mixed_6b.branch7x7dbl_5.bn.running_var"):
        assert name in found
    lying, standing = "Mixed_6b.branch7x7_2.conv.weight", "Mixed_6b.branch7x7_3.conv.weight"
    assert found[lying].shape[2:] == (1, 7) and found[standing].shape[2:] == (7, 1)
    found = torch_weights.state_dict(torch_like("resnet"), "timm")
    assert len(found) == 20 * 6 + 2 and "layer2.0.downsample.1.running_mean" in found
    assert not any(name.endswith("conv1.bias") for name in found)
    found = torch_weights.state_dict(torch_like("mobilenet"), "timm")
    assert len(found) == 27 * 6 + 2 and "blocks.3.5.conv_dw.weight" in found
    normalized = torch_weights.network(torch_like("vgg_bn"), "torchvision")
    assert normalized.name == "vgg11_bn" and normalized.modules["block1_conv1_bn"] == "features.1"


def test_biases_go_into_the_mean_of_the_normalization_that_follows():
    model = scattered(resnet(SMALL, 5, depth=50))
    found = torch_weights.state_dict(model, "torchvision")
    layer, normalization = (model.get_layer(f"conv2_block1_2_{kind}") for kind in ("conv", "bn"))
    expected = np.asarray(normalization.moving_mean) - np.asarray(layer.bias)
    np.testing.assert_allclose(found["layer1.0.bn2.running_mean"], expected, rtol=1e-5)


def test_a_head_of_other_classes_stays():
    model, other = scattered(mobilenet(SMALL, 5, alpha=0.1)), mobilenet(SMALL, 7, alpha=0.1)
    before = other.get_layer("class").get_weights()
    torch_weights.load(other, torch_weights.state_dict(model, "timm"), "written")
    for one, two in zip(before, other.get_layer("class").get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
    kernels = [np.asarray(one.get_layer("conv_pw_5").kernel) for one in (model, other)]
    np.testing.assert_allclose(*kernels)


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: alexnet((63, 63, 3), 2, width=0.02), "64 filters first"),
        (lambda: zfnet((53, 53, 3), 2, width=0.02), "neither torchvision nor timm"),
        (lambda: googlenet((65, 65, 3), 2, width=0.02, modules=(1, 0, 0)), "3 x 3 kernels where"),
        (lambda: resnet(SMALL, 2, depth=8), "of 18, 34, 50, 101 and 152 layers"),
    ],
)
def test_other_networks_are_refused_with_the_reason(build, said):
    with pytest.raises(UserError, match=said) as error:
        torch_weights.network(build(), "torchvision")
    assert len(str(error.value)) <= 250
    with pytest.raises(UserError, match="no MobileNet"):
        torch_weights.network(mobilenet(SMALL, 2, alpha=0.1), "torchvision")


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: resnet(SMALL, 2, depth=50), "1 x 1 kernels halve"),
        (lambda: resnet((32, 32, 1), 2, depth=18), "1 channels and theirs three"),
        (lambda: inception_v3((75, 75, 3), 2, modules=(1, 1, 1)), "all modules"),
        (lambda: mobilenet(SMALL, 2, alpha=0.5), "alpha 1 or 1.25"),
        (lambda: mobilenet(SMALL, 2, alpha=1.01), "alpha 1 or 1.25"),
        (lambda: mobilenet(SMALL, 2), "one side only"),
        (lambda: vgg((64, 64, 3), 2, width=0.05), "224 x 224"),
    ],
)
def test_networks_that_would_answer_otherwise_are_refused(build, said):
    assert said in torch_weights.refusal(build())


def test_weights_of_another_network_are_refused():
    model = torch_like("resnet")
    tensors = torch_weights.state_dict(model, "torchvision")
    lacking = {name: value for name, value in tensors.items() if "layer3.1.conv2" not in name}
    with pytest.raises(UserError, match=r"x does not hold .* resnet18: it lacks 'layer3\.1\.conv2"):
        torch_weights.load(model, lacking, "x")
    with pytest.raises(UserError, match=r"holds 'layer3\.9\.conv1\.weight' besides"):
        torch_weights.load(model, {**tensors, "layer3.9.conv1.weight": np.zeros(1)}, "x")
    with pytest.raises(UserError, match=r"'layer3\.1\.conv2' has the shape"):
        torch_weights.load(model, {**tensors, "layer3.1.conv2.weight": np.zeros((2, 2))}, "x")
    assert len(tensors) > 100 and torch_weights.load(model, tensors, "x") is None


def drawn(module):
    """Give a torch model weights whose outputs are no certainties."""
    torch = pytest.importorskip("torch")
    for part in module.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            part.weight.data.uniform_(0.5, 1.5)
            part.bias.data.normal_(0, 0.2)
            part.running_mean.normal_(0, 0.2)
            part.running_var.uniform_(0.5, 1.5)
        elif isinstance(part, (torch.nn.Conv2d, torch.nn.Linear)):
            torch.nn.init.kaiming_normal_(part.weight)
            last = part
    with torch.no_grad():
        last.weight /= module.eval()(torch.randn(2, 3, 224, 224)).std()
    return module


def library_pairs():
    half, usual = (0.5, 0.5), (None, None)
    sizes = {"resnet": (96, 64, 3), "inception": (128, 100, 3), "mobilenet": (96, 64, 3)}
    build = {
        "resnet18": lambda **more: resnet(sizes["resnet"], 7, depth=18, **more),
        "resnet50": lambda **more: resnet(sizes["resnet"], 7, depth=50, **more),
        "inception_v3": lambda **more: inception_v3(sizes["inception"], 7, **more),
        "mobilenetv1_100": lambda **more: mobilenet(sizes["mobilenet"], 7, **more),
        "vgg11": lambda **more: vgg((224, 224, 3), 7, depth=11, **more),
        "vgg11_bn": lambda **more: vgg(
            (224, 224, 3), 7, depth=11, batch_normalization=True, **more
        ),
    }
    for name, ours in build.items():
        scale = half if name.startswith(("inception", "mobilenet")) else usual
        for library in torch_weights.LIBRARIES:
            if library == "timm" or name != "mobilenetv1_100":
                yield pytest.param(library, name, ours, scale, id=f"{library}-{name}")


@pytest.mark.slow
@pytest.mark.parametrize(("library", "name", "ours", "scale"), library_pairs())
def test_outputs_are_the_librarys_there_and_back(library, name, ours, scale, tmp_path):
    torch = pytest.importorskip("torch", reason="compares with torch, which nothing else needs")
    package = pytest.importorskip(library, reason=f"compares with {library}")
    save = pytest.importorskip("safetensors.torch").save_file
    further = {"aux_logits": True, "transform_input": False} if "inception" in name else {}
    if library == "timm":
        theirs = package.create_model(name, num_classes=7)
    else:
        theirs = getattr(package.models, name)(num_classes=7, **further)
    drawn(theirs)
    save(theirs.state_dict(), tmp_path / "given.safetensors")
    model = ours(weights=str(tmp_path / "given.safetensors"))
    images = np.random.default_rng(0).integers(0, 256, (2, *model.input_shape[1:]))
    mean, deviation = (
        np.array(one if one is not None else usual, np.float32)
        for one, usual in zip(scale, ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)), strict=True)
    )
    pixels = torch.tensor(((images / 255 - mean) / deviation).transpose(0, 3, 1, 2).copy()).float()
    with torch.no_grad():
        expected = torch.softmax(theirs(pixels), -1).numpy()
    np.testing.assert_allclose(model.predict(images, verbose=0), expected, atol=1e-5)

    assert torch_weights.refusal(model) is None
    written = torch_weights.state_dict(scattered(model), library)
    call = torch_weights.network(model, library).call(7)
    copy = eval(call, {library: package})  # as the message tells a user to
    copy.load_state_dict({key: torch.tensor(value) for key, value in written.items()}, strict=True)
    with torch.no_grad():
        found = torch.softmax(copy.eval()(pixels), -1).numpy()
    np.testing.assert_allclose(found, model.predict(images, verbose=0), atol=1e-5)
