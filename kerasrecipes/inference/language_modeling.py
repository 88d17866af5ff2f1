"""Text that a trained language model generates from a user's prompts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kerasrecipes.answers.answer import Answer
from kerasrecipes.answers.words import Text
from kerasrecipes.data.files import read_text
from kerasrecipes.data.text.language_modeling import LanguageModelPreprocessor, WindowExamples
from kerasrecipes.data.text.tokenizer import UNKNOWN
from kerasrecipes.errors import UserError
from kerasrecipes.inference.sampling import Generator, Sampling
from kerasrecipes.info import Info
from kerasrecipes.metrics.baselines import Baseline
from kerasrecipes.recipe import Evaluation

_SHOWN = 5  # unknown tokens that a note names
_AT_ONCE = 64  # windows
_LEAST = 1e-9  # probability, whose logarithm is finite


def generate_text(
    run: Any,
    inputs: Sequence[str | bytes] = (),
    *,
    count: int = 1,
    length: int = 200,
    temperature: float = 0.8,
    top_k: int | None = None,
    top_p: float | None = None,
    repetition_penalty: float = 1.0,
    seed: int = 0,
) -> list[Answer]:
    """Generate text from each prompt, or from none.

    Args:
        run: has the trained `model` and the `info` of its data.
        inputs: prompts, of which an empty one begins a line; or contents of text files as bytes; by
            default one empty prompt.
        count: number of texts for each prompt.
        length: number of tokens to generate.
        temperature: divisor of the logits before a token is drawn; 0 takes the most probable token
            each time, 1 draws from the model's probabilities.
        top_k: number of most probable tokens to draw from; by default all.
        top_p: probability that the most probable tokens to draw from have together at least; by
            default all are drawn from.
        repetition_penalty: factor of the negative log probability of tokens that the text has
            already, from 1, which changes nothing; for words rather than for characters.
        seed: of the random draws; the same seed gives the same text. Further texts of a prompt
            take the seeds that follow.

    Returns:
        A `Text` for each, which begins with its prompt; with notes on tokens that were not seen in
        training.

    Raises:
        UserError: if an option is out of range, or the model cannot go on token by token.
    """
    for name, value in (("count", count), ("length", length)):
        if value < 1:
            raise UserError(f"{name}={value}: must be at least 1")
    options: dict[str, Any] = {
        "temperature": temperature,
        "top_k": top_k,
        "top_p": top_p,
        "repetition_penalty": repetition_penalty,
    }
    Sampling(**options, seed=seed)  # refuses what is out of range before a prompt is read
    preprocessor = LanguageModelPreprocessor.of(run.info)
    generator = Generator(run.model)
    answers: list[Answer] = []
    for item in inputs or [""]:
        prompt = read_text(item).removesuffix("\n") if isinstance(item, bytes) else str(item)
        prompt_ids, notes = _encode(preprocessor, prompt)
        if generator.context is not None and len(prompt_ids) > generator.context:
            notes.append(
                f"{len(prompt_ids):,} tokens, and the model looks back at {generator.context:,}: "
                "it goes on from the last of them"
            )
        for number in range(count):
            new_ids = generator.tokens(prompt_ids, length, seed=seed + number, **options)
            if preprocessor.tokenizer.kind == "characters":
                new = preprocessor.decode(new_ids)
            else:
                # Spaces depend on the neighbours: decode all, and remove what the prompt alone
                # gives.
                whole = preprocessor.decode(np.concatenate([prompt_ids, new_ids]))
                new = whole[len(preprocessor.decode(prompt_ids)) :]
            answers.append(Text(prompt=prompt, text=prompt + new, notes=notes))
    return answers


def _encode(preprocessor: LanguageModelPreprocessor, prompt: str) -> tuple[np.ndarray, list[str]]:
    """Encode a prompt, without its unknown tokens, and list notes on these."""
    tokenizer, row = preprocessor.tokenizer, preprocessor(prompt.split("\n"))
    row = row if tokenizer.kind == "characters" else row[:-1]  # the line goes on
    notes = []
    unknown = row == UNKNOWN
    if unknown.any():
        pieces = [piece for line in prompt.split("\n") for piece in tokenizer.tokens(line)]
        unseen = [
            p for p in dict.fromkeys(pieces) if tokenizer.encode([p])[0].tolist() == [UNKNOWN]
        ]
        named = ", ".join(repr(piece) for piece in unseen[:_SHOWN])
        notes.append(
            f"not seen in training and left out: {named}"
            if named
            else "unknown tokens are left out"
        )
    row = row[~unknown]
    # A line end first: the network has to read something, also where the prompt is empty.
    return np.concatenate([[preprocessor.line_end], row]).astype(np.int32), notes


def truth_probabilities(model: Any, info: Info, examples: WindowExamples) -> np.ndarray:
    """Compute the probability that a model gave to each next token, which is all that figures need
    of its outputs.

    Args:
        model: from `(batch, time)` to `(batch, time, vocabulary)` probabilities.
        info: of the data.
        examples: windows of a text.

    Returns:
        `(windows, length)`.
    """
    probabilities = []
    for start in range(0, len(examples), _AT_ONCE):
        x, y = examples.take(np.arange(start, min(start + _AT_ONCE, len(examples))))
        outputs = np.asarray(model.predict_on_batch(x), np.float32)
        # One number a token is kept, so that the whole vocabulary is in memory for one batch only.
        probabilities.append(np.take_along_axis(outputs, y[..., None], axis=-1)[..., 0])
    return np.concatenate(probabilities)


def baselines(evaluation: Evaluation) -> Mapping[str, float]:
    """Return the perplexity of a bigram model, and the lowest that any model can have, where they
    are known.

    Args:
        evaluation: of a language model.
    """
    known = evaluation.info.baselines
    return {name: known[name] for name in ("bigram_perplexity", "best_perplexity") if name in known}


def scores(evaluation: Evaluation) -> Mapping[str, float]:
    """Return the baselines, and the bits that the model needs for a character of the text, which
    unlike perplexity can be compared between tokens of different kinds.

    Args:
        evaluation: of a language model.
    """
    found = dict(baselines(evaluation))
    likelihood = np.asarray(evaluation.outputs)
    if likelihood.size:
        bits = -float(np.log2(np.maximum(likelihood, _LEAST)).sum(dtype=np.float64))
        tokens = np.asarray(evaluation.labels).reshape(-1)
        text = LanguageModelPreprocessor.of(evaluation.info).decode(tokens)
        found["bits_per_character"] = bits / max(1, len(text))
    return found


def bigram_model(evaluation: Evaluation) -> Baseline | None:
    """Return the baseline that knows how often each token follows each other, `None` where its
    perplexity was not counted.

    Args:
        evaluation: of a language model.
    """
    perplexity = evaluation.info.baselines.get("bigram_perplexity")
    if perplexity is None:
        return None
    return Baseline("bigram model", metrics={"perplexity": perplexity})
