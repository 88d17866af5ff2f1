"""Templates say what is known, and ask for what is not."""

import pytest

from kerasrecipes.data.text.answer_templates import fill, read_templates, slots_of
from kerasrecipes.errors import UserError

TEMPLATE = "I wake {who}[ on {day}] at {time}, {who}."


def test_slots_are_filled_and_missing_ones_asked_for():
    assert slots_of(TEMPLATE) == ["who", "time"]
    assert fill(TEMPLATE, {"who": "you", "time": "six"}) == "I wake you at six, you."
    known = {"who": "you", "time": "six", "day": "{time}"}
    assert fill(TEMPLATE, known) == "I wake you on {time} at six, you."
    assert fill("From {from.city_name}", {}) == "Please tell me: from city name."


@pytest.mark.parametrize("suffix", ["json", "toml"])
def test_files_of_templates_are_read(tmp_path, suffix):
    path = tmp_path / f"said.{suffix}"
    path.write_text('{"wake": "Up!"}' if suffix == "json" else 'wake = "Up!"')
    assert read_templates(path, ["wake", "call"]) == {"wake": "Up!"}
    with pytest.raises(UserError, match="unknown intent 'wake'"):
        read_templates(path, ["call"])


@pytest.mark.parametrize("text", ["[1]", '{"wake": 3}', "{", "[" * 9999])
def test_what_is_no_file_of_templates_is_refused(tmp_path, text):
    path = tmp_path / "said.json"
    path.write_text(text)
    with pytest.raises(UserError, match=r"said\.json"):
        read_templates(path, ["wake"])
