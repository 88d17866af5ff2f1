"""Images of any size, brought to the one shape of a model."""

import numpy as np
import pytest
from PIL import Image

from kerasrecipes.data.images.frames import Frame, cover


@pytest.mark.parametrize("resize", ["stretch", "crop"])
@pytest.mark.parametrize("size", [(1, 1), (20_000, 1), (20_000, 30), (3, 500)])
def test_any_size_fits(size, resize):
    frame = Frame(size=(32, 48), channels=3, resize=resize)
    image = frame.render(Image.new("L", size, 77))
    assert image.shape == (32, 48, 3) and (image == 77).all()


def test_crop_takes_the_centre():
    image = Image.fromarray(np.repeat(np.arange(30, dtype=np.uint8)[None] * 8, 10, axis=0))
    assert np.asarray(cover(image, (10, 10)))[0].tolist() == [8 * k for k in range(10, 20)]


def test_pad_centres_on_the_background():
    frame = Frame(size=(32, 32), channels=1, resize="pad", source=(28, 28), background=(9,))
    image = frame.render_all(np.full((1, 28, 28, 1), 200, np.uint8))[0, ..., 0]
    assert (
        (image[2:30, 2:30] == 200).all() and (image[:2] == 9).all() and (image[:, 30:] == 9).all()
    )


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("source", [(28, 28), (8, 8), (50, 40)])
def test_arrays_and_files_become_the_same(channels, source):
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (3, *source, 3), np.uint8)
    resize = "pad" if source == (28, 28) else "stretch"
    frame = Frame(
        size=(32, 32), channels=channels, resize=resize, source=source, background=(5,) * channels
    )
    one_by_one = np.stack([frame.render(Image.fromarray(image)) for image in images])
    assert np.array_equal(frame.render_all(images), one_by_one)
