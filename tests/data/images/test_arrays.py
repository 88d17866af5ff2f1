"""The digits and the user's arrays."""

import warnings

import numpy as np
import pytest

from kerasrecipes.data import images
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Request


def test_digits_are_divided_by_the_seed():
    first, again, other = (images.digits().load(Request(seed=seed)) for seed in (0, 0, 1))
    assert (len(first.train), len(first.validation), len(first.test)) == (1259, 269, 269)
    assert np.array_equal(first.test.x, again.test.x) and not np.array_equal(
        first.test.x, other.test.x
    )
    assert first.train.x.dtype == np.uint8 and first.train.x.max() == 255
    assert first.info.input_shape == (8, 8, 1) and first.info.num_classes == 10
    assert set(first.test.y) == set(range(10))


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
        ({"x": PIXELS}, "images without labels.* needs x and y"),
        ({"x": PIXELS, "y": LABELS[:-1]}, "as many labels as images"),
        ({"x": PIXELS.reshape(40, -1), "y": LABELS}, r"shape .* received \(40, 63\)"),
        ({"x": np.zeros((40, 9, 7, 5), np.uint8), "y": LABELS}, "received"),
        ({"x": holes(), "y": LABELS}, "1 values that are not finite"),
        ({"x": PIXELS - 300.0, "y": LABELS}, "must lie in 0 to 1"),
        ({"x": PIXELS, "y": LABELS * 0}, "at least two classes"),
        ({"x": PIXELS, "y": LABELS + 0.5}, "whole numbers or names"),
        ({"x": PIXELS, "y": np.array([{"a": 1}] * 40, object)}, "y.astype\\(str\\)"),
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
    with pytest.raises(UserError, match=r"is not an \.npz file"):
        images.npz().load(Request(path=str(path)))
    with pytest.raises(UserError, match="there is no file"):
        images.npz().load(Request(path=str(tmp_path / "other.npz")))


def test_sources_know_their_paths(tmp_path):
    assert images.folder().accepts(str(tmp_path)) and not images.folder().accepts("mine.npz")
    assert images.npz().accepts("MINE.NPZ") and not images.npz().accepts(str(tmp_path))
    assert not images.digits().accepts(str(tmp_path)) and not images.tfds("mnist").accepts(
        str(tmp_path)
    )
