"""Multi-layer perceptron: hidden layers that bend the line, every remedy of the course a setting.

A hidden layer makes new features out of the old ones; two of them, with a nonlinearity between,
divide what no line can: the exclusive or, half-moons, spirals. The head follows from the target:
sigmoid, softmax or linear. Dropout, L1, L2, batch normalization, activations and initial values are
settings, to be compared one by one.

Paper: Learning Representations by Back-Propagating Errors (Rumelhart, Hinton, Williams, 1986),
https://doi.org/10.1038/323533a0

98.7 % on MNIST's test split (one seed, the second of these commands).

    kerasrecipes run mlp
    kerasrecipes run mlp --data mnist
    kerasrecipes run mlp --data rows.csv --target COLUMN dropout_rate=0.3 batch_normalization=before
    kerasrecipes compare mlp activation=sigmoid,tanh,relu initializer=zeros,glorot_uniform,he_normal
"""

from collections.abc import Mapping
from functools import partial
from math import log2
from typing import Any, Literal

from kerasrecipes.data import dense_inputs, images, synthetic, tables
from kerasrecipes.info import Info
from kerasrecipes.losses.scaled import Scaled
from kerasrecipes.models.mlp import mlp
from kerasrecipes.recipe import Objective, Recipe, Splits
from kerasrecipes.settings import settings_of
from kerasrecipes.tasks import tables as task
from kerasrecipes.training_settings import Training

TASKS = ("binary", "multilabel", "multiclass", "regression")


def prepare(
    splits: Splits,
    *,
    task: Literal[
        "auto", "binary", "multiclass", "multiclass_one_hot", "multilabel", "regression"
    ] = "auto",
) -> Splits:
    """Encode columns as numbers and the target as labels; images keep their size.

    Args:
        task: type of the target; auto decides by its values.
    """
    return dense_inputs.prepare(splits, TASKS, task=task)


build = settings_of(mlp, from_data=task.FROM_DATA, without=("name",))


def objective(info: Info) -> Objective:
    """Loss of the task; of a regression in units of the target's standard deviation."""
    target = info.target
    return Objective(
        task=info.task, loss=partial(Scaled, "mse", scale=target.scale) if target else None
    )


def search_space(hp) -> dict:
    """Width, depth, activation and regularisation."""
    return {
        "hidden_layers": hp.Choice(
            "hidden_layers", ["32", "128", "64,64", "256,256", "64,64,64,64"]
        ),
        "activation": hp.Choice("activation", ["tanh", "relu", "gelu", "swish"]),
        "dropout_rate": hp.Choice("dropout_rate", [0.0, 0.2, 0.4]),
        "batch_normalization": hp.Choice("batch_normalization", ["none", "before", "after"]),
        "learning_rate": hp.Float("learning_rate", 1e-4, 1e-2, sampling="log"),
    }


MNIST = {
    "hidden_layers": (800, 400),
    "dropout_rate": 0.3,
    "epochs": 20,
    "batch_size": 128,
    "learning_rate": 1e-3,
    "patience": None,
}


def by_count(count: int, given: Mapping[str, Any], num_replicas: int) -> dict[str, Any]:
    """Batch size for a number of examples, and the weight decay of tables.

    Few rows in small batches are enough updates within sixty epochs; of many more than a hundred
    updates an epoch only cost time. The fewer rows, the more of what they teach is noise.
    """
    few = max(8, min(32, 2 ** round(log2(count / 16))))
    chosen: dict[str, Any] = {"batch_size": max(few, min(512, 2 ** round(log2(count / 64))))}
    if given.get("optimizer") == "adamw":
        chosen["weight_decay"] = round(max(0.5, min(2, 600 / count)), 2)
    return chosen


# Real tables are noisy or smooth, and it is not known before which. Dropout makes every output
# noisy, which a smooth target never forgives; weight decay slows the learning of noise alone.
ROWS = {"optimizer": "adamw", "patience": None}

recipe = Recipe(
    topic="Fundamentals",
    task=task.ANY_TARGET,
    prepare=prepare,
    build=build,
    data={
        "spirals": synthetic.table("spirals"),
        "moons": synthetic.table("moons"),
        "xor": synthetic.table("xor"),
        "breast_cancer": tables.sklearn("breast_cancer"),
        "wine": tables.sklearn("wine"),
        "diabetes": tables.sklearn("diabetes"),
        "digits": images.digits(),
        "mnist": images.tfds("mnist"),
        "fashion_mnist": images.tfds("fashion_mnist"),
        "titanic": tables.tfds("titanic"),
        "diamonds": tables.tfds("diamonds"),
        "image_list": images.listed(),
        "csv": tables.csv(),
        "folder": images.folder(),
    },
    objective=objective,
    training=Training(
        epochs=60,
        batch_size=32,
        optimizer="adam",
        learning_rate=3e-3,
        schedule="cosine",
        patience=10,
    ),
    by_count=by_count,
    by_data={
        "mnist": MNIST,
        "fashion_mnist": MNIST,
        **dict.fromkeys(("breast_cancer", "wine", "diabetes", "titanic", "diamonds", "csv"), ROWS),
    },
    search_space=search_space,
    example="rows.csv",
)
