"""Model files of strangers: what would run, import, link or grow is refused in one line."""

import io
import json
import random
import stat
import warnings
import zipfile

import h5py
import keras
import numpy as np
import pytest

from kerasrecipes import trust
from kerasrecipes.errors import Notice, UserError
from kerasrecipes.runs import model_file


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The members of a good file."""
    path = tmp_path_factory.mktemp("model") / "model.keras"
    keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="d")]).save(path)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def packed(tmp_path, whole):
    """Make a file of some members in place of the good ones."""

    def make(changes=None, more=()):
        path = tmp_path / "run" / "model.keras"
        path.parent.mkdir(exist_ok=True)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in {**whole, **(changes or {})}.items():
                archive.writestr(name, content)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of names that come twice
                for name, content in more:
                    archive.writestr(name, content)
        trust.remember_run(path.parent)
        return path

    return make


def refused(path):
    with pytest.raises(UserError, match="is refused as a model: ") as caught:
        model_file.load(path)
    said = str(caught.value)
    assert "\n" not in said and len(said) < 500 and str(path) in said
    return said


def with_layer(whole, **layer):
    config = json.loads(whole["config.json"])
    config["config"]["layers"].append(layer)
    return {"config.json": json.dumps(config)}


def weights(write):
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        write(file)
    return {"model.weights.h5": content.getvalue()}


def test_a_good_file_is_loaded_as_it_is(packed):
    model = model_file.load(packed())
    assert model(np.zeros((1, 3), np.float32)).shape == (1, 2)
    assert model_file.load(packed(more=[("assets/words.txt", "a")])) is not None


def link():
    member = zipfile.ZipInfo("assets/link")
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    return member


@pytest.mark.parametrize(
    ("member", "says"),
    [
        (link(), "is a link or a device"),
        ("../evil.py", "it holds '../evil.py'"),
        ("/etc/passwd", "it holds"),
        ("assets/../../evil.py", "leads elsewhere"),
        ("assets/..\\evil.py", "leads elsewhere"),
        ("evil.pkl", "it holds 'evil.pkl'"),
        ("x" * 5000, "it holds 'xxx"),
        ("a\nb", "it holds 'a b'"),
        ("config.json", "two files of one name"),
    ],
)
def test_members_that_no_model_has_are_refused(packed, member, says):
    assert says in refused(packed(more=[(member, "{}")]))


def test_a_bomb_is_refused_before_it_is_unpacked(packed, monkeypatch):
    monkeypatch.setattr(model_file, "_FREE", 2**16)
    assert "would become" in refused(packed(more=[("assets/zeros", b"\0" * 2**22)]))
    monkeypatch.setattr(model_file, "_MOST_CONFIG", 100)
    assert "too long" in refused(packed({"config.json": json.dumps(["x"] * 1000)}))


@pytest.mark.parametrize(
    "layer",
    [
        {"class_name": "Lambda", "module": "keras.layers", "config": {"function": {}}},
        {"class_name": "__lambda__", "config": {"value": "4wEAAAA="}},
        {"class_name": "Popen", "module": "subprocess", "config": {"args": "true"}},
        {"class_name": "function", "module": "builtins", "config": "eval"},
        {"class_name": "x", "module": "antigravity", "registered_name": "none>x", "config": {}},
        {"class_name": "A\n" * 900, "module": "evil\x1b", "config": {}},
    ],
)
def test_code_and_modules_of_others_are_refused(packed, whole, layer):
    deep = {"class_name": "Dense", "module": "keras.layers", "config": {"units": [[layer]]}}
    for one in (layer, deep):
        said = refused(packed(with_layer(whole, **one)))
        assert "Lambda layer" in said or "which neither Keras" in said


def outside(file):
    file.create_dataset("w", (10,), "f4", external=[("/etc/passwd", 0, 40)])


def elsewhere(file):
    file["w"] = h5py.ExternalLink("/etc/passwd", "/w")


def soft(file):
    file["w"] = h5py.SoftLink("/other")


def virtual(file):
    layout = h5py.VirtualLayout((4,), "f4")
    layout[:] = h5py.VirtualSource("/tmp/x.h5", "w", (4,))
    file.create_virtual_dataset("w", layout)


def endless(file):
    group = file
    for _ in range(150):
        group = group.create_group("g")


def vast(file):
    file.create_dataset("w", (10**12,), "f4", chunks=(2**20,))


@pytest.mark.parametrize("write", [outside, elsewhere, soft, virtual, endless, vast])
def test_weights_in_other_files_and_vast_ones_are_refused(packed, write):
    said = refused(packed(weights(write)))
    assert "its weights" in said


def test_bytes_that_were_spoilt_end_in_an_error_of_keras_or_one_line(packed):
    draw = random.Random(0)
    for _ in range(25):
        path = packed()
        content = bytearray(path.read_bytes())
        for _ in range(draw.randint(1, 20)):
            content[draw.randrange(len(content))] = draw.randrange(256)
        path.write_bytes(content)
        try:
            model_file.load(path)
        except UserError as error:
            assert "\n" not in str(error)
        except Exception as error:
            assert not isinstance(error, (MemoryError, RecursionError))


def test_an_older_keras_warns_of_what_was_not_trained_here(packed, monkeypatch, tmp_path):
    path = packed()
    moved = (tmp_path / "run").rename(tmp_path / "received") / "model.keras"
    with warnings.catch_warnings():
        warnings.simplefilter("error", Notice)
        monkeypatch.setattr(keras, "__version__", "3.11.3")
        model_file.load(moved)
        monkeypatch.setattr(keras, "__version__", "3.10.0")
        model_file.load(packed())
    with pytest.warns(Notice, match="not made by you here, and Keras 3.10.0 can be made to run"):
        model_file.load(moved)
    assert path != moved
