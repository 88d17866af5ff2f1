"""Pretrained encoders of texts: where they come from, and the phases of their fine-tuning."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

import keras

from kerasrecipes import files
from kerasrecipes.data.ragged import bucket_length
from kerasrecipes.data.text.classification_encoding import TextPreprocessor
from kerasrecipes.data.text.encoder_texts import EncoderTextPreprocessor
from kerasrecipes.data.text.masked_language_modeling import MaskedTextPreprocessor
from kerasrecipes.data.text.wordpieces import WordPieces
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.models import bert, hub_bert
from kerasrecipes.models.text_classifier import POOL, TextEncoder
from kerasrecipes.models.transfer import Freeze
from kerasrecipes.ranges import CountOrZero, Positive, Probability
from kerasrecipes.runs import earlier, finding
from kerasrecipes.training_settings import Phase, Training


def preprocessor(
    *, encoder: TextEncoder = "recurrent", weights: str = earlier.NONE
) -> Callable[[int], TextPreprocessor | None]:
    """Return what makes the preprocessor of a pretrained encoder, when it is asked to.

    Args:
        encoder: what reads the vectors: recurrent layers; a cnn, convolutions of several widths
            side by side; the blocks of a transformer, whose heads turn with the position; or bert,
            a pretrained encoder, which has its own tokens, vectors and sizes.
        weights: of encoder=bert: the folder of a run of the recipe bert, or a model hub's folder of
            a BERT (config.json, vocab.txt, model.safetensors).

    Returns:
        A function of the maximum number of tokens, which returns `None` without such an encoder.
    """
    return partial(_preprocessor, encoder, weights)


def _preprocessor(encoder: str, weights: str, max_length: int) -> TextPreprocessor | None:
    if encoder != "bert":
        if weights != earlier.NONE:
            raise UserError(f"weights={weights}: only encoder=bert begins with trained weights")
        return None
    if weights == earlier.NONE:
        raise UserError(
            "encoder=bert needs trained weights: give weights=FOLDER, of a run of the recipe bert "
            "or of a hub's BERT (config.json, vocab.txt, model.safetensors)"
        )
    state = _state(weights)
    pieces, encoder_ = _read(weights)
    _KEPT.clear()
    _KEPT[state] = encoder_
    if max_length < 3:
        raise UserError(f"max_length={max_length}: must be at least 3, with start and end")
    # Batches are padded to one of few lengths, which must not exceed the positions.
    fitting = [n for n in range(encoder_.max_length + 1) if bucket_length(n) == n]
    if not fitting:
        raise UserError(
            f"weights={weights}: the encoder has {encoder_.max_length} positions, at least "
            f"{bucket_length(1)} are needed"
        )
    return EncoderTextPreprocessor(
        tokenizer=pieces, weights=weights, max_length=min(max_length, fitting[-1])
    )


def encoder_of(info: Info) -> bert.Encoder | None:
    """Return the pretrained encoder of a training.

    Args:
        info: metadata of the training.

    Returns:
        Its sizes and weights; `None` where the model has none.
    """
    found = info.preprocessor
    if not isinstance(found, EncoderTextPreprocessor):
        return None
    # `prepare` took the tokens, and `build` takes the weights: one reading for both. Then they are
    # released, as the model has its own.
    kept = _KEPT.pop(_state(found.weights), None)
    _KEPT.clear()
    return kept or _read(found.weights)[1]


_KEPT: dict[tuple[Any, ...], bert.Encoder] = {}  # one at most, between `prepare` and `build`


def _state(weights: str) -> tuple[Any, ...]:
    """Return what tells an encoder apart: its folder, with times and sizes of its files."""
    folder = files.expanded(weights)
    if not hub_bert.is_folder(folder):
        folder = earlier.folder_of(weights) or folder
    found: list[Any] = [weights, str(folder.resolve())]
    with suppress(OSError):  # whoever reads it says what is wrong
        for path in sorted(folder.iterdir()):
            facts = path.stat()
            found += [path.name, facts.st_mtime_ns, facts.st_size]
    return tuple(found)


def _read(weights: str) -> tuple[WordPieces, bert.Encoder]:
    """Read tokenizer and weights of a run or of a hub's folder."""
    folder = files.expanded(weights)
    if hub_bert.is_folder(folder):
        return hub_bert.tokenizer(folder)[0], hub_bert.read(folder)
    try:
        run = finding.find_weights(weights)
    except UserError as error:
        if "no such run" not in str(error):
            raise
        raise UserError(
            f"weights={weights}: there is neither a run of the recipe bert nor a hub's folder with "
            "config.json, vocab.txt and model.safetensors"
        ) from error
    learned = run.info.preprocessor
    if not isinstance(learned, MaskedTextPreprocessor):
        raise UserError(f"weights={weights}: that is a run of another recipe; give one of bert")
    return learned.pieces, bert.encoder_of(run.model)


def phases(
    model: keras.Model,
    training: Training,
    info: Info,
    *,
    freeze: Freeze = "all",
    head_epochs: CountOrZero = 3,
    fine_tuning_rate: Positive = 5e-5,
    rate_decay: Probability = 0.9,
) -> Iterator[Phase]:
    """Train the head on the features of the frozen encoder, then what of it is not frozen.

    Args:
        model: the whole model; its layers are frozen and unfrozen.
        training: the trainer's settings; all phases together have its epochs.
        info: metadata of the data.
        freeze: of encoder=bert: all of it keeps its weights, and its features are computed once;
            all but its last_block; or none of it.
        head_epochs: of encoder=bert: epochs in which only the head is trained, where more is
            trained later.
        fine_tuning_rate: of encoder=bert: learning rate of the later epochs.
        rate_decay: of encoder=bert: factor of the learning rate from each block to the one below
            it, which knows more of language and less of the task; 1 is one rate for all.

    Yields:
        The phases, when they are to begin.

    Reference:
        [How to Fine-Tune BERT for Text Classification?](https://arxiv.org/abs/1905.05583) (Sun et
        al., 2019)
    """
    names = [layer.name for layer in model.layers]
    of_encoder = model.layers[: names.index(POOL)]
    blocks = [name for name in names if name.startswith("block_")]
    # Gradients through an untrained head would spoil the pretrained weights.
    for layer in of_encoder:
        layer.trainable = False
    head = (
        training if freeze == "all" else replace(training, epochs=min(head_epochs, training.epochs))
    )
    if head.epochs:
        yield Phase(name="head", training=head, frozen_up_to=POOL)
    if training.epochs > head.epochs:
        for layer in of_encoder:
            layer.trainable = freeze == "none" or layer.name == blocks[-1]
        depth = {name: len(blocks) - number for number, name in enumerate(blocks, 1)}
        rates = {
            layer.name: rate_decay ** depth.get(layer.name, len(blocks)) for layer in of_encoder
        }
        rest = replace(
            training, epochs=training.epochs - head.epochs, learning_rate=fine_tuning_rate
        )
        yield Phase(name=freeze, training=rest, layer_rates=rates)
