"""Recordings and transcripts in the forms that people have them, whole and with parts missing."""

import numpy as np
import pytest

from kerasrecipes.data.audio.transcripts import TranscribedFolder
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Request
from tests.data.audio.sounds import tone, write

WORDS = ["one two", "three", "four five six", "seven", "eight nine", "ten"]


def load(path, **options):
    splits = TranscribedFolder().load(Request(path=str(path), options=options))
    parts = [splits.train, splits.validation, splits.test]
    return splits, parts, sorted(text for part in parts for text in part.transcripts)


def table(folder, random, header="path\tsentence\tclient_id\n"):
    rows = [f"{n}.wav\t{text}\tvoice {n % 3}\n" for n, text in enumerate(WORDS)]
    for n in range(len(WORDS)):
        write(folder / "clips" / f"{n}.wav", tone(random))
    (folder / "validated.tsv").write_text(header + "".join(rows))


def librispeech(folder, random):
    for n, text in enumerate(WORDS):
        chapter = folder / str(n % 3) / "7"
        write(chapter / f"{n % 3}-7-{n:04}.wav", tone(random))
        with (chapter / f"{n % 3}-7.trans.txt").open("a") as file:
            file.write(f"{n % 3}-7-{n:04} {text.upper()}\n")


def beside(folder, random):
    for n, text in enumerate(WORDS):
        path = write(folder / f"voice {n % 3}" / f"{n}.wav", tone(random))
        path.with_suffix(".txt").write_text(text)


def names(folder, random):
    for n, text in enumerate(WORDS):
        write(folder / f"{text.replace(' ', '-')}_voice{n % 3}_{n}.wav", tone(random))


@pytest.mark.parametrize("form", [table, librispeech, beside, names])
def test_every_form_is_read_and_nobody_speaks_in_two_splits(form, tmp_path):
    form(tmp_path, np.random.default_rng(0))
    _, parts, texts = load(tmp_path)
    assert [text.lower() for text in texts] == sorted(WORDS)
    speakers = [set(part.speaker_names) for part in parts]
    assert all(speakers) and not speakers[0] & speakers[1] and not speakers[0] & speakers[2]
    assert TranscribedFolder().accepts(str(tmp_path))


def test_recordings_are_drawn_where_that_is_asked_for(tmp_path):
    names(tmp_path, np.random.default_rng(0))
    splits, _, texts = load(tmp_path, column={"speaker": "none"})
    assert texts == sorted(WORDS) and not any("speaks in two" in note for note in splits.notes)


@pytest.mark.parametrize("seed", range(6))
def test_what_is_missing_or_broken_is_named_and_left_out(tmp_path, seed):
    random = np.random.default_rng(seed)
    table(tmp_path, random)
    fault = ["missing", "empty", "no sound", "no length", "no text", "alone"][seed]
    path = tmp_path / "clips" / "2.wav"
    lines = (tmp_path / "validated.tsv").read_text().splitlines()
    if fault == "missing":
        path.unlink()
    elif fault == "empty":
        path.write_bytes(b"")
    elif fault == "no sound":
        path.write_bytes(random.bytes(500))
    elif fault == "no length":
        write(path, np.zeros(0))
    elif fault == "no text":
        lines[3] = "2.wav\t \tvoice 2"
    else:
        del lines[3]
    (tmp_path / "validated.tsv").write_text("\n".join(lines) + "\n")
    splits, _, texts = load(tmp_path)
    assert texts == sorted(set(WORDS) - {"four five six"})
    (note,) = [note for note in splits.notes if note.startswith("left out: 1 ")]
    assert "2.wav" in note


def test_a_folder_without_any_is_refused_in_a_line(tmp_path):
    with pytest.raises(UserError, match="there is no folder"):
        load(tmp_path / "gone")
    with pytest.raises(UserError, match="holds no recordings"):
        load(tmp_path)
    write(tmp_path / "a.wav", np.zeros(0))
    with pytest.raises(UserError, match="has no recordings with transcripts") as error:
        load(tmp_path)
    assert "\n" not in str(error.value)


def test_columns_are_found_by_their_cells_and_by_what_is_said(tmp_path):
    table(tmp_path, np.random.default_rng(0), header="")
    given = {"column": {"text": "2", "speaker": "3"}}
    assert load(tmp_path, **given)[2] == sorted(WORDS)
    assert load(tmp_path)[2] == [f"voice {n % 3}" for n in (0, 3, 1, 4, 2, 5)]  # the last column
    with pytest.raises(UserError, match="no column 4"):
        load(tmp_path, column={"text": "4"})
