"""Which recipe learns a lesson, with which settings, and why: the words of a command."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path

from kerasrecipes.teach.lessons import TABLE, Lesson

_UPDATES = 400  # of the weights, within which the networks below have learned what they can
# Weights of keras.applications without their classifier, the better first: file, base, alpha.
_WEIGHTS = (
    ("mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5", "mobilenet_v2", "1.0"),
    ("mobilenet_1_0_224_tf_no_top.h5", "mobilenet", "1.0"),
    ("mobilenet_7_5_224_tf_no_top.h5", "mobilenet", "0.75"),
    ("mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.75_224_no_top.h5", "mobilenet_v2", "0.75"),
    ("mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.5_224_no_top.h5", "mobilenet_v2", "0.5"),
    ("mobilenet_5_0_224_tf_no_top.h5", "mobilenet", "0.5"),
    ("mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_224_no_top.h5", "mobilenet_v2", "0.35"),
)
_MANY_PHOTOGRAPHS = 400  # from which on a deeper network has something to learn from scratch
_MANY_TEXTS = 400  # from which on the order of words can be learned


@dataclass(frozen=True)
class Choice:
    """A recipe for a lesson.

    Args:
        recipe: its name.
        words: settings and flags behind the name and the data.
        why: a sentence for the person.
    """

    recipe: str
    words: tuple[str, ...]
    why: str

    def command(self, lesson: Path, target: str | None = None) -> list[str]:
        """Return the words of the command behind the program's name.

        Args:
            lesson: the lesson's folder.
            target: of a table, the column that is to be predicted.
        """
        data = ["--data", str(lesson / TABLE)]
        columns = ["--target", target] if target is not None else []
        return ["run", self.recipe, *self.words, *data, *columns]


def choose(lesson: Lesson) -> Choice:
    """Choose the recipe for a lesson.

    Args:
        lesson: what is to be learned.

    Returns:
        The recipe, its settings, and why.
    """
    if lesson.kind == "drawings":
        why = "LeNet, a small network that was made for strokes on paper, learns them from scratch"
        return Choice("lenet", _schedule(lesson.count, 8), why)
    if lesson.kind == "photographs":
        return _for_photographs(lesson.count)
    if lesson.kind == "texts":
        return _for_texts(lesson.count)
    why = "a network of dense layers, which reads numbers and categories of any table"
    return Choice("mlp", (), why)


def weights() -> tuple[str, str] | None:
    """Return base and alpha of pretrained weights that are on this machine; `None` without any."""
    keras = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    for file, base, alpha in _WEIGHTS:
        if (keras / "models" / file).is_file():
            return base, alpha
    return None


def _for_photographs(count: int) -> Choice:
    found = weights()
    if found is not None:
        base, alpha = found
        why = (
            "a network that has seen a million photographs, whose weights are on this machine, "
            "keeps what it knows, and only its last step is learned from yours"
        )
        return Choice("transfer", (f"base={base}", f"alpha={alpha}"), why)
    no_weights = "weights of a network that has seen photographs are not on this machine"
    if count < _MANY_PHOTOGRAPHS:
        why = f"{no_weights}, and for few examples a small one, LeNet, learns the most from scratch"
        return Choice("lenet", ("image_size=48", *_schedule(count, 8)), why)
    why = (
        f"{no_weights}, so a residual network learns from scratch; the more photographs the better"
    )
    return Choice("resnet", ("image_size=64", "flip=true", *_schedule(count, 32)), why)


def _for_texts(count: int) -> Choice:
    if count < _MANY_TEXTS:
        why = "for few texts, which words occur says the most; from 400 on their order counts too"
        words = ("encoding=bag_of_words", *_schedule(count, 8))
        return Choice("sentiment", words, why)
    why = "a recurrent network, which reads word by word, so that 'not good' is not 'good'"
    return Choice("sentiment", _schedule(count, 32), why)


def _schedule(count: int, batch: int) -> tuple[str, ...]:
    """Return the flags of batch size and epochs for a number of examples.

    Pages' own are for thousands of examples: of twenty they would make as many updates.
    """
    batch = batch if count < 1_000 else 4 * batch
    steps = max(1, math.ceil(0.75 * count / batch))
    epochs = max(6, min(60, round(_UPDATES / steps)))
    return ("--batch-size", str(batch), "--epochs", str(epochs))
