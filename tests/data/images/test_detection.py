"""Images with boxes are brought to one size together, and augmented together."""

import io
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from kerasrecipes.data import images, synthetic
from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.images import detection, tfds_boxes
from kerasrecipes.data.images.detection import (
    AugmentedBoxes,
    BoxedFiles,
    BoxPreprocessor,
    prepare_boxes,
    zoomed,
)
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits
from tests.data.images.box_drawings import voc_folder


def bright(size, box):
    """Draw an image that is bright in a box."""
    image = np.zeros((*size, 3), np.uint8)
    left, top, right, bottom = (int(side) for side in box[:4])
    image[top:bottom, left:right] = 255
    return image


def seen(image):
    """Return the box around what is bright."""
    rows, columns = np.nonzero(image[..., 0] > 200)
    return np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])


def splits_of(arrays):
    info = Info(input_shape=arrays.x.shape[1:], classes=("a", "b"))
    return Splits(train=arrays, validation=arrays, test=arrays, info=info)


@pytest.mark.parametrize("size", [(40, 60), (60, 40), (200, 300), (33, 90)])
@pytest.mark.parametrize("wanted", [(64,), (64, 96)])
def test_boxes_stay_on_what_they_are_around(size, wanted):
    height, width = size
    box = np.array([width // 4, height // 4, width // 2, height // 2 + 8, 1, 0], np.float32)
    arrays = Arrays(bright(size, box)[None], box[None, None])
    found = prepare_boxes(splits_of(arrays), image_size=wanted)
    assert found.train.x.shape[1:3] == (wanted[0], wanted[-1]) == found.info.preprocessor.size
    np.testing.assert_allclose(found.train.y[0, 0, :4], seen(found.train.x[0]), atol=1.6)
    assert found.train.y[0, 0, 4] == 1


@pytest.mark.parametrize("number", range(6))
def test_augmented_boxes_stay_on_what_they_are_around(number):
    box = np.array([20, 24, 44, 50, 0, 0], np.float32)
    arrays = Arrays(bright((64, 80), box)[None], box[None, None])
    augmented = AugmentedBoxes(arrays, flip=True, zoom=0.3, brightness=0.1, seed=number)
    image, boxes = (part[0] for part in augmented.take(np.arange(1)))
    np.testing.assert_allclose(boxes[0, :4], seen(image), atol=1.6)
    again = augmented.take(np.arange(1))
    np.testing.assert_array_equal(again[0][0], image)
    np.testing.assert_array_equal(again[1][0], boxes)


def test_what_leaves_the_image_is_no_object_any_more():
    boxes = np.array([[0, 0, 10, 10, 0, 0], [50, 50, 60, 60, 1, 0], [20, 20, 60, 60, 0, 1]], float)
    _, moved = zoomed(bright((64, 64), boxes[0]), boxes, 2.0, np.array([1.0, 1.0]))
    assert moved[:, 4].tolist() == [-1, 1, 0] and moved[2, 5] == 1
    np.testing.assert_allclose(moved[1, :4], [36, 36, 56, 56])
    np.testing.assert_allclose(moved[2, :4], [0, 0, 56, 56])


def test_files_give_what_arrays_give_and_are_decoded_late(tmp_path, monkeypatch):
    splits = images.boxed().load(Request(path=str(voc_folder(tmp_path))))
    whole = prepare_boxes(splits, image_size=(64, 96))
    monkeypatch.setattr(detection, "IN_MEMORY", 0)
    late = prepare_boxes(splits, image_size=(64, 96))
    assert isinstance(late.train, BoxedFiles) and isinstance(whole.train, Arrays)
    for one, other in zip(
        late.train.take(np.arange(3)), whole.train.take(np.arange(3)), strict=True
    ):
        np.testing.assert_array_equal(one, other)
    assert whole.train.y.shape[1:] == (2, 6) and whole.info.input_shape == (64, 96, 3)


def test_the_size_suits_the_images(tmp_path):
    info = Info(input_shape=(480, 640, 3), classes=("a",))
    part = BoxedFiles([], [])
    splits = Splits(train=part, validation=part, test=part, info=info)
    assert BoxPreprocessor.fit(splits, None, "none").size == (256, 320)
    assert BoxPreprocessor.fit(splits, (100,), "none").size == (128, 128)
    assert BoxPreprocessor.fit(splits, (90, 30), "small").base == "small"
    with pytest.raises(UserError, match="image_size=1,2,3: expected height and width"):
        prepare_boxes(splits, image_size=(1, 2, 3))


def test_a_trained_model_sees_other_data_with_its_own_classes(tmp_path):
    splits = images.boxed().load(Request(path=str(voc_folder(tmp_path))))
    trained = Info(
        input_shape=(64, 64, 3),
        classes=("dog", "cow"),
        preprocessor=BoxPreprocessor(size=(64, 64)),
    )
    found = prepare_boxes(replace(splits, trained_info=trained))
    labels = np.concatenate([part.y[..., 4].ravel() for part in (found.train, found.test)])
    assert found.info == trained and set(labels) <= {-1, 0}
    assert "boxes of classes that the training did not know are left out: cat" in found.notes
    strange = replace(trained, classes=("cow",))
    with pytest.raises(UserError, match="unknown class 'cat'"):
        prepare_boxes(replace(splits, trained_info=strange))


def test_sets_of_tfds_have_shares_of_height_and_width(monkeypatch):
    labels = SimpleNamespace(names=["a", "b"])
    objects = SimpleNamespace(feature={"bbox": None, "label": labels})
    info = SimpleNamespace(features={"image": None, "objects": objects}, splits=("train", "test"))
    builder = SimpleNamespace(name="voc", info=info)

    buffer = io.BytesIO()
    Image.new("RGB", (200, 100)).save(buffer, "PNG")
    rows = {"bbox": [[0.1, 0.2, 0.5, 0.6]], "label": [1], "is_difficult": [True]}
    records = [{"image": buffer.getvalue(), "objects": rows}] * 24
    source = images.tfds_boxed("voc/2007")
    monkeypatch.setattr(tfds_boxes, "Records", lambda builder, split, encoded: records)
    monkeypatch.setattr(type(source), "builder", lambda self: builder)
    splits = source.load(Request())
    np.testing.assert_allclose(splits.train.own_boxes()[0], [[40, 10, 120, 50, 1, 1]], rtol=1e-6)
    prepared = prepare_boxes(splits, image_size=(64,))
    assert prepared.train.x.shape[1:] == (64, 64, 3)
    info.features = {"image": None}
    with pytest.raises(UserError, match="not a set of images with boxes; its features are image"):
        source.load(Request())


def test_drawn_scenes_are_prepared_as_they_are():
    splits = synthetic.boxed_scenes().load(Request())
    prepared = prepare_boxes(splits)
    np.testing.assert_array_equal(prepared.train.x, splits.train.x)
    np.testing.assert_array_equal(prepared.train.y, splits.train.y)
