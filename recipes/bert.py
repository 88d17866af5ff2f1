"""BERT: an encoder that learns a language from texts without labels, by telling hidden words.

A language model that reads from the left, as `gpt`, knows nothing of what comes. To learn what a
word means between its neighbours on both sides, BERT hides words and tells them: of each window
15 % of the tokens are chosen, whole words at a time; of these eight in ten are hidden, one is
exchanged for another token, one stays, so that nothing it reads can be trusted blindly. Whoever can
fill such gaps has learned grammar and much of the matter; what the blocks make of each token is
then a start for any other task: `sentiment` and `ratings` take it by `encoder=bert weights=RUN`.

Paper: BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding (Devlin et
al., 2018), https://arxiv.org/abs/1810.04805

    kerasrecipes run bert
    kerasrecipes run bert --data texts/
    kerasrecipes predict bert "the [MASK] sat on the mat"

Measured by the first of these commands: 44.4 % of the hidden tokens of the test text with seed 0,
49.8 % with seed 1, both still rising after ten epochs; counted neighbours, which know the pairs
of tokens, tell 43.4 %. Which noun or verb stood in a gap often nothing tells, so no model comes
near 100 %.
"""

from kerasrecipes.data import synthetic, text
from kerasrecipes.data.text import masked_language_modeling
from kerasrecipes.models.bert import masked_language_model
from kerasrecipes.recipe import Recipe
from kerasrecipes.settings import settings_of
from kerasrecipes.tasks import masked_language_modeling as task
from kerasrecipes.training_settings import Training

prepare = settings_of(masked_language_modeling.prepare)

# An eightieth of BERT base, which learned from 3,300 million words for four days on 16 TPUs.
build = settings_of(masked_language_model, units=192, num_layers=4, num_heads=4, dropout_rate=0.1)


def search_space(hp) -> dict:
    """Depth, width, share of hidden tokens and learning rate."""
    return {
        "units": hp.Choice("units", [96, 192, 288]),
        "num_layers": hp.Choice("num_layers", [2, 4, 6]),
        "mask_rate": hp.Choice("mask_rate", [0.1, 0.15, 0.3]),
        "learning_rate": hp.Float("learning_rate", 3e-4, 5e-3, sampling="log"),
    }


# The generated sentences have 43 different words. What a hidden word was often stands far before
# it, so windows hold about three sentences.
SENTENCES = {
    "input_length": 36,
    "units": 64,
    "num_layers": 2,
    "copies": 2,
    "dropout_rate": 0.0,
    "epochs": 10,
    "batch_size": 32,
    "learning_rate": 3e-3,
}

recipe = Recipe(
    topic="Text",
    task=task.TASK,
    prepare=prepare,
    build=build,
    data={"agreement": synthetic.agreement(), "text": text.files()},
    objective=task.OBJECTIVE,
    training=Training(
        epochs=4,
        batch_size=16,
        optimizer="adamw",
        learning_rate=1e-3,
        schedule="cosine",
        # Sums that are normalized behind each part, as here, diverge without a warm-up.
        warmup_epochs=0.5,
        weight_decay=0.01,
        clip_norm=1.0,
    ),
    by_data={"agreement": SENTENCES},
    search_space=search_space,
    example='"the girls near the [MASK] sing"',
)
