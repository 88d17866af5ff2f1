"""WaveNet: sound sample by sample, each drawn from what came before it.

A second of speech has thousands of samples, and what the next one is depends on many of them. Each
block looks at one sample more, twice as far back as the block before, so that a few blocks see
hundreds of samples, and none sees ahead: what is to come is masked by how the blocks are wired. A
sample is one of 256 codes of µ-law, which are fine where sound is quiet, and the network gives each
of them a probability. It is told what is said, or who speaks. Training sees all samples of a
recording at once; generation keeps in each block what it has still to look back at, so that a
sample costs one step of each block.

Papers: WaveNet (van den Oord et al., 2016), https://arxiv.org/abs/1609.03499; Fast Wavenet
Generation Algorithm (Le Paine et al., 2016), https://arxiv.org/abs/1611.09482

Measured by the first command, one seed: 4.62 bits of 8 for a test sample, where how often each
sample follows the one before it tells 5.82. By the second, one seed, 4.88 bits for the digits of
one speaker, where how often each sample follows the two before it tells 6.06. What the first makes
after its minute of training is loud where words are, and has few of their tones yet. Caches make 36
times as many samples a second as whole passes do (python -m benchmarks.wavenet).

    kerasrecipes run wavenet
    kerasrecipes run wavenet --data digits/ --column speaker=none speaker=jackson
    kerasrecipes run wavenet --data recordings/ condition=speaker
    kerasrecipes predict wavenet --class esi --output esi.wav
    kerasrecipes predict wavenet beginning.wav --first 0.1 --seconds 0.5 --output more.wav
"""

from kerasrecipes.data import audio, synthetic
from kerasrecipes.models.wavenet import wavenet
from kerasrecipes.recipe import Recipe
from kerasrecipes.settings import settings_of
from kerasrecipes.tasks import wavenet as task
from kerasrecipes.training_settings import Training

build = settings_of(wavenet, from_data={"num_conditions": task.num_conditions})


def search_space(hp) -> dict:
    """Sizes, and how far back the network looks."""
    return {
        "channels": hp.Choice("channels", [24, 32, 48]),
        "skip": hp.Choice("skip", [32, 64, 128]),
        "depth": hp.Int("depth", 6, 9),
        "cycles": hp.Int("cycles", 1, 3),
        "learning_rate": hp.Float("learning_rate", 1e-3, 1e-2, sampling="log"),
    }


recipe = Recipe(
    topic="Audio",
    task=task.TASK,
    build=build,
    data={"words": synthetic.short_words(), "recordings": audio.recordings()},
    objective=task.OBJECTIVE,
    training=Training(
        epochs=20,
        batch_size=8,
        optimizer="adamw",
        learning_rate=4e-3,
        schedule="cosine",
        warmup_epochs=0.5,
        clip_norm=1,
    ),
    # Short words of one voice: a network of a third of the size learns them within a minute.
    by_data={
        "words": {
            "channels": 24,
            "skip": 32,
            "cycles": 1,
            "epochs": 12,
            "batch_size": 4,
            "learning_rate": 6e-3,
        }
    },
    search_space=search_space,
    example="--seed 3 --output sound.wav",
)
