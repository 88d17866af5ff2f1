"""The film of a training: strips of images at a few epochs, read back as they were written."""

import numpy as np

from kerasrecipes.data.examples import Arrays
from kerasrecipes.runs.run import Run
from kerasrecipes.strategies import ONE_DEVICE
from kerasrecipes.training import film


class Maker:
    def __init__(self):
        self.made = []

    def snapshot(self):
        images = np.random.default_rng(len(self.made)).random((4, 5, 6, 3))
        self.made.append(np.rint(images * 255).astype(np.uint8))
        return images


def test_strips_are_read_back_in_the_order_of_the_epochs(tmp_path):
    maker, run = Maker(), Run.create("a", tmp_path)
    (callback,) = film.made(run, maker, 40, ONE_DEVICE)
    for epoch in range(40):
        callback.on_epoch_end(epoch)
    frames = film.read(run)
    epochs = [epoch for epoch, _ in frames]
    assert epochs[0] == 1 and epochs[-1] == 40 and len(epochs) <= 8
    for (_, images), made in zip(frames, maker.made, strict=True):
        np.testing.assert_array_equal(images, made)


def test_a_model_that_makes_images_of_others_is_shown_the_first_examples(tmp_path):
    class Painter:
        def snapshot_of(self, inputs):
            return 1 - inputs / 255

    x = np.random.default_rng(0).integers(0, 256, (30, 5, 6, 3), np.uint8)
    run = Run.create("a", tmp_path)
    (callback,) = film.made(run, Painter(), 1, ONE_DEVICE, Arrays(x))
    callback.on_epoch_end(0)
    ((_, images),) = film.read(run)
    np.testing.assert_array_equal(images, 255 - x[: len(images)])
    assert film.made(run, Painter(), 1, ONE_DEVICE, Arrays(x[:0])) == []


def test_a_task_makes_images_of_a_model_that_does_not(tmp_path):
    x = np.random.default_rng(0).integers(0, 256, (3, 5, 6, 1), np.uint8)
    run, seen = Run.create("a", tmp_path), []

    def painted(model, examples):
        seen.append((model, examples))
        return examples.take(np.arange(2))[0] / 255

    model, examples = object(), Arrays(x)
    (callback,) = film.made(run, model, 1, ONE_DEVICE, examples, painted)
    callback.on_epoch_end(0)
    ((_, images),) = film.read(run)
    np.testing.assert_array_equal(images, x[:2])
    assert seen == [(model, examples)]


def test_what_makes_no_images_has_no_film(tmp_path):
    run = Run.create("a", tmp_path)
    assert film.made(run, object(), 3, ONE_DEVICE) == [] and film.read(run) == []
