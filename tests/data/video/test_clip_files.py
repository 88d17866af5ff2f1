"""Clips as GIFs and folders of frames, with their sound; what lacks one of both is named."""

import numpy as np
import pytest
from PIL import Image

from kerasrecipes.answers.sound import Audio
from kerasrecipes.data.video.clip_files import ClipSource, frames_of
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Request


def pixels(count=6, seed=0, shape=(12, 10)):
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), np.uint8)


def gif(path, frames, duration=50):
    first, *more = map(Image.fromarray, frames)
    first.save(path, save_all=True, append_images=more, duration=duration, loop=0)


def wav(path, samples=4000):
    sound = np.random.default_rng(0).uniform(-0.5, 0.5, samples)
    path.write_bytes(Audio(samples=sound, sample_rate=16000).wav())


def folder(path, frames):
    path.mkdir()
    for number, frame in enumerate(frames):
        Image.fromarray(frame).save(path / f"{number}.png")


def test_gifs_and_folders_are_the_same_frames(tmp_path):
    given = pixels(12)
    gif(tmp_path / "a.gif", given)
    folder(tmp_path / "b", given)
    one, fps = frames_of(tmp_path / "a.gif")
    np.testing.assert_array_equal(one, given)
    assert fps == pytest.approx(20)
    # In natural order: 10 comes after 9.
    np.testing.assert_array_equal(frames_of(tmp_path / "b")[0], given)


def test_clips_without_sound_and_sound_without_clips_are_named(tmp_path):
    for number in range(10):
        gif(tmp_path / f"{number}.gif", pixels(seed=number))
        wav(tmp_path / f"{number}.wav")
    gif(tmp_path / "mute.gif", pixels())
    wav(tmp_path / "blind.wav")
    gif(tmp_path / "short.gif", pixels())
    wav(tmp_path / "short.wav", 0)
    (tmp_path / "broken.gif").write_bytes(b"GIF89a")
    wav(tmp_path / "broken.wav")
    assert ClipSource().accepts(str(tmp_path))
    splits = ClipSource().load(Request(path=str(tmp_path)))
    clips = [c for part in (splits.train, splits.validation, splits.test) for c in part.clips]
    assert sorted(clip.name for clip in clips) == [str(n) for n in range(10)]
    # Nothing but their size is in memory; they are read when they are asked for.
    assert all(clip.samples == 2000 and clip.frame_count == 6 for clip in clips)
    read = clips[0].read()
    assert len(read.sound) == 2000
    np.testing.assert_array_equal(read.frames, pixels(seed=int(read.name)))
    note = splits.notes[0]
    assert "left out 4 of 14 clips" in note
    for what in ("blind has no frames", "broken.gif cannot be read"):
        assert what in note


BAD = {
    "empty": (lambda path: None, "holds no clips"),
    "no sound": (lambda path: gif(path / "a.gif", pixels()), "a has no sound"),
    "no frames": (lambda path: wav(path / "a.wav"), "a has no frames"),
}


@pytest.mark.parametrize(("make", "error"), BAD.values(), ids=BAD)
def test_folders_without_clips_are_refused(make, error, tmp_path):
    make(tmp_path)
    assert not ClipSource().accepts(str(tmp_path))
    with pytest.raises(UserError, match=error):
        ClipSource().load(Request(path=str(tmp_path)))


def test_frames_that_cannot_be_read_are_refused(tmp_path):
    folder(tmp_path / "mixed", [pixels()[0], pixels(shape=(9, 9))[0]])
    (tmp_path / "noise.gif").write_bytes(np.random.default_rng(0).bytes(99))
    for name, error in (
        ("mixed", "different sizes"),
        ("noise.gif", "cannot be read as frames"),
        ("none.gif", "there is no file"),
    ):
        with pytest.raises(UserError, match=error):
            frames_of(tmp_path / name)
