"""What changes images in training leaves them alone in what is exported."""

import keras
import numpy as np
import pytest

from kerasrecipes.inference.export.formats import format_of
from kerasrecipes.models.augmentation import augmentation
from kerasrecipes.models.embedder import embedder


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="a SavedModel is TensorFlow's")
def test_a_saved_model_does_not_augment(tmp_path):
    changes = {"flip": True, "shift": 0.2, "zoom": 0.2, "brightness": 0.3}
    model = embedder((16, 16, 1), filters=(4,), dimension=3, augmentation=augmentation(**changes))
    x = np.random.default_rng(0).uniform(0, 255, (4, 16, 16, 1)).astype(np.float32)
    form = format_of(tmp_path / "folder")
    form.write(model, tmp_path / "folder", None)
    (found,) = form.load(tmp_path / "folder", model)([x])
    np.testing.assert_allclose(found, model.predict(x, verbose=0), atol=1e-5)
