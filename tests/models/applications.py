"""Networks of our own against those of keras.applications, with the same weights."""

import keras
import numpy as np


def assert_same_maps(build, name, parameters):
    """Compare the feature maps of the convolutions, and the names of their weights."""
    theirs = getattr(keras.applications, name)(
        weights=None, include_top=False, input_shape=(48, 64, 3)
    )
    ours = build((48, 64, 3), None)
    assert ours.count_params() == theirs.count_params() == parameters
    assert [w.path.split("/")[-2:] for w in ours.weights] == [
        w.path.split("/")[-2:] for w in theirs.weights
    ]
    random = np.random.default_rng(0)
    # Moving statistics other than 0 and 1, so that a wrong order of layers would show.
    theirs.set_weights([w * random.uniform(0.5, 1.5, w.shape) + 0.01 for w in theirs.get_weights()])
    ours.set_weights(theirs.get_weights())
    images = random.normal(0, 50, (2, 48, 64, 3)).astype("float32")
    expected = theirs.predict(images, verbose=0)
    np.testing.assert_allclose(
        ours.predict(images, verbose=0), expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max()
    )


def assert_same_outputs(build, name, parameters, size=224):
    """Compare the class probabilities."""
    theirs = getattr(keras.applications, name)(weights=None)
    ours = build((size, size, 3), 1000)
    assert ours.count_params() == parameters
    ours.set_weights(theirs.get_weights())
    images = np.random.default_rng(0).normal(0, 50, (1, size, size, 3)).astype("float32")
    np.testing.assert_allclose(
        ours.predict(images, verbose=0), theirs.predict(images, verbose=0), rtol=1e-3, atol=1e-7
    )
