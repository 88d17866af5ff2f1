"""Values that nothing can be built from are refused in one line, before anything is made."""

import math
import random
import re

import pytest

from kerasrecipes import memory, registry, settings
from kerasrecipes.errors import UserError
from kerasrecipes.ranges import LARGEST, Count, Share, range_of
from kerasrecipes.recipe import Recipe
from kerasrecipes.runs.config import resolve
from kerasrecipes.training.job import Job
from kerasrecipes.training_settings import Training

HOSTILE = ("0", "-1", "nan", "inf", "-inf", "999999999999", "9" * 400, "9" * 5000, "1e400", "", "x")
NUMBERS = ("int", "float", "duration")


def numeric(items):
    """Settings that are numbers, or several."""
    return [item for item in items if any(kind in item.kind.split("|")[0] for kind in NUMBERS)]


def every_setting():
    """Every numeric setting of every recipe and of the trainer, with the recipe's name."""
    found = [("lenet", item) for item in numeric(settings.of_dataclass(Training))]
    for name in registry.names():
        own = settings.of_functions(registry.load(name).functions)
        found += [(name, item) for item in numeric(own)]
    return found


def fits(item, number):
    """Whether a number is in the range of a setting."""
    return (
        math.isfinite(number)
        and (item.minimum is None or number >= item.minimum)
        and (item.maximum is None or number <= item.maximum)
        and (item.above is None or number > item.above)
        and (item.below is None or number < item.below)
    )


def test_every_number_of_a_recipe_declares_its_range():
    for name in registry.names():
        for item in numeric(settings.of_functions(registry.load(name).functions)):
            bounded = item.minimum is not None or item.above is not None
            if not ("integer" in item.kind or "embedding" in item.kind):
                assert bounded, f"{name}: {item.name}"


def test_what_a_setting_refuses_is_told_in_one_short_line_and_what_it_takes_is_in_its_range():
    draw = random.Random(0)
    for name, item in every_setting():
        drawn = [str(draw.uniform(-2, 2)), str(draw.randint(-9, 10 ** draw.randint(1, 20)))]
        for word in (*HOSTILE, *drawn):
            try:
                value = item.check(word)
            except UserError as error:
                assert "\n" not in str(error) and len(str(error)) < 300, (name, item.name, word)
                assert item.name in str(error), (name, item.name, word)
                continue
            for number in value if isinstance(value, tuple) else (value,):
                if isinstance(number, (int, float)) and not isinstance(number, bool):
                    assert fits(item, number), (name, item.name, word)
                    assert isinstance(number, float) or abs(number) < 2**63, (name, item.name, word)


def test_ranges_are_found_within_other_types():
    assert range_of(Count).maximum == LARGEST
    assert range_of(Count | None) == range_of(tuple[Count, ...]) == range_of(Count)
    assert range_of(Share).below == 1
    assert range_of(int).minimum is None


TOO_LARGE = [
    ("lenet", {"image_size": 99_999_999}),
    ("mlp", {"hidden_layers": "2000000000"}),
    ("mlp", {"hidden_layers": "1000000,1000000"}),
    ("mlp", {"hidden_layers": "2147483647,2147483647"}),
    ("sentiment", {"embedding_dimension": 2_147_483_647, "limit": 40}),
    ("sentiment", {"units": 50_000_000, "limit": 40}),
    ("seq2seq", {"units": 10_000_000, "limit": 40}),
]


@pytest.mark.parametrize(("name", "values"), TOO_LARGE)
def test_a_model_larger_than_the_memory_is_refused_before_it_is_made(
    monkeypatch, tmp_path, name, values
):
    monkeypatch.setenv("KERASRECIPES_HOME", str(tmp_path))
    monkeypatch.setattr(memory, "machine_memory", lambda: 8e9)
    recipe = registry.load(name)
    with pytest.raises(UserError, match=r"and this machine has 8 GB of memory"):
        Job(recipe, resolve(name, recipe, **values)).load()
    assert not list(tmp_path.iterdir())


def test_a_batch_larger_than_the_memory_is_refused(monkeypatch):
    monkeypatch.setattr(memory, "machine_memory", lambda: 2e6)
    recipe = registry.load("lenet")
    config = resolve("lenet", recipe, batch_size=512, image_size=32, limit=600)
    with pytest.raises(UserError, match=r"the arrays of a batch of 512 examples take"):
        Job(recipe, config).load()


def test_a_value_that_keras_refuses_in_a_page_of_ones_own_is_named():
    import keras

    def build(info, *, units: int = 4):
        """Build.

        Args:
            units: of the layer.
        """
        inputs = keras.Input(info.input_shape)
        return keras.Model(inputs, keras.layers.Dense(units)(inputs))

    tables = registry.load("linear")
    recipe = Recipe(
        topic="Own", build=build, data=tables.data, objective="regression", prepare=tables.prepare
    )
    with pytest.raises(UserError, match=r"the model cannot be built with units=0: "):
        Job(recipe, resolve("./own.py", recipe, units=0)).load()


WRONG_FILES = {
    "": "is empty",
    "# nothing": "is empty",
    "data = 5": "'data' in the configuration must be a text, received 5",
    "recipe = 5": "'recipe' in the configuration must be a text, received 5",
    "strategy = ['a']": "'strategy' in the configuration must be a text",
    "limit = true": "'limit' in the configuration must be a whole number, received True",
    "limit = 1.5": "'limit' in the configuration must be a whole number",
    "limit = 'x'": "'limit' in the configuration must be a whole number",
    "training = 3": "'training' in the configuration must be a table",
    "settings = []": "'settings' in the configuration must be a table",
    "[training]\nepochs = []": "epochs=",
    "[training]\nepochs = {a = 1}": "epochs=",
    "[training]\noptimizer = 3": "optimizer=3",
    "[training]\nmonitor = 3": "monitor=3",
    "[settings]\nhidden_layers = ['a']": "hidden_layers=",
    "[settings]\nhidden_layers = [[1]]": "hidden_layers=",
    "[settings]\nactivation = 7": "activation",
    "[settings]\ndropout_rate = 2024-01-01": "dropout_rate=2024-01-01",
}


@pytest.mark.parametrize("text", WRONG_FILES)
def test_a_configuration_that_is_empty_or_of_wrong_types_is_refused(tmp_path, text):
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(UserError, match=re.escape(WRONG_FILES[text])) as refused:
        resolve("mlp", registry.load("mlp"), config=path)
    assert "\n" not in str(refused.value)
