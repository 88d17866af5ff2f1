"""Examples that are image files."""

import io

import numpy as np
from PIL import Image

from kerasrecipes.data.images.files import ImageFiles
from kerasrecipes.data.images.frames import Frame


def content(image):
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def test_files_are_decoded_when_taken():
    files = [content(Image.new("L", (10 + k, 20), 10 * k)) for k in range(6)]
    examples = ImageFiles(files, np.arange(6), Frame(size=(8, 8), channels=1, resize="crop"))
    x, y = examples.select(np.array([5, 2, 4])).take(np.array([2, 0]))
    assert x.shape == (2, 8, 8, 1) and x[:, 0, 0, 0].tolist() == [40, 50] and y.tolist() == [4, 5]
    assert len(examples.sample(4, seed=1)) == 4


def test_decoding_all_reports_what_cannot_be_read():
    files = [content(Image.new("L", (9, 9), 50)), b"broken", content(Image.new("L", (9, 9), 60))]
    arrays, problems = ImageFiles(
        files, np.array([0, 1, 2]), Frame(size=(9, 9), channels=1, resize="crop")
    ).decoded()
    assert arrays.y.tolist() == [0, 2] and len(problems) == 1
