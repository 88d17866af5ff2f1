"""Music: a recurrent network hears a piece chord by chord, and composes others.

One to many: from one chord comes a piece. A frame of music is which of a piano's 88 keys sound. A
recurrent layer carries along what it has heard, and tells the next frame key by key from the
lowest: each key knows those below it, so that a chord is drawn whole and not note by note at
random. `hidden=0` takes that away, to see what it is worth. Training pieces are moved to other
keys, for a tune is the same in each.

Papers: Modeling Temporal Dependencies in High-Dimensional Sequences (Boulanger-Lewandowski et al.,
2012), https://arxiv.org/abs/1206.6392; the comparison by An Empirical Evaluation of Generic
Convolutional and Recurrent Networks for Sequence Modeling (Bai et al., 2018),
https://arxiv.org/abs/1803.01271

Measured by the first command, one seed: a frame of the generated test pieces has a negative
log-likelihood of 1.98 nats, where what each key by itself did a frame before tells 8.60. By the
second, one seed, 6.01 for a quarter of Bach's chorales, where keys by themselves have 10.49; Bai et
al. have 8.10, with keys that know nothing of each other.

    kerasrecipes run music
    kerasrecipes run music --data jsb-chorales-quarter.json
    kerasrecipes run music --data midi/ frames_per_beat=2
    kerasrecipes predict music --seed 3 --key "D minor" --output melody.mid
    kerasrecipes predict music tune.abc --first 8 --output more.wav
"""

from kerasrecipes.data import music, synthetic
from kerasrecipes.models.music_model import music_model
from kerasrecipes.recipe import Recipe
from kerasrecipes.settings import settings_of
from kerasrecipes.tasks import music as task
from kerasrecipes.training_settings import Training

build = settings_of(music_model)


def search_space(hp) -> dict:
    """Cell, sizes and dropout."""
    return {
        "cell": hp.Choice("cell", ["gru", "lstm"]),
        "units": hp.Choice("units", [128, 192, 256]),
        "hidden": hp.Choice("hidden", [32, 48, 96]),
        "dropout_rate": hp.Float("dropout_rate", 0.1, 0.6),
        "learning_rate": hp.Float("learning_rate", 1e-3, 1e-2, sampling="log"),
    }


recipe = Recipe(
    topic="Audio",
    task=task.TASK,
    build=build,
    data={"chorales": synthetic.chorales(), "files": music.tunes()},
    objective=task.OBJECTIVE,
    training=Training(
        epochs=60,
        batch_size=16,
        optimizer="adamw",
        learning_rate=4e-3,
        schedule="cosine",
        warmup_epochs=1,
        clip_norm=1,
    ),
    by_data={"chorales": {"epochs": 30}},
    search_space=search_space,
    example="--seed 3",
)
