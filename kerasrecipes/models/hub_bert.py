"""Trained encoders in the form of a model hub's folder: sizes, vocabulary and weights as files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from kerasrecipes.data.text.wordpieces import WordPieces
from kerasrecipes.errors import UserError, excerpt
from kerasrecipes.models.bert import SEGMENTS, Encoder
from kerasrecipes.models.safetensors_files import Tensors

FILES = ("config.json", "vocab.txt", "model.safetensors")
_SIZES = {
    "vocabulary_size": "vocab_size",
    "max_length": "max_position_embeddings",
    "units": "hidden_size",
    "num_layers": "num_hidden_layers",
    "num_heads": "num_attention_heads",
    "hidden_units": "intermediate_size",
}
# Of a layer there, of a layer here, and whether it is dense, whose matrix is turned.
_BLOCK = {
    "attention.self.query": ("tokens/query", True),
    "attention.self.key": ("tokens/key", True),
    "attention.self.value": ("tokens/value", True),
    "attention.output.dense": ("tokens/result", True),
    "attention.output.LayerNorm": ("tokens_norm", False),
    "intermediate.dense": ("hidden", True),
    "output.dense": ("result", True),
    "output.LayerNorm": ("hidden_norm", False),
}


def is_folder(path: Path) -> bool:
    """Whether a folder holds a model in the form of a hub: it has a `config.json`."""
    return (path / FILES[0]).is_file()


def tokenizer(folder: Path) -> tuple[WordPieces, np.ndarray]:
    """Read the tokenizer of an encoder.

    Args:
        folder: holds `vocab.txt`, and `tokenizer_config.json` where capitals or accents count.

    Returns:
        The tokenizer, and the line of each of its tokens in the file.

    Raises:
        UserError: if a file is missing or damaged.
    """
    path = folder / "vocab.txt"
    if not path.is_file():
        raise UserError(
            f"weights={folder}: the folder has no vocab.txt, the tokenizer that its weights belong "
            "to; put it beside them"
        )
    settings = folder / "tokenizer_config.json"
    said = _json(settings) if settings.is_file() else {}
    accents = said.get("strip_accents")
    return WordPieces.of_vocabulary(
        path,
        bool(said.get("do_lower_case", True)),
        strip_accents=None if accents is None else bool(accents),
        divide_chinese=bool(said.get("tokenize_chinese_chars", True)),
    )


def read(folder: Path) -> Encoder:
    """Read a trained encoder, whose token ids become those of its `tokenizer` here.

    Args:
        folder: holds `config.json`, `vocab.txt` and `model.safetensors` of a BERT.

    Returns:
        Its sizes and weights; the pooler and heads are left out.

    Raises:
        UserError: if a file is missing or damaged, it is no BERT, or its weights have other sizes
            than its description.
    """
    sizes = _sizes(folder)
    order = tokenizer(folder)[1]
    if len(order) != sizes["vocabulary_size"]:
        raise UserError(
            f"weights={folder}: vocab.txt has {len(order):,} tokens, config.json says "
            f"{sizes['vocabulary_size']:,}"
        )
    tensors = _Weights(folder / FILES[2])
    units, hidden = sizes["units"], sizes["hidden_units"]
    arrays = {
        "embedding/tokens/embeddings": tensors.get(
            "embeddings.word_embeddings.weight", (len(order), units)
        )[order],
        "embedding/positions": tensors.get(
            "embeddings.position_embeddings.weight", (sizes["max_length"], units)
        ),
        "segments/embeddings": tensors.get(
            "embeddings.token_type_embeddings.weight", (SEGMENTS, units)
        ),
        **tensors.layer("embeddings.LayerNorm", "embedding_norm", (units,)),
    }
    for number in range(sizes["num_layers"]):
        for theirs, (ours, dense) in _BLOCK.items():
            before = hidden if theirs == "output.dense" else units
            after = hidden if theirs == "intermediate.dense" else units
            arrays |= tensors.layer(
                f"encoder.layer.{number}.{theirs}",
                f"block_{number + 1}/{ours}",
                (after, before) if dense else (after,),
            )
    return Encoder(**sizes, arrays=arrays)


def _sizes(folder: Path) -> dict[str, Any]:
    config = _json(folder / FILES[0])
    kind = config.get("model_type")
    if kind != "bert" or config.get("hidden_act", "gelu") != "gelu":
        raise UserError(
            f"weights={folder}: config.json describes a model of the kind "
            f"'{excerpt(str(kind))}', expected 'bert' with gelu"
        )
    positions = config.get("position_embedding_type", "absolute")
    if positions != "absolute":
        raise UserError(
            f"weights={folder}: config.json says position_embedding_type="
            f"{excerpt(str(positions))}, expected absolute"
        )
    found = {ours: config.get(theirs) for ours, theirs in _SIZES.items()}
    for name, value in found.items():
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 2**24:
            raise UserError(
                f"weights={folder}: config.json says {_SIZES[name]}={excerpt(str(value))}, "
                "expected a size"
            )
    epsilon = config.get("layer_norm_eps", 1e-12)
    if type(epsilon) not in (int, float) or not 0 <= epsilon < 1:
        raise UserError(
            f"weights={folder}: config.json says layer_norm_eps={excerpt(str(epsilon))}, expected "
            "a number from 0 to 1, such as 1e-12"
        )
    return {**found, "epsilon": float(epsilon)}


def _json(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(
            f"cannot read {path}: {getattr(error, 'strerror', None) or error}"
        ) from error
    if not isinstance(values, dict):
        raise UserError(f"cannot read {path}: it holds no names with values")
    return values


class _Weights:
    """Tensors of a BERT by the names of a hub, of the shapes that its description says."""

    def __init__(self, path: Path):
        self.tensors = Tensors(path)
        # Models with a head name the encoder's weights within theirs.
        self.prefix = "bert." if any(name.startswith("bert.") for name in self.tensors) else ""

    def layer(self, theirs: str, ours: str, shape: tuple[int, ...]) -> dict[str, np.ndarray]:
        """Read both weights of a layer, by their paths here."""
        matrix = self.get(f"{theirs}.weight", shape, "gamma")
        bias = self.get(f"{theirs}.bias", shape[:1], "beta")
        if len(shape) == 2:
            return {f"{ours}/kernel": np.ascontiguousarray(matrix.T), f"{ours}/bias": bias}
        return {f"{ours}/gamma": matrix, f"{ours}/beta": bias}

    def get(self, name: str, shape: tuple[int, ...], earlier: str = "") -> np.ndarray:
        """Read one tensor as float32."""
        # Old files call scale and offset of a normalization gamma and beta.
        names = (name, f"{name.rpartition('.')[0]}.{earlier}")
        found = next((n for n in names if self.prefix + n in self.tensors), None)
        if found is None:
            raise self.tensors.wrong(f"they lack {name}")
        values = self.tensors[self.prefix + found]
        if values.shape != shape:
            raise self.tensors.wrong(
                f"{found} is {values.shape}, and by config.json it would be {shape}"
            )
        return values
