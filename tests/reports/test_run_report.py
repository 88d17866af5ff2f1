import base64
import re
from html.parser import HTMLParser

import pytest
from matplotlib.figure import Figure

from kerasrecipes.reports import style
from kerasrecipes.reports.run_report import report

VOID = {"meta", "img", "br", "link"}


class Outline(HTMLParser):
    """Collects tags, attributes and text, and fails on tags that do not close in order."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.attributes, self.text = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, f"</{tag}> closes another tag"

    def handle_data(self, data):
        if "style" not in self.open and data.strip():
            self.text.append(data.strip())


def outline(page):
    parser = Outline()
    parser.feed(page)
    assert parser.open == []
    return parser


EVIL = '<script>alert("1")</script>&\'"'


@pytest.fixture
def values():
    return {
        "title": "LeNet-5",
        "subtitle": "trained on digits",
        "metrics": {"loss": 0.0812, "accuracy": 0.9888, "parameters": 61706, "seconds": 75.2},
        "settings": {
            "training": {"epochs": 20, "clip_norm": None},
            "model": {"activation": "tanh"},
        },
        "environment": {"python": "3.11", "devices": ["cpu:0", "cpu:1"]},
        "figures": [style.Picture("curves", "Loss by epoch", style.png(Figure(figsize=(9, 2))))],
        "layers": [
            {
                "name": "c1",
                "type": "Conv2D",
                "output_shape": (None, 28, 28, 6),
                "parameters": 156,
                "flops": 235_200,
            },
            {
                "name": "f6",
                "type": "Dense",
                "output_shape": (None, None, 84),
                "parameters": 468,
                "flops": None,
            },
        ],
        "notes": ["2 files could not be read"],
        "findings": [
            {
                "sentence": "Units of c1 are dead.",
                "severity": "high",
                "remedies": ["activation=tanh", "--epochs 3"],
            }
        ],
        "commands": [("Predict", "kerasrecipes predict lenet digit.png")],
    }


def test_the_report_holds_everything_in_order(values):
    text = outline(report(**values)).text
    found = [
        text.index(part)
        for part in (
            "98.9\u00a0%",
            "Accuracy on the test examples",
            "61,706",
            "Units of c1 are dead.",
            "activation=tanh",
            "2 files could not be read",
            "Loss by epoch",
            "28 × 28 × 6",
            "? × 84",
            "624",
            "clip_norm",
            "cpu:0, cpu:1",
            "kerasrecipes predict lenet digit.png",
        )
    ]
    assert found == sorted(found)


def test_everything_is_escaped(values):
    evil = {
        **values,
        "title": EVIL,
        "subtitle": EVIL,
        "metrics": {EVIL: 1.0, "accuracy": EVIL, "more": {EVIL: EVIL}},
        "settings": {EVIL: {EVIL: EVIL}},
        "environment": {EVIL: [EVIL, {EVIL: EVIL}]},
        "figures": [style.Picture(EVIL, EVIL, values["figures"][0].png)],
        "layers": [{"name": EVIL, "type": EVIL, "output_shape": EVIL, "parameters": 1}],
        "notes": [EVIL],
        "findings": [{"sentence": EVIL, "severity": EVIL, "remedies": [EVIL], "advice": [EVIL]}],
        "commands": [(EVIL, EVIL)],
    }
    parsed = outline(report(**evil))
    assert "script" not in parsed.tags
    assert {name for name, _ in parsed.attributes if name.startswith("on")} == set()
    assert parsed.text.count(EVIL) >= 15


def test_the_report_is_one_file_that_loads_nothing(values):
    page = report(**values)
    parsed = outline(page)
    assert not {"script", "link", "iframe", "object"} & set(parsed.tags)
    sources = [value for name, value in parsed.attributes if name in ("src", "href")]
    assert len(sources) == 1 and sources[0].startswith("data:image/png;base64,")
    assert base64.b64decode(sources[0].partition(",")[2]) == values["figures"][0][2]
    assert not re.search(r"https?://|@import|url\(", page)
    assert "default-src 'none'" in dict(parsed.attributes).get("content", "")


def test_a_bare_report(values):
    empty = {"metrics": {}, "settings": {}, "environment": {}, "figures": []}
    text = outline(report(title="x", subtitle="", **empty)).text
    assert text == ["x", "Report of a run", "x"]


def test_a_clean_diagnosis_is_said_and_a_missing_one_is_not(values):
    clean = report(**{**values, "findings": []})
    absent = report(**{**values, "findings": None})
    assert "found nothing to mend" in clean and "found nothing to mend" not in absent


def test_the_first_number_of_a_regression_is_its_error(values):
    page = report(**{**values, "metrics": {"loss": 12.0, "mean_absolute_error": 2.5}})
    text = outline(page).text
    assert text.index("2.5") < text.index("12")


def test_many_layers_are_folded(values):
    layer = {"name": "a", "type": "Dense", "output_shape": (None, 1), "parameters": 2}
    assert "<details>" in report(**{**values, "layers": [layer] * 31})
    assert "<details>" not in report(**{**values, "layers": [layer] * 30})


def test_pictures_have_their_size_so_that_the_page_does_not_jump(values):
    attributes = dict(outline(report(**values)).attributes)
    assert (attributes["width"], attributes["height"]) == ("864", "192")
