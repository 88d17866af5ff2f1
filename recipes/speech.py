"""Speech: the words of a recording, by a network that is told what is said and never when.

Many to many of unknown places: a recording has a hundred frames a second, its transcript a few
letters. For each frame the network gives a probability to every letter and to a blank.
Connectionist temporal classification (CTC) sums the probabilities of all paths that leave the
transcript when repetitions are merged and blanks removed, so that the network finds for itself
where each letter is. It reads log-mel features, the power of sound in bands as the ear has them, in
both directions. Parts of them are hidden in training (SpecAugment), and recordings are played
faster and slower, so that other voices are understood too. Nobody speaks in two splits.

Papers: Connectionist Temporal Classification (Graves et al., 2006),
https://www.cs.toronto.edu/~graves/icml_2006.pdf; Deep Speech 2 (Amodei et al., 2016),
https://arxiv.org/abs/1512.02595; SpecAugment (Park et al., 2019), https://arxiv.org/abs/1904.08779

Measured: by the first of these commands, seed 0, a word error rate of 25.7 % (23.9 % on another
processor) on 110 recordings of nonsense words, where the words of the nearest training recording
have 99.6 %. By the third with epochs=20, one to five spoken digits in a row: 2.0 % of voices that
were heard (--column speaker=none) and 36.0 % of one that was not, where the nearest recording has
70.2 and 74.0 %; on one processor, which sums in another order, 1.4 and 32.9 %.

    kerasrecipes run speech
    kerasrecipes run speech --data recordings/
    kerasrecipes run speech --data digits/ joined=5 tokenization=words stride=4
    kerasrecipes run speech --data validated.tsv --column text=sentence
    kerasrecipes predict speech file.wav
    kerasrecipes predict speech talk.flac --language-model book.txt --output talk.srt
"""

from kerasrecipes.data import audio, synthetic
from kerasrecipes.models.speech_recognizer import speech_recognizer
from kerasrecipes.recipe import Recipe
from kerasrecipes.settings import settings_of
from kerasrecipes.tasks import speech as task
from kerasrecipes.training_settings import Training

build = settings_of(speech_recognizer)


def search_space(hp) -> dict:
    """Sizes, dropout and how much is hidden."""
    return {
        "cell": hp.Choice("cell", ["lstm", "gru"]),
        "units": hp.Choice("units", [64, 96, 128]),
        "num_layers": hp.Int("num_layers", 1, 3),
        "filters": hp.Choice("filters", [64, 96, 128]),
        "dropout_rate": hp.Float("dropout_rate", 0.0, 0.4),
        "hidden_bands": hp.Float("hidden_bands", 0.0, 0.4),
        "learning_rate": hp.Float("learning_rate", 1e-3, 1e-2, sampling="log"),
    }


recipe = Recipe(
    topic="Audio",
    task=task.TASK,
    build=build,
    data={"formants": synthetic.speech(), "recordings": audio.recordings()},
    objective=task.OBJECTIVE,
    training=Training(
        epochs=10,
        batch_size=16,
        optimizer="adamw",
        learning_rate=4e-3,
        schedule="cosine",
        # The loss is steep before the blanks are learned.
        warmup_epochs=0.5,
        clip_norm=1,
    ),
    search_space=search_space,
    example="speech.wav",
)
