"""Images and rows as vectors, and images beside their edges."""

import numpy as np
import pytest

from kerasrecipes.data import dense_inputs, images, tables
from kerasrecipes.data.images.filters import correlate, with_filtered_targets
from kerasrecipes.data.images.prepare import prepare_images
from kerasrecipes.errors import UserError
from kerasrecipes.models.edge_detector import detector
from kerasrecipes.recipe import Request


def digits():
    return images.digits().load(Request()).limited(200, seed=0)


def test_images_keep_their_size_and_are_measured_together():
    splits = dense_inputs.prepare(digits(), ("binary", "multiclass"))
    assert splits.info.input_shape == (8, 8, 1)
    assert splits.info.task == "multiclass"
    measured = splits.info.inputs
    assert measured.mean == pytest.approx(splits.train.x.mean(), rel=1e-6)
    assert measured.variance == pytest.approx(splits.train.x.astype(float).var(), rel=1e-6)
    assert dense_inputs.units(splits.info) == 10


def test_the_size_may_be_given():
    assert dense_inputs.prepare(digits(), ("multiclass",), image_size=12).info.input_shape == (
        12,
        12,
        1,
    )


def test_one_hot_labels_of_images_and_rows():
    for splits in (digits(), tables.sklearn("iris").load(Request())):
        plain, hot = (
            dense_inputs.prepare(splits, (task,)) for task in ("multiclass", "multiclass_one_hot")
        )
        np.testing.assert_array_equal(hot.test.y, np.eye(plain.info.num_classes)[plain.test.y])
        assert hot.info.task == "multiclass_one_hot"


@pytest.mark.parametrize(
    "name, task, count",
    [("breast_cancer", "binary", 1), ("diabetes", "regression", 1), ("wine", "multiclass", 3)],
)
def test_units_of_the_head(name, task, count):
    info = dense_inputs.prepare(
        tables.sklearn(name).load(Request()), ("binary", "multiclass", "regression")
    ).info
    assert (info.task, dense_inputs.units(info)) == (task, count)


def test_correlation_slides_the_kernel_as_it_is():
    image = np.arange(16.0).reshape(1, 4, 4)
    kernel = np.arange(9.0).reshape(3, 3)
    expected = [
        [np.sum(image[0, i : i + 3, j : j + 3] * kernel) for j in range(2)] for i in range(2)
    ]
    np.testing.assert_allclose(correlate(image, kernel)[0], expected)


def test_edges_stand_in_place_of_labels():
    splits = with_filtered_targets(prepare_images(digits(), (8, 8), 1), detector("horizontal"))
    assert splits.train.y.shape == (200, 6, 6, 1)
    first = splits.train.x[0, :3, :3, 0] / 255
    assert splits.train.y[0, 0, 0, 0] == pytest.approx(first[2].sum() - first[0].sum(), abs=1e-5)
    assert np.array(splits.info.preprocessor.kernel).shape == (3, 3)


def test_images_smaller_than_the_kernel_are_refused():
    with pytest.raises(UserError, match="smaller than the kernel"):
        correlate(np.zeros((1, 2, 2)), np.zeros((3, 3)))
