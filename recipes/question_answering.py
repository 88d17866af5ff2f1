"""Question answering: a net reads a text for a question, and points at the words that answer it.

The answer is a part of the text, so there is nothing to write: at every word the net says how
probable it is to be the first of the answer, and how probable to be the last. Text and question are
read by the same recurrent layers; attention then tells each word of the text what of the question
fits it, and one more layer reads what came of that. Three features say whether the question has a
word of the text, as it is, in other capitals, or in another form: names that were never seen can
only be found by that. A place before the text stands for "it does not tell". Long texts are read in
windows that overlap.

    kerasrecipes run question_answering
    kerasrecipes run question_answering --data dev-v1.1.json
    kerasrecipes run question_answering --data asked.csv --column answer=COLUMN
    kerasrecipes predict question_answering --context article.txt "Who built it?"

Papers: Bidirectional Attention Flow for Machine Comprehension (Seo et al., 2017),
https://arxiv.org/abs/1611.01603; Reading Wikipedia to Answer Open-Domain Questions (Chen et al.,
2017), https://arxiv.org/abs/1704.00051, for the features; SQuAD (Rajpurkar et al., 2016),
https://arxiv.org/abs/1606.05250

Measured on test questions about the generated articles, one seed, by the first command: F1 96.0 %,
98.9 % of the questions that have an answer and 80.8 % of those that have none, in 2 min 41 s on one
busy processor core; names in the sentence with most of the question's words have 17.4 %.
"""

from functools import partial

from kerasrecipes.data import synthetic, text
from kerasrecipes.data.text import question_answering as questions
from kerasrecipes.data.text.question_answering import MATCHES, QuestionPreprocessor
from kerasrecipes.data.text.word_vectors import vectors_of
from kerasrecipes.losses.span import SpanCrossentropy
from kerasrecipes.metrics.span_accuracy import SpanAccuracy
from kerasrecipes.models.question_answering import span_finder
from kerasrecipes.recipe import Objective, Recipe
from kerasrecipes.settings import settings_of
from kerasrecipes.tasks import question_answering as task
from kerasrecipes.training_settings import Training

prepare = settings_of(questions.prepare)


build = settings_of(
    span_finder,
    from_data={
        "num_matches": lambda info: MATCHES,
        "alphabet_size": lambda info: QuestionPreprocessor.of(info).characters.size,
        "letters": lambda info: QuestionPreprocessor.of(info).characters_per_word,
        "vectors": vectors_of,
    },
)


def search_space(hp) -> dict:
    """Cell, width and dropout."""
    return {
        "cell": hp.Choice("cell", ["lstm", "gru"]),
        "units": hp.Choice("units", [64, 96, 128]),
        "embedding_dimension": hp.Choice("embedding_dimension", [50, 100, 200]),
        "dropout_rate": hp.Float("dropout_rate", 0.1, 0.5),
        "learning_rate": hp.Float("learning_rate", 5e-4, 1e-2, sampling="log"),
    }


recipe = Recipe(
    topic="Text",
    task=task.TASK,
    prepare=prepare,
    build=build,
    data={
        "lives": synthetic.lives(),
        "squad/v1.1": text.tfds_questions("squad/v1.1"),
        "squad/v2.0": text.tfds_questions("squad/v2.0"),
        "files": text.questions(),
    },
    objective=Objective(
        loss=SpanCrossentropy, metrics=(partial(SpanAccuracy),), headline="f1", best="max"
    ),
    training=Training(
        epochs=8,
        batch_size=32,
        optimizer="adam",
        learning_rate=2e-3,
        schedule="cosine",
        clip_norm=5,
    ),
    # Generated articles have few words and forms: a smaller net learns them, in a minute.
    by_data={
        "lives": {
            "units": 64,
            "embedding_dimension": 64,
            "epochs": 6,
            "learning_rate": 3e-3,
        }
    },
    search_space=search_space,
    example='"Where was Ann born?" --context "Ann was born in Oslo, in 1890."',
)
