"""Next word: a recurrent network that has read so far says what comes next, and so writes on by
itself.

Many to many, of equal length: at every token the answer is the token after it, so a text is its own
label. (Many to one is a text's sentiment, one to many an image's caption, one to one an image's
class.) The state must hold whatever of the past still matters: that the subject was plural, that an
"if" waits for its "then". It reads from one side only, for the other is what it shall tell.
Writing, it draws a token by its own probabilities and reads that as its next input; the state is
carried along, and nothing is read twice. Perplexity says between how many equally likely tokens it
still hesitates.

Paper: Recurrent neural network based language model (Mikolov et al., 2010),
https://www.isca-archive.org/interspeech_2010/mikolov10_interspeech.html

Measured: tiny Shakespeare's characters, validation loss 1.546, test loss 1.648 (perplexity 5.2; by
the last character alone 12.2), one seed, 750 s on two busy cores, by the second of these commands.

    kerasrecipes run next_word
    kerasrecipes run next_word --data book.txt
    kerasrecipes predict next_word "To be" --length 200 --temperature 0.8
"""

from kerasrecipes.data import synthetic, text
from kerasrecipes.data.text import language_modeling
from kerasrecipes.data.text.word_vectors import vectors_of
from kerasrecipes.models.rnn_language_model import language_model
from kerasrecipes.recipe import Recipe
from kerasrecipes.settings import settings_of
from kerasrecipes.tasks import language_modeling as task
from kerasrecipes.training_settings import Training

prepare = settings_of(language_modeling.prepare, without=("learned",))


build = settings_of(language_model, from_data={"vectors": vectors_of}, units=384, dropout_rate=0.1)


def search_space(hp) -> dict:
    """Cell, size, depth and dropout."""
    return {
        "cell": hp.Choice("cell", ["lstm", "gru"]),
        "units": hp.Choice("units", [128, 256, 384]),
        "num_layers": hp.Choice("num_layers", [1, 2]),
        "dropout_rate": hp.Choice("dropout_rate", [0.0, 0.1, 0.3]),
        "learning_rate": hp.Float("learning_rate", 5e-4, 5e-3, sampling="log"),
    }


# The generated sentences have 43 different words, and at most 31 of them in a row.
SENTENCES = {
    "tokenization": "words",
    "input_length": 36,
    "embedding_dimension": 32,
    "units": 128,
    "dropout_rate": 0.0,
    "epochs": 16,
    "batch_size": 32,
    "learning_rate": 5e-3,
}

recipe = Recipe(
    topic="Text",
    task=task.TASK,
    prepare=prepare,
    build=build,
    data={"agreement": synthetic.agreement(), "text": text.files()},
    objective="next_token",
    training=Training(
        epochs=6,
        batch_size=32,
        optimizer="adamw",
        learning_rate=4e-3,
        schedule="cosine",
        warmup_epochs=0.2,
        clip_norm=1.0,
    ),
    by_data={"agreement": SENTENCES},
    search_space=search_space,
    example='"if the girls near the king"',
)
