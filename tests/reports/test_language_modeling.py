"""The figures of language models are drawn from how likely they held what came."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from kerasrecipes.data.text.language_modeling import LineExamples, prepare
from kerasrecipes.inference.language_modeling import baselines, truth_probabilities
from kerasrecipes.info import Info
from kerasrecipes.models.rnn_language_model import language_model
from kerasrecipes.recipe import Evaluation, Splits
from kerasrecipes.reports import language_modeling

LINES = ["the sea, the sea", "and the land", "no more land"] * 30


@pytest.fixture(scope="module", params=["characters", "words"])
def evaluation(request):
    parts = Splits(
        train=LineExamples(LINES),
        validation=LineExamples(LINES[:9]),
        test=LineExamples(LINES[:20]),
        info=Info(),
    )
    splits = prepare(
        parts, tokenization=request.param, vocabulary_size=None, lowercase=False, input_length=16
    )
    model = language_model(splits.info.vocabulary_size, embedding_dimension=4, units=8)
    examples = splits.test
    return Evaluation(
        recipe="next_word",
        model=model,
        info=splits.info,
        examples=examples,
        labels=examples.take(np.arange(len(examples)))[1],
        outputs=truth_probabilities(model, splits.info, examples),
        metrics={"loss": 1.0},
    )


@pytest.mark.parametrize("figure", ["perplexity_by_position", "samples", "most_surprising"])
def test_it_is_drawn(evaluation, figure):
    assert isinstance(getattr(language_modeling, figure)(evaluation), Figure)


def test_the_perplexity_stands_in_the_title(evaluation):
    title = language_modeling.perplexity_by_position(evaluation).axes[0].get_title(loc="left")
    whole = float(np.exp(-np.log(evaluation.outputs).mean()))
    assert title.startswith(f"Perplexity {whole:.4g}"[:14])


def test_the_least_probable_passage_is_found():
    surprise = np.zeros((5, 128))
    surprise[3, 90:96] = 5.0
    surprise[1, 0:6] = 9.0  # at its beginning a window has nothing to go by
    window, place = language_modeling._passages(surprise, "characters")[0]
    assert window == 3 and place <= 90 < place + 104


def test_baselines_are_those_of_the_data(evaluation):
    assert set(baselines(evaluation)) == {"bigram_perplexity"}
