"""Pages are filled from templates that escape what they are given."""

import subprocess
import sys

import jinja2
import pytest

from kerasrecipes.reports.html import render
from kerasrecipes.reports.style import Picture

FRAME = {"title": "<b>", "subtitle": "", "kicker": "k"}


def test_the_template_engine_is_loaded_only_when_a_page_is_written():
    code = "import sys; import kerasrecipes.reports.html; print('jinja2' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


def test_a_value_that_a_template_lacks_is_an_error_and_not_a_gap():
    with pytest.raises(jinja2.UndefinedError, match="parts"):
        render("words.html", **FRAME, label="x", rest="", strongest=[])


def test_text_keeps_its_own_spaces_and_line_breaks():
    part = {"before": " a\n ", "text": "b ", "importance": 1.0, "strength": 0.75}
    page = render("words.html", **FRAME, label="x", parts=[part], rest="\n", strongest=[])
    assert '<p class="read" dir="auto"> a\n <span' in page and ">b </span>\n</p>" in page
    assert "<title>&lt;b&gt;</title>" in page


def test_a_picture_has_its_size_in_pixels_of_the_page():
    header = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes([0, 0, 5, 160, 0, 0, 1, 64])
    assert Picture("curves", "Loss.", header).size == (864, 192)
