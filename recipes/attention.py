"""Attention: the decoder looks back at every word of the source, and learns where to look.

As in `seq2seq` an encoder reads and a decoder writes, but before each word the decoder's state
queries all of the encoder's states: a score for each, a softmax, and their weighted mean is the
context of that word. Nothing has to fit into one vector, long sentences are translated as well as
short ones, and the weights show which source word each word came from: an alignment that nobody
taught.

Papers: Neural Machine Translation by Jointly Learning to Align and Translate (Bahdanau et al.,
2015), https://arxiv.org/abs/1409.0473; Effective Approaches to Attention-based Neural Machine
Translation (Luong et al., 2015), https://arxiv.org/abs/1508.04025, for the scores dot and general

Measured by the first command, one seed: BLEU 100 on the test sentences (SacreBLEU, lower-cased,
13a), long and short, where `seq2seq` has 24.0; with `--data dates` every date is right. By the
third: 37.8 on Multi30k's test sentences.

    kerasrecipes run attention
    kerasrecipes compare attention score=additive,dot,general
    kerasrecipes run attention --data multi30k/ --text de --target en
    kerasrecipes predict attention "the old farmer sees the red bird" --num-beams 4 --explain
"""

from kerasrecipes.models.seq2seq import seq2seq
from kerasrecipes.recipe import Recipe
from kerasrecipes.settings import settings_of
from kerasrecipes.tasks import translation as task
from kerasrecipes.tasks.objectives import next_token

# Small enough for minutes on two cores; languages take the larger numbers below.
build = settings_of(
    seq2seq,
    score="additive",
    units=128,
    attention_units=64,
    embedding_dimension=64,
    bidirectional=True,
)


def search_space(hp) -> dict:
    """Attention score, size and regularisation."""
    return {
        "score": hp.Choice("score", ["additive", "dot", "general"]),
        "units": hp.Choice("units", [128, 256, 512]),
        "dropout_rate": hp.Choice("dropout_rate", [0.0, 0.2, 0.4]),
        "label_smoothing": hp.Choice("label_smoothing", [0.0, 0.1]),
        "learning_rate": hp.Float("learning_rate", 5e-4, 5e-3, sampling="log"),
    }


# Beside those of every translator (`task.LANGUAGES`). A GRU has three gates where an LSTM has four,
# which saves a quarter of the products.
LANGUAGES = {"cell": "gru", "units": 384, "attention_units": 192, "epochs": 8}

recipe = Recipe(
    topic="Text",
    task=task.TASK,
    build=build,
    data=task.sources(),
    objective=next_token,
    training=task.TRAINING,
    by_data=task.by_data(LANGUAGES),
    search_space=search_space,
    example='"the old farmer sees the red bird" --num-beams 4 --explain',
)
