"""Sound for silent clips, and how well its events are in time."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
from PIL import Image

from kerasrecipes.answers.answer import Answer
from kerasrecipes.answers.sound import Audio
from kerasrecipes.answers.writing import check
from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.video.clip_files import frames_of
from kerasrecipes.data.video.foley import RATE, FoleyPreprocessor
from kerasrecipes.errors import UserError
from kerasrecipes.metrics.baselines import Baseline
from kerasrecipes.metrics.events import event_f1
from kerasrecipes.recipe import Evaluation

TOLERANCE = 1  # frames
_PIECE, _AROUND = 500, 16  # frames that are heard at a time, and those on both sides of them
_SCALE = 8  # of small frames in a film


def add_sound(
    run: Any,
    inputs: Sequence[str | Path | bytes],
    *,
    video: str = "",
    seed: int = 0,
) -> list[Answer]:
    """Make the sound of silent clips.

    Args:
        run: has the trained `model` and the `info` of its data.
        inputs: animated GIFs, folders of frames, or contents of GIFs, as bytes.
        video: file to write the clip with its sound to, such as `film.mp4`, where ffmpeg is there;
            of one input.
        seed: of the phases of the tones.

    Returns:
        An `Audio` for each, with the times of its events in the details.

    Raises:
        UserError: if an input is no clip, or a video is asked for that cannot be written.
    """
    preprocessor = FoleyPreprocessor.of(run.info)
    if video:
        _check_video(video, len(inputs))
    answers: list[Answer] = []
    for item in inputs:
        frames, fps = _read(item)
        small = preprocessor(frames, fps)
        loudness = loudness_of(run.model, small)
        sound = preprocessor.decode(loudness, seed)
        times = preprocessor.events(loudness) / preprocessor.fps
        if video:
            _write_video(video, small, preprocessor.fps, sound)
        notes = [f"see {video}"] if video else []
        details = {"events": ", ".join(f"{time:.2f} s" for time in times) or "none"}
        name = "-" if isinstance(item, bytes) else str(item)
        answers.append(
            Audio(input=name, samples=sound, sample_rate=RATE, details=details, notes=notes)
        )
    if not answers:
        raise UserError("there is no clip; give an animated GIF, or a folder of frames")
    return answers


def _read(item: str | Path | bytes) -> tuple[np.ndarray, float]:
    if isinstance(item, bytes):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "standard input.gif")
            path.write_bytes(item)
            return frames_of(path)
    path = Path(item).expanduser()
    try:
        there = bool(str(item).strip()) and path.exists()
    except (OSError, ValueError):  # no name that a file could have
        there = False
    if not there:
        raise UserError(f"there is no file or folder '{str(item)[:100]}'")
    return frames_of(path)


def loudness_of(model: Any, frames: np.ndarray) -> np.ndarray:
    """Compute the loudness of bands for a clip of any length, piece by piece.

    Args:
        model: trained.
        frames: `(frames, size, size, 1)` uint8.

    Returns:
        `(frames, bands)`.
    """
    found = []
    for start in range(0, len(frames), _PIECE):
        first = max(0, start - _AROUND)
        piece = frames[first : start + _PIECE + _AROUND]
        outputs = np.asarray(model.predict_on_batch(piece[None]), np.float32)[0]
        found.append(outputs[start - first : start - first + min(_PIECE, len(frames) - start)])
    return np.concatenate(found)


def _check_video(video: str, count: int) -> None:
    if shutil.which("ffmpeg") is None:
        raise UserError("video= needs ffmpeg, which is not installed; --output sound.wav does not")
    if count != 1:
        raise UserError(f"video= is of one clip, received {count}")
    check(Path(video), force=False)


def _write_video(video: str, frames: np.ndarray, fps: int, sound: np.ndarray) -> None:
    """Join frames and sound by ffmpeg."""
    with tempfile.TemporaryDirectory() as folder:
        for number, frame in enumerate(frames[..., 0]):
            picture = Image.fromarray(np.kron(frame, np.ones((_SCALE, _SCALE), np.uint8)))
            picture.save(Path(folder, f"{number:06}.png"))
        Path(folder, "sound.wav").write_bytes(Audio(samples=sound, sample_rate=RATE).wav())
        command = ["ffmpeg", "-n", "-loglevel", "error", "-framerate", str(fps)]
        command += ["-i", str(Path(folder, "%06d.png")), "-i", str(Path(folder, "sound.wav"))]
        command += ["-pix_fmt", "yuv420p", "--", video]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no message"]
        raise UserError(f"{video} cannot be written: {lines[-1][:200]}")


def scores(evaluation: Evaluation) -> dict[str, float]:
    """Compute how many events of the sound are made within a frame.

    Args:
        evaluation: its `outputs` are the loudness of bands.

    Returns:
        `event_f1`, `event_precision` and `event_recall`.
    """
    preprocessor = FoleyPreprocessor.of(evaluation.info)
    truth = [preprocessor.events(row) for row in np.asarray(evaluation.labels)]
    found = [preprocessor.events(row) for row in np.asarray(evaluation.outputs)]
    return event_f1(truth, found, TOLERANCE)


def motion(evaluation: Evaluation) -> Baseline | None:
    """Return the baseline that hears an event where the motion of a picture is largest for a while.

    The motion from which on it does is chosen on the training split, and each event sounds as the
    training events do in the mean.

    Args:
        evaluation: of clips, with the training split.

    Returns:
        Its scores; `None` where the training split is not at hand.
    """
    if evaluation.train is None:
        return None
    preprocessor = FoleyPreprocessor.of(evaluation.info)
    train, test = cast(Arrays, evaluation.train), cast(Arrays, evaluation.examples)
    truth = [preprocessor.events(row) for row in train.y]
    moved = [_motion(row) for row in train.x]
    levels = np.quantile(np.concatenate(moved), np.linspace(0.3, 0.98, 15))
    best = max(
        levels.tolist(),
        key=lambda level: event_f1(truth, [_peaks(row, level) for row in moved], TOLERANCE)[
            "event_f1"
        ],
    )
    found = [_peaks(_motion(row), best) for row in test.x]
    return Baseline(
        "most motion",
        metrics=event_f1([preprocessor.events(row) for row in test.y], found, TOLERANCE),
    )


def _motion(frames: np.ndarray) -> np.ndarray:
    """Return how much each frame differs from the one before it, `(frames,)`."""
    changes = np.abs(np.diff(frames[..., 0].astype(np.int16), axis=0)).mean(axis=(1, 2))
    return np.concatenate([changes[:1], changes])


def _peaks(values: np.ndarray, least: float) -> np.ndarray:
    padded = np.pad(values, 1, constant_values=-np.inf)
    highest = (values >= padded[:-2]) & (values > padded[2:])
    return np.flatnonzero(highest & (values > least))
