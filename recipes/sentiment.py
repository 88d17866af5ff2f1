"""Sentiment: a recurrent network reads a text word by word and says at its end how it was meant.

Many to one: many words go in, one answer comes out. (One to one is an image's class, one to many a
caption from an image, many to many a tag for every word, or a translation.) A long short-term
memory carries along what it has read, so "not good" and "good, but not to the end" can mean what
they mean; a bag of words only counts. Words become vectors that are learned with the rest; the
other encodings of the course are a setting, to see what each of them loses.

Paper: Long Short-Term Memory (Hochreiter and Schmidhuber, 1997),
https://www.bioinf.jku.at/publications/older/2604.pdf

Measured on test splits: 100 % of the generated reviews, four seeds, by the first command, where
logistic regression on counted words has 54 % and on pairs of words 62 %; 88.5 % of imdb_reviews,
three seeds, by the second with `--keep last` (88.1 %, one seed, without), where it has 88.2 % on
words and 90.5 % on pairs (python -m benchmarks.bag_of_words --data imdb_reviews).

    kerasrecipes run sentiment
    kerasrecipes run sentiment --data imdb_reviews
    kerasrecipes run sentiment --data reviews.csv --text COLUMN --target COLUMN cell=gru
    kerasrecipes run sentiment --data trec6/ encoder=cnn
    kerasrecipes compare sentiment encoder=recurrent,cnn,transformer
    kerasrecipes compare sentiment encoding=embedding,one_hot,integer,bag_of_words
    kerasrecipes compare sentiment padding=bucketed,fixed,unmasked
    kerasrecipes run sentiment --data trec6/ encoder=bert weights=FOLDER --epochs 20

The last command reads by an encoder that has learned a language from other texts: FOLDER is a run
of `bert`, or a BERT of a model hub (config.json, vocab.txt, model.safetensors). It is frozen, and
its features are computed once; freeze=none fine-tunes all of it. With a small sentence encoder (6
layers of 384, 22.7 million weights), frozen, it has 88.8 % and a macro F1 of 86.1 % on
TREC-6's 500 test questions, one seed; logistic regression on tf-idf of its tokens has F1 83.1 %.
"""

from kerasrecipes.data import synthetic, text
from kerasrecipes.data.text import classification_encoding
from kerasrecipes.data.text.classification_encoding import TextPreprocessor
from kerasrecipes.data.text.word_vectors import vectors_of
from kerasrecipes.info import Info
from kerasrecipes.models.text_classifier import text_classifier
from kerasrecipes.recipe import Objective, Recipe
from kerasrecipes.settings import settings_of
from kerasrecipes.tasks import text_classification, text_encoders
from kerasrecipes.training_settings import Training

prepare = settings_of(
    classification_encoding.prepare, made_by={"pretrained": text_encoders.preprocessor}
)


build = settings_of(
    text_classifier,
    without=("head",),
    from_data={
        "vectors": vectors_of,
        "pretrained": text_encoders.encoder_of,
        "masked": lambda info: TextPreprocessor.of(info).masked,
    },
    embedding_dimension=32,
    bidirectional=False,
    # So that it also learns what to make of a word that is unknown.
    word_dropout_rate=0.05,
)


def objective(info: Info) -> Objective:
    """Head for the number of classes: sigmoid for two, softmax for more."""
    return Objective(task=info.task)


def search_space(hp) -> dict:
    """Cell, size, pooling and regularisation."""
    return {
        "encoder": hp.Choice("encoder", ["recurrent", "cnn", "transformer"]),
        "cell": hp.Choice("cell", ["lstm", "gru"]),
        "bidirectional": hp.Boolean("bidirectional"),
        "units": hp.Choice("units", [32, 64, 128]),
        "embedding_dimension": hp.Choice("embedding_dimension", [32, 64, 128]),
        "pooling": hp.Choice("pooling", ["last", "max", "max_mean"]),
        "dropout_rate": hp.Choice("dropout_rate", [0.0, 0.3, 0.5]),
        "learning_rate": hp.Float("learning_rate", 5e-4, 5e-3, sampling="log"),
    }


# Long reviews and few of them: half of the features and a tenth of the words are dropped. Pooling
# over time shortens the way from the answer back to each word, and training texts are truncated to
# save time.
FILMS = {
    "bidirectional": True,
    "embedding_dimension": 64,
    "pooling": "max_mean",
    "dropout_rate": 0.5,
    "word_dropout_rate": 0.1,
    "max_length": 600,
    "train_length": 300,
    "epochs": 3,
    "learning_rate": 2e-3,
    "warmup_epochs": 0.5,
}

recipe = Recipe(
    topic="Text",
    task=text_classification.TASK,
    prepare=prepare,
    build=build,
    data={
        "reviews": synthetic.reviews(),
        "imdb_reviews": text.tfds("imdb_reviews"),
        "yelp_polarity_reviews": text.tfds("yelp_polarity_reviews"),
        "ag_news_subset": text.tfds("ag_news_subset"),
        "table": text.table(),
        "folder": text.folder(),
    },
    objective=objective,
    training=Training(
        epochs=8,
        batch_size=64,
        optimizer="adamw",
        learning_rate=5e-3,
        schedule="cosine",
        warmup_epochs=1,
        clip_norm=1,
    ),
    by_data={"imdb_reviews": FILMS, "yelp_polarity_reviews": FILMS, "ag_news_subset": FILMS},
    search_space=search_space,
    example='"The movie was not good"',
)
