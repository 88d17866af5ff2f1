"""Cross-entropy of token ids, with label smoothing and without padding."""

import numpy as np
import pytest

from kerasrecipes.losses.sequence import SequenceCrossentropy

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_it_is_the_formula_and_padding_counts_nothing(smoothing):
    logits = RANDOM.normal(size=(2, 4, 6)).astype("float32")
    labels = np.array([[3, 4, 5, 0], [1, 0, 0, 0]], "int32")
    logs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    smooth = np.eye(6)[labels] * (1 - smoothing) + smoothing / 6
    expected = -(smooth * logs).sum(-1)[labels > 0].mean()
    loss = SequenceCrossentropy(smoothing)(
        labels, logits, sample_weight=(labels > 0).astype("float32")
    )
    np.testing.assert_allclose(float(loss), expected, rtol=1e-5)
