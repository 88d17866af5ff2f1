"""Figures of a convolution say the sizes of what it computes."""

import numpy as np
import pytest

from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.images.filters import EdgePreprocessor, correlate
from kerasrecipes.data.images.frames import Frame
from kerasrecipes.info import Info
from kerasrecipes.models.edge_detector import detector, edge_learner
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports import edge_detection
from kerasrecipes.reports.style import png


@pytest.fixture(scope="module")
def evaluation():
    """An evaluation whose learned kernel is the filter itself."""
    images = np.random.default_rng(0).integers(0, 256, (12, 9, 9, 1), dtype=np.uint8)
    kernel = detector("vertical", "sobel")
    y = correlate(images[..., 0] / 255, kernel)[..., None]
    model = edge_learner((9, 9, 1))
    model.get_layer("edges").set_weights([kernel[..., None, None]])
    outputs = model.predict(images, verbose=0)
    np.testing.assert_allclose(outputs, y, atol=1e-5)
    return Evaluation(
        recipe="r",
        model=model,
        info=Info(
            input_shape=(9, 9, 1),
            preprocessor=EdgePreprocessor(
                frame=Frame(size=(9, 9), channels=1, resize="stretch"), kernel=kernel.tolist()
            ),
        ),
        examples=Arrays(images, y),
        labels=y,
        outputs=outputs,
        metrics={},
    )


@pytest.mark.parametrize(
    ("function", "title"),
    [
        (edge_detection.learned_kernel, "off by more than 0"),
        (edge_detection.padding_and_stride, "padding=same, stride 2: 5 × 5"),
        (edge_detection.pooling_kinds, "min, 4 × 4"),
    ],
)
def test_a_figure_says_what_it_shows(evaluation, function, title):
    figure = function(evaluation)
    assert title in " ".join(
        [*(axes.get_title("left") for axes in figure.axes), figure.get_suptitle()]
    )
    assert png(figure).startswith(b"\x89PNG")
