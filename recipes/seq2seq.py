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

from functools import partial

import keras

from kerasrecipes.data.text import translation_tfds
from kerasrecipes.layers.recurrent.attention_rnn import Cell
from kerasrecipes.losses.sequence import SequenceCrossentropy
from kerasrecipes.metrics.token_accuracy import TokenAccuracy
from kerasrecipes.models.seq2seq import seq2seq
from kerasrecipes.recipe import Info, Objective, Recipe, Training
from kerasrecipes.tasks import translation as task


def build(
    info: Info,
    *,
    cell: Cell = "lstm",
    units: int = 128,
    num_layers: int = 1,
    embedding_dimension: int = 64,
    bidirectional: bool = False,
    dropout_rate: float = 0.0,
    tied_embeddings: bool = False,
    teacher_forcing_rate: float = 1.0,
) -> keras.Model:
    """Build encoder and decoder for the vocabularies at hand.

    Args:
        cell: of both; a gru has one state, an lstm two.
        units: size of the states; of a bidirectional encoder half of it for each direction.
        num_layers: recurrent layers of encoder and decoder each.
        embedding_dimension: size of a token's vector.
        bidirectional: whether the encoder reads from both ends.
        dropout_rate: share of embeddings and layers' outputs that is silenced at random in
            training.
        tied_embeddings: whether the last product takes the target's embeddings as its kernel.
        teacher_forcing_rate: share of the decoder's inputs that are right in training; the rest is
            what it says itself.
    """
    return seq2seq(
        info.facts["source_size"],
        info.vocabulary_size,
        cell=cell,
        units=units,
        num_layers=num_layers,
        embedding_dimension=embedding_dimension,
        bidirectional=bidirectional,
        dropout_rate=dropout_rate,
        tied_embeddings=tied_embeddings,
        teacher_forcing_rate=teacher_forcing_rate,
    )


def objective(info: Info, *, label_smoothing: float = 0.0) -> Objective:
    """Compare with the right next token.

    Args:
        label_smoothing: share of each token's probability that is spread over the vocabulary.
    """
    loss = partial(SequenceCrossentropy, label_smoothing=label_smoothing)
    return Objective(task="multiclass", loss=loss, metrics=(TokenAccuracy,))


def search_space(hp) -> dict:
    """Search over size, and over what keeps it from learning by heart."""
    return {
        "cell": hp.Choice("cell", ["lstm", "gru"]),
        "units": hp.Choice("units", [128, 256, 512]),
        "dropout_rate": hp.Choice("dropout_rate", [0.0, 0.2, 0.4]),
        "label_smoothing": hp.Choice("label_smoothing", [0.0, 0.1]),
        "learning_rate": hp.Float("learning_rate", 5e-4, 5e-3, sampling="log"),
    }


LANGUAGES = {
    "tokenization": "subwords",
    "vocabulary_size": 6000,
    "units": 512,
    "embedding_dimension": 256,
    "bidirectional": True,
    "dropout_rate": 0.3,
    "label_smoothing": 0.1,
    "tied_embeddings": True,
    "epochs": 12,
    "batch_size": 128,
    "learning_rate": 2e-3,
}

recipe = Recipe(
    topic="Text",
    task=task.TASK,
    build=build,
    data=translation_tfds.all_sources(),
    objective=objective,
    training=Training(
        epochs=6,
        batch_size=64,
        learning_rate=4e-3,
        schedule="cosine",
        warmup_epochs=0.5,
        clip_norm=1,
    ),
    by_data={
        "dates": {"tokenization": "characters"},
        **dict.fromkeys(("parallel", "tsv", "pt_to_en", "ru_to_en"), LANGUAGES),
    },
    search_space=search_space,
    example='"the old farmer sees the red bird"',
)
