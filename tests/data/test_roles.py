"""What the user says about columns: roles and kinds."""

import pytest

from kerasrecipes.data import roles
from kerasrecipes.errors import UserError

NAMES = ["age", "zip", "text", "count", "a=b"]
TABLE = ("target", "weight")


def test_words_are_taken_apart():
    assert roles.parse(["weight=count", "zip = category", "a=b=date"]) == {
        "weight": "count",
        "zip": "category",
        "a=b": "date",
    }


@pytest.mark.parametrize("words", [["zip"], ["=x"], ["x="], ["zip=date", "zip=number"], [" = "]])
def test_words_that_say_nothing_are_refused(words):
    with pytest.raises(UserError, match="--column"):
        roles.parse(words)


def test_roles_and_kinds_are_told_apart():
    said = roles.named(
        {"target": "age", "column": {"weight": "count", "ZIP": "category", "text": "number"}},
        NAMES,
        TABLE,
    )
    assert said.roles == {"target": "age", "weight": "count"}
    assert said.kinds == {"zip": "category", "text": "number"}


@pytest.mark.parametrize(
    "options, reason",
    [
        ({"column": {"weigh": "count"}}, "did you mean 'weight'"),
        ({"column": {"zip": "categry"}}, "did you mean 'category'"),
        ({"column": {"text": "age"}}, "means nothing"),
        ({"text": "age"}, "--text age means nothing"),
        ({"column": [1]}, "table of names"),
        (
            {"column": {"plz": "frob"}},
            "unknown kind 'frob' of the column 'plz'; kinds are number, ",
        ),
        ({"column": {"b": "42"}}, "unknown kind '42'.*give a role"),
    ],
)
def test_what_a_source_does_not_know_is_refused(options, reason):
    with pytest.raises(UserError, match=reason):
        roles.check(options, TABLE, True, "'csv'")


def test_one_role_has_one_column():
    with pytest.raises(UserError, match="two columns are to be the target"):
        roles.named({"target": "age", "column": {"target": "zip"}}, NAMES, TABLE)
    with pytest.raises(UserError, match="did you mean 'zip'"):
        roles.named({"column": {"zp": "category"}}, NAMES, TABLE)


def test_the_headline_says_what_was_guessed():
    assert "last column" in roles.headline({"target": "x"}, "place")
    assert roles.headline({"target": "x"}, "") == "target 'x'"
    assert roles.headline({}, "") == ""
