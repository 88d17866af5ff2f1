"""Images with masks: the forms that people have, brought to one size and augmented together."""

import io

import numpy as np
import pytest
from PIL import Image

from kerasrecipes.data import images, synthetic
from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.images.segmentation import (
    AugmentedMasks,
    MaskPreprocessor,
    prepare_masks,
)
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits

RANDOM = np.random.default_rng(0)


def write(path, pixels, mode=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(np.asarray(pixels, np.uint8))
    if mode == "P":
        image = Image.fromarray(np.asarray(pixels, np.uint8), "P")
        image.putpalette(list(range(255, -1, -1)) * 3)
    image.save(path)


def folder(root, *, masks, count=12, size=(6, 9), where=("images", "masks"), mode=None):
    """Write images, and of each the mask that a function of its number gives."""
    for number in range(count):
        write(root / where[0] / f"{number}.png", RANDOM.integers(0, 255, (*size, 3)))
        write(root / where[1] / f"{number}.png", masks(number), mode)
    return root


def halves(first, second, size=(6, 9)):
    mask = np.full(size, first)
    mask[:, 4:] = second
    return mask


def load(root, **settings):
    return prepare_masks(images.masked().load(Request(path=str(root))), **settings)


def labels(splits):
    return np.concatenate([part.y for part in (splits.train, splits.validation, splits.test)])


@pytest.mark.parametrize("mode", [None, "P"])
def test_masks_of_indices_whose_255_is_ignored(tmp_path, mode):
    """Also of a palette, whose colours mean nothing."""

    def mask(number):
        found = halves(3, 7 + number % 2)
        found[0] = 255
        return found

    splits = load(folder(tmp_path, masks=mask, mode=mode))
    assert splits.info.classes == ("3", "7", "8")
    assert splits.info.input_shape == (6, 9, 3)
    found = labels(splits)
    assert found.shape == (12, 6, 9) and (found[:, 0] == -1).all()
    assert (found[:, 1:, :4] == 0).all() and set(found[:, 1:, 4:].ravel()) == {1, 2}


def test_masks_of_one_thing_in_black_and_white(tmp_path):
    splits = load(folder(tmp_path, masks=lambda number: halves(0, 255)))
    assert splits.info.classes == ("background", "foreground")
    assert (labels(splits) == halves(0, 1)).all()


def test_masks_of_colours_with_and_without_a_list_of_classes(tmp_path):
    palette = np.array([(0, 0, 0), (128, 64, 0), (0, 200, 7)])
    root = folder(tmp_path, masks=lambda number: palette[halves(0, 1 + number % 2)])
    assert load(root).info.classes == ("#000000", "#00c807", "#804000")
    (root / "class_dict.csv").write_text("name,r,g,b\nvoid,0,0,0\nroad,128,64,0\ntree,0,200,7\n")
    splits = load(root, ignored="void")
    assert splits.info.classes == ("road", "tree")
    found = labels(splits)
    assert (found[:, :, :4] == -1).all() and set(found[:, :, 4:].ravel()) == {0, 1}
    (root / "class_dict.csv").write_text("name,r,g,b\nvoid,0,0,0\nroad,128,64,0\n")
    with pytest.raises(UserError, match="colour #00c807, which is no class; known are #000000"):
        load(root)
    with pytest.raises(UserError, match="unknown class 'rode'; did you mean 'road'"):
        load(root, ignored="rode")


@pytest.mark.parametrize("inner", [False, True])
def test_splits_within_and_around_the_folders(tmp_path, inner):
    for split, count in (("train", 4), ("val", 2), ("test", 3)):
        where = ("images", "masks")
        root = tmp_path / split
        if inner:
            where, root = (f"JPEGImages/{split}", f"SegmentationClass/{split}"), tmp_path
        folder(root, masks=lambda number: halves(0, 1), count=count, where=where)
    splits = load(tmp_path)
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [4, 2, 3]


def test_what_does_not_fit_is_left_out_and_named(tmp_path):
    root = folder(tmp_path, masks=lambda number: halves(0, 1))
    write(root / "masks" / "3.png", np.zeros((9, 6)))
    (root / "masks" / "4.png").write_bytes(b"no image")
    (root / "masks" / "5.png").unlink()
    write(root / "masks" / "extra.png", np.zeros((6, 9)))
    splits = load(root)
    assert sum(len(part) for part in (splits.train, splits.validation, splits.test)) == 9
    notes = " | ".join(splits.notes)
    assert "1 of 12 images without a mask: 5.png" in notes
    assert "1 of 12 masks without an image: extra.png" in notes
    assert "3.png (9 x 6, its mask 6 x 9)" in notes and "4.png cannot be read" in notes


def test_bad_folders_are_refused_in_a_line(tmp_path):
    with pytest.raises(UserError, match="needs a folder of images and one of masks"):
        load(tmp_path)
    other = folder(tmp_path / "size", masks=lambda number: np.zeros((4, 4)))
    with pytest.raises(UserError, match=r"no pair of .*: images.0.png \(9 x 6, its mask 4 x 4\)"):
        load(other)
    one = folder(tmp_path / "one", masks=lambda number: np.zeros((6, 9)))
    with pytest.raises(UserError, match="1 class only"):
        load(one)

    def noise(number):
        return RANDOM.integers(0, 255, (6, 9, 3))

    blurred = folder(tmp_path / "jpeg", masks=noise)
    with pytest.raises(UserError, match="different colours; at most 127"):
        load(blurred)
    names = folder(tmp_path / "names", masks=lambda number: halves(0, 1))
    (names / "classes.txt").write_text("sky\nsky\n")
    with pytest.raises(UserError, match="a different name in each line"):
        load(names)


def test_images_and_masks_of_several_sizes_are_cut_alike():
    preprocessor = MaskPreprocessor(size=(8, 8))
    mask = np.zeros((20, 30), np.int8)
    mask[:, 15:] = 5
    image = np.repeat((mask * 50).astype(np.uint8)[..., None], 3, axis=2)
    found = preprocessor.image(Image.fromarray(image))[..., 0]
    kept = preprocessor.mask(mask)
    assert kept.shape == found.shape == (8, 8)
    # Bicubic edges blur; away from the edge the two agree.
    agree = (found > 125) == (kept == 5)
    assert agree.mean() == 1


def test_augmentation_changes_image_and_mask_alike_and_repeats():
    values = RANDOM.integers(0, 100, (8, 10, 12)).astype(np.int8)
    examples = Arrays(np.repeat(values[..., None], 3, axis=-1).astype(np.uint8), values)
    augmented = AugmentedMasks(examples, flip=True, zoom=0.5, brightness=0.0, seed=3)
    indices = np.array([4, 1, 6, 2])
    x, y = augmented.take(indices)
    np.testing.assert_array_equal(x[..., 0], y)
    assert (y != values[indices]).any() and y.shape == (4, 10, 12)
    again, _ = augmented.select(np.arange(8)).take(indices)
    np.testing.assert_array_equal(again, x)
    brighter = AugmentedMasks(examples, flip=False, zoom=0.0, brightness=0.4, seed=3)
    x, y = brighter.take(indices)
    np.testing.assert_array_equal(y, values[indices])
    assert (x[..., 0] != y).any()


def test_an_image_size_is_one_number_or_two():
    splits = synthetic.masked_scenes().load(Request())
    some = splits.limited(10, 0)
    assert prepare_masks(some, image_size=(32,)).info.input_shape == (32, 32, 3)
    prepared = prepare_masks(some, image_size=(24, 40))
    assert prepared.train.x.shape[1:] == (24, 40, 3) and prepared.train.y.shape[1:] == (24, 40)
    with pytest.raises(UserError, match="expected height and width"):
        prepare_masks(some, image_size=(1, 2, 3))


def test_other_data_has_the_classes_of_the_training():
    trained = Info(
        input_shape=(4, 4, 3), classes=("b", "c"), preprocessor=MaskPreprocessor(size=(4, 4))
    )
    pixels, mask = np.zeros((3, 4, 4, 3), np.uint8), np.full((3, 4, 4), 2, np.int8)
    mask[:, 0], mask[:, 1], mask[:, 2] = 0, 1, -1
    part = Arrays(pixels, mask)
    info = Info(input_shape=(4, 4, 3), classes=("a", "b", "c"))
    other = Splits(train=part, validation=part, test=part, info=info, trained_info=trained)
    prepared = prepare_masks(other)
    assert prepared.info is trained
    assert prepared.test.y[0, :, 0].tolist() == [-1, 0, -1, 1]


def test_masks_of_tfds_are_read_from_their_records(monkeypatch):
    """The values of the pets' trimaps become background, pet and border."""
    from kerasrecipes.data.images import tfds_masks

    def encoded(pixels):
        file = io.BytesIO()
        Image.fromarray(np.asarray(pixels, np.uint8)).save(file, "PNG")
        return file.getvalue()

    class Set:
        name = "oxford_iiit_pet"

        class info:
            features = ("image", "label", "segmentation_mask")
            splits = ("train", "test")

    mask = np.tile([1, 2, 3, 1], (4, 1))
    rows = [
        {"image": encoded(np.zeros((4, 4, 3))), "segmentation_mask": encoded(mask)}
        for _ in range(24)
    ]
    source = images.tfds_masked("oxford_iiit_pet")
    monkeypatch.setattr(tfds_masks, "Records", lambda builder, split, encoded: rows)
    monkeypatch.setattr(type(source), "builder", lambda self: Set)
    splits = prepare_masks(source.load(Request()), image_size=(4,))
    assert splits.info.classes == ("background", "pet", "border")
    assert splits.train.y[0, 0].tolist() == [1, 0, 2, 1]
    Set.info.features = ("image", "label")
    with pytest.raises(UserError, match="not a set of images with masks; its features are image"):
        source.load(Request())
