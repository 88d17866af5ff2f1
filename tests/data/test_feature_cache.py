"""The store of features, and what identifies an image."""

import os
import random
import warnings

import numpy as np
import pytest
from PIL import Image

from kerasrecipes.data import feature_cache
from kerasrecipes.data.batches import Batches
from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.feature_cache import Features, Store, examples_of, keys_of
from kerasrecipes.data.images.files import ImageFiles
from kerasrecipes.data.images.frames import Frame
from kerasrecipes.data.label_transforms import SoftLabels


def arrays(count=6, seed=0):
    random = np.random.default_rng(seed)
    return Arrays(random.integers(0, 256, (count, 4, 4, 3), np.uint8), np.arange(count) % 3)


def files(folder, count=4):
    for number in range(count):
        Image.new("RGB", (8, 8), (number, 0, 0)).save(folder / f"{number}.png")
    paths = [str(folder / f"{number}.png") for number in range(count)]
    return ImageFiles(paths, np.arange(count) % 2, Frame(size=(4, 4), channels=3, resize="crop"))


def test_what_was_added_is_found_whatever_the_order(tmp_path):
    keys = np.random.default_rng(0).integers(0, 2**63, 50).astype(np.uint64)
    values = np.random.default_rng(1).normal(size=(50, 7)).astype(np.float32)
    Store(tmp_path / "s").add(keys[:20], values[:20])
    Store(tmp_path / "s").add(keys[20:45], values[20:45])
    store = Store(tmp_path / "s")
    places = store.places(keys)
    assert (places[45:] == -1).all() and (places[:45] >= 0).all()
    order = np.random.default_rng(2).permutation(45)
    np.testing.assert_array_equal(store.take(places[order]), values[order])


def test_a_piece_without_keys_does_not_count(tmp_path):
    store = Store(tmp_path)
    store.add(np.array([3], np.uint64), np.ones((1, 2), np.float32))
    next(tmp_path.glob("*.keys.npy")).unlink()
    assert (Store(tmp_path).places(np.array([3], np.uint64)) == -1).all()


def test_an_image_in_memory_is_known_by_its_content():
    one = arrays()
    assert len(set(keys_of(one).tolist())) == len(one)
    shuffled = one.select(np.array([4, 1, 0]))
    np.testing.assert_array_equal(keys_of(shuffled), keys_of(one)[[4, 1, 0]])
    changed = one.x.copy()
    changed[2, 0, 0, 0] ^= 1
    assert (keys_of(Arrays(changed, one.y)) != keys_of(one)).tolist() == [
        False,
        False,
        True,
        False,
        False,
        False,
    ]
    np.testing.assert_array_equal(keys_of(SoftLabels(one, 3)), keys_of(one))


def test_a_file_is_known_by_name_size_and_time(tmp_path):
    examples = files(tmp_path)
    before = keys_of(examples)
    np.testing.assert_array_equal(keys_of(examples), before)
    os.utime(examples.files[1], (1, 1))
    Image.new("RGB", (9, 9)).save(examples.files[3])
    assert (keys_of(examples) != before).tolist() == [False, True, False, True]


@pytest.mark.parametrize("limit", [0, 2**30])
def test_features_take_the_images_place(tmp_path, monkeypatch, limit):
    monkeypatch.setattr(feature_cache, "IN_MEMORY", limit)
    images, store = arrays(), Store(tmp_path)
    values = np.arange(12, dtype=np.float32).reshape(6, 2)
    store.add(keys_of(images), values)
    made = examples_of(Store(tmp_path), images)
    assert isinstance(made, Arrays if limit else Features)
    x, y = made.take(np.array([5, 0]))
    np.testing.assert_array_equal(x, values[[5, 0]])
    np.testing.assert_array_equal(y, images.y[[5, 0]])
    few = made.select(np.array([3, 1])).take(np.array([1]))
    np.testing.assert_array_equal(few[0], values[[1]])
    np.testing.assert_array_equal(made.y, images.y)


def test_a_network_is_known_by_its_weights_and_settings():
    weights = [np.ones((2, 2)), np.zeros(3)]
    name = feature_cache.network_name(("vgg16", (32, 32, 3)), weights)
    assert name == feature_cache.network_name(("vgg16", (32, 32, 3)), [w.copy() for w in weights])
    assert name != feature_cache.network_name(("vgg16", (64, 64, 3)), weights)
    assert name != feature_cache.network_name(
        ("vgg16", (32, 32, 3)), [np.ones((2, 2)), np.full(3, 1e-7)]
    )


def test_blends_are_the_same_when_the_batch_is():
    images = arrays(40)
    blended = SoftLabels(images, 3, mixup=0.4, seed=1)
    batches = Batches(blended, 8, seed=3, shuffle=True)
    for one, other in zip(batches[2, 1], batches[2, 1], strict=True):
        np.testing.assert_array_equal(one, other)
    x, y = batches[0, 0]
    np.testing.assert_allclose(y.sum(axis=1), 1, rtol=1e-6)
    assert ((y > 0.01).sum(axis=1) > 1).any() and x.dtype == np.float32
    other_seed = SoftLabels(images, 3, mixup=0.4, seed=2).take(np.arange(8))[1]
    assert not np.array_equal(other_seed, blended.take(np.arange(8))[1])


def test_a_blend_lies_between_its_images():
    images = Arrays(
        np.repeat(np.array([0, 200], np.uint8), 8).reshape(16, 1, 1, 1)
        * np.ones((1, 2, 2, 3), np.uint8),
        np.repeat([0, 1], 8),
    )
    x, y = SoftLabels(images, 2, mixup=1.0).take(np.arange(16))
    np.testing.assert_allclose(x[:, 0, 0, 0], 200 * y[:, 1], rtol=1e-5, atol=1e-4)


def test_without_mixup_labels_are_only_rows():
    x, y = SoftLabels(arrays(), 3).take(np.array([1, 2]))
    np.testing.assert_array_equal(y, [[0, 1, 0], [0, 0, 1]])
    np.testing.assert_array_equal(x, arrays().x[[1, 2]])


DAMAGE = {
    "cut off": lambda content, draw: content[: draw.randrange(len(content))],
    "one bit": lambda content, draw: flipped(content, draw),
    "empty": lambda content, draw: b"",
    "zeros": lambda content, draw: b"\x00" * len(content),
    "something else": lambda content, draw: draw.randbytes(300),
}


def flipped(content, draw):
    changed = bytearray(content)
    changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
    return bytes(changed)


@pytest.mark.parametrize("which", ["keys", "values"])
@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_features_are_computed_anew(damage, which, tmp_path):
    draw = random.Random(0)
    keys = np.arange(30, dtype=np.uint64)
    values = np.random.default_rng(0).normal(size=(30, 7)).astype(np.float32)
    for number in range(8):
        folder = tmp_path / f"{number}"
        Store(folder).add(keys[:10], values[:10])
        Store(folder).add(keys[10:], values[10:])
        path = sorted(folder.glob(f"*.{which}.npy"))[draw.randrange(2)]
        path.write_bytes(DAMAGE[damage](path.read_bytes(), draw))
        store = Store(folder)
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            missing = store.places(keys)[:, 0] < 0
        if missing.any():  # all but a change in the name of the seal itself
            assert path.name.split(".")[0] in str(told[0].message)
            store.add(keys[missing], values[missing])
        store.refresh()
        np.testing.assert_array_equal(store.take(store.places(keys)), values)


def test_features_of_an_earlier_version_have_no_seal_and_are_read(tmp_path):
    keys, values = np.arange(3, dtype=np.uint64), np.ones((3, 2), np.float32)
    np.save(tmp_path / "a.values.npy", values)
    np.save(tmp_path / "a.keys.npy", keys)
    store = Store(tmp_path)
    np.testing.assert_array_equal(store.take(store.places(keys)), values)
