"""Sets of TensorFlow Datasets: prepared folders, Keras's files, and quick answers without
network.
"""

import io
import json
import os
import struct
import sys
import time

import numpy as np
import pytest
from PIL import Image

from kerasrecipes.data import images
from kerasrecipes.data import tfds as prepared
from kerasrecipes.data.images import tfds_images as datasets
from kerasrecipes.data.images.prepare import prepare_images
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request

tfds = pytest.importorskip("tensorflow_datasets")

PARTS = {"train": 48, "test": 6}


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    """Hide what this machine has, and let the network be a closed port."""
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "tfds"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    for name in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")


def marks(number, sizes):
    """Draw the image of an example; its first pixel is the example's number."""
    height, width = (8, 8) if not sizes else (8 + number % 3, 9)
    pixels = np.full((height, width), number, np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def record(number, sizes):
    from tensorflow_datasets.proto import tf_example_pb2

    example = tf_example_pb2.Example()
    example.features.feature["image"].bytes_list.value.append(marks(number, sizes))
    example.features.feature["label"].int64_list.value.append(number % 2)
    return example.SerializeToString()


def checksum(content):
    import crc32c

    value = crc32c.crc32c(content)
    return ((value >> 15 | value << 17) + 0xA282EAD8) & 0xFFFFFFFF


def prepare(root, version="1.0.0", sizes=False, shards=2):
    """Write a set as TFDS lays it out, in several files."""
    folder = root / "tiny_marks" / version
    folder.mkdir(parents=True)
    features = tfds.features.FeaturesDict(
        {
            "image": tfds.features.Image(shape=(None, None, 1) if sizes else (8, 8, 1)),
            "label": tfds.features.ClassLabel(names=["even", "odd"]),
        }
    )
    features.save_config(folder)
    lengths = {name: [count // shards] * shards for name, count in PARTS.items()}
    for name, counts in lengths.items():
        numbers = iter(range(sum(counts)))
        for shard, count in enumerate(counts):
            path = folder / f"tiny_marks-{name}.tfrecord-{shard:05d}-of-{shards:05d}"
            path.write_bytes(b"".join(frame(record(next(numbers), sizes)) for _ in range(count)))
    template = "{DATASET}-{SPLIT}.{FILEFORMAT}-{SHARD_X_OF_Y}"
    splits = [
        {
            "name": name,
            "shardLengths": [str(c) for c in counts],
            "numBytes": "1",
            "filepathTemplate": template,
        }
        for name, counts in lengths.items()
    ]
    keys = {"tuple": {"items": [{"featureKey": "image"}, {"featureKey": "label"}]}}
    info = {"name": "tiny_marks", "version": version, "fileFormat": "tfrecord", "splits": splits}
    (folder / "dataset_info.json").write_text(json.dumps({**info, "supervisedKeys": keys}))
    return folder


def frame(content):
    """Put a record's length and checksums around it."""
    length = struct.pack("<Q", len(content))
    try:
        sums = [struct.pack("<I", checksum(part)) for part in (length, content)]
    except ImportError:  # only TensorFlow looks at them
        sums = [b"\0" * 4] * 2
    return length + sums[0] + content + sums[1]


def load(seed=0):
    return images.tfds("tiny_marks").load(Request(seed=seed))


def first_pixels(part):
    x, y = part.take(np.arange(len(part)))
    assert np.array_equal(x[:, 0, 0, 0] % 2, y)
    return x[:, 0, 0, 0].tolist()


def test_prepared_folder_is_read_without_tensorflow(tmp_path, monkeypatch):
    prepare(tmp_path / "tfds")
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    splits = load()
    assert splits.info.classes == ("even", "odd") and splits.info.input_shape == (8, 8, 1)
    assert sorted(first_pixels(splits.train) + first_pixels(splits.validation)) == list(range(48))
    # These very examples, as in the release before: a run that is resumed meets the same splits.
    assert first_pixels(splits.validation) == [5, 8, 27, 36]
    assert first_pixels(splits.test) == list(range(6))
    assert first_pixels(load(seed=1).validation) != first_pixels(splits.validation)


def test_set_in_one_piece_is_divided(tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    monkeypatch.setattr(sys.modules[__name__], "PARTS", {"train": 20})
    prepare(tmp_path / "tfds")
    splits = load()
    assert first_pixels(splits.validation) == [5, 8, 12, 19]
    assert first_pixels(splits.test) == [4, 7, 13, 14]


def test_trained_model_is_judged_on_the_test_split_or_else_on_all(tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    prepare(tmp_path / "tfds")
    request = Request(trained_info=Info(classes=("even", "odd")))
    splits = images.tfds("tiny_marks").load(request)
    assert first_pixels(splits.test) == list(range(6)) and not len(splits.train)
    monkeypatch.setattr(sys.modules[__name__], "PARTS", {"train": 20})
    prepare(tmp_path / "tfds", "2.0.0")
    splits = images.tfds("tiny_marks").load(request)
    assert first_pixels(splits.test) == list(range(20)) and not splits.notes


def test_images_of_different_sizes_stay_encoded(tmp_path):
    prepare(tmp_path / "tfds", sizes=True)
    splits = load()
    fitted = prepare_images(splits, (8, 8))
    assert splits.info.input_shape is None and fitted.info.input_shape == (8, 8, 1)
    assert first_pixels(fitted.test) == list(range(6))


def test_newest_version_is_taken(tmp_path):
    for version in ("2.0.0", "10.0.0", "9.1.0"):
        prepare(tmp_path / "tfds", version)
    (tmp_path / "tfds" / "tiny_marks" / "11.0.0.incompleteAB").mkdir()
    assert prepared.prepared("tiny_marks").name == "10.0.0"


def test_cut_off_file_is_refused(tmp_path, monkeypatch):
    folder = prepare(tmp_path / "tfds")
    path = folder / "tiny_marks-train.tfrecord-00001-of-00002"
    path.write_bytes(path.read_bytes()[:-30])
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    with pytest.raises(UserError, match="is truncated"):
        load()


@pytest.mark.parametrize("name", ["mnist", "kmnist"])
def test_without_network_the_answer_comes_within_seconds(tmp_path, name):
    start = time.monotonic()
    with pytest.raises(UserError) as error:
        images.tfds(name).load(Request())
    assert time.monotonic() - start < 10
    message = str(error.value)
    assert (
        str(tmp_path / "tfds") in message
        and "cannot be reached" in message
        and "embedded data" in message
    )
    assert "\n" not in message
    assert ("keras" in message) == (name == "mnist")
    assert images.tfds(name).reachable()


def hang(*_, **__):
    time.sleep(1)
    raise OSError("no route")


def test_network_that_never_answers_is_given_up(monkeypatch):
    monkeypatch.setattr(prepared, "_SECONDS", 0.2)
    monkeypatch.setattr(prepared.socket, "create_connection", hang)
    start = time.monotonic()
    assert not prepared.online() and time.monotonic() - start < 0.9


def test_keras_file_is_found_before_the_network(tmp_path, monkeypatch):
    import keras

    x, y = (
        np.arange(40, dtype=np.uint8).reshape(-1, 1, 1) + np.zeros((1, 28, 28), np.uint8),
        np.arange(40) % 10,
    )
    (tmp_path / "keras" / "datasets").mkdir(parents=True)
    (tmp_path / "keras" / "datasets" / "mnist.npz").write_bytes(b"")
    monkeypatch.setattr(keras.datasets.mnist, "load_data", lambda: ((x, y), (x[:10], y[:10])))
    assert images.tfds("mnist").reachable() is None
    splits = images.tfds("mnist").load(Request())
    assert (
        splits.info.input_shape == (28, 28, 1)
        and len(splits.train) == 30
        and len(splits.test) == 10
    )
    assert splits.info.classes == tuple("0123456789")
    assert splits.validation.x[:, 0, 0, 0].tolist() == [3, 4, 7, 9, 12, 20, 25, 26, 31, 38]


def test_set_without_images_is_refused(tmp_path):
    folder = prepare(tmp_path / "tfds")
    tfds.features.FeaturesDict({"text": tfds.features.Text()}).save_config(folder)
    with pytest.raises(UserError, match="not a set of classified images"):
        load()


@pytest.mark.data
def test_both_ways_to_read_mnist_agree(monkeypatch):
    root = os.environ.get("KERASRECIPES_TEST_DATA")
    if not root:
        pytest.skip("KERASRECIPES_TEST_DATA names no folder with tfds/mnist")
    monkeypatch.setenv("TFDS_DATA_DIR", os.path.join(root, "tfds"))
    tensorflow = pytest.importorskip("tensorflow")
    fast = images.tfds("mnist").load(Request())
    monkeypatch.delitem(sys.modules, "tensorflow")
    slow = images.tfds("mnist").load(Request())
    monkeypatch.setitem(sys.modules, "tensorflow", tensorflow)
    assert len(fast.train) + len(fast.validation) == 60_000 and len(fast.test) == 10_000
    for part in ("train", "validation", "test"):
        assert np.array_equal(getattr(fast, part).x, getattr(slow, part).x)
        assert np.array_equal(getattr(fast, part).y, getattr(slow, part).y)


def test_summaries_are_lines():
    for name in datasets.SUMMARIES:
        assert "\n" not in images.tfds(name).summary
