"""GPT: a transformer that reads a text from the left, says what comes next, and so writes on.

Its task is that of `next_word`, and so are its data and its answers. Where a recurrent network
carries all that it has read in one state, here every token looks back at all tokens before it, by
heads of attention that learn what to look for, and then thinks about what it has found, in a
network of its own; a few such blocks stand one on another. Nothing has to be carried through a
hundred steps, so all tokens of a text are learned from at once. Writing, it keeps the keys and
values of what it has read: each further token costs one step.

Paper: Language Models are Unsupervised Multitask Learners (Radford et al., 2019, "GPT-2"); rotary
positions: RoFormer (Su et al., 2021), https://arxiv.org/abs/2104.09864

Measured by the first command with `--seed 1`, in 76 s of training: test perplexity
4.00 for a word of the generated sentences; a bigram model has 5.04, `next_word` 3.97 with the same
seed, and no model can have less than 3.74.

    kerasrecipes run gpt
    kerasrecipes run gpt --data book.txt
    kerasrecipes run gpt --data book.txt tokenization=subwords vocabulary_size=2000
    kerasrecipes run gpt --data other.txt weights=RUN adapter_rank=4 --learning-rate 1e-2
    kerasrecipes predict gpt "To be" --length 200 --temperature 0.8 --top-p 0.9

The fourth command begins with the weights, vocabulary and sizes of an earlier run, RUN, and leaves
them as they are: beside each matrix two thin ones learn, whose product is added to it (LoRA: Hu et
al., 2021, https://arxiv.org/abs/2106.09685). Without adapter_rank all weights learn on.
"""

from kerasrecipes.data import synthetic, text
from kerasrecipes.data.text import language_modeling
from kerasrecipes.models.gpt import gpt
from kerasrecipes.recipe import Recipe
from kerasrecipes.settings import settings_of
from kerasrecipes.tasks import initial_weights
from kerasrecipes.tasks import language_modeling as task
from kerasrecipes.training_settings import Training

# Windows that overlap: a token stands at the beginning of one, where little is before it, and in
# the middle of others.
prepare = settings_of(
    language_modeling.prepare,
    without=("vectors",),
    made_by={"learned": initial_weights.preprocessor_of},
    input_length=256,
    stride=128,
)

# A seventieth of GPT-2 small. Heads that turn with the position learn faster than embeddings of it.
build = settings_of(
    gpt,
    units=192,
    num_layers=4,
    num_heads=4,
    positions="rotary",
    dropout_rate=0.1,
    then=initial_weights.begin,
)


def search_space(hp) -> dict:
    """Depth, width, positions and dropout."""
    return {
        "units": hp.Choice("units", [96, 192, 288]),
        "num_layers": hp.Choice("num_layers", [2, 4, 6]),
        "positions": hp.Choice("positions", ["rotary", "learned", "sinusoidal"]),
        "dropout_rate": hp.Choice("dropout_rate", [0.0, 0.1, 0.2]),
        "learning_rate": hp.Float("learning_rate", 5e-4, 5e-3, sampling="log"),
    }


# The generated sentences have 43 different words, and at most 31 of them in a row.
SENTENCES = {
    "tokenization": "words",
    "input_length": 36,
    "stride": 36,
    "units": 64,
    "num_layers": 2,
    "num_heads": 4,
    "dropout_rate": 0.0,
    "epochs": 10,
    "batch_size": 16,
    "learning_rate": 4e-3,
}

recipe = Recipe(
    topic="Text",
    task=task.TASK,
    prepare=prepare,
    build=build,
    data={"agreement": synthetic.agreement(), "text": text.files()},
    objective="next_token",
    training=Training(
        epochs=4,
        batch_size=16,
        optimizer="adamw",
        learning_rate=3e-3,
        schedule="cosine",
        warmup_epochs=0.1,
        weight_decay=0.1,
        clip_norm=1.0,
    ),
    by_data={"agreement": SENTENCES},
    search_space=search_space,
    example='"if the girls near the king"',
)
