"""Greedy and beam search against searches that look at everything."""

import itertools

import numpy as np
import pytest
from keras import ops

from kerasrecipes import backend
from kerasrecipes.data.text.tokenizer import END, PADDING, START, UNKNOWN
from kerasrecipes.errors import UserError
from kerasrecipes.inference import beam_search

VOCABULARY, LENGTH = 7, 4
RANDOM = np.random.default_rng(3)
# The logits depend on the last two tokens, and the state carries the one before the last.
TABLE = RANDOM.normal(scale=2, size=(3, VOCABULARY, VOCABULARY, VOCABULARY)).astype(np.float32)


def stepper(rows):
    """A model of the last two tokens; the state is the row's table and the token before."""
    table = ops.convert_to_tensor(TABLE)

    def step(tokens, state):
        which, before = state
        flat = ops.reshape(table, (-1, VOCABULARY))
        place = (which * VOCABULARY + before) * VOCABULARY + tokens
        return ops.take(flat, place, axis=0), (which, tokens)

    return step, (ops.arange(rows, dtype="int32"), ops.zeros((rows,), dtype="int32"))


def log_probabilities(which, before, last):
    logits = TABLE[which, before, last].astype(np.float64)
    logits[[PADDING, UNKNOWN, START]] = -np.inf
    return logits - np.log(np.exp(logits).sum())


def chance(which, tokens):
    before, last, total = PADDING, START, 0.0
    for token in tokens:
        total += log_probabilities(which, before, last)[token]
        before, last = last, token
    return total


def every_text():
    """Every text that ends within the length."""
    words = [token for token in range(VOCABULARY) if token > END]
    for length in range(LENGTH):
        yield from ((*text, END) for text in itertools.product(words, repeat=length))


def test_greedy_is_the_likeliest_token_each_time():
    step, state = stepper(3)
    tokens, scores = (
        ops.convert_to_numpy(x) for x in beam_search.greedy_search(step, state, 3, LENGTH)
    )
    for which in range(3):
        before, last, expected = PADDING, START, []
        while len(expected) < LENGTH and last != END:
            before, last = last, int(np.argmax(log_probabilities(which, before, last)))
            expected.append(last)
        assert [*expected, *[PADDING] * (LENGTH - len(expected))] == tokens[which].tolist()
        np.testing.assert_allclose(scores[which], chance(which, expected), rtol=1e-4)


@pytest.mark.parametrize("strength", [0.0, 0.6, 1.0])
def test_a_beam_that_is_wide_enough_finds_the_best_of_all(strength):
    step, state = stepper(3)
    state = beam_search.repeat_rows(state, 30)
    tokens, scores = beam_search.beam_search(
        step, state, 3, LENGTH, num_beams=30, length_penalty=strength
    )
    for which in range(3):
        merit = {
            text: chance(which, text) / ((5 + len(text)) / 6) ** strength for text in every_text()
        }
        best = max(merit, key=merit.get)
        assert tuple(ops.convert_to_numpy(tokens)[which][: len(best)]) == best
        np.testing.assert_allclose(ops.convert_to_numpy(scores)[which], merit[best], rtol=1e-4)


def test_a_beam_of_one_is_greedy_and_rows_do_not_touch():
    step, state = stepper(3)
    alone, _ = beam_search.beam_search(step, state, 3, LENGTH, num_beams=1, length_penalty=0.0)
    together, _ = beam_search.greedy_search(step, state, 3, LENGTH)
    ended = (ops.convert_to_numpy(together) == END).any(axis=1)
    assert ended.any()
    np.testing.assert_array_equal(
        ops.convert_to_numpy(alone)[ended], ops.convert_to_numpy(together)[ended]
    )


def test_it_is_compiled_once_and_stops_when_all_have_ended():
    steps = []

    def step(tokens, state):
        steps.append(1)  # at tracing, not at each step
        logits = ops.one_hot(ops.where(tokens == START, 5, END), VOCABULARY) * 9
        return logits, state + 1

    def run(source):
        state = ops.zeros((ops.shape(source)[0],), dtype="int32")
        return beam_search.greedy_search(step, state, ops.shape(source)[0], 50)

    fast = backend.compiled(run, signature=[((None, None), "int32")])
    tokens = ops.convert_to_numpy(fast(np.ones((2, 3), np.int32))[0])
    assert (
        len(steps) < 5
        and tokens[:, :3].tolist() == [[5, END, PADDING]] * 2
        and not tokens[:, 3:].any()
    )


def test_a_number_of_beams_that_cannot_be_is_refused():
    for beams, size in ((0, 1000), (-1, 1000), (65, 1000), (7, 10)):
        with pytest.raises(UserError, match=f"num_beams={beams}: must be from 1 to"):
            beam_search.check_num_beams(beams, size)
    beam_search.check_num_beams(4, 100)
