"""The recipe that is chosen by kind, and commands that the command line takes."""

import pytest

from kerasrecipes import registry
from kerasrecipes.runs.config import resolve
from kerasrecipes.teach import choice, lessons
from kerasrecipes.teach.lessons import Lesson


def lesson(kind, count):
    if kind == "table":
        return Lesson(kind=kind, target="price", rows=count)
    return Lesson(kind=kind, counts={"a": count // 2, "b": count - count // 2})


@pytest.fixture
def keras_home(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "models").mkdir()
    return tmp_path / "models"


@pytest.mark.parametrize(
    ("kind", "count", "recipe"),
    [
        ("drawings", 10, "lenet"),
        ("drawings", 5000, "lenet"),
        ("photographs", 16, "lenet"),
        ("photographs", 2000, "resnet"),
        ("texts", 16, "sentiment"),
        ("texts", 5000, "sentiment"),
        ("table", 20, "mlp"),
    ],
)
def test_each_kind_has_a_recipe_and_settings_that_it_has(kind, count, recipe, keras_home, tmp_path):
    chosen = choice.choose(lesson(kind, count))
    assert chosen.recipe == recipe and len(chosen.why) > 40
    command = chosen.command(tmp_path, lesson(kind, count).target)
    assert command[:2] == ["run", recipe] and str(tmp_path / lessons.TABLE) in command
    flags = dict(zip(chosen.words, chosen.words[1:], strict=False))
    given = dict(word.split("=") for word in chosen.words if "=" in word)
    given |= {k[2:].replace("-", "_"): v for k, v in flags.items() if k.startswith("--")}
    config = resolve(recipe, registry.load(recipe), data=str(tmp_path), may_be_gone=True, **given)
    if kind != "table":
        steps = config.training.epochs * -(-count * 0.75 // config.training.batch_size)
        assert 60 <= steps <= 1000


def test_photographs_are_transferred_to_where_weights_are_at_hand(keras_home):
    (keras_home / "mobilenet_7_5_224_tf_no_top.h5").touch()
    chosen = choice.choose(lesson("photographs", 16))
    assert chosen.recipe == "transfer" and chosen.words == ("base=mobilenet", "alpha=0.75")
    assert "weights are on this machine" in chosen.why
    (keras_home / "mobilenet_7_5_224_tf_no_top.h5").unlink()
    assert "not on this machine" in choice.choose(lesson("photographs", 16)).why
