"""A trained language model's continuations of a user's own beginnings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kerasrecipes.data.files import read_text
from kerasrecipes.data.text.language_modeling import (
    WindowExamples,
    decode,
    line_end,
    token_ids,
    tokenizer_of,
)
from kerasrecipes.data.text.tokenizer import UNKNOWN, Tokenizer
from kerasrecipes.errors import UserError
from kerasrecipes.inference.sampling import Generator
from kerasrecipes.recipe import Evaluation, Info

_SHOWN = 5  # unknown tokens that a note names
_AT_ONCE = 64  # windows


def generate_text(
    run: Any,
    inputs: Sequence[str | bytes],
    *,
    length: int = 200,
    temperature: float = 0.8,
    top_k: int | None = None,
    seed: int = 0,
) -> list[dict[str, Any]]:
    """Go on with each text.

    Args:
        run: has the trained `model` and the `info` of its data.
        inputs: beginnings; an empty one begins a line. Contents of text files as bytes.
        length: how many tokens to add.
        temperature: 0 takes the likeliest token each time; 1 draws by the probabilities; more is
            bolder.
        top_k: draw from only so many of the likeliest tokens; by default from all.
        seed: of chance; the same seed gives the same text.

    Returns:
        For each `prompt` the `text`, which begins with it; `notes` on tokens that were not seen in
        training.

    Raises:
        UserError: if an option is out of its range, or the model does not continue texts.
    """
    _check(length, temperature, top_k, seed)
    tokenizer = tokenizer_of(run.info)
    generator = Generator(run.model)
    answers = []
    for item in inputs:
        beginning = read_text(item).removesuffix("\n") if isinstance(item, bytes) else str(item)
        prompt, notes = _prompt(tokenizer, beginning)
        found = generator.tokens(prompt, length, temperature=temperature, top_k=top_k, seed=seed)
        text = beginning + _added(tokenizer, prompt, found)
        answers.append({"prompt": beginning, "text": text, **({"notes": notes} if notes else {})})
    return answers


def _check(length: int, temperature: float, top_k: int | None, seed: int) -> None:
    if length < 1:
        raise UserError(f"length={length}: must be at least 1")
    if not 0 <= temperature < float("inf"):
        raise UserError(f"temperature={temperature}: must be 0 or more")
    if top_k is not None and top_k < 1:
        raise UserError(f"top_k={top_k}: must be at least 1")
    if seed < 0:
        raise UserError(f"seed={seed}: must be 0 or more")


def _prompt(tokenizer: Tokenizer, beginning: str) -> tuple[np.ndarray, list[str]]:
    """Number a beginning; what was not seen in training is left out where the model knows no
    unknown token.
    """
    row = token_ids(tokenizer, beginning.split("\n"))
    row = row if tokenizer.kind == "characters" else row[:-1]  # the line goes on
    notes = []
    unknown = row == UNKNOWN
    if unknown.any():
        pieces = [piece for line in beginning.split("\n") for piece in tokenizer.tokens(line)]
        strange = [
            p for p in dict.fromkeys(pieces) if tokenizer.encode([p])[0].tolist() == [UNKNOWN]
        ][:_SHOWN]
        named = ", ".join(repr(piece) for piece in strange)
        notes.append(
            f"not seen in training and left out: {named}"
            if named
            else "unknown tokens are left out"
        )
    row = row[~unknown]
    return np.concatenate([[line_end(tokenizer)], row]).astype(np.int32), notes


def _added(tokenizer: Tokenizer, prompt: np.ndarray, found: np.ndarray) -> str:
    """Spell the tokens that were added, with the space before them that belongs there."""
    if tokenizer.kind == "characters":
        return decode(tokenizer, found)
    # Spaces depend on the neighbours: spell all, and take away what the beginning alone gives.
    before, all_ = decode(tokenizer, prompt), decode(tokenizer, np.concatenate([prompt, found]))
    return all_[len(before) :]


def truth_probabilities(model: Any, info: Info, examples: WindowExamples) -> np.ndarray:
    """Give how likely a model held each token that came, `(windows, length)`: all that figures need
    of its outputs.

    Args:
        model: from `(batch, time)` to `(batch, time, vocabulary)` probabilities.
        info: of the data.
        examples: the windows.
    """
    found = []
    for start in range(0, len(examples), _AT_ONCE):
        x, y = examples.take(np.arange(start, min(start + _AT_ONCE, len(examples))))
        outputs = np.asarray(model.predict_on_batch(x), np.float32)
        found.append(np.take_along_axis(outputs, y[..., None], axis=-1)[..., 0])
    return np.concatenate(found)


def baselines(evaluation: Evaluation) -> Mapping[str, float]:
    """Return the perplexity of a bigram model, and the lowest that any model can have, where they
    are known.
    """
    facts = evaluation.info.facts
    return {name: facts[name] for name in ("bigram_perplexity", "best_perplexity") if name in facts}
