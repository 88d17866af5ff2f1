"""Pairs of labels or pictures and pictures: the forms that people have."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from kerasrecipes.data import images
from kerasrecipes.data.images.image_translation import prepare_pairs
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Request

RANDOM = np.random.default_rng(0)


def write(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(pixels, np.uint8)).save(path)


def plain(number, size=(40, 70)):
    return np.full((*size, 3), (number * 9) % 256)


def load(root, trained_info=None, **settings):
    splits = images.paired().load(Request(path=str(root), trained_info=trained_info))
    return prepare_pairs(replace(splits, trained_info=trained_info), **settings)


def all_pairs(splits):
    parts = (splits.train, splits.validation, splits.test)
    found = [part.take(np.arange(len(part))) for part in parts]
    return (np.concatenate(half) for half in zip(*found, strict=True))


def two_folders(root, names, count=12):
    for number in range(count):
        write(root / names[0] / f"{number}.png", plain(number))
        write(root / names[1] / f"{number}.jpg", plain(number + 3))
    return root


@pytest.mark.parametrize("names", [("A", "B"), ("edges", "photos"), ("input", "target")])
def test_two_folders_of_pictures(tmp_path, names):
    splits = load(two_folders(tmp_path, names))
    assert splits.info.input_shape == (32, 64, 3)
    x, y = all_pairs(splits)
    assert x.shape == y.shape == (12, 32, 64, 3)
    np.testing.assert_allclose(y[:, 0, 0, 0], x[:, 0, 0, 0] + 27.0, atol=3)
    x, y = all_pairs(load(tmp_path, direction="backward"))
    np.testing.assert_allclose(x[:, 0, 0, 0], y[:, 0, 0, 0] + 27.0, atol=3)


def test_halves_side_by_side_with_splits(tmp_path):
    for split, count in (("train", 5), ("val", 2), ("test", 3)):
        for number in range(count):
            both = np.concatenate([plain(number, (64, 64)), plain(number + 3, (64, 64))], axis=1)
            write(tmp_path / split / f"{number}.png", both)
    write(tmp_path / "train" / "odd.png", np.zeros((20, 31, 3)))
    write(tmp_path / "train" / "tall.png", np.zeros((30, 20, 3)))
    splits = load(tmp_path)
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [5, 2, 3]
    x, y = splits.test.take(np.arange(3))
    assert x.shape == (3, 64, 64, 3) and (y[:, 0, 0, 0] == x[:, 0, 0, 0] + 27).all()
    notes = " | ".join(splits.notes)
    assert "odd.png (31 x 20, not two halves of one size)" in notes and "tall.png" in notes


def test_labels_become_colours_of_their_classes(tmp_path):
    for number in range(12):
        mask = np.full((64, 64), 3)
        mask[:, 40:] = 7
        write(tmp_path / "masks" / f"{number}.png", mask)
        write(tmp_path / "images" / f"{number}.png", plain(number, (64, 64)))
    splits = load(tmp_path)
    preprocessor = splits.info.preprocessor
    assert splits.info.classes == ("3", "7") and preprocessor.values == (3, 7)
    x, _ = splits.test.take(np.array([0]))
    classes = preprocessor.classes_of(x)[0]
    assert (classes[:, :40] == 0).all() and (classes[:, 40:] == 1).all()
    # A user's label map of indices, and one of the same colours, are read alike.
    Image.fromarray(x[0]).save(tmp_path / "colours.png")
    ours = [preprocessor.file(str(tmp_path / name)) for name in ("masks/0.png", "colours.png")]
    np.testing.assert_array_equal(*(preprocessor.sized(image) for image in ours))
    np.testing.assert_array_equal(preprocessor.sized(ours[0]), x[0])
    with pytest.raises(UserError, match="direction=backward is for pairs of pictures"):
        load(tmp_path, direction="backward")


def test_what_does_not_fit_is_left_out_and_named(tmp_path):
    root = two_folders(tmp_path, ("a", "b"))
    write(root / "b" / "3.jpg", plain(1, (70, 40)))
    (root / "b" / "4.jpg").unlink()
    (root / "a" / "5.png").write_bytes(b"no image")
    splits = load(root)
    assert sum(map(len, (splits.train, splits.validation, splits.test))) == 9
    notes = " | ".join(splits.notes)
    assert "1 of 12 inputs without a target: 4.png" in notes
    assert "3.png (70 x 40, its target 40 x 70)" in notes
    assert "5.png cannot be read as an image" in notes


def test_bad_folders_are_refused_in_a_line(tmp_path):
    with pytest.raises(UserError, match="holds no images"):
        load(tmp_path)
    write(tmp_path / "one.png", np.zeros((64, 65, 3)))
    with pytest.raises(UserError, match=r"holds no pairs: one\.png \(65 x 64, not two halves"):
        load(tmp_path)
    other = tmp_path / "other"
    write(other / "one.png", np.zeros((64, 128, 3)))
    with pytest.raises(UserError, match="1 examples are too few"):
        load(other)
    for number in range(9):
        write(other / f"{number}.png", np.zeros((20, 40, 3)))
    with pytest.raises(UserError, match="20 x 20 pixels are smaller than 32 x 32"):
        load(other)
    with pytest.raises(UserError, match="image_size=40: expected one or two multiples of 32"):
        load(other, image_size=(40,))


def test_other_pairs_are_prepared_as_in_the_training(tmp_path):
    trained = load(two_folders(tmp_path / "one", ("a", "b"))).info
    other = load(two_folders(tmp_path / "two", ("a", "b"), 4), trained_info=trained)
    assert other.info is trained and len(other.test) == 4
