"""Answers of an assistant to commands, its conversation, and its scores."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

import numpy as np

from kerasrecipes.answers.answer import Answer
from kerasrecipes.answers.words import Failure, Reply, Word
from kerasrecipes.data.ragged import Ragged, RaggedExamples
from kerasrecipes.data.text.answer_templates import fill, read_templates, readable, slots_of
from kerasrecipes.data.text.assistant import (
    INTENT,
    OUTSIDE,
    SLOTS,
    AssistantPreprocessor,
    CommandTokenExamples,
)
from kerasrecipes.data.text.classification_encoding import MOSTLY
from kerasrecipes.data.text.segmentation import Segmenter
from kerasrecipes.errors import UserError
from kerasrecipes.inference.bag_of_words import word_counts
from kerasrecipes.inference.inputs import texts
from kerasrecipes.inference.tagging import aligned
from kerasrecipes.metrics.baselines import Baseline
from kerasrecipes.metrics.spans import span_scores
from kerasrecipes.ranges import Probability
from kerasrecipes.recipe import Evaluation
from kerasrecipes.training import model_outputs

NOT_UNDERSTOOD = "I did not understand."

_SUFFIXES = (".txt", ".text", ".md")
_THRESHOLD = 0.5  # of a run that has measured none
_KEPT = 0.99  # share of the commands that are heard right to which the assistant answers
# Where validation commands are all heard right and surely, they say little of what is no command.
_SUREST = 0.9
_WORDLESS = "there are no words in it"


class Heard(NamedTuple):
    """What a model makes of a command.

    Args:
        words: of the command.
        intent: the most probable one.
        probability: of the intent, from 0 to 1.
        tags: of the words, with the probability of each.
        slots: name and text of each slot, in order.
    """

    words: Sequence[str]
    intent: str
    probability: float
    tags: Sequence[tuple[str, float]]
    slots: Sequence[tuple[str, str, int]]


def respond(
    run: Any,
    inputs: Sequence[str | bytes] = (),
    *,
    threshold: Probability | None = None,
    templates: str | None = None,
) -> list[Answer]:
    """Answer commands; without any, talk with the user in the terminal until an empty line.

    Args:
        run: has the trained `model`, the `info` of its data and its `metrics`.
        inputs: commands; names of text files with a command in each line; or the content of one.
        threshold: least probability, from 0 to 1, of an intent that is acted on; by default the one
            that keeps 99 % of the validation commands that are heard right.
        templates: JSON or TOML file with what is answered to each intent; by default that of the
            training.

    Returns:
        A `Reply` for each command, of a conversation none; a `Failure` for one without words.

    Raises:
        UserError: if the run is not of an assistant, a file is not there or is not right, or there
            is neither a command nor a terminal.
    """
    conversation = Conversation(run, threshold, templates)
    if not inputs:
        _talk(conversation)
        return []
    found: list[tuple[str, str]] = []
    for item in texts(inputs, _SUFFIXES):
        lines = item.content.splitlines() if item.from_file else [item.content]
        found += [(item.name, line) for line in lines if line.strip()]
        if not item.content.strip():
            found.append((item.name, ""))
    rows = [conversation.words(line) for _, line in found]
    heard = iter(conversation.hear([words for words in rows if words]))
    # Commands of a list are independent of each other.
    return [
        conversation.answer(next(heard)) if words else Failure(input=name, error=_WORDLESS)
        for (name, _), words in zip(found, rows, strict=True)
    ]


def _talk(conversation: Conversation) -> None:
    """Answer what the user types until an empty line or the end of the input."""
    # A server asks from a thread of its own, and its terminal is not the user's.
    asks = threading.current_thread() is threading.main_thread() and sys.stdin.isatty()
    if not asks:
        raise UserError('there is nothing to answer: give a command, such as "wake me at seven"')
    while True:
        try:
            text = input("> ").strip()
        except (EOFError, KeyboardInterrupt):
            return
        if not text:
            return
        sys.stdout.write(f"{conversation.reply(text).said()}\n\n")


@dataclass
class Conversation:
    """Commands one after another, of which a later one can say what an earlier one left open.

    Args:
        run: has `model`, `info` and `metrics`.
        threshold: least probability of an intent that is acted on; by default the run's own.
        templates: file with what is answered; by default that of the training.

    Attributes:
        intent: of the command that waits for slots; `None` if none does.
        values: what is known of its slots.
    """

    run: Any
    threshold: float | None = None
    templates: str | None = None
    intent: str | None = field(default=None, init=False)
    values: dict[str, str] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        """Read what is answered."""
        self.preprocessor = AssistantPreprocessor.of(self.run.info)
        self.segmenter = Segmenter(self.preprocessor.tokenizer)
        self.said: Mapping[str, str] = self.preprocessor.templates
        if self.templates is not None:
            self.said = read_templates(self.templates, self.preprocessor.intents)
        if self.threshold is None:
            measured = (getattr(self.run, "metrics", None) or {}).get("test", {})
            self.threshold = float(measured.get("threshold", _THRESHOLD))

    def words(self, text: str) -> list[str]:
        """Return the words of a command, as the training's were; several sentences are one."""
        return self.preprocessor.spoken(
            [word for sentence in self.segmenter.sentences(text) for word in sentence]
        )

    def hear(self, commands: Sequence[Sequence[str]]) -> list[Heard]:
        """Compute intent and slots of commands, each of at least one word."""
        if not commands:
            return []
        x = self.preprocessor(commands)
        # Examples must have labels; a prediction ignores them.
        nothing = Ragged(np.zeros_like(x["words"].values), x["words"].offsets)
        outputs = model_outputs.predict(self.run.model, RaggedExamples(x, nothing))
        rows = zip(commands, outputs[INTENT], outputs[SLOTS], strict=True)
        return [self._heard(*row) for row in rows]

    def _heard(self, words: Sequence[str], intents: np.ndarray, slots: np.ndarray) -> Heard:
        best, slots = int(intents.argmax()), slots[: len(words)]
        tags = [self.preprocessor.tags[index] for index in slots.argmax(axis=-1)]
        chances = slots.max(axis=-1).tolist()
        return Heard(
            words,
            self.preprocessor.intents[best],
            float(intents[best]),
            list(zip(tags, chances, strict=True)),
            slot_values(words, tags),
        )

    def understands(self, heard: Heard) -> bool:
        """Return whether a command is one of those that it has learned, by all that it knows: the
        intent is probable enough, and most words have been seen.
        """
        assert self.threshold is not None, "set when the conversation begins"
        known = self.preprocessor.share_known(heard.words) >= MOSTLY
        return known and heard.probability >= self.threshold

    def reply(self, text: str) -> Answer:
        """Answer the next thing that the user says.

        Args:
            text: a command, or what the last reply asked for.

        Returns:
            A `Reply`; a `Failure` for a text without words.
        """
        words = self.words(text)
        if not words:
            return Failure(input=text, error=_WORDLESS)
        (heard,) = self.hear([words])
        if self.intent is not None:
            values = {name: value for name, value, _ in heard.slots}
            missing = [n for n in slots_of(self.said[self.intent]) if n not in self.values]
            told = {name: values[name] for name in missing if name in values}
            if not told and len(missing) == 1 and not self.understands(heard):
                told = {missing[0]: " ".join(words)}
            if told:
                return self.answer(heard, self.intent, self.values | told)
        return self.answer(heard)

    def answer(
        self, heard: Heard, intent: str | None = None, values: Mapping[str, str] | None = None
    ) -> Reply:
        """Answer what was heard, and remember what is left open.

        Args:
            heard: of the command.
            intent: what it goes on with; by default a command of its own.
            values: what is known of that intent's slots.

        Returns:
            The reply.
        """
        understood = intent is not None or self.understands(heard)
        meant = intent or heard.intent
        found: dict[str, str] = dict(values or {})
        if values is None:
            for name, text, _ in heard.slots:
                found[name] = f"{found[name]}, {text}" if name in found else text
        template = self.said.get(meant)
        said = fill(template, found) if template else _plainly(meant, found)
        waits = understood and template and any(n not in found for n in slots_of(template))
        self.intent, self.values = (meant, found) if waits else (None, {})
        kinds = [tag for tag, _ in heard.tags]
        return Reply(
            reply=said if understood else NOT_UNDERSTOOD,
            intent=meant,
            probability=1.0 if intent else heard.probability,
            understood=understood,
            slots=found,
            words=tuple(Word(w, *tag) for w, tag in zip(heard.words, heard.tags, strict=True)),
            spans=[{"text": t, "type": n, "first": first} for n, t, first in heard.slots],
            text=aligned(heard.words, [_below(tag) for tag in kinds]),
        )


def _below(tag: str) -> str:
    """What stands below a word: its slot, once for each, and nothing where there is none."""
    return "" if tag == OUTSIDE else "…" if tag.startswith("I-") else readable(tag[2:])


def _plainly(intent: str, values: Mapping[str, str]) -> str:
    """Say what was understood, of an intent without a template."""
    named = ", ".join(f"{readable(name)} {value}" for name, value in values.items())
    return f"{readable(intent)}{': ' if named else ''}{named}"


def slot_values(words: Sequence[str], tags: Sequence[str]) -> list[tuple[str, str, int]]:
    """Return name, text and first word of each slot.

    Args:
        words: of a command.
        tags: of the words, in the BIO scheme.
    """
    from seqeval.metrics.sequence_labeling import get_entities

    return [
        (name, " ".join(words[first : last + 1]), int(first))
        for name, first, last in get_entities(list(tags))
    ]


def tags_of(evaluation: Evaluation) -> tuple[list[list[str]], list[list[str]]]:
    """Return the true and the predicted tags of each command.

    Args:
        evaluation: of an assistant.
    """
    tags = AssistantPreprocessor.of(evaluation.info).tags
    examples = cast(CommandTokenExamples, evaluation.examples)
    predicted = np.asarray(evaluation.outputs[SLOTS]).argmax(axis=-1)
    truth = [[tags[index] for index in row] for row in examples.y[SLOTS]]
    pairs = zip(predicted, truth, strict=True)
    return truth, [[tags[index] for index in row[: len(true)]] for row, true in pairs]


def right_of(evaluation: Evaluation) -> tuple[np.ndarray, np.ndarray]:
    """Return of which commands the intent is right, and of which all slots are.

    Args:
        evaluation: of an assistant.

    Returns:
        Two arrays of booleans, `(commands,)`.
    """
    examples = cast(CommandTokenExamples, evaluation.examples)
    intents = np.asarray(evaluation.outputs[INTENT]).argmax(axis=-1) == examples.y[INTENT]
    pairs = zip(*tags_of(evaluation), strict=True)
    return intents, np.array([true == given for true, given in pairs], bool)


def scores(evaluation: Evaluation) -> dict[str, Any]:
    """Compute the metrics of intents, of slots and of whole commands.

    Args:
        evaluation: of an assistant; with validation commands the threshold is chosen by them.

    Returns:
        `intent_accuracy`; `slot_f1`, `slot_precision` and `slot_recall`, where both ends and the
        name of a slot must be right; `sentence_accuracy`, the share of commands of which all is
        right; `threshold` and `coverage`, the share of commands that reach it; and `by_class`, the
        slots' metrics by name.
    """
    intents, slots = right_of(evaluation)
    spans = span_scores(*tags_of(evaluation))
    found = {
        "intent_accuracy": float(intents.mean()),
        "sentence_accuracy": float((intents & slots).mean()),
        **{f"slot_{name}": float(spans[f"span_{name}"]) for name in ("f1", "precision", "recall")},
        "by_class": spans["by_class"],
    }
    threshold = threshold_of(evaluation)
    if threshold is not None:
        sure = np.asarray(evaluation.outputs[INTENT]).max(axis=-1) >= threshold
        found |= {"threshold": threshold, "coverage": float(sure.mean())}
    return found


def threshold_of(evaluation: Evaluation) -> float | None:
    """Return the least probability of an intent that is acted on.

    It is chosen on validation commands: 99 % of those whose intent is heard right reach it; it is
    at most 0.9. What stays below is more often heard wrong, or no command at all.

    Args:
        evaluation: with the validation split.

    Returns:
        The probability, rounded down to three digits; `None` without validation commands that are
        heard right.
    """
    if evaluation.validation is None or not len(evaluation.validation):
        return None
    examples = cast(CommandTokenExamples, evaluation.validation)
    outputs = np.asarray(model_outputs.predict(evaluation.model, examples)[INTENT])
    right = outputs.argmax(axis=-1) == examples.y[INTENT]
    if not right.any():
        return None
    kept = min(_SUREST, float(np.quantile(outputs.max(axis=-1)[right], 1 - _KEPT)))
    return float(np.floor(1000 * kept) / 1000)


def words_alone(evaluation: Evaluation) -> Baseline | None:
    """Return the baseline that knows no order: logistic regression on counted words for the intent,
    and for each word the tag that it has most often in the training commands.

    Args:
        evaluation: with its training split.
    """
    train, examples = evaluation.train, evaluation.examples
    if not isinstance(train, CommandTokenExamples) or not len(train):
        return None
    preprocessor = AssistantPreprocessor.of(evaluation.info)
    size = preprocessor.tokenizer.size
    counts = np.zeros((size, len(preprocessor.tags)), np.int64)
    np.add.at(counts, (train.x["words"].values, train.y[SLOTS].values), 1)
    # A word that is not in training has the most frequent tag of all.
    usual = np.where(counts.any(axis=1), counts.argmax(axis=1), counts.sum(axis=0).argmax())
    tags = Ragged(usual[examples.x["words"].values], examples.x["words"].offsets)  # type: ignore[attr-defined]
    intents = np.zeros((len(examples), len(preprocessor.intents)))
    for column, chances in _intents_by_words(train, cast(Any, examples), size):
        intents[:, column] = chances
    slots = np.eye(len(preprocessor.tags))[tags.padded()]
    return Baseline("words without their order", outputs={INTENT: intents, SLOTS: slots})


def _intents_by_words(
    train: CommandTokenExamples, examples: CommandTokenExamples, size: int
) -> Iterator[tuple[int, Any]]:
    """Yield each intent of the training commands with its probability for each example."""
    labels = train.y[INTENT]
    if len(np.unique(labels)) < 2:
        yield int(labels[0]), 1.0
        return
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(max_iter=200)
    model.fit(word_counts(train.x["words"], size), labels)
    found = model.predict_proba(word_counts(examples.x["words"], size))
    yield from zip(model.classes_.tolist(), found.T, strict=True)
