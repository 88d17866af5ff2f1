"""Sound of every form is read, and what is no sound is refused in a line."""

import io

import numpy as np
import pytest

from kerasrecipes.data.audio.decoding import decode, header
from kerasrecipes.errors import UserError
from tests.data.audio.sounds import tone, wav, write

FORMS = [(1, 8), (1, 16), (1, 24), (1, 32), (3, 32), (3, 64)]


def encoded(samples, kind, bits):
    """Write samples in a form by other means than the reader's."""
    if kind == 3:
        return samples.astype(f"<f{bits // 8}").tobytes()
    whole = np.round(samples.astype(np.float64) * (2 ** (bits - 1) - 1)).astype(np.int64)
    if bits == 8:
        return (whole + 128).astype(np.uint8).tobytes()
    rows = [int(value).to_bytes(bits // 8, "little", signed=True) for value in whole.ravel()]
    return b"".join(rows)


@pytest.mark.parametrize(("kind", "bits"), FORMS)
@pytest.mark.parametrize("channels", [1, 2, 5])
def test_every_form_of_wav_is_the_mean_of_its_channels(kind, bits, channels):
    random = np.random.default_rng(bits + channels)
    samples = random.uniform(-1, 1, (int(random.integers(1, 400)), channels))
    rate = int(random.integers(4000, 96000))
    content = wav(
        encoded(samples, kind, bits),
        kind=kind,
        bits=bits,
        channels=channels,
        rate=rate,
        extensible=bool(random.integers(2)),
        junk=random.bytes(int(random.integers(0, 40))),
    )
    found, found_rate = decode(content)
    assert found.dtype == np.float32 and found_rate == rate
    np.testing.assert_allclose(found, samples.mean(axis=1), atol=1.5 / 2 ** min(bits - 1, 22))
    told = header(content)
    assert (told.length, told.channels, told.sample_rate) == (len(samples), channels, rate)


@pytest.mark.parametrize("seed", range(10))
def test_a_file_that_is_cut_off_is_as_long_as_what_is_left(seed, tmp_path):
    random = np.random.default_rng(seed)
    path = write(tmp_path / "a.wav", tone(random))
    content = path.read_bytes()
    path.write_bytes(content[: int(random.integers(44, len(content)))])
    samples, _ = decode(path)
    assert len(samples) == header(path).length == (path.stat().st_size - 44) // 2


def test_a_recorder_that_was_interrupted_leaves_no_size():
    raw = np.arange(100, dtype="<i2").tobytes()
    for size in (0, 2**32 - 1):
        content = wav(raw, kind=1, bits=16, channels=1, rate=8000, size=size)
        assert len(decode(content)[0]) == 100


def test_what_is_no_number_is_silence_and_too_loud_is_clipped():
    raw = np.array([np.nan, np.inf, -np.inf, 3.0, 0.5], "<f4").tobytes()
    samples, _ = decode(wav(raw, kind=3, bits=32, channels=1, rate=8000))
    assert samples.tolist() == [0, 1, -1, 1, 0.5]


@pytest.mark.parametrize("seed", range(40))
def test_files_that_are_no_sound_are_refused_in_a_line(seed, tmp_path):
    random = np.random.default_rng(seed)
    good = wav(random.bytes(60), kind=1, bits=16, channels=1, rate=8000)
    drawn = random.bytes(int(random.integers(0, 200)))
    content = [
        b"",
        drawn,
        b"RIFF" + drawn,
        good[:8] + b"WAVE" + drawn,
        good[: int(random.integers(1, 44))],
        wav(drawn, kind=int(random.choice([2, 6, 7, 85])), bits=16, channels=1, rate=8000),
        wav(drawn, kind=1, bits=12, channels=1, rate=8000),
        wav(drawn, kind=1, bits=16, channels=0, rate=8000),
        wav(drawn, kind=1, bits=16, channels=1, rate=0),
        b"<html>no sound</html>",
    ][seed % 10]
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    for read in (decode, header):
        with pytest.raises(UserError, match="cannot be read as sound") as raised:
            read(path)
        assert "\n" not in str(raised.value)


def test_folders_and_missing_files_are_refused(tmp_path):
    for path in (tmp_path, tmp_path / "no.wav"):
        with pytest.raises(UserError):
            decode(path)


@pytest.mark.parametrize("kind", ["flac", "ogg"])
def test_other_formats_are_read_by_soundfile(kind, tmp_path):
    soundfile = pytest.importorskip("soundfile")
    samples = tone(np.random.default_rng(1), 0.5, 16000)
    soundfile.write(tmp_path / f"a.{kind}", np.stack([samples, samples], axis=1), 16000)
    found, rate = decode(tmp_path / f"a.{kind}")
    assert rate == 16000 and header(tmp_path / f"a.{kind}").channels == 2
    assert np.corrcoef(found[: len(samples)], samples[: len(found)])[0, 1] > 0.95
    content = io.BytesIO((tmp_path / f"a.{kind}").read_bytes()).getvalue()
    np.testing.assert_array_equal(decode(content)[0], found)


def test_without_soundfile_the_extra_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(__import__("sys").modules, "soundfile", None)
    (tmp_path / "a.flac").write_bytes(b"fLaC" + bytes(60))
    with pytest.raises(UserError, match=r"pip install 'kerasrecipes\[audio\]'"):
        decode(tmp_path / "a.flac")
