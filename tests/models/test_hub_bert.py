"""A hub's folder is read as it is: against NumPy, and against keras-hub where that is there."""

import json
import math
import os
from pathlib import Path

import keras
import numpy as np
import pytest

from kerasrecipes.errors import UserError
from kerasrecipes.models import bert, hub_bert

NAMES = ["[PAD]", "[unused0]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "sea", "land", "##ing"]
CONFIG = {
    "model_type": "bert",
    "hidden_act": "gelu",
    "hidden_size": 8,
    "intermediate_size": 12,
    "layer_norm_eps": 1e-12,
    "max_position_embeddings": 10,
    "num_attention_heads": 2,
    "num_hidden_layers": 2,
    "vocab_size": len(NAMES),
}
DENSE = {
    "attention.self.query": (8, 8),
    "attention.self.key": (8, 8),
    "attention.self.value": (8, 8),
    "attention.output.dense": (8, 8),
    "intermediate.dense": (12, 8),
    "output.dense": (8, 12),
}


def drawn(prefix=""):
    """Random tensors of a small BERT, by a hub's names."""
    random = np.random.default_rng(0)
    shapes = {
        "embeddings.word_embeddings.weight": (10, 8),
        "embeddings.position_embeddings.weight": (10, 8),
        "embeddings.token_type_embeddings.weight": (2, 8),
        "pooler.dense.weight": (8, 8),
    }
    norms = ["embeddings.LayerNorm"]
    for number in range(2):
        layer = f"encoder.layer.{number}"
        norms += [f"{layer}.attention.output.LayerNorm", f"{layer}.output.LayerNorm"]
        for name, shape in DENSE.items():
            shapes |= {f"{layer}.{name}.weight": shape, f"{layer}.{name}.bias": shape[:1]}
    for name in norms:
        shapes |= {f"{name}.weight": (8,), f"{name}.bias": (8,)}
    return {
        prefix + name: random.normal(0.0, 0.5, shape).astype(np.float32)
        for name, shape in shapes.items()
    }


def write(folder, tensors, kind="F32", config=CONFIG, names=NAMES):
    folder.mkdir(exist_ok=True)
    described, content = {"__metadata__": {"format": "pt"}}, b""
    for name, array in tensors.items():
        if kind == "BF16":
            data = (array.view(np.uint32) >> 16).astype("<u2").tobytes()
        else:
            data = array.astype({"F32": "<f4", "F16": "<f2"}[kind]).tobytes()
        offsets = [len(content), len(content) + len(data)]
        described[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": offsets}
        content += data
    header = json.dumps(described).encode()
    (folder / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + content)
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "vocab.txt").write_text("\n".join(names) + "\n")
    return folder


def loaded(folder):
    encoder = hub_bert.read(folder)
    tokens = keras.Input((None,), dtype="int32")
    x, _ = bert.encode(tokens, keras.ops.not_equal(tokens, 0), **encoder.sizes)
    model = keras.Model(tokens, x)
    bert.set_weights(model, encoder)
    return model


def normalized(x, t, name):
    deviation = np.sqrt(x.var(axis=-1, keepdims=True) + 1e-12)
    return (x - x.mean(axis=-1, keepdims=True)) / deviation * t[f"{name}.weight"] + t[
        f"{name}.bias"
    ]


def dense(x, t, name):
    return x @ t[f"{name}.weight"].T + t[f"{name}.bias"]


def by_numpy(ids, t):
    """The paper's encoder of one text without padding, `(time,)` of a hub's ids."""
    x = t["embeddings.word_embeddings.weight"][ids]
    x = x + t["embeddings.position_embeddings.weight"][: len(ids)]
    x = x + t["embeddings.token_type_embeddings.weight"][0]
    x = normalized(x, t, "embeddings.LayerNorm")
    for number in range(2):
        at = f"encoder.layer.{number}."
        q, k, v = (
            dense(x, t, f"{at}attention.self.{part}").reshape(-1, 2, 4).transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        scores = np.exp(q @ k.transpose(0, 2, 1) / 2)
        found = scores / scores.sum(axis=-1, keepdims=True) @ v
        found = found.transpose(1, 0, 2).reshape(-1, 8)
        x = normalized(
            x + dense(found, t, f"{at}attention.output.dense"), t, f"{at}attention.output.LayerNorm"
        )
        hidden = dense(x, t, f"{at}intermediate.dense")
        hidden = hidden * (1 + np.vectorize(math.erf)(hidden / math.sqrt(2))) / 2
        x = normalized(x + dense(hidden, t, f"{at}output.dense"), t, f"{at}output.LayerNorm")
    return x


@pytest.mark.parametrize(
    ("kind", "prefix"), [("F32", ""), ("F32", "bert."), ("F16", ""), ("BF16", "")]
)
def test_it_computes_what_the_paper_says(tmp_path, kind, prefix):
    folder = write(tmp_path / "hub", drawn(prefix), kind)
    stored = drawn()
    if kind == "F16":
        stored = {n: a.astype(np.float16).astype(np.float32) for n, a in stored.items()}
    elif kind == "BF16":
        stored = {
            n: (a.view(np.uint32) >> 16 << 16).view(np.float32).copy() for n, a in stored.items()
        }
    pieces, lines = hub_bert.tokenizer(folder)
    row = np.array([2, *pieces.encode(["the sea landing"])[0], 3])
    assert lines[row].tolist() == [3, 6, 7, 8, 9, 4]
    found = keras.ops.convert_to_numpy(loaded(folder)(row[None]))[0]
    np.testing.assert_allclose(found, by_numpy(lines[row], stored), atol=1e-4)
    padded = keras.ops.convert_to_numpy(loaded(folder)(np.pad(row, (0, 1))[None]))[0]
    np.testing.assert_allclose(padded[:6], found, atol=1e-5)


def without(name):
    return {n: a for n, a in drawn().items() if n != name}


@pytest.mark.parametrize(
    ("tensors", "config", "names", "message"),
    [
        (drawn(), {"hidden_size": 12}, NAMES, r"is \(10, 8\), and by config.json .*\(10, 12\)"),
        (drawn(), {"num_hidden_layers": 3}, NAMES, "they lack encoder.layer.2"),
        (drawn(), {"model_type": "roberta"}, NAMES, "kind 'roberta', expected 'bert'"),
        (drawn(), {"hidden_size": "8"}, NAMES, "says hidden_size=8, expected a size"),
        (
            drawn(),
            {"position_embedding_type": "relative_key"},
            NAMES,
            "=relative_key, expected abs",
        ),
        (drawn(), {"layer_norm_eps": None}, NAMES, "says layer_norm_eps=None, expected a number"),
        (drawn(), {"layer_norm_eps": "x"}, NAMES, "says layer_norm_eps=x, expected a number"),
        (drawn(), {"layer_norm_eps": math.nan}, NAMES, "says layer_norm_eps=nan, expected a"),
        (drawn(), {}, NAMES[:-1], "vocab.txt has 9 tokens, config.json says 10"),
        (drawn(), {}, NAMES[1:], r"lacks the token \[PAD\]"),
        (without("encoder.layer.1.output.dense.bias"), {}, NAMES, "they lack encoder.layer.1.out"),
    ],
)
def test_what_does_not_fit_is_said_in_one_line(tmp_path, tensors, config, names, message):
    folder = write(tmp_path / "hub", tensors, config=CONFIG | config, names=names)
    with pytest.raises(UserError, match=message) as caught:
        hub_bert.read(folder)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "read"),
    [
        ({}, ["cafe"]),
        ({"do_lower_case": False}, ["café"]),
        ({"strip_accents": False}, ["café"]),
        ({"do_lower_case": False, "strip_accents": True}, ["cafe"]),
        ({"strip_accents": None, "tokenize_chinese_chars": True}, ["cafe"]),
    ],
)
def test_accents_and_chinese_characters_are_read_as_the_tokenizer_says(tmp_path, settings, read):
    names = [*NAMES, "cafe", "café", "海", "##海"]
    folder = write(tmp_path / "hub", drawn(), names=names)
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    pieces, _ = hub_bert.tokenizer(folder)
    assert [pieces.token(one) for one in pieces.encode(["café"])[0]] == read
    assert [pieces.token(one) for one in pieces.encode(["海海"])[0]] == ["海", "海"]
    (folder / "tokenizer_config.json").write_text('{"tokenize_chinese_chars": false}')
    pieces, _ = hub_bert.tokenizer(folder)
    assert [pieces.token(one) for one in pieces.encode(["海海"])[0]] == ["海", "##海"]


@pytest.mark.parametrize("name", hub_bert.FILES)
def test_a_missing_file_is_named(tmp_path, name):
    folder = write(tmp_path / "hub", drawn())
    (folder / name).unlink()
    with pytest.raises(UserError, match=name):
        hub_bert.read(folder)


def test_damaged_weights_are_refused_wherever_they_are_damaged(tmp_path):
    """Cut off or changed anywhere, the file is read rightly or refused; it never crashes."""
    folder = write(tmp_path / "hub", drawn())
    path = folder / "model.safetensors"
    whole, random = path.read_bytes(), np.random.default_rng(0)
    for _ in range(150):
        content = bytearray(whole)
        at = int(random.integers(0, 3000))
        if random.random() < 0.5:
            content[at] = int(random.integers(0, 256))
        else:
            content = content[:at]
        path.write_bytes(bytes(content))
        try:
            hub_bert.read(folder)
        except UserError as error:
            assert "\n" not in str(error)


@pytest.mark.slow
def test_a_real_encoder_computes_what_keras_hub_computes():
    hub = pytest.importorskip("keras_hub", reason="needs keras-hub")
    folder = os.environ.get("KERASRECIPES_TEST_ENCODER")
    if folder is None:
        pytest.skip("needs KERASRECIPES_TEST_ENCODER, the folder of a BERT in a hub's form")
    pieces, lines = hub_bert.tokenizer(Path(folder))
    texts = ["The movie was unbelievably good, not bad!", "Zürich café"]
    rows = np.zeros((2, 20), np.int32)
    for row, ids, theirs in zip(
        rows,
        pieces.encode(texts),
        hub.models.BertTokenizer.from_preset(folder)(texts),
        strict=True,
    ):
        assert lines[ids].tolist() == list(theirs)
        row[: len(ids) + 2] = [2, *ids, 3]
    mask = (rows > 0).astype(np.int32)
    inputs = {"token_ids": lines[rows], "segment_ids": 0 * rows, "padding_mask": mask}
    theirs = hub.models.BertBackbone.from_preset(folder)(inputs)["sequence_output"]
    found = [keras.ops.convert_to_numpy(one) for one in (loaded(Path(folder))(rows), theirs)]
    # keras-hub approximates the hidden layers' activation, as the encoder's own authors do not.
    assert np.abs(found[0] - found[1])[mask > 0].max() < 0.01
