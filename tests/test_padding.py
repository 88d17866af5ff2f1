"""Padding has no part in any gradient of sequence models, nor makes it a NaN."""

import keras
import numpy as np
import pytest

from kerasrecipes.diagnosis.measurement import (
    compiled,
    differentiate,
    stateless_loss,
    tensors_of,
)
from kerasrecipes.losses.masked import MaskedCrossentropy
from kerasrecipes.losses.sequence import SequenceCrossentropy
from kerasrecipes.models.captioner import captioner
from kerasrecipes.models.seq2seq import seq2seq
from kerasrecipes.models.tagger import tagger
from kerasrecipes.models.text_classifier import text_classifier
from kerasrecipes.models.transformer import transformer

ROWS, LONGEST = 4, 8
UNITS = {"units": 6, "embedding_dimension": 5}
TAGGER = {"alphabet_size": 9, "letters": 4, "character_units": 4}


def token_ids(random, lengths):
    """Draw token ids, `(rows, LONGEST)`, zero behind each row's length."""
    drawn = random.integers(4, 12, (len(lengths), LONGEST))
    return np.where(np.arange(LONGEST) < np.array(lengths)[:, None], drawn, 0).astype("int32")


def tagged(random, **options):
    words = token_ids(random, [3, LONGEST, 1, 0])
    letters = random.integers(1, 9, (ROWS, LONGEST, 4)) * (words > 0)[..., None]
    letters[:, :, 2:] = 0  # words have padding, too
    x = {"words": words, "letters": letters.astype("int32")}
    if options["characters"] == "none":
        del x["letters"]
    y = np.where(words > 0, random.integers(0, 3, words.shape), -1).astype("int32")
    return tagger(12, 3, **UNITS, **TAGGER, **options), MaskedCrossentropy(), x, y, None


def classified(random, **options):
    x = {"x": token_ids(random, [3, LONGEST, 1, 2])}
    loss = keras.losses.SparseCategoricalCrossentropy()
    y = np.array([0, 1, 2, 1], "int32")
    return text_classifier(12, 3, **UNITS, **options), loss, x, y, None


def translated(random, **options):
    x = {
        "source": token_ids(random, [3, LONGEST, 1, 0]),
        "target": token_ids(random, [2, 5, LONGEST, 1]),
    }
    return seq2seq(12, 12, **UNITS, **options), *_next_tokens(random, x)


def transformed(random, **options):
    x = {
        "source": token_ids(random, [3, LONGEST, 1, 2]),
        "target": token_ids(random, [2, 5, LONGEST, 1]),
    }
    small = {"units": 8, "num_heads": 2, "num_layers": 2}
    return transformer(12, 12, **small, **options), *_next_tokens(random, x)


def captioned(random, **options):
    shape = (6, 7) if options["decoder"] == "attention" else (7,)
    x = {
        "image": random.normal(size=(ROWS, *shape)).astype("float32"),
        "target": token_ids(random, [2, 5, LONGEST, 0]),
    }
    return captioner(shape, 12, **UNITS, **options), *_next_tokens(random, x)


def _next_tokens(random, x):
    weight = (x["target"] > 0).astype("float32")
    y = (random.integers(4, 12, weight.shape) * weight).astype("int32")
    return SequenceCrossentropy(0.1), x, y, weight


CASES = {
    "tagger, convolution": (tagged, {"characters": "convolution"}),
    "tagger, recurrent": (tagged, {"characters": "recurrent", "cell": "gru"}),
    "tagger, words alone": (tagged, {"characters": "none", "cell": "simple_rnn", "num_layers": 2}),
    "classifier, both ways": (classified, {"bidirectional": True, "pooling": "max_mean"}),
    "classifier, integers": (classified, {"cell": "gru", "encoding": "integer"}),
    "classifier, counts": (classified, {"encoding": "bag_of_words"}),
    "classifier, convolutions": (classified, {"encoder": "cnn"}),
    "classifier, blocks": (classified, {"encoder": "transformer", "num_heads": 1}),
    "decoder, additive": (translated, {"score": "additive", "bidirectional": True}),
    "decoder, dot": (translated, {"score": "dot", "cell": "gru", "num_layers": 2}),
    "decoder, none": (translated, {"score": "none"}),
    "transformer, post": (transformed, {}),
    "transformer, pre": (transformed, {"norm": "pre", "positions": "rotary"}),
    "captions, attention": (captioned, {"decoder": "attention"}),
    "captions, inject": (captioned, {"decoder": "inject", "cell": "gru"}),
    "captions, merge": (captioned, {"decoder": "merge", "num_layers": 2}),
}


@pytest.mark.parametrize("case", CASES)
def test_gradients_are_numbers_that_do_not_depend_on_padding(case):
    make, options = CASES[case]
    keras.utils.set_random_seed(3)
    quiet = {"dropout_rate": 0.0}
    if make in (tagged, classified):
        quiet["word_dropout_rate"] = 0.0
    model, loss, *batch = make(np.random.default_rng(7), **options, **quiet)
    model.compile("sgd", loss)
    found = [gradients(model, *(longer(part, more) for part in batch)) for more in (0, LONGEST)]
    for variable, short, long in zip(model.trainable_variables, *found, strict=True):
        assert np.isfinite(short).all(), f"{variable.path} has no gradient in numbers"
        np.testing.assert_allclose(long, short, atol=2e-6, rtol=1e-4, err_msg=variable.path)
    assert any(np.abs(gradient).max() > 1e-3 for gradient in found[0])


def longer(part, more):
    """Pad the axis of time of labels, weights and token ids."""
    if isinstance(part, dict):
        return {name: x if x.dtype.kind == "f" else longer(x, more) for name, x in part.items()}
    if part is None or part.ndim < 2:
        return part
    widths = [(0, 0), (0, more), *[(0, 0)] * (part.ndim - 2)]
    return np.pad(part, widths, constant_values=part.min() if part.min() < 0 else 0)


def gradients(model, x, y, weight):
    states = tensors_of(model.non_trainable_variables)

    def loss(values):
        given = x["x"] if list(x) == ["x"] else x
        return stateless_loss(model, values, states, given, y, weight)[0], {}

    run = compiled(lambda values: differentiate(loss, values)[2])
    return [keras.ops.convert_to_numpy(x) for x in run(tensors_of(model.trainable_variables))]
