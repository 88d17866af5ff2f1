"""Patches of images and of what is left of them."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from kerasrecipes.data import images
from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.images.degradation import Degradation
from kerasrecipes.data.images.image_restoration import (
    RestorationPreprocessor,
    prepare_patches,
)
from kerasrecipes.data.synthetic.scene_textures import textured_scene
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits

RANDOM = np.random.default_rng(0)
NOISE = Degradation(kind="noise", strength=20)
HALF = Degradation(kind="reduction", strength=2)


def write(path, size=(40, 50), mode="RGB"):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(RANDOM.integers(0, 255, (*size, 3), np.uint8)).convert(mode)
    image.save(path)


def load(root, degradation=NOISE, patch=16, patches=4, trained_info=None):
    splits = images.photographs().load(Request(path=str(root), trained_info=trained_info))
    splits = replace(splits, trained_info=trained_info)
    return prepare_patches(splits, degradation, patch=patch, patches=patches)


def counts(splits):
    return [len(part.numbers) for part in (splits.train, splits.validation, splits.test)]


@pytest.mark.parametrize("degradation", [NOISE, HALF])
def test_patches_are_parts_of_their_images_and_repeat(degradation):
    x = np.kron(RANDOM.integers(0, 255, (5, 8, 8, 1)), np.ones((1, 8, 8, 1))).astype(np.uint8)
    part = Arrays(np.repeat(x, 3, axis=-1))
    whole = Splits(train=part, validation=part, test=part, info=Info())
    splits = prepare_patches(whole, degradation, patch=16, patches=3)
    assert (len(splits.train), splits.info.input_shape) == (15, (16, 16, 1))
    indices = np.array([4, 0, 4])
    low, high = splits.train.take(indices)
    side = 16 * degradation.scale
    assert low.shape == (3, 16, 16, 1) and high.shape == (3, side, side, 1)
    # A pair shows one place, turned alike: where the small one is bright, so is the large one.
    mean = high.reshape(3, 16, degradation.scale, 16, degradation.scale).mean(axis=(2, 4))
    assert np.corrcoef(low.ravel(), mean.ravel())[0, 1] > 0.9
    for again, before in zip(splits.train.take(indices), (low, high), strict=True):
        np.testing.assert_array_equal(again, before)
    assert (splits.train.take(np.array([4, 1]))[1][0] != high[0]).any(), "drawn anew in a batch"
    # What is judged does not depend on the batch that it is in.
    one, other = splits.test.take(np.array([3]))[0], splits.test.take(np.array([1, 3]))[0]
    np.testing.assert_array_equal(one[0], other[1])


def test_a_folder_of_mixed_sizes_and_modes_with_sets_to_be_judged_by(tmp_path):
    for number in range(24):
        size = (30 + number, 60 - number)
        write(tmp_path / "train" / f"{number}.png", size, ("RGB", "L", "RGBA", "P")[number % 4])
    write(tmp_path / "train" / "tiny.png", (10, 90))
    (tmp_path / "train" / "broken.png").write_bytes(b"nothing")
    for name, count in (("Set5", 2), ("BSD-68", 3)):
        for number in range(count):
            write(tmp_path / name / f"{number}.png")
    splits = load(tmp_path)
    assert counts(splits)[2] == 5 and sum(counts(splits)) == 29
    assert sorted(splits.test.sets) == ["BSD-68"] * 3 + ["Set5"] * 2
    notes = " | ".join(splits.notes)
    assert "skipped 1 of 31 images: broken.png" in notes
    assert "images; they need 16 x 16 pixels: tiny.png (90 x 10)" in notes
    # A trained model is judged by the sets, or by all that a folder holds.
    trained = splits.info
    only = load(tmp_path / "Set5", trained_info=trained)
    assert counts(only) == [0, 0, 2]


@pytest.mark.parametrize("scale", [1, 2])
def test_damaged_and_whole_images_in_two_folders(tmp_path, scale):
    """Nothing is made of the whole ones; targets that have the size of their inputs are named."""
    degradation = HALF if scale == 2 else NOISE
    for number in range(14):
        whole = np.kron(RANDOM.integers(0, 200, (5, 5)), np.ones((8, 8))).astype(np.uint8)
        step = scale if number else 3 - scale
        for name, pixels in (("low", 255 - whole[::step, ::step]), ("high", whole)):
            (tmp_path / name).mkdir(exist_ok=True)
            Image.fromarray(pixels).save(tmp_path / name / f"{number}.png")
    splits = load(tmp_path, degradation, patch=8)
    kind = splits.info.preprocessor.degradation.kind
    assert kind == ("given" if scale == 1 else "reduction")
    x, y = splits.test.take(np.arange(4))
    np.testing.assert_allclose(x / 255, 1 - y[:, ::scale, ::scale], atol=1e-6)
    notes = " | ".join(splits.notes)
    wanted = {1: "of the size of its 20 x 20", 2: "2 times as large as its 40 x 40"}[scale]
    assert f"0.png (40 x 40, which is not {wanted} pixels)" in notes
    assert ("own damaged images" in notes) == (scale == 1)


def test_of_a_large_photograph_the_middle_is_judged():
    x = RANDOM.integers(0, 255, (1, 40, 700, 1), np.uint8)
    part = Arrays(x)
    whole = Splits(train=part, validation=part, test=part, info=Info())
    planes = prepare_patches(whole, HALF, patch=16, patches=1).test.planes
    low, high = planes.judged(0)
    assert low.shape == (20, 256)
    np.testing.assert_array_equal(high, x[0, :, 94 : 94 + 512, 0])
    np.testing.assert_array_equal(planes.pair(0)[0][:, 47 : 47 + 256], low)


def test_bad_folders_are_refused_in_a_line(tmp_path):
    with pytest.raises(UserError, match="there is no folder"):
        load(tmp_path / "nowhere")
    with pytest.raises(UserError, match="holds no images"):
        load(tmp_path)
    write(tmp_path / "one.png")
    with pytest.raises(UserError, match="1 examples are too few"):
        load(tmp_path)
    for number in range(10):
        write(tmp_path / f"{number}.png")
    with pytest.raises(UserError, match="no training image has the 64 x 64 pixels of a patch"):
        load(tmp_path, patch=64)
    Image.new("RGB", (64, 64)).save(tmp_path / "0.png")


def test_colour_is_restored_by_brightness_or_plane_by_plane():
    image = RANDOM.integers(0, 255, (6, 7, 3), np.uint8)
    shapes = {"noise": (3, 6, 7, 1), "blur": (3, 6, 7, 1), "jpeg": (1, 6, 7, 1)}
    for kind, shape in shapes.items():
        degradation = Degradation(kind=kind, strength=10)
        preprocessor = RestorationPreprocessor.fit(degradation, 4)
        assert preprocessor.planes(image).shape == shape
        assert preprocessor.planes(image[..., :1]).shape == (1, 6, 7, 1)
        assert preprocessor(image[None]).shape == (1, 6, 7, 1)
    assert isinstance(preprocessor.file(b"nothing"), UserError)


def test_textured_scenes_are_the_same_by_seed():
    one, other = (textured_scene(np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(one, other)
    assert one.shape == (64, 64, 3)
