"""Words become checked settings, or one clear line."""

from typing import Literal

import pytest

from kerasrecipes import settings
from kerasrecipes.errors import RenamedWarning, UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Recipe, Task
from kerasrecipes.settings import Setting
from kerasrecipes.training_settings import Phase, Training


@pytest.mark.parametrize(
    ("kind", "word", "value"),
    [
        (int, "12", 12),
        (int, "1e3", 1000),
        (float, "1e-3", 1e-3),
        (bool, "true", True),
        (bool, "off", False),
        (str, "8", "8"),
        (int | None, "none", None),
        (float | None, "0.5", 0.5),
        (int | Literal["all"], "all", "all"),
        (int | Literal["all"], "32", 32),
        (Literal["a", "b"], "b", "b"),
        (tuple[int, ...], "128,64", (128, 64)),
        (tuple[int, ...], "128", (128,)),
        (tuple[int, int], "3,5", (3, 5)),
        (bool | Literal["before"], "before", "before"),
    ],
)
def test_a_word_becomes_a_value_of_the_settings_type(kind, word, value):
    converted = Setting("x", kind).check(word)
    assert converted == value
    assert type(converted) is type(value)


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        (int, "1.5"),
        (int, "x"),
        (int, True),
        (int, "9" * 5000),
        (float, "nan"),
        (float, "inf"),
        (bool, "2"),
        (tuple[int, int], "1"),
        (Literal["a", "b"], "c"),
        (str, 3),
    ],
)
def test_a_word_that_is_no_value_is_refused(kind, word):
    with pytest.raises(UserError, match=r"^x=|value of x"):
        Setting("x", kind).check(word)


def test_a_number_below_the_minimum_is_refused():
    with pytest.raises(UserError, match="at least 1"):
        Training(epochs=0)


@pytest.mark.parametrize("name", ["learning_rate", "clip_norm", "clip_value"])
def test_a_setting_that_would_freeze_the_training_is_refused(name):
    with pytest.raises(UserError, match=f"{name}=0: must be more than 0"):
        Training(**{name: 0})


def test_a_number_without_end_is_refused():
    with pytest.raises(UserError, match="learning_rate=inf: expected a finite number"):
        Training(learning_rate="inf")


def test_the_nearest_choice_is_offered():
    with pytest.raises(UserError, match="did you mean 'adamw'"):
        Training(optimizer="adanw")


def test_settings_and_their_explanations_come_from_signature_and_docstring():
    def build(info, *, units: int = 3, rate: float = 0.5):
        """Build.

        Args:
            info: the facts.
            units: how many
                there are.
            rate: how much.

        Returns:
            A model.
        """

    units, rate = settings.of_functions([build])
    assert (units.name, units.type, units.default, units.help) == (
        "units",
        int,
        3,
        "how many there are.",
    )
    assert rate.help == "how much."


def test_binding_an_unknown_name_offers_the_nearest():
    with pytest.raises(UserError, match="unknown setting 'unit'; did you mean 'units'"):
        settings.bind([Setting("units", int)], {"unit": "3"})


@pytest.mark.parametrize("old", settings.RENAMED)
def test_the_spelling_of_an_earlier_version_still_works_and_says_the_new_one(old):
    new = settings.RENAMED[old]
    known = [Setting(new, int)]
    with pytest.warns(RenamedWarning, match=f"'{old}' is called '{new}' now"):
        assert settings.bind(known, {old: "3"}) == {new: 3}
    with pytest.raises(UserError, match="the same setting"), pytest.warns(RenamedWarning):
        settings.bind(known, {new: 1, old: 2})
    # A page of the user's own may have a setting of that name.
    assert settings.bind([Setting(old, int), *known], {old: "3"}) == {old: 3}


def test_a_file_of_an_earlier_version_is_read_without_a_word(recwarn):
    assert settings.bind([Setting("max_length", int)], {"longest": 9}, from_file=True) == {
        "max_length": 9
    }
    assert not recwarn.list


def builder(
    input_shape, num_classes, *, units: int = 3, pooling: str = "max", trained: bool = True
):
    """Build.

    Args:
        input_shape: of one example.
        num_classes: number of classes.
        units: size of the state.
        pooling: how states are pooled.
        trained: no setting of a recipe.
    """
    return input_shape, num_classes, units, pooling, trained


def test_settings_of_a_builder_are_its_keywords_with_the_recipes_defaults():
    build = settings.settings_of(builder, units=8, without=("trained",))
    units, pooling = settings.of_functions([build])
    assert (units.name, units.type, units.default) == ("units", int, 8)
    assert units.help == "size of the state."
    assert (pooling.name, pooling.default) == ("pooling", "max")
    info = Info(input_shape=(4,), classes=("a", "b"))
    assert build(info) == ((4,), 2, 8, "max", True)
    assert build(info, **settings.keywords_for(build, {"units": 5, "other": 1}))[2] == 5


def test_settings_of_a_builder_take_what_it_needs_from_the_data_or_the_splits():
    def prepare(splits, *, size: int = 1):
        return splits, size

    def encode(source_vocabulary_size, *, units: int = 1):
        return source_vocabulary_size, units

    assert settings.settings_of(prepare)("the splits", size=2) == ("the splits", 2)
    assert settings.settings_of(encode)(Info(source_vocabulary_size=9))[0] == 9


def test_settings_of_a_builder_leave_out_what_comes_from_the_data():
    info = Info(input_shape=(4,), classes=("a", "b"), facts={"pooling": "mean"})
    named = settings.settings_of(builder, from_data=("pooling",), without=("trained",))
    assert [setting.name for setting in settings.of_functions([named])] == ["units"]
    assert named(info, units=1) == ((4,), 2, 1, "mean", True)
    computed = settings.settings_of(builder, from_data={"trained": lambda info: info.targets})
    assert computed(info)[4] is None


def test_settings_of_a_builder_include_those_of_what_makes_its_parts():
    def noise(*, level: float = 0.5, trained_on: str = "all"):
        """Make noise.

        Args:
            level: loudness.
            trained_on: its data.
        """
        return f"{level} {trained_on}"

    build = settings.settings_of(builder, made_by={"trained": noise}, level=0.25)
    found = {setting.name: setting for setting in settings.of_functions([build])}
    assert list(found) == ["units", "pooling", "level", "trained_on"]
    assert (found["level"].default, found["level"].help) == (0.25, "loudness.")
    assert found["units"].help == "size of the state."
    info = Info(input_shape=(4,), classes=("a", "b"))
    assert build(info, trained_on="few") == ((4,), 2, 3, "max", "0.25 few")


def test_settings_of_a_builder_include_those_of_what_is_done_with_its_result():
    def doubled(made, *, times: int = 2, units: int = 0):
        """Double it.

        Args:
            times: how often.
            units: not the builder's.
        """
        return [made[:2]] * times

    build = settings.settings_of(builder, then=doubled, times=3)
    found = {setting.name: setting for setting in settings.of_functions([build])}
    assert list(found) == ["units", "pooling", "trained", "times"]
    assert (found["times"].default, found["times"].help) == (3, "how often.")
    info = Info(input_shape=(4,), classes=("a", "b"))
    assert build(info, units=8) == [((4,), 2)] * 3
    assert build(info, times=1) == [((4,), 2)]


def test_settings_of_a_builder_refuse_a_default_that_it_does_not_have():
    with pytest.raises(UserError, match="unknown setting of builder 'unit'; did you mean 'units'"):
        settings.settings_of(builder, unit=3)


def test_a_task_gives_what_the_page_leaves_out_and_loads_it_late():
    task = Task(predict="shutil:no_such_function", figures=("os:curdir",))
    recipe = Recipe(topic="T", build=builder, data={}, objective="binary", task=task, scores=dict)
    assert recipe.scores is dict and recipe.answers is None
    assert recipe.plots == (".",)
    with pytest.raises(AttributeError, match="no_such_function"):
        recipe.predict(None, [])
    own = Recipe(topic="T", build=builder, data={}, objective="binary", task=task, predict=len)
    assert own.predict is len


def test_the_settings_of_a_late_function_are_those_of_the_function():
    late = settings.Lazy("kerasrecipes.inference.image_classification:classify")
    assert "top" in {setting.name for setting in settings.of_functions([late])}


def test_info_refuses_shapes_that_a_recipe_cannot_take():
    assert Info(input_shape=(8, 9, 3)).image_shape == (8, 9, 3)
    for shape in (None, (8, None, 3), (4,)):
        with pytest.raises(UserError, match="this recipe needs"):
            _ = Info(input_shape=shape).image_shape


def test_pages_of_earlier_versions_find_the_trainers_settings_beside_the_recipe():
    from kerasrecipes import recipe as vocabulary

    assert (vocabulary.Training, vocabulary.Phase) == (Training, Phase)
