"""Motifs that the first layer of a classifier of DNA has learned, and the letters that decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np

from kerasrecipes.errors import UserError
from kerasrecipes.interpret.attribution import class_gradients, class_scores
from kerasrecipes.models.sequence_classifier import LETTERS, MOTIFS
from kerasrecipes.models.surgery import output_of

_ACTIVE = 0.5  # of a filter's largest output, from which on a place counts as a site of its motif
_BATCH = 256


@dataclass(frozen=True, kw_only=True)
class Motif:
    """What a filter of the first layer answers to.

    Args:
        filter: its number.
        letters: `(width, 4)`, probabilities of A, C, G and T at its sites.
        sites: number of places that were counted.
        gap: how much more often, as a share of windows, the class `label` has a site than the
            others.
        label: index of that class.
    """

    filter: int
    letters: np.ndarray
    sites: int
    gap: float
    label: int

    @property
    def information(self) -> np.ndarray:
        """Bits that each place tells beside four equal letters, `(width,)`, from 0 to 2."""
        shares = np.maximum(self.letters, 1e-12)
        return np.maximum(0, 2 + (shares * np.log2(shares)).sum(axis=1))

    @property
    def consensus(self) -> str:
        """The most frequent letters; small where another is half as frequent."""
        ordered = np.sort(self.letters, axis=1)
        clear = ordered[:, -1] > 2 * ordered[:, -2]
        letters = ["ACGT"[index] for index in self.letters.argmax(axis=1)]
        return "".join(x if c else x.lower() for x, c in zip(letters, clear, strict=True))


def motifs(
    model: keras.Model, windows: np.ndarray, labels: np.ndarray, num_classes: int
) -> list[Motif]:
    """Find what each filter answers to, by the places where it answers most.

    Args:
        model: of `sequence_classifier`.
        windows: `(windows, length)` uint8.
        labels: `(windows,)`, class indices.
        num_classes: number of classes.

    Returns:
        The motifs, those first whose sites tell most of the class, of each class in turn. A filter
        that answers nowhere is none.

    Raises:
        UserError: if the model has no such layers.
    """
    letters, outputs = _outputs(model, windows)
    width = model.get_layer(MOTIFS).kernel_size[0]
    # A place of the output is in the middle of its letters.
    before = (width - 1) // 2
    padded = np.pad(letters, ((0, 0), (before, width - 1 - before), (0, 0)))
    found = []
    for number in range(outputs.shape[-1]):
        answer = outputs[..., number]
        if not answer.max() > 0:
            continue
        rows, places = np.nonzero(answer >= _ACTIVE * answer.max())
        sites = padded[rows[:, None], places[:, None] + np.arange(width)].sum(axis=0)
        # A quarter of a letter each, so that a motif of one site is not certain.
        shares = (sites + 0.25) / (sites + 0.25).sum(axis=1, keepdims=True)
        there = np.zeros(len(windows), bool)
        there[rows] = True
        gaps = [
            there[labels == label].mean() - there[labels != label].mean()
            if 0 < (labels == label).sum() < len(labels)
            else 0.0
            for label in range(num_classes)
        ]
        label = int(np.argmax(gaps))
        found.append(
            Motif(
                filter=number, letters=shares, sites=len(rows), gap=float(gaps[label]), label=label
            )
        )
    found.sort(key=lambda motif: -motif.gap)
    rank = {id(m): [o for o in found if o.label == m.label].index(m) for m in found}
    return sorted(found, key=lambda motif: rank[id(motif)])


def importance(
    model: keras.Model, windows: np.ndarray, classes: Sequence[int] | np.ndarray
) -> np.ndarray:
    """Compute how much each letter speaks for a class: gradient times input, beside the mean of the
    four letters that could stand there.

    Args:
        model: of `sequence_classifier`.
        windows: `(windows, length)` uint8.
        classes: a class index for each window.

    Returns:
        `(windows, length)`, negative where a letter speaks against the class, 0 outside.

    Raises:
        UserError: if the model has no layer of letters.

    Reference:
        [Deep Inside Convolutional Networks](https://arxiv.org/abs/1312.6034) (Simonyan et al.,
        2013)
    """
    layer = _layer(model, LETTERS)
    parts = []
    scores = class_scores(model, [output_of(model, layer)])
    for start in range(0, len(windows), _BATCH):
        batch = windows[start : start + _BATCH]
        letters = keras.ops.convert_to_numpy(layer(keras.ops.convert_to_tensor(batch)))
        chosen = np.asarray(classes)[start : start + _BATCH]
        gradients = class_gradients(scores, letters, chosen)
        # What all four letters share is of the place, and not of the letter.
        gradients = gradients - gradients.mean(axis=-1, keepdims=True)
        parts.append((gradients * letters).sum(axis=-1))
    return np.concatenate(parts) if parts else np.zeros(windows.shape)


def _outputs(model: keras.Model, windows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return letters `(windows, length, 4)`, and the first layer's outputs at each place."""
    convolution = _layer(model, MOTIFS)
    part = keras.Model(
        model.inputs, [output_of(model, _layer(model, LETTERS)), output_of(model, convolution)]
    )
    letters, outputs = part.predict(windows, batch_size=_BATCH, verbose=0)
    return letters, outputs


def _layer(model: keras.Model, name: str) -> keras.layers.Layer:
    found = next((layer for layer in model.layers if layer.name == name), None)
    if found is None:
        raise UserError(f"the model {model.name} has no layer '{name}'")
    return found
