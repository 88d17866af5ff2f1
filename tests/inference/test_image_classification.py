"""Answers to a user's own images."""

import io
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from kerasrecipes.data import images
from kerasrecipes.data.images import handwriting
from kerasrecipes.data.images.frames import Frame
from kerasrecipes.data.images.prepare import prepare_images
from kerasrecipes.data.images.preprocessor import ImagePreprocessor
from kerasrecipes.errors import UserError
from kerasrecipes.inference.image_classification import classify, probabilities
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request


class Nearest:
    """Answers with the class of the nearest training image, which on the digits is right in 98 of
    100.
    """

    def __init__(self, examples, classes):
        self.x, self.y, self.classes = _flat(examples.x), examples.y, classes

    def predict(self, batch, batch_size, verbose):
        assert batch.dtype == np.uint8
        x = _flat(batch)
        distance = (x**2).sum(1)[:, None] - 2 * x @ self.x.T + (self.x**2).sum(1)
        return (
            np.eye(self.classes, dtype=np.float32)[self.y[distance.argmin(1)]] * 0.7
            + 0.3 / self.classes
        )


def _flat(x):
    return x.reshape(len(x), -1).astype(np.float32)


@pytest.fixture(scope="module")
def digits():
    splits = images.digits().load(Request())
    fitted = prepare_images(splits, (32, 32))
    return SimpleNamespace(
        info=Info.from_dict(fitted.info.as_dict()),
        model=Nearest(fitted.train, 10),
        x=splits.test.x,
        y=splits.test.y,
    )


def png(pixels):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def photograph(digit, random):
    """Draw a digit dark on light, off the centre, tinted, unevenly lit and noisy."""
    side = int(random.integers(90, 130))
    drawn = (
        np.asarray(
            Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC), np.float32
        )
        / 255
    )
    mask = np.zeros((200, 260, 1), np.float32)
    top, left = random.integers(15, (185 - side, 245 - side))
    mask[top : top + side, left : left + side, 0] = drawn
    y, x = np.meshgrid(np.linspace(-1, 1, 200), np.linspace(-1, 1, 260), indexing="ij")
    light = (0.75 + random.uniform(-0.2, 0.2) * x + random.uniform(-0.15, 0.15) * y)[..., None]
    picture = light * (np.array([1, 0.95, 0.85]) * (1 - mask) + np.array([0.1, 0.15, 0.3]) * mask)
    picture += random.normal(0, 0.02, picture.shape)
    return png(np.uint8(np.clip(picture, 0, 1) * 255))


def share_right(run, inputs, labels):
    return np.mean(
        [
            int(answer["label"]) == label
            for answer, label in zip(classify(run, inputs), labels, strict=True)
        ]
    )


def test_images_like_the_training_images_stay_as_they_are(digits):
    frame = digits.info.preprocessor.frame
    direct = digits.model.predict(frame.render_all(digits.x), 128, 0).argmax(-1) == digits.y
    assert direct.mean() > 0.95
    read = share_right(digits, [png(image[..., 0]) for image in digits.x], digits.y)
    assert read >= direct.mean() - 0.003


def test_dark_on_light_works_as_light_on_dark(digits):
    count = 120
    assert (
        share_right(
            digits, [png(255 - image[..., 0]) for image in digits.x[:count]], digits.y[:count]
        )
        > 0.92
    )


def test_photographs_work(digits):
    random, count = np.random.default_rng(0), 40
    photographs = [photograph(image[..., 0], random) for image in digits.x[:count]]
    assert share_right(digits, photographs, digits.y[:count]) > 0.9


def test_fine_pen_is_thickened():
    form = handwriting.InkForm(
        background=0,
        foreground=255,
        extent=0.7,
        centred="box",
        centre=(0.5, 0.5),
        spread=(0.0, 0.0, 0.0),
        stroke=0.12,
    )
    page = np.full((300, 300), 240, np.uint8)
    page[40:260, 149:152] = 20  # a line of 3 pixels on 220
    placed = handwriting.place(handwriting.extract(Image.fromarray(page)), form, (28, 28))
    assert placed.max() > 230 and 1.5 < placed.sum() / 255 / 20 < 4


def test_answers_are_sorted_and_complete(digits):
    (answer,) = classify(digits, [png(digits.x[0, ..., 0])], top=3)
    shares = [entry["probability"] for entry in answer["probabilities"]]
    assert answer["input"] == "-" and len(shares) == 3 and shares == sorted(shares, reverse=True)
    assert answer["label"] == answer["probabilities"][0]["label"] == str(digits.y[0])
    assert answer["probability"] == pytest.approx(0.73)


def test_blank_image_is_said_to_be_blank(digits):
    (answer,) = classify(digits, [png(np.full((50, 60), 230, np.uint8))])
    assert answer["notes"] == ["the image is blank"]


def test_folder_is_walked_in_order_and_broken_files_are_told(digits, tmp_path):
    for number in (10, 2):
        (tmp_path / f"{number}.png").write_bytes(png(digits.x[number, ..., 0]))
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "bad.jpg").write_text("no image")
    (tmp_path / "notes.txt").write_text("no image either")
    answers = classify(digits, [tmp_path])
    assert [answer["input"].split("/")[-1] for answer in answers] == ["2.png", "10.png", "bad.jpg"]
    assert "error" in answers[2] and "label" not in answers[2]
    assert [answers[k]["label"] for k in (0, 1)] == [str(digits.y[2]), str(digits.y[10])]


def test_what_was_named_must_be_an_image(digits, tmp_path):
    (tmp_path / "bad.jpg").write_text("no image")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"bad\.jpg cannot be read"):
        classify(digits, [tmp_path / "bad.jpg"])
    with pytest.raises(UserError, match="standard input cannot be read"):
        classify(digits, [b"no image"])
    with pytest.raises(UserError, match="no file or folder"):
        classify(digits, [tmp_path / "missing.png"])
    with pytest.raises(UserError, match="holds no images"):
        classify(digits, [tmp_path / "empty"])
    with pytest.raises(UserError, match="there is no image"):
        classify(digits, [])


def test_model_of_something_else_is_refused(digits):
    with pytest.raises(UserError, match="not trained on images"):
        classify(SimpleNamespace(model=None, info=Info(classes=("a", "b"))), [b""])


def test_photographs_are_cropped_as_in_training():
    frame = Frame(size=(8, 8), channels=3, resize="crop")
    info = Info(
        input_shape=(8, 8, 3),
        classes=("dark", "light"),
        preprocessor=ImagePreprocessor(frame=frame),
    )

    class Brightness:
        def predict(self, batch, batch_size, verbose):
            return (batch.mean(axis=(1, 2, 3)) / 255)[:, None]

    wide = np.zeros((10, 50, 3), np.uint8)
    wide[:, 20:30] = 255  # only the centre is light
    (answer,) = classify(SimpleNamespace(model=Brightness(), info=info), [png(wide)])
    assert answer["label"] == "light" and answer["probability"] > 0.95


def test_one_output_is_the_second_class():
    model = SimpleNamespace(predict=lambda batch, batch_size, verbose: np.array([[0.25], [1.0]]))
    assert probabilities(model, np.zeros((2, 1))).tolist() == [[0.75, 0.25], [0.0, 1.0]]
