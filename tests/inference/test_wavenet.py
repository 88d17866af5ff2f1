"""Sound is drawn step by step as the whole network tells it, and baselines count codes."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest

from kerasrecipes.answers.sound import Audio
from kerasrecipes.data.audio.speech import SpeechExamples
from kerasrecipes.data.audio.waveforms import EncodedWaves, WavePreprocessor
from kerasrecipes.data.audio.waves import ArrayWaves
from kerasrecipes.data.ragged import Ragged
from kerasrecipes.errors import UserError
from kerasrecipes.inference.wavenet import Generator, answers, counted, generate, scores
from kerasrecipes.info import Info
from kerasrecipes.losses.sequence import SequenceCrossentropy
from kerasrecipes.models.wavenet import wavenet
from kerasrecipes.recipe import Evaluation

MULAW = WavePreprocessor(sample_rate=8000, seconds=0.01)


@pytest.fixture(scope="module")
def run():
    keras.utils.set_random_seed(0)
    info = Info(classes=("no", "yes"), preprocessor=MULAW)
    return SimpleNamespace(model=wavenet(2, channels=6, skip=8, depth=4, cycles=2), info=info)


def test_caches_give_what_the_whole_network_gives(run):
    labels = np.array([0, 1, 1])
    begun = np.random.default_rng(0).integers(0, 256, (3, 17)).astype(np.uint8)
    made = Generator(run.model)(labels, 40, temperature=0, begun=begun)
    whole = np.concatenate([begun, made], axis=1).astype(np.int32)
    x = np.concatenate([np.full((3, 1), 128, np.int32), whole[:, :-1]], axis=1)
    logits = run.model.predict_on_batch({"samples": x, "label": labels.astype(np.int32)})
    np.testing.assert_array_equal(np.asarray(logits).argmax(axis=-1)[:, 17:], made)


def test_what_is_drawn_is_as_probable_as_the_network_says(run):
    made = Generator(run.model)(np.zeros(3000, np.int64), 1, seed=1)[:, 0]
    x = {"samples": np.full((1, 1), 128, np.int32), "label": np.zeros(1, np.int32)}
    logits = np.asarray(run.model.predict_on_batch(x))[0, 0].astype(np.float64)
    shares = np.exp(logits) / np.exp(logits).sum()
    found = np.bincount(made, minlength=256) / 3000
    assert np.abs(found - shares).max() < 5 * np.sqrt(shares.max() / 3000)


def test_the_same_seed_gives_the_same_sound(run, tmp_path):
    one, two, other = (generate(run, class_="yes", seed=seed)[0].wav() for seed in (3, 3, 4))
    assert one == two != other
    both = generate(run, count=2, seconds=0.005)
    assert [a.details["label"] for a in both] == ["no", "yes"] and len(both[0].samples) == 40
    path = tmp_path / "a.wav"
    path.write_bytes(Audio(samples=np.sin(np.arange(800) / 9), sample_rate=8000).wav())
    (more,) = generate(run, [str(path)], first=0.05, class_="no")
    wanted = np.sin(np.arange(400) / 9)
    assert more.input == str(path) and len(more.samples) == 480
    np.testing.assert_allclose(more.samples[:400], wanted, atol=0.03)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"class_": "maybe"}, "unknown class 'maybe'"),
        ({"count": 0}, "count=0"),
        ({"seconds": 0}, "seconds=0"),
        ({"seconds": float("nan")}, "seconds=nan"),
        ({"temperature": -1}, "temperature=-1"),
        ({"inputs": ["none.wav"]}, "none.wav"),
        ({"inputs": [b"noise"]}, "cannot be read as sound"),
        (
            {"inputs": [Audio(samples=np.zeros(0), sample_rate=8000).wav()]},
            "of no length|no samples",
        ),
    ],
)
def test_what_cannot_be_made_is_refused(run, options, error):
    with pytest.raises(UserError, match=error):
        generate(run, **options)


def test_bits_are_the_loss_and_the_baseline_counts(run):
    random = np.random.default_rng(0)
    # Codes that go on by one are told by the one before, in which direction by the two.
    rows = [(128 + np.cumsum(random.choice([-1, 1]) * np.ones(60, int))) for _ in range(40)]
    sound = [MULAW.decode(row) for row in rows]
    waves = ArrayWaves(Ragged.of(sound), 8000)
    recordings = SpeechExamples(waves, ["a"] * 40, ["b"] * 40)
    examples = EncodedWaves(recordings, MULAW, np.zeros(40, np.int64), 100)
    found = answers(run.model, run.info, examples)
    x, y, weight = examples.take(np.arange(40))
    loss = float(SequenceCrossentropy()(y, run.model.predict_on_batch(x), weight))
    evaluation = Evaluation(
        recipe="wavenet",
        model=run.model,
        info=run.info,
        examples=examples,
        labels=None,
        outputs=found,
        metrics={},
        train=examples,
    )
    assert scores(evaluation)["bits_per_sample"] == pytest.approx(loss / np.log(2), rel=1e-3)
    baseline = counted(evaluation)
    assert baseline.name == "each sample after two"
    assert baseline.metrics["bits_per_sample"] < 0.7
