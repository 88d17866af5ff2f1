"""Seq2seq: an encoder reads a sentence into one vector, a decoder writes another sentence out of
it.

Many to many of different length: the encoder LSTM reads to the end (many to one), then the decoder
LSTM speaks, each word given the ones before it and the vector (one to many). That vector is the
bottleneck: it has to hold all of a sentence, however long, and on long ones it loses the thread.
`attention` is the same model without the bottleneck; `kerasrecipes compare seq2seq attention` shows
BLEU against the length of the source.

Papers: Sequence to Sequence Learning with Neural Networks (Sutskever et al., 2014),
https://arxiv.org/abs/1409.3215; Learning Phrase Representations using RNN Encoder-Decoder (Cho et
al., 2014), https://arxiv.org/abs/1406.1078

Measured by the first command, one seed: BLEU 24.0 on the test sentences (SacreBLEU, lower-cased,
13a), 80 on those of 8 words and 15 on those of 50; `attention` has 100 on all of them. By the third
30.7 on Multi30k, `attention` 37.8.

    kerasrecipes run seq2seq
    kerasrecipes run seq2seq --data dates
    kerasrecipes run seq2seq --data multi30k/ --text de --target en
    kerasrecipes predict seq2seq "the old farmer sees the red bird"
"""

from kerasrecipes.models.seq2seq import seq2seq
from kerasrecipes.recipe import Recipe
from kerasrecipes.settings import settings_of
from kerasrecipes.tasks import translation as task
from kerasrecipes.tasks.objectives import next_token

# Small enough for minutes on two cores; languages take the larger numbers below.
build = settings_of(
    seq2seq, units=128, embedding_dimension=64, without=("score", "attention_units")
)


def search_space(hp) -> dict:
    """Cell, size and regularisation."""
    return {
        "cell": hp.Choice("cell", ["lstm", "gru"]),
        "units": hp.Choice("units", [128, 256, 512]),
        "dropout_rate": hp.Choice("dropout_rate", [0.0, 0.2, 0.4]),
        "label_smoothing": hp.Choice("label_smoothing", [0.0, 0.1]),
        "learning_rate": hp.Float("learning_rate", 5e-4, 5e-3, sampling="log"),
    }


# Beside those of every translator (`task.LANGUAGES`): wider states than `attention` takes, for one
# vector has to hold the whole sentence. There too, an encoder that reads from both ends brings the
# first words as near to that vector as the last.
LANGUAGES = {"units": 512, "epochs": 12}

recipe = Recipe(
    topic="Text",
    task=task.TASK,
    build=build,
    data=task.sources(),
    objective=next_token,
    training=task.TRAINING,
    by_data=task.by_data(LANGUAGES),
    search_space=search_space,
    example='"the old farmer sees the red bird"',
)
