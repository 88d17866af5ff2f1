"""The strongest edge of an image, where a kernel of differences sees it."""

import io
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from kerasrecipes.data.images.frames import Frame
from kerasrecipes.data.images.preprocessor import ImagePreprocessor
from kerasrecipes.errors import UserError
from kerasrecipes.inference.edge_detection import edges
from kerasrecipes.info import Info


class Differences:
    """A step from dark to bright gives its height, one from bright to dark the negative."""

    def predict(self, batch, **options):
        pixels = batch.astype(np.float32)
        return pixels[:, 1:-1, 2:] - pixels[:, 1:-1, :-2]


@pytest.fixture
def run():
    frame = Frame(size=(8, 8), channels=1, resize="stretch")
    return SimpleNamespace(
        model=Differences(),
        info=Info(input_shape=(8, 8, 1), preprocessor=ImagePreprocessor(frame=frame)),
    )


def png(pixels):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def test_the_strongest_edge_is_found_with_its_direction(run):
    pixels = np.zeros((8, 8), np.uint8)
    pixels[:, 5:] = 200
    up, down = edges(run, [png(pixels), png(200 - pixels)])
    assert (up["input"], up["row"], up["column"]) == ("-", 1, 4)
    assert up["strength"] == 200 == -down["strength"] and 0 < up["mean_strength"] < 200


def test_what_is_not_an_image_is_refused(run, tmp_path):
    with pytest.raises(UserError, match="standard input cannot be read"):
        edges(run, [b"nothing"])
    with pytest.raises(UserError, match="there is no file or folder"):
        edges(run, [str(tmp_path / "absent.png")])
