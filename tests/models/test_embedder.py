import numpy as np
import pytest

from kerasrecipes.errors import UserError
from kerasrecipes.models.augmentation import augmentation
from kerasrecipes.models.embedder import embedder


def test_vectors_have_length_one_and_parameters_are_counted():
    changes = augmentation(shift=0.1, flip=True)
    model = embedder((16, 16, 1), filters=(4, 8), dimension=5, augmentation=changes)
    convolutions = 9 * 4 + 4 * 4 + 9 * 4 * 8 + 4 * 8
    dense = 4 * 4 * 8 * 5 + 5
    assert sum(np.prod(w.shape) for w in model.weights if "seed" not in w.path) == (
        convolutions + dense
    )
    x = np.random.default_rng(0).integers(0, 255, (3, 16, 16, 1), np.uint8)
    np.testing.assert_allclose(np.linalg.norm(model.predict(x, verbose=0), axis=1), 1, rtol=1e-5)


def test_images_too_small_are_refused():
    with pytest.raises(UserError, match="cannot be halved 3 times"):
        embedder((6, 9, 1))
