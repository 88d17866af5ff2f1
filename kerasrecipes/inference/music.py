"""New music from a key, a mood or first bars, and how well a model tells the chords of pieces."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import keras
import numpy as np
from keras import layers

from kerasrecipes.answers.answer import Answer
from kerasrecipes.answers.sound import Midi, Note
from kerasrecipes.data.music.files import FRAMES_PER_BEAT, JSON, music_files, read
from kerasrecipes.data.music.pieces import MusicExamples
from kerasrecipes.data.music.preprocessor import KEYS, LOWEST, NAMES, MusicPreprocessor, key_of
from kerasrecipes.errors import UserError, unknown
from kerasrecipes.inference.distributed import plain_model
from kerasrecipes.info import Info
from kerasrecipes.metrics.baselines import Baseline
from kerasrecipes.models.music_model import CHORD
from kerasrecipes.recipe import Evaluation

MOODS = {"bright": "major", "sad": "minor"}
_LONGEST = 10_000  # beats of a piece
_BATCH = 16
_VOICES = {
    "major": (-12, 4, 7, 12),
    "minor": (-12, 3, 7, 12),
}  # of the chord that a key begins with


def compose(
    run: Any,
    inputs: Sequence[str | Path | bytes] = (),
    *,
    count: int = 1,
    beats: int = 32,
    first: int = 8,
    key: str = "",
    mood: str = "",
    temperature: float = 0.8,
    tempo: float = 90.0,
    seed: int = 0,
) -> list[Answer]:
    """Compose pieces, or go on from the first bars of others.

    Args:
        run: has the trained `model` and the `info` of its data.
        inputs: files of music, folders of them, or contents of files; by default a piece begins
            with the chord of a key.
        count: number of pieces, of each input.
        beats: length of what is composed.
        first: beats that are kept of each input.
        key: to begin in, such as `D`, `F#m` or `Bb minor`; by default drawn.
        mood: `bright` draws a major key, `sad` a minor one.
        temperature: divisor of the log-odds of each key before it is drawn; 0 takes what is more
            probable, 1 draws from the model's probabilities.
        tempo: beats a minute.
        seed: of the draws; the same seed gives the same music. Further pieces take the seeds that
            follow.

    Returns:
        A `Midi` for each piece.

    Raises:
        UserError: if an option is out of range, or an input is no music.
    """
    for option, value, low, high in (
        ("count", count, 1, 1000),
        ("beats", beats, 1, _LONGEST),
        ("first", first, 1, _LONGEST),
        ("tempo", tempo, 10, 1000),
        ("temperature", temperature, 0, 10),
    ):
        if not low <= value <= high:
            raise UserError(f"{option}={value}: must be from {low} to {high:,}")
    if seed < 0:
        raise UserError(f"seed={seed}: must be 0 or more")
    preprocessor = MusicPreprocessor.of(run.info)
    player = Player(plain_model(run.model))
    steps = preprocessor.frames_per_beat
    begun: list[tuple[str | None, np.ndarray | None]] = [
        (name, frames[: first * steps]) for name, frames in _pieces(inputs, steps)
    ]
    answers: list[Answer] = []
    for name, frames in begun or [(None, None)]:
        for number in range(count):
            random = np.random.default_rng(seed + number)
            start = _first_chord(key, mood, random) if frames is None else frames
            whole = player.go_on(start, beats * steps, random, temperature)
            notes = [Note(*held) for held in preprocessor.decode(whole)]
            tonic, mode, _ = key_of(whole)
            answers.append(
                Midi(
                    input=name,
                    melody=notes,
                    tempo=tempo,
                    details={"key": f"{NAMES[tonic]} {mode}"},
                )
            )
    return answers


def _pieces(inputs: Sequence[str | Path | bytes], steps: int) -> list[tuple[str, np.ndarray]]:
    """Return name and frames of the pieces of inputs, at a model's steps to a beat."""
    found: list[tuple[str, np.ndarray]] = []
    for item in inputs:
        files: Sequence[Any] = [item]
        if not isinstance(item, bytes):
            place = Path(item).expanduser()
            try:
                there, folder = bool(str(item).strip()) and place.exists(), place.is_dir()
            except (OSError, ValueError):  # no name that a file could have
                there, folder = False, False
            if not there:
                raise UserError(f"there is no file or folder '{str(item)[:100]}'")
            files = music_files(place) if folder else [place]
            if not files:
                raise UserError(f"{item} holds no music (.mid, .abc, or .json)")
        for file in files:
            own = 1 if not isinstance(file, bytes) and file.suffix in JSON else FRAMES_PER_BEAT
            for rows in read(file).values():
                name = "-" if isinstance(file, bytes) else str(file)
                found += [(name, _at_steps(frames, own, steps)) for frames in rows]
    return found


def _at_steps(frames: np.ndarray, own: int, wanted: int) -> np.ndarray:
    """Return frames at another number of steps to a beat, each the one that sounds then."""
    count = max(1, len(frames) * wanted // own)
    return frames[np.minimum(np.arange(count) * own // wanted, len(frames) - 1)]


def _first_chord(key: str, mood: str, random: np.random.Generator) -> np.ndarray:
    """Return one frame, the chord of a key in four voices."""
    if mood and mood not in MOODS:
        raise unknown("mood", mood, MOODS)
    mode = MOODS.get(mood) or ("major", "minor")[int(random.random() < 0.5)]
    tonic = int(random.integers(12))
    if key:
        tonic, mode = _named_key(key, mode if mood else "major")
    frame = np.zeros((1, KEYS), np.uint8)
    frame[0, [60 + (tonic + 5) % 12 - 5 + step - LOWEST for step in _VOICES[mode]]] = 1
    return frame


def _named_key(key: str, mode: str) -> tuple[int, str]:
    """Read a key such as `F#m`, `Bb major` or `c`, which is minor."""
    words = key.replace("-", " ").split()
    name = words[0] if words else ""
    rest = name[1:].replace("♯", "#").replace("♭", "b")
    sign, word = rest[:1] if rest[:1] in ("#", "b") else "", ""
    word = (rest[len(sign) :] + "".join(words[1:])).lower()
    letters = {name[0]: place for place, name in enumerate(NAMES) if len(name) == 1}
    if name[:1].upper() not in letters or word not in ("", "m", "min", "minor", "maj", "major"):
        raise UserError(f"unknown key '{key[:40]}'; keys are such as C, F#m or Bb minor")
    tonic = letters[name[0].upper()] + {"#": 1, "b": -1}.get(sign, 0)
    if word:
        mode = "minor" if word in ("m", "min", "minor") else "major"
    return tonic % 12, mode


class Player:
    """Runs a music model frame by frame, with the state of its recurrent layers.

    Args:
        model: of `music_model`.
    """

    def __init__(self, model: keras.Model):
        self.cells = [layer.cell for layer in model.layers if isinstance(layer, layers.RNN)]
        self.chord = model.get_layer(CHORD)

    def go_on(
        self, start: np.ndarray, count: int, random: np.random.Generator, temperature: float
    ) -> np.ndarray:
        """Draw frames after others.

        Args:
            start: `(frames, 88)`, at least one.
            count: frames to draw.
            random: of the draws.
            temperature: divisor of the log-odds; 0 takes what is more probable.

        Returns:
            `(frames + count, 88)` uint8.
        """
        frames = [*np.asarray(start, np.uint8)]
        states = [
            [keras.ops.zeros((1, size)) for size in _sizes(cell.state_size)] for cell in self.cells
        ]
        features = np.zeros(0, np.float32)
        for place in range(len(frames) + count):
            if place == len(frames):
                frames.append(self.chord.draw(features, random, temperature))
            known = frames[place].astype(np.float32)
            x = keras.ops.convert_to_tensor(known[None])
            for number, cell in enumerate(self.cells):
                x, states[number] = cell(x, states[number], training=False)
            features = np.concatenate([keras.ops.convert_to_numpy(x)[0], known])
        return np.stack(frames)


def _sizes(state_size: Any) -> list[int]:
    return list(state_size) if isinstance(state_size, (list, tuple)) else [state_size]


def answers(model: Any, info: Info, examples: Any) -> list[np.ndarray]:
    """Compute the negative log-likelihood of each frame of a split.

    Args:
        model: trained.
        info: of its training.
        examples: stretches of pieces.

    Returns:
        `(frames - 1,)` of each stretch, in nats.
    """
    found: list[np.ndarray] = [np.zeros(0)] * len(examples)
    order = np.argsort(examples.lengths, kind="stable")
    for start in range(0, len(order), _BATCH):
        chosen = order[start : start + _BATCH]
        x, y, weight = examples.take(chosen)
        odds = np.asarray(model.predict_on_batch(x), np.float64)
        losses = (np.logaddexp(0, odds) - y * odds).sum(axis=-1)
        for row, number in enumerate(chosen):
            found[number] = losses[row][weight[row] > 0]
    return found


def scores(evaluation: Evaluation) -> dict[str, float]:
    """Compute the mean negative log-likelihood of a frame, in nats.

    Args:
        evaluation: its `outputs` are likelihoods by stretch.

    Returns:
        `nll`, over the frames of all stretches.
    """
    if not len(evaluation.outputs):
        return {}
    return {"nll": float(np.concatenate(evaluation.outputs).mean())}


def held_keys(evaluation: Evaluation) -> Baseline | None:
    """Return the baseline that knows how often each key goes on to sound, and begins to.

    Args:
        evaluation: of stretches of pieces, with the training split.

    Returns:
        Its negative log-likelihood of a frame; `None` where the training split is not at hand.
    """
    if evaluation.train is None:
        return None
    counts = np.ones((2, 2, KEYS))  # before, after; one of each, so that nothing is impossible
    for before, after in _steps(cast(MusicExamples, evaluation.train)):
        for known in (0, 1):
            counts[known, 1] += (after * (before == known)).sum(axis=0)
            counts[known, 0] += ((1 - after) * (before == known)).sum(axis=0)
    shares = np.log(counts / counts.sum(axis=1, keepdims=True))
    keys, losses = np.arange(KEYS), []
    for before, after in _steps(cast(MusicExamples, evaluation.examples)):
        losses.append(-shares[before, after, keys].sum(axis=1))
    nll = float(np.concatenate(losses).mean())
    return Baseline("each key by itself a frame before", metrics={"nll": nll})


def _steps(examples: MusicExamples) -> Any:
    """Yield the frames of each stretch but the last, and but the first."""
    for index in range(len(examples)):
        frames = examples.frames(index).astype(int)
        yield frames[:-1], frames[1:]
