"""Photographs of every odd kind, on the way to a network that takes one size."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from kerasrecipes.data import images
from kerasrecipes.data.images.files import ImageFiles
from kerasrecipes.data.images.prepare import decode_in_memory, prepare_photos
from kerasrecipes.data.label_transforms import SoftLabels, one_hot_with_mixup
from kerasrecipes.recipe import Request

RED = (200, 30, 10)


def odd(folder):
    """Write one image of each odd kind."""
    folder.mkdir(parents=True)
    plain = Image.new("RGB", (40, 30), RED)
    plain.convert("P", palette=Image.Palette.ADAPTIVE).save(folder / "palette.png")
    Image.fromarray(np.full((30, 40), 40_000, np.uint16)).save(folder / "sixteen.png")
    plain.convert("CMYK").save(folder / "cmyk.jpg")
    Image.new("RGBA", (30, 30), (*RED, 128)).save(folder / "alpha.png")
    exif = Image.Exif()
    exif[0x0112] = 6
    plain.save(folder / "turned.jpg", exif=exif)
    plain.convert("L").save(
        folder / "moving.gif", save_all=True, append_images=[Image.new("L", (40, 30))]
    )
    Image.new("RGB", (1, 1), RED).save(folder / "point.png")
    Image.new("RGB", (20_000, 3), RED).save(folder / "wide.png")
    plain.save(folder / "one.jpg")
    plain.save(folder / "the same again.jpg")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff no photograph")


@pytest.fixture
def splits(tmp_path):
    odd(tmp_path / "photos" / "odd")
    for number in range(8):
        path = tmp_path / "photos" / "plain" / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        Image.new("RGB", (20, 30), (0, 0, 10 * number)).save(path)
    (tmp_path / "photos" / "lonely").mkdir()
    Image.new("RGB", (20, 20)).save(tmp_path / "photos" / "lonely" / "only.png")
    return images.folder().load(Request(path=str(tmp_path / "photos")))


def test_each_becomes_a_colour_square(splits):
    fitted = prepare_photos(splits, 32)
    parts = [fitted.train, fitted.validation, fitted.test]
    assert all(
        isinstance(part, ImageFiles) for part in parts
    )  # nothing is decoded before it is needed
    x = np.concatenate([part.take(np.arange(len(part)))[0] for part in parts])
    assert x.shape == (10 + 8 + 1, 32, 32, 3) and x.dtype == np.uint8
    assert fitted.info.input_shape == (32, 32, 3) and fitted.info.preprocessor.frame.size == (
        32,
        32,
    )
    assert any("broken.jpg" in note for note in fitted.notes)


def test_a_class_with_one_image_is_learned_from_and_said(splits):
    lonely = splits.info.classes.index("lonely")
    assert lonely in splits.train.y and lonely not in splits.test.y
    assert any("lonely" in note for note in splits.notes)


def test_small_sets_are_decoded_once_and_large_ones_never(splits):
    soft = one_hot_with_mixup(prepare_photos(splits, 16), mixup=0.2)
    held = decode_in_memory(soft)
    assert not isinstance(held.train.examples, ImageFiles)
    for one, other in zip(
        held.train.take(np.arange(4)), soft.train.take(np.arange(4)), strict=True
    ):
        np.testing.assert_array_equal(one, other)
    assert decode_in_memory(soft, most=1000) is soft


def test_only_training_images_are_blended(splits):
    soft = one_hot_with_mixup(prepare_photos(splits, 16), mixup=0.2)
    assert [part.mixup for part in (soft.train, soft.validation, soft.test)] == [0.2, 0, 0]
    assert isinstance(soft.test, SoftLabels) and soft.test.y.sum(axis=1).tolist() == [1.0] * len(
        soft.test
    )


def test_photos_of_a_trained_model_are_prepared_as_in_its_training(splits, tmp_path):
    trained = prepare_photos(splits, 16).info
    for label, count in {"plain": 3, "odd": 2}.items():
        for number in range(count):
            path = tmp_path / "others" / label / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (20, 20), RED).save(path)
    request = Request(path=str(tmp_path / "others"), trained_info=trained)
    others = replace(images.folder().load(request), trained_info=trained)
    prepared = prepare_photos(others, 224)
    assert prepared.test.take(np.array([0]))[0].shape == (1, 16, 16, 3)
    found = [trained.classes[label] for label in prepared.test.y]
    assert sorted(found) == ["odd", "odd", "plain", "plain", "plain"]
