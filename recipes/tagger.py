"""Tagger: a part of speech for every word, or which words are names, from the word, its letters and
its neighbours.

Many to many of the same length: each word gets an answer of its own, so every step of the recurrent
layers has an output. In "I saw the saw" memory of the word alone must fail once; an LSTM from the
left knows what came before, one from the right what comes after, and both together decide. A
convolution over the letters of each word reads endings and capitals, so that a word that was never
seen is more than "unknown"; some words are made unknown in training.

Papers: Bidirectional LSTM-CRF Models for Sequence Tagging (Huang et al., 2015),
https://arxiv.org/abs/1508.01991; End-to-end Sequence Labeling via Bi-directional LSTM-CNNs-CRF (Ma
and Hovy, 2016), https://arxiv.org/abs/1603.01354

    kerasrecipes run tagger
    kerasrecipes run tagger --data names
    kerasrecipes run tagger --data UD_English-EWT/
    kerasrecipes predict tagger "I saw the saw"

Measured: of the words of UD English EWT's test sentences 94.9 % have the right tag by the third of
these commands, the mean of three seeds, in under five minutes on two busy processor cores; each
word's most frequent tag is right for 86.2 %. Of the generated sentences' words 99.9 % are right by
the first command, 76.4 % by the most frequent tag.
"""

from functools import partial

from kerasrecipes.data import synthetic, text
from kerasrecipes.data.text import tagging
from kerasrecipes.data.text.word_vectors import vectors_of
from kerasrecipes.losses.masked import MaskedCrossentropy
from kerasrecipes.metrics.tag_accuracy import TagAccuracy
from kerasrecipes.models.tagger import Characters
from kerasrecipes.models.tagger import tagger as network
from kerasrecipes.ranges import Count
from kerasrecipes.recipe import Objective, Recipe, Splits
from kerasrecipes.settings import settings_of
from kerasrecipes.tasks import tagging as task
from kerasrecipes.training_settings import Training


def prepare(
    splits: Splits,
    *,
    vocabulary_size: Count | None = None,
    characters: Characters = "convolution",
    characters_per_word: Count = 16,
    vectors: str | None = None,
) -> Splits:
    """Convert words, characters and tags to token ids.

    Args:
        vocabulary_size: maximum number of words in the vocabulary, other words are known by their
            characters only; by default all of training.
        characters: encoder of each word's characters: a convolution, a recurrent layer, or none.
        characters_per_word: number of characters of each word that the model reads, half of
            them from its end.
        vectors: GloVe or fastText text file with the initial embeddings of words.
    """
    characters_per_word = 0 if characters == "none" else characters_per_word
    return tagging.prepare(
        splits,
        vocabulary_size=vocabulary_size,
        characters_per_word=characters_per_word,
        vectors=vectors,
    )


build = settings_of(
    network,
    from_data={
        "vectors": vectors_of,
        "alphabet_size": lambda info: tagging.TagPreprocessor.of(info).alphabet_size,
        "letters": lambda info: tagging.TagPreprocessor.of(info).characters_per_word,
    },
    dropout_rate=0.4,
)


def search_space(hp) -> dict:
    """Cell, depth, width, character encoder and dropout."""
    return {
        "cell": hp.Choice("cell", ["lstm", "gru"]),
        "num_layers": hp.Int("num_layers", 1, 2),
        "units": hp.Choice("units", [64, 128, 192]),
        "characters": hp.Choice("characters", ["convolution", "recurrent"]),
        "dropout_rate": hp.Float("dropout_rate", 0.1, 0.6),
        "word_dropout_rate": hp.Float("word_dropout_rate", 0.0, 0.3),
        "learning_rate": hp.Float("learning_rate", 5e-4, 1e-2, sampling="log"),
    }


recipe = Recipe(
    topic="Text",
    task=task.TASK,
    prepare=prepare,
    build=build,
    data={
        "parts_of_speech": synthetic.tagged("parts_of_speech"),
        "names": synthetic.tagged("names"),
        "table": text.tagged_table(),
        "conll": text.conll(),
    },
    objective=Objective(
        task="multiclass",
        loss=partial(MaskedCrossentropy, ignore_class=tagging.UNTAGGED),
        metrics=(partial(TagAccuracy),),
    ),
    training=Training(
        epochs=6, batch_size=32, optimizer="adam", learning_rate=3e-3, schedule="cosine"
    ),
    search_space=search_space,
    example='"I saw the saw"',
)
