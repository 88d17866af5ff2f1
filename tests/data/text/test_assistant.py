"""Commands become indices, and what a training did not have is told."""

import numpy as np
import pytest

from kerasrecipes.data import synthetic
from kerasrecipes.data.text.assistant import (
    INTENT,
    SLOTS,
    AssistantPreprocessor,
    Commands,
    prepare,
)
from kerasrecipes.data.text.tagging import UNTAGGED
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits


def commands(*rows):
    """Commands written as `intent: word/TAG word`."""
    pairs = [row.split(": ") for row in rows]
    words = [[item.split("/") for item in text.split()] for _, text in pairs]
    return Commands(
        [[item[0] for item in row] for row in words],
        [[item[1] if len(item) > 1 else "O" for item in row] for row in words],
        [intent for intent, _ in pairs],
    )


TRAIN = commands("wake: wake me at seven/B-time", "call: call ann/B-name marie/I-name", "wake: up")


def splits(test=TRAIN, train=TRAIN, **given):
    return Splits(train=train, validation=train, test=test, info=Info(), **given)


def test_batches_are_padded_and_padding_has_no_tag():
    found = prepare(splits(), characters_per_word=4)
    x, y = found.train.take(np.arange(3))
    assert x["words"].shape == (3, 8) and x["letters"].shape == (3, 8, 4)
    tags = AssistantPreprocessor.of(found.info).tags
    assert tags == ("B-name", "B-time", "I-name", "O")
    assert list(y[INTENT]) == [1, 0, 1]
    assert y[SLOTS][0].tolist() == [3, 3, 3, 1] + 4 * [UNTAGGED]
    part = found.train.select(np.array([1]))
    assert part.text == [["call", "ann", "marie"]]
    assert part.take(np.arange(1))[1][SLOTS][0, :3].tolist() == [3, 0, 2]


def test_tags_in_other_schemes_are_read_as_bio():
    assert commands("call: call ann/B-n marie/E-n bob/S-n").tags[0] == ["O", "B-n", "I-n", "B-n"]


def test_what_only_other_splits_have_counts_as_a_mistake():
    found = prepare(splits(test=commands("sing: sing loud/B-how", "wake: up")))
    assert AssistantPreprocessor.of(found.info).intents == ("call", "wake", "sing")
    assert AssistantPreprocessor.of(found.info).tags[-1] == "B-how"
    assert any("no training command has the intent sing" in note for note in found.notes)
    judged = prepare(
        splits(test=commands("cook: soup", "wake: up"), trained_info=found.info),
    )
    assert len(judged.test) == 1 and judged.test.y[INTENT].tolist() == [1]
    assert any("left out: 1 commands" in note for note in judged.notes)


def test_capitals_and_marks_are_those_of_training():
    preprocessor = AssistantPreprocessor.of(prepare(splits(), characters_per_word=4).info)
    assert not preprocessor.cased
    for one, other in zip(
        preprocessor([["WAKE", "Ann"]]).values(),
        preprocessor([["wake", "ann"]]).values(),
        strict=True,
    ):
        np.testing.assert_array_equal(one.values, other.values)
    assert preprocessor.spoken(["wake", "me", "?"]) == ["wake", "me"]
    assert preprocessor.share_known(["wake", "xyz"]) == 0.5
    cased = prepare(splits(train=commands("a: Call O'Hara ?", "b: x/B-y")))
    assert AssistantPreprocessor.of(cased.info).spoken(["what", "?", "!"]) == ["what", "?"]


@pytest.mark.parametrize(
    ("rows", "what"),
    [(["a: x/B-y", "a: z"], "2 different intents, received a"), (["a: x", "b: z"], "tags")],
)
def test_one_intent_or_no_slot_is_nothing_to_learn(rows, what):
    with pytest.raises(UserError, match=what):
        prepare(splits(train=commands(*rows)))


def test_generated_commands_need_order():
    made = synthetic.commands().load(Request())
    again = synthetic.commands().load(Request())
    assert (
        made.train.words
        == again.train.words
        != synthetic.commands().load(Request(seed=1)).train.words
    )
    rows = list(zip(made.train.words, made.train.tags, strict=True))
    uses = {
        tag
        for words, tags in rows
        for word, tag in zip(words, tags, strict=True)
        if word == "florence"
    }
    assert {"B-name", "B-city", "B-from_city", "I-text"} <= uses
    assert all(len(words) == len(tags) for words, tags in rows)
