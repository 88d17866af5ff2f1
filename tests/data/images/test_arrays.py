"""The digits, the user's folders and the user's arrays."""

import warnings

import numpy as np
import pytest
from PIL import Image

from kerasrecipes.data import images
from kerasrecipes.data.images.prepare import prepare_images
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Request

CLASSES = {"cat": 40, "dog": 200}


def draw(path, value, size=(12, 10)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (value, value // 2, 255 - value)).save(path)


def fill(root, count=8, classes=CLASSES):
    for label, value in classes.items():
        for number in range(count):
            draw(root / label / f"{number}.png", value)
    return root


def load(path, seed=0):
    return images.folder().load(Request(path=str(path), seed=seed))


def numbers(splits):
    return [part.indices.tolist() for part in (splits.train, splits.validation, splits.test)]


# Digits


def test_digits_are_divided_by_the_seed():
    first, again, other = (images.digits().load(Request(seed=seed)) for seed in (0, 0, 1))
    assert (len(first.train), len(first.validation), len(first.test)) == (1259, 269, 269)
    assert np.array_equal(first.test.x, again.test.x) and not np.array_equal(
        first.test.x, other.test.x
    )
    assert first.train.x.dtype == np.uint8 and first.train.x.max() == 255
    assert first.info.input_shape == (8, 8, 1) and first.info.num_classes == 10
    assert set(first.test.y) == set(range(10))


# Folders


def test_folder_is_divided_by_the_seed(tmp_path):
    fill(tmp_path, 20)
    splits = load(tmp_path)
    assert splits.info.classes == ("cat", "dog")
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [28, 6, 6]
    assert sorted(number for part in numbers(splits) for number in part) == list(range(40))
    assert numbers(splits) == numbers(load(tmp_path)) != numbers(load(tmp_path, seed=3))
    assert np.bincount(splits.test.y).tolist() == [3, 3]


def test_labels_belong_to_their_images(tmp_path):
    splits = prepare_images(load(fill(tmp_path)), (8, 8))
    for part in (splits.train, splits.validation, splits.test):
        assert part.x[:, 0, 0, 0].tolist() == [list(CLASSES.values())[label] for label in part.y]


def test_splits_of_the_folder_are_kept(tmp_path):
    for name, count in {"train": 5, "val": 2, "test": 3}.items():
        fill(tmp_path / name, count)
    splits = load(tmp_path)
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [10, 4, 6]
    assert all(name.split("/")[-3] == "val" for name in splits.validation.files)


def test_train_and_validation_alone(tmp_path):
    fill(tmp_path / "train", 5)
    fill(tmp_path / "validation", 4)
    splits = load(tmp_path)
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [10, 4, 4]
    assert any("no test split" in note for note in splits.notes)
    assert not set(splits.validation.indices) & set(splits.test.indices)


def test_train_and_test_alone(tmp_path):
    fill(tmp_path / "train", 20)
    fill(tmp_path / "test", 2)
    splits = load(tmp_path)
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [34, 6, 4]


def test_broken_and_foreign_files_are_named(tmp_path):
    fill(tmp_path)
    (tmp_path / "cat" / "torn.png").write_bytes((tmp_path / "cat" / "0.png").read_bytes()[:40])
    (tmp_path / "dog" / "empty.jpg").write_bytes(b"")
    (tmp_path / "dog" / "notes.txt").write_text("mine")
    (tmp_path / "dog" / ".hidden.png").write_text("")
    splits = load(tmp_path)
    assert sum(map(len, numbers(splits))) == 16
    said = " ".join(splits.notes)
    assert "skipped 2 of 18 images" in said and "torn.png" in said and "empty.jpg" in said
    assert "ignored 1 file in" in said and "hidden" not in said


def test_class_with_a_single_image_is_only_trained_on(tmp_path):
    fill(tmp_path)
    draw(tmp_path / "emu" / "only.png", 90)
    splits = load(tmp_path)
    assert any("'emu' has 1 training image only" in note for note in splits.notes)
    assert 2 in splits.train.y and 2 not in splits.test.y


def test_natural_order_of_classes(tmp_path):
    fill(tmp_path, 3, {str(number): 20 for number in (10, 9, 1)})
    assert load(tmp_path).info.classes == ("1", "9", "10")


def one_class(root):
    fill(root, 4, {"cat": 1})


def loose_images(root):
    draw(root / "a.png", 4)


def same_name(root):
    fill(root, 3, {"Cat": 1, "cat": 2, "dog": 3})
    if len(list(root.iterdir())) == 2:
        pytest.skip("this file system does not tell upper from lower case")


def only_broken(root):
    for label in CLASSES:
        (root / label).mkdir()
        (root / label / "a.png").write_text("x")


def unknown_in_test(root):
    fill(root / "train", 3)
    fill(root / "test", 3, {"cat": 1, "emu": 2})


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda root: None, "no images; one subfolder"),
        (loose_images, "1 images that lie in no subfolder"),
        (one_class, "one class, 'cat'; at least two"),
        (same_name, "Cat and cat differ"),
        (only_broken, "no images that can be read"),
        (unknown_in_test, "'emu' occurs in test"),
        (lambda root: fill(root, 1), "too few images"),
    ],
)
def test_folder_that_cannot_be_used(tmp_path, make, message):
    make(tmp_path)
    with pytest.raises(UserError, match=message):
        load(tmp_path)


def test_folder_that_is_not_there(tmp_path):
    with pytest.raises(UserError, match="there is no folder"):
        load(tmp_path / "missing")


# Arrays


def stored(tmp_path, **arrays):
    np.savez(tmp_path / "mine.npz", **arrays)
    return images.npz().load(Request(path=str(tmp_path / "mine.npz")))


LABELS = np.arange(40) % 4
PIXELS = np.random.default_rng(0).integers(0, 256, (40, 9, 7), np.uint8)


def test_npz_of_one_piece_is_divided(tmp_path):
    splits = stored(tmp_path, x=PIXELS, y=LABELS)
    assert splits.info.input_shape == (9, 7, 1) and splits.info.classes == ("0", "1", "2", "3")
    assert len(splits.train) + len(splits.validation) + len(splits.test) == 40
    rows = {image.tobytes(): label for image, label in zip(PIXELS, LABELS, strict=True)}
    assert all(
        rows[x.tobytes()] == y for x, y in zip(splits.train.x[..., 0], splits.train.y, strict=True)
    )


def test_npz_with_train_and_test(tmp_path):
    splits = stored(tmp_path, x_train=PIXELS, y_train=LABELS, x_test=PIXELS[:8], y_test=LABELS[:8])
    assert (
        np.array_equal(splits.test.x[..., 0], PIXELS[:8])
        and len(splits.train) + len(splits.validation) == 40
    )


@pytest.mark.parametrize(
    "x",
    [
        PIXELS[..., None],
        PIXELS[:, None],
        PIXELS.astype(np.float64),
        (PIXELS / 255).astype(np.float32),
        PIXELS.astype(np.int64),
        PIXELS / 127.5 - 1,
    ],
)
def test_npz_of_any_layout_and_scale(tmp_path, x):
    want, got = stored(tmp_path, x=PIXELS, y=LABELS), stored(tmp_path, x=x, y=LABELS)
    assert got.train.x.dtype == np.uint8 and np.array_equal(got.train.x, want.train.x)


@pytest.mark.parametrize(
    "y", [LABELS[:, None], LABELS.astype(float), np.eye(4)[LABELS], LABELS.astype(np.uint8)]
)
def test_npz_labels_in_any_form(tmp_path, y):
    want, got = stored(tmp_path, x=PIXELS, y=LABELS), stored(tmp_path, x=PIXELS, y=y)
    assert np.array_equal(got.train.y, want.train.y) and got.info.classes == want.info.classes


def test_npz_labels_by_name(tmp_path):
    splits = stored(tmp_path, x=PIXELS, y=np.array(["b", "a", "d", "c"])[LABELS])
    assert splits.info.classes == ("a", "b", "c", "d")


def holes():
    x = PIXELS.astype(float)
    x[3, 2, 1] = np.nan
    return x


@pytest.mark.parametrize(
    "arrays, message",
    [
        ({"x": PIXELS}, "needs arrays x and y .* found x"),
        ({"x": PIXELS, "y": LABELS[:-1]}, "as many labels as images"),
        ({"x": PIXELS.reshape(40, -1), "y": LABELS}, r"shape .* received \(40, 63\)"),
        ({"x": np.zeros((40, 9, 7, 5), np.uint8), "y": LABELS}, "received"),
        ({"x": holes(), "y": LABELS}, "1 values that are not finite"),
        ({"x": PIXELS - 300.0, "y": LABELS}, "must lie in 0 to 1"),
        ({"x": PIXELS, "y": LABELS * 0}, "at least two classes"),
        ({"x": PIXELS, "y": LABELS + 0.5}, "whole numbers or names"),
        ({"x": PIXELS, "y": np.array([{"a": 1}] * 40, object)}, "Python objects are not read"),
        (
            {"x_train": PIXELS, "y_train": LABELS, "x_test": PIXELS, "y_test": LABELS + 1},
            "'4' of test",
        ),
        (
            {"x_train": PIXELS, "y_train": LABELS, "x_test": PIXELS[:, :5], "y_test": LABELS},
            "one shape",
        ),
    ],
)
def test_npz_that_cannot_be_used(tmp_path, arrays, message):
    with warnings.catch_warnings(), pytest.raises(UserError, match=message):
        stored(tmp_path, **arrays)


def test_file_that_is_no_npz(tmp_path):
    path = tmp_path / "mine.npz"
    path.write_text("text")
    with pytest.raises(UserError, match=r"is no \.npz file"):
        images.npz().load(Request(path=str(path)))
    with pytest.raises(UserError, match="there is no file"):
        images.npz().load(Request(path=str(tmp_path / "other.npz")))


def test_sources_know_their_paths(tmp_path):
    assert images.folder().accepts(str(tmp_path)) and not images.folder().accepts("mine.npz")
    assert images.npz().accepts("MINE.NPZ") and not images.npz().accepts(str(tmp_path))
    assert not images.digits().accepts(str(tmp_path)) and not images.tfds("mnist").accepts(
        str(tmp_path)
    )
