"""Clips become sound with the times of its events, and the baseline follows motion."""

import io
import shutil
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from PIL import Image

from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.synthetic.ball_clips import clip
from kerasrecipes.data.video.foley import FoleyPreprocessor
from kerasrecipes.errors import UserError
from kerasrecipes.inference.foley import add_sound, loudness_of, motion, scores
from kerasrecipes.info import Info
from kerasrecipes.models.foley_model import foley_model
from kerasrecipes.recipe import Evaluation

FOLEY = FoleyPreprocessor(size=16, fps=20, bands=6, threshold=0.2)


def gif(frames, fps):
    first, *more = map(Image.fromarray, frames)
    buffer = io.BytesIO()
    first.save(buffer, "GIF", save_all=True, append_images=more, duration=round(1000 / fps))
    return buffer.getvalue()


@pytest.fixture(scope="module")
def run():
    keras.utils.set_random_seed(0)
    return SimpleNamespace(
        model=foley_model(16, 6, filters=2, units=8), info=Info(preprocessor=FOLEY)
    )


def test_a_clip_becomes_sound_of_its_length(run, tmp_path):
    frames = np.random.default_rng(0).integers(0, 256, (30, 20, 24), np.uint8)
    content = gif(frames, 10)
    (tmp_path / "a.gif").write_bytes(content)
    one, other = add_sound(run, [str(tmp_path / "a.gif"), content])
    assert one.input.endswith("a.gif") and other.input == "-"
    assert one.wav() == other.wav() and len(one.samples) == 3 * 8000
    assert "events" in one.details


def test_long_clips_are_heard_in_pieces(run, monkeypatch):
    frames = np.random.default_rng(0).integers(0, 256, (90, 16, 16, 1), np.uint8)
    whole = np.asarray(run.model.predict_on_batch(frames[None]))[0]
    monkeypatch.setattr("kerasrecipes.inference.foley._PIECE", 25)
    np.testing.assert_allclose(loudness_of(run.model, frames), whole, atol=1e-5)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (["none.gif"], "no file or folder"),
        ([""], "no file or folder"),
        ([b"GIF89a"], "cannot be read as frames"),
        ([], "there is no clip"),
    ],
)
def test_what_is_no_clip_is_refused(run, given, error):
    with pytest.raises(UserError, match=error):
        add_sound(run, given)


def test_a_video_is_written_where_ffmpeg_is(run, tmp_path, monkeypatch):
    content, path = gif(np.zeros((10, 16, 16), np.uint8), 20), tmp_path / "film.mp4"
    if shutil.which("ffmpeg"):
        add_sound(run, [content], video=str(path))
        assert path.stat().st_size > 100
        with pytest.raises(UserError, match="there already"):
            add_sound(run, [content], video=str(path))
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(UserError, match="needs ffmpeg"):
        add_sound(run, [content], video=str(path))


def test_scores_are_perfect_for_the_truth_and_motion_is_a_baseline(run):
    random = np.random.default_rng(0)
    drawn = [clip(random)[0] for _ in range(12)]
    found = FoleyPreprocessor.fit([one.sound for one in drawn], size=32, fps=25, bands=8)
    examples = Arrays(
        np.stack([found(one.frames) for one in drawn]),
        np.stack([found.loudness(one.sound) for one in drawn]),
    )
    evaluation = Evaluation(
        recipe="foley",
        model=None,
        info=Info(preprocessor=found),
        examples=examples,
        labels=examples.y,
        outputs=examples.y,
        metrics={},
        train=examples,
    )
    assert scores(evaluation)["event_f1"] == 1
    assert 0 < motion(evaluation).metrics["event_f1"] < 0.95
