"""Answers of every kind say, show and write themselves."""

import csv
import io
import json
import wave

import numpy as np
import pytest
from PIL import Image as Pillow

from kerasrecipes.answers.answer import Answer, Answers
from kerasrecipes.answers.kinds import KINDS, as_answer
from kerasrecipes.answers.pixels import Boxes, Image, Mask, grid
from kerasrecipes.answers.sound import Audio, Midi, Note, Segment, Transcript
from kerasrecipes.answers.words import Chance, Label, Table, Text, Value
from kerasrecipes.errors import UserError

GRAY = np.arange(48, dtype=np.uint8).reshape(6, 8)
EVIL = "<script>alert('&')</script>"

# One of every kind, as a page's `predict` may return it.
EXAMPLES = {
    "details": {"row": 3, "mean_strength": 16330.0},
    "error": {"error": f"{EVIL} is not an image"},
    "label": {"label": EVIL, "probability": 0.75, "probabilities": [(EVIL, 0.75), ("b", 0.25)]},
    "labels": {"probabilities": [{"label": "a", "probability": 0.9}, (EVIL, 0.1)]},
    "value": {"value": 16330.123456789, "unit": "€"},
    "text": {"text": f"once\n{EVIL}"},
    "quote": {
        "text": EVIL,
        "probability": 0.75,
        "context": f"He said {EVIL}, twice.",
        "begin": 8,
        "end": 8 + len(EVIL),
    },
    "tokens": {"words": [("we", EVIL, 0.5)], "spans": [], "text": f"we\n{EVIL}"},
    "reply": {
        "reply": f"I call {EVIL}.",
        "intent": EVIL,
        "probability": 0.75,
        "slots": {"who": EVIL},
        "words": [("we", "O", 0.5)],
    },
    "image": {"image": GRAY},
    "film": {"frames": np.stack([np.dstack([GRAY] * 3), np.dstack([255 - GRAY] * 3)])},
    "mask": {"mask": GRAY % 3, "classes": ["none", EVIL, "cat"], "image": GRAY},
    "boxes": {"boxes": [(EVIL, 0.5, 1, 1, 5, 5), ("b", 0.25, 0, 0, 3, 3)], "image": GRAY},
    "points": {"points": [(EVIL, 2, 3), ("nose", 4, 5)]},
    "audio": {"samples": np.array([0, 2, np.nan, -0.5]), "sample_rate": 8000},
    "midi": {"melody": [(60, 0, 1), {"pitch": 64, "start": 1, "length": 300}]},
    "transcript": {"text": f"we {EVIL}", "segments": [(EVIL, 0.5, 0.75, 0.5)], "seconds": 2.0},
    "table": {"columns": {"time": ["Monday", EVIL], "sales": [1.5, 2.5]}},
}


@pytest.fixture(params=sorted(EXAMPLES))
def kind(request):
    return request.param


def test_there_is_an_example_of_every_kind():
    assert set(EXAMPLES) == set(KINDS)


def test_a_dictionary_is_recognised_by_its_entries(kind):
    answer = as_answer({"input": "a.png", **EXAMPLES[kind]})
    assert type(answer) is KINDS[kind] and answer.kind == kind
    assert as_answer({"kind": kind, **EXAMPLES[kind]}).kind == kind
    assert as_answer(answer) is answer


def test_it_is_json_of_plain_values(kind):
    answer = as_answer({"input": "a.png", "notes": ["odd"], **EXAMPLES[kind]})
    found = json.loads(json.dumps(answer.to_dict(), allow_nan=False))
    assert found["input"] == "a.png" and found["kind"] == kind and found["notes"] == ["odd"]
    assert set(answer) == set(found) and len(answer) == len(found)


def test_it_is_said_in_words_and_shown_as_escaped_html(kind):
    answer = as_answer({"input": EVIL, "notes": [EVIL], "run": EVIL, **EXAMPLES[kind]})
    assert answer.line().startswith(EVIL) and answer.line().endswith(f"({EVIL})")
    shown = answer._repr_html_()
    assert "<script" not in shown and "&lt;script&gt;" in shown
    assert shown.count("<table") == shown.count("</table>")


def test_each_of_its_files_can_be_read_again(kind):
    for suffix, write in as_answer(EXAMPLES[kind]).files().items():
        content = write()
        match suffix:
            case ".png" | ".jpg" | ".jpeg":
                assert Pillow.open(io.BytesIO(content)).size[0] >= 5
            case ".gif":
                assert Pillow.open(io.BytesIO(content)).n_frames == 2
            case ".json":
                assert json.loads(content)[0]["kind"] == kind
            case ".wav":
                with wave.open(io.BytesIO(content)) as file:
                    pcm = np.frombuffer(file.readframes(10), "<i2")
                    assert file.getframerate() == (8000 if kind == "audio" else 22050)
                if kind == "audio":
                    np.testing.assert_array_equal(pcm, [0, 32767, 0, -16384])
            case ".csv":
                names = {"table": ["time", "sales"], "transcript": list(Segment._fields)}
                assert next(csv.reader(io.StringIO(content.decode()))) == names[kind]
            case ".txt" | ".srt":
                assert EVIL in content.decode()
            case _:
                assert suffix in (".mid", ".midi") and content.startswith(b"MThd")


def test_entries_of_the_page_stand_beside_those_of_the_kind():
    answer = as_answer({"label": "cat", "breed": "Siamese", "age": 16330})
    assert answer["breed"] == "Siamese" and "notes" not in answer
    assert answer.line() == "cat  breed Siamese, age 16,330"


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ([1, 2], "received list"),
        ({"kind": "image", "image": np.zeros((2, 2))}, "float64"),
        ({"kind": "image", "image": np.zeros((2, 2, 5), np.uint8)}, r"\(2, 2, 5\)"),
        ({"frames": np.zeros((2, 2, 3), np.uint8)}, r"\(2, 2, 3\)"),
        ({"mask": np.full((2, 2), 3), "classes": ["a"]}, "indices of 1 classes"),
        ({"mask": GRAY * 0, "classes": ["a"], "image": GRAY[:2]}, "differ in size"),
        ({"columns": {"a": [1], "b": [1, 2]}}, "one length"),
        ({"kind": "audio", "samples": np.zeros(3)}, "sample_rate"),
        ({"kind": "value"}, "either"),
        ({"boxes": [("a", 0.5)]}, "boxes|missing"),
    ],
)
def test_what_is_no_answer_is_refused_in_one_line(wrong, reason):
    with pytest.raises(UserError, match=reason) as caught:
        as_answer(wrong)
    assert "\n" not in str(caught.value)


def test_the_most_probable_classes_are_named_when_asked_for():
    chances = tuple(Chance(name, share) for name, share in [("a", 0.6), ("b", 0.3), ("c", 0.1)])
    answer = Label(input="x.png", label="a", probability=0.6, probabilities=chances)
    assert answer.line() == "x.png  a  60.0 %"
    assert answer.line(top=2) == "x.png  a 60.0 %, b 30.0 %"


def test_numbers_read_as_people_write_them():
    assert Value(value=16330.123456789).line() == "16,330"
    assert Value(by_target={"a": 0.1 + 0.2, "b": 1e-9}).line() == "a 0.3, b 1e-09"


def test_a_mask_keeps_the_background_and_tints_the_rest():
    image = np.full((2, 2, 3), 100, np.uint8)
    mask = np.array([[0, 1], [0, 0]])
    answer = Mask(mask=mask, classes=["none", "cat"], image=image)
    picture = answer.picture()
    assert (picture[mask == 0] == 100).all() and (picture[0, 1] != 100).any()
    assert answer["shares"] == {"none": 0.75, "cat": 0.25}


def test_boxes_and_points_are_drawn_where_they_are():
    image = np.zeros((50, 50, 3), np.uint8)
    drawn = as_answer({"boxes": [("", 0.5, 10, 20, 40, 45)], "image": image}).picture()
    assert drawn[20, 10].any() and drawn[45, 40].any() and not drawn[30, 25].any()
    dots = as_answer({"points": [("eye", 30, 10)], "image": image}).picture()
    assert dots[10, 30].any() and not dots[30, 10].any()
    assert Boxes(boxes=()).said() == "nothing found" and Boxes(boxes=()).picture().shape[2] == 3


def test_midi_holds_tempo_and_notes_in_time():
    content = Midi(melody=[Note(64, 2, 1, 99), Note(60, 0, 2)], tempo=60).midi()
    assert content[:14] == bytes.fromhex("4d546864 00000006 0000 0001 01e0")
    track = content[22:]
    assert int.from_bytes(content[18:22], "big") == len(track)
    assert track == bytes.fromhex(
        "00 ff5103 0f4240"  # a million microseconds a beat
        "00 90 3c 50  8740 80 3c 00"  # 2 beats of 480 ticks, seven bits a byte
        "00 90 40 63  8360 80 40 00"
        "00 ff2f00"
    )


def test_a_list_of_answers_names_the_run_and_stays_short():
    answers = Answers(Text(input=str(n), text="x", run="lenet/1") for n in range(150))
    shown = answers._repr_html_()
    assert shown.count("answered by lenet/1") == 1 and "50 more" in shown


def test_a_table_is_written_as_csv_and_shown():
    table = Table(columns={"day": [1, 2], "sales": [0.5, 1.5]})
    assert table.files()[".csv"]() == b"day,sales\n1,0.5\n2,1.5\n"
    assert table.said() == "2 rows of day, sales"


def test_a_small_picture_is_enlarged_with_its_edges():
    assert "pixelated" in Image(image=GRAY)._repr_html_()
    assert "pixelated" not in Image(image=np.zeros((100, 100), np.uint8))._repr_html_()


def test_sound_of_two_channels():
    stereo = Audio(samples=np.zeros((8, 2)), sample_rate=4)
    with wave.open(io.BytesIO(stereo.wav())) as file:
        assert (file.getnchannels(), file.getnframes()) == (2, 8)
    assert stereo["seconds"] == 2.0


def test_the_base_has_no_entries_that_nobody_gave():
    assert dict(Answer()) == {"kind": "details"}


def test_subtitles_begin_anew_after_a_pause_and_at_the_end_of_a_line():
    said = [("one", 0.1, 0.5), ("two", 0.6, 1.0), ("three", 3661.5, 3662.25)]
    words = [Segment(*item, 0.9) for item in said]
    found = Transcript(text="one two three", segments=words).subtitles().decode()
    assert found == (
        "1\n00:00:00,100 --> 00:00:01,000\none two\n\n2\n01:01:01,500 --> 01:01:02,250\nthree\n"
    )
    long = [Segment("word" * 5, n / 2, n / 2 + 0.4, 0.9) for n in range(6)]
    assert Transcript(text="", segments=long).subtitles().decode().count("-->") == 3


@pytest.mark.parametrize(("side", "count", "factor"), [(8, 5, 8), (28, 16, 3), (96, 4, 1)])
def test_a_grid_shows_each_pixel_of_tiny_images_as_a_square(side, count, factor):
    images = np.random.default_rng(0).integers(0, 256, (count, side, side, 1), np.uint8)
    found = grid(images)
    large = factor * side
    np.testing.assert_array_equal(found[:large:factor, :large:factor], images[0])
    assert (found[large] == 255).all()  # the gap below the first row
    # Of many images none is enlarged beyond what fits on a screen.
    many = np.zeros((4096, 28, 28, 1), np.uint8)
    assert grid(many).shape == (64 * 30 - 2, 64 * 30 - 2, 1)
