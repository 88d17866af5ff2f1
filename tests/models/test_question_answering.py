"""The reader's network: padding changes nothing, and it points at words."""

import keras
import numpy as np

from kerasrecipes.models.question_answering import span_finder


def given(random, lengths, longest):
    found = {}
    for name, counts in lengths.items():
        words = random.integers(1, 30, (len(counts), longest[name]))
        letters = random.integers(1, 20, (len(counts), longest[name], 5))
        inside = np.arange(longest[name]) < np.array(counts)[:, None]
        found[name] = words * inside
        found[f"{name}_letters"] = letters * inside[..., None]
    found["matches"] = random.random((*found["context"].shape, 3)).astype(np.float32)
    return found


def test_padding_never_changes_an_answer(tmp_path):
    keras.utils.set_random_seed(0)
    model = span_finder(30, 3, alphabet_size=20, letters=5, units=4, embedding_dimension=6)
    x = given(
        np.random.default_rng(0),
        {"context": [9, 4], "question": [5, 2]},
        {"context": 9, "question": 5},
    )
    outputs = np.asarray(model(x))
    assert outputs.shape == (2, 9, 2)
    np.testing.assert_allclose(outputs.sum(axis=1), 1, atol=1e-5)
    assert not outputs[1, 4:].any()
    alone = {n: v[1:, : 4 if n.startswith(("context", "matches")) else 2] for n, v in x.items()}
    np.testing.assert_allclose(outputs[1:, :4], model(alone), atol=1e-5)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_allclose(outputs, loaded(x), atol=1e-6)
