"""Points stay on what they mark, whatever is done to their image."""

from dataclasses import replace

import numpy as np
import pytest

from kerasrecipes.data import synthetic
from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.images.landmarks import (
    AugmentedLandmarks,
    LandmarkPreprocessor,
    mirror_by_names,
    mirror_by_shape,
    moved,
    prepare_landmarks,
)
from kerasrecipes.data.synthetic.face_images import POINTS
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits

SIZE = (40, 60)


def dots(count, seed=0):
    """Images with a red dot at the left one of two points and a blue one at the right."""
    random = np.random.default_rng(seed)
    images = np.zeros((count, *SIZE, 3), np.uint8)
    places = np.stack([random.uniform(8, 26, (count, 2)), random.uniform(14, 32, (count, 2))], 1)
    places[:, 1, 0] += 25
    for image, (left, right) in zip(images, np.floor(places).astype(int), strict=True):
        for (x, y), channel in ((left, 0), (right, 2)):
            image[y - 2 : y + 3, x - 2 : x + 3, channel] = 255
    return images, np.floor(places) + 0.5


def seen(images, side):
    """Where the middles of the dots are, as shares of the longer side."""
    found = []
    for image in images.astype(float):
        rows, columns = np.mgrid[: image.shape[0], : image.shape[1]] + 0.5
        pair = []
        for channel in (0, 2):
            weight = np.maximum(image[..., channel] - image[..., 2 - channel], 0)
            weight = np.where(weight > 60, weight, 0)
            pair.append([(weight * place).sum() / weight.sum() for place in (columns, rows)])
        found.append(pair)
    return np.array(found) / side


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "changes",
    [
        {"flip": True},
        {"zoom": 0.3},
        {"rotation": 0.1},
        {"flip": True, "zoom": 0.2, "rotation": 0.05},
    ],
    ids=str,
)
def test_points_move_with_what_they_mark(changes, seed):
    images, places = dots(12, seed)
    given = {"flip": False, "zoom": 0.0, "brightness": 0.0, "mirror": (1, 0), **changes}
    shares = (places / max(SIZE)).astype(np.float32)
    augmented = AugmentedLandmarks(Arrays(images, shares), **given, seed=seed)
    changed, points = augmented.take(np.arange(12))
    whole = np.isfinite(points).all(axis=(1, 2))
    # Dots at the edge have another middle once they are cut.
    inner = whole & ((points > 0.06) & (points < np.array([0.94, 0.6]))).all(axis=(1, 2))
    assert inner.sum() >= 3
    # Channels do not change places, so in a mirrored image the red dot is the second point.
    wanted = seen(changed[inner], max(SIZE))
    swapped = wanted[:, 0, 0] > wanted[:, 1, 0]
    wanted[swapped] = wanted[swapped][:, ::-1]
    np.testing.assert_allclose(points[inner], wanted, atol=0.02)
    again = augmented.take(np.arange(12))
    np.testing.assert_array_equal(changed, again[0])
    np.testing.assert_array_equal(points, again[1])


def test_what_leaves_the_image_is_missing():
    images, places = dots(6)
    places[:, 0] = [0.5, 0.5]
    augmented = AugmentedLandmarks(
        Arrays(images, (places / 60).astype(np.float32)),
        flip=False,
        zoom=0.0,
        brightness=0.0,
        rotation=0.2,
    )
    _, points = augmented.take(np.arange(6))
    assert np.isnan(points[:, 0]).any() and np.isfinite(points[:, 1]).any()


def test_partners_are_known_by_name_and_by_shape():
    by_name = mirror_by_names(POINTS)
    assert by_name[POINTS.index("left jaw")] == POINTS.index("right jaw")
    assert by_name[POINTS.index("chin")] == POINTS.index("chin")
    part = synthetic.faces_with_points().load(Request(seed=0)).train
    assert mirror_by_shape(part.y) == by_name
    assert mirror_by_names(("a", "b")) == () == mirror_by_names(("left eye", "nose"))


def faces(count=12):
    images, places = dots(count)
    part = Arrays(images, places)
    info = Info(input_shape=(*SIZE, 3), targets=("left eye", "right eye"))
    return Splits(train=part, validation=part, test=part, info=info)


@pytest.mark.parametrize("size", [32, 48, 90])
def test_points_come_back_to_the_pixels_of_any_image(size):
    splits = prepare_landmarks(faces(), image_size=size, flip=False, zoom=0, rotation=0)
    preprocessor = LandmarkPreprocessor.of(splits.info)
    assert preprocessor.between == (0, 1) and splits.info.input_shape == (size, size, 3)
    _, places = dots(12)
    for own, shares in zip(places, splits.test.y, strict=True):
        np.testing.assert_allclose(preprocessor.decode(shares, SIZE), own, atol=1e-3)
    x, shares = splits.test.take(np.arange(12))
    np.testing.assert_allclose(shares, seen(x, size), atol=1.0 / size)


def test_other_data_is_prepared_as_in_the_training():
    info = prepare_landmarks(faces(), image_size=32).info
    other = prepare_landmarks(replace(faces(4), trained_info=info))
    assert other.test.x.shape == (4, 32, 32, 3)
    more = replace(faces(4), info=replace(faces(4).info, targets=("a", "b", "c")))
    with pytest.raises(UserError, match="the model finds 2 points, the data has 3"):
        prepare_landmarks(replace(more, trained_info=info))


def test_without_known_partners_images_are_not_mirrored():
    splits = replace(faces(), info=Info(input_shape=(*SIZE, 3), targets=("a", "b")))
    splits.train.y[:, 1] = splits.train.y[:, 0] + [5, 9]
    found = prepare_landmarks(splits, image_size=32)
    kinds = LandmarkPreprocessor.of(found.info)
    assert kinds.mirror or "images are not mirrored" in found.notes[-1]


@pytest.mark.parametrize("seed", range(4))
def test_what_is_moved_keeps_its_shape(seed):
    random = np.random.default_rng(seed)
    points = random.uniform(0.35, 0.65, (5, 2))
    angle, factor = random.uniform(-1, 1), random.uniform(0.7, 1.3)
    image = np.zeros((60, 60, 3), np.uint8)
    _, found = moved(image, points, angle, factor, np.zeros(2))
    before, after = (p[:, None] - p[None] for p in (points, found))
    np.testing.assert_allclose(np.hypot(*after.T), factor * np.hypot(*before.T), atol=1e-6)
    # Clockwise, as pixels are counted from the top.
    turn = np.arctan2(after[0, 1, 1], after[0, 1, 0]) - np.arctan2(before[0, 1, 1], before[0, 1, 0])
    assert np.cos(turn - angle) == pytest.approx(1, abs=1e-6)
