"""A page whose model does not fit its data or its loss is refused in one line, before training."""

import random
from functools import partial

import keras
import numpy as np
import pytest
from keras import layers

from kerasrecipes import heads
from kerasrecipes.cli import main
from kerasrecipes.data.examples import Arrays
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Objective
from kerasrecipes.training import head_check


def classified(count=10, side=4, entries=0):
    """Examples of `count` classes, images or sequences with a label for each entry."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(20, entries or side, side)).astype("float32")
    y = rng.integers(0, count, (20, entries) if entries else 20)
    return Arrays(x, y), Info(classes=tuple(map(str, range(count))), input_shape=x.shape[1:])


def model_of(shape, *hidden):
    inputs = x = keras.Input(shape)
    for layer in hidden:
        x = layer(x)
    return keras.Model(inputs, x)


def refusal(model, task, examples, info, **objective):
    with pytest.raises(UserError) as refused:
        head_check.check(model, Objective(task=task, **objective), examples, info)
    assert "\n" not in str(refused.value) and len(str(refused.value)) < 250
    return str(refused.value)


def test_every_head_of_the_table_fits_its_labels():
    examples, info = classified()
    for units in (2, 3, 10):
        examples, info = classified(units)
        one_hot = Arrays(examples.x, np.eye(units, dtype="float32")[examples.y])
        flags = Arrays(examples.x, (examples.y > 0).astype("float32"))
        for task, labels, width in (
            ("multiclass", examples, units),
            ("multiclass_one_hot", one_hot, units),
            ("multilabel", one_hot, units),
            ("regression", one_hot, units),
            ("regression", flags, 1),
            ("binary", flags, 1),
            ("signed", flags, 1),
        ):
            model = model_of((4, 4), layers.Flatten(), heads.output_layer(task, width))
            head_check.check(model, Objective(task=task), labels, info)


def test_other_numbers_of_units_are_refused_at_any_depth():
    draw = random.Random(1)
    for _ in range(12):
        count = draw.randint(3, 12)
        units = draw.randint(1, count - 1)
        examples, info = classified(count)
        hidden = [layers.Dense(3, activation="relu") for _ in range(draw.randint(0, 2))]
        head = layers.Dense(units, activation="softmax" if units > 1 else "sigmoid")
        said = refusal(
            model_of((4, 4), layers.Flatten(), *hidden, head), "multiclass", examples, info
        )
        assert f"for {count} classes" in said and f"({count})" in said


@pytest.mark.parametrize("activation", [None, "linear", "relu", "tanh", "elu", "gelu", "softplus"])
def test_scores_where_the_loss_wants_probabilities_are_refused(activation):
    examples, info = classified(5)
    head = [layers.Flatten(), layers.Dense(5, activation=activation)]
    assert "is no probability" in refusal(model_of((4, 4), *head), "multiclass", examples, info)
    apart = [layers.Flatten(), layers.Dense(5), layers.Activation(activation or "linear")]
    assert "activation='softmax'" in refusal(model_of((4, 4), *apart), "multiclass", examples, info)
    flags = Arrays(examples.x, (examples.y > 2).astype("float32"))
    one = model_of((4, 4), layers.Flatten(), layers.Dense(1, activation=activation))
    assert "activation='sigmoid'" in refusal(one, "binary", flags, info)


def test_what_an_operation_or_a_nested_model_gives_is_judged_by_its_values():
    examples, info = classified(5)
    inputs = keras.Input((4, 4))
    scores = layers.Dense(5)(layers.Flatten()(inputs))
    softmax = keras.Model(inputs, keras.ops.softmax(scores))
    head_check.check(softmax, Objective(task="multiclass"), examples, info)
    nested = keras.Model(inputs, softmax(inputs))
    head_check.check(nested, Objective(task="multiclass"), examples, info)
    plain = keras.Model(inputs, keras.ops.multiply(scores, 3.0))
    assert "is no probability" in refusal(plain, "multiclass", examples, info)
    layer = keras.Model(inputs, layers.Softmax()(scores))
    head_check.check(layer, Objective(task="multiclass"), examples, info)


def test_logits_fit_a_loss_that_takes_them():
    examples, info = classified(5)
    loss = partial(keras.losses.SparseCategoricalCrossentropy, from_logits=True)
    model = model_of((4, 4), layers.Flatten(), layers.Dense(5))
    head_check.check(model, Objective(task="multiclass", loss=loss), examples, info)
    plain = keras.losses.SparseCategoricalCrossentropy
    assert "from_logits" in refusal(model, "multiclass", examples, info, loss=plain)


def test_wrong_ranks_are_refused():
    examples, info = classified(5)
    rows = model_of((4, 4), layers.Dense(5, activation="softmax"))  # without Flatten
    assert "one number for each class is wanted" in refusal(rows, "multiclass", examples, info)
    tagged, info = classified(5, entries=4)
    pooled = model_of((4, 4), layers.Flatten(), layers.Dense(5, activation="softmax"))
    assert "class of each entry" in refusal(pooled, "multiclass", tagged, info)
    head_check.check(rows, Objective(task="multiclass"), tagged, info)
    numbers = Arrays(examples.x, examples.y.astype("float32"))
    three = model_of((4, 4), layers.Flatten(), layers.Dense(3))
    assert "wants that of its labels, (1)" in refusal(three, "regression", numbers, Info())


def test_inputs_of_another_shape_are_refused():
    examples, info = classified(5)
    for shape in ((5, 4), (4, 5), (4, 4, 3), (2, 4, 4)):
        model = model_of(shape, layers.Flatten(), layers.Dense(5, activation="softmax"))
        said = refusal(model, "multiclass", examples, info)
        assert f"the model takes inputs of the shape {shape}" in said
    for shape in ((4, 4), (4, 4, 1), (None, 4)):
        kept = layers.Flatten() if None not in shape else layers.GlobalAveragePooling1D()
        model = model_of(shape, kept, layers.Dense(5, activation="softmax"))
        head_check.check(model, Objective(task="multiclass"), examples, info)


class Unregistered(layers.Layer):
    def call(self, x):
        return x


def test_layers_that_a_saved_model_cannot_bring_are_refused():
    examples, info = classified(5)
    head = [layers.Flatten(), layers.Dense(5, activation="softmax")]
    twice = layers.Lambda(lambda x: 2 * x)
    said = refusal(model_of((4, 4), twice, *head), "multiclass", examples, info)
    assert "is a Lambda" in said
    inner = model_of((4, 4), layers.Lambda(lambda x: x + 1))
    assert "is a Lambda" in refusal(model_of((4, 4), inner, *head), "multiclass", examples, info)
    said = refusal(model_of((4, 4), Unregistered(), *head), "multiclass", examples, info)
    assert "register_keras_serializable" in said


PAGE = '''"""A page.

    kerasrecipes run own.py
"""

import keras
from keras import layers

from kerasrecipes.data import images
from kerasrecipes.data.images.prepare import prepare_images
from kerasrecipes.recipe import Recipe


def build(info) -> keras.Model:
    """Build the model."""
    return keras.Sequential([keras.Input(info.input_shape), layers.Flatten(), HEAD])


recipe = Recipe(
    topic="Images",
    prepare=lambda splits: prepare_images(splits, (8, 8)),
    build=build,
    data={"digits": images.digits()},
    objective="multiclass",
)
'''


@pytest.mark.parametrize("head", ["layers.Dense(5, 'softmax')", "layers.Dense(10)"])
def test_the_command_line_says_it_in_one_line_and_leaves_no_folder(
    head, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("KERASRECIPES_HOME", str(tmp_path / "runs"))
    page = tmp_path / "own.py"
    page.write_text(PAGE.replace("HEAD", head))
    # A Dense layer's second positional argument is its activation.
    assert main(["run", str(page), "--limit", "50"]) == 2
    said = capsys.readouterr().err.strip()
    assert said.count("\n") == 0 and "model's output" in said
    assert not (tmp_path / "runs").exists()
