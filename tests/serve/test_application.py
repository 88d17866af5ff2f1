"""What the addresses take, and what they refuse in a sentence."""

import base64
import json

import numpy as np
import pytest

pytest.importorskip("starlette", reason="needs the extra 'serve'")
pytest.importorskip("httpx", reason="the client of these tests")

from starlette.testclient import TestClient

from kerasrecipes.errors import UserError
from kerasrecipes.serve import application as served
from kerasrecipes.serve import openapi


class Echo:
    """A model that answers with what it was given."""

    generates = False

    def __init__(self, name="echo", takes="text"):
        self.name, self.takes = name, takes

    def described(self):
        return {"name": self.name, "takes": self.takes}

    def bound(self, options):
        if set(options) - {"top"}:
            raise UserError(f"unknown option '{next(iter(options))}'; choose from: top")
        return dict(options)

    def answer(self, items, options, *, shown=False):
        if b"bad" in items:
            raise UserError("standard input cannot be read")
        if b"broken" in items:
            raise RuntimeError("secret words of a library")
        told = [item.decode("latin-1") if isinstance(item, bytes) else item for item in items]
        return [{"said": one, "options": options, "shown": shown} for one in told]


class Maker(Echo):
    """A model that needs no input."""

    generates = True


def client(*models, **options):
    app = served.application(models or [Echo(), Echo("rows", "table"), Maker("maker")], **options)
    return TestClient(app, base_url="http://localhost", raise_server_exceptions=False)


def said(response):
    assert response.status_code == 200, response.text
    return [answer["said"] for answer in response.json()["answers"]]


def test_inputs_of_every_form_are_answered():
    with client() as http:
        assert said(http.post("/predict", json={"inputs": ["a", "b"]})) == ["a", "b"]
        assert said(http.post("/predict", json={"input": "a"})) == ["a"]
        packed = base64.b64encode(b"file").decode()
        assert said(http.post("/predict", json={"inputs": [{"base64": packed}]})) == ["file"]
        kind = {"content-type": "text/plain; charset=utf-8"}
        assert said(http.post("/predict", content="a text", headers=kind)) == ["a text"]
        kind = {"content-type": "image/png"}
        assert said(http.post("/predict", content=b"pixels", headers=kind)) == ["pixels"]
        files = [("x", ("1.png", b"one")), ("x", ("2.png", b"two"))]
        assert said(http.post("/predict", files=files)) == ["one", "two"]
        assert said(http.post("/predict/maker")) == []
        rows = [{"a": 1, "b": None}, {"a": 2, "b": "x"}]
        assert said(http.post("/predict/rows", json={"inputs": rows})) == rows
        kind = {"content-type": "text/csv"}
        found = http.post("/predict?model=rows", content="a,b\n1,2\n", headers=kind)
        assert said(found) == [{"a": "1", "b": "2"}]


def test_options_come_from_address_and_document():
    with client() as http:
        given = {"inputs": ["a"], "options": {"top": 2, "shown": True}}
        (answer,) = http.post("/predict", json=given).json()["answers"]
        assert answer["options"] == {"top": 2} and answer["shown"]
        (answer,) = http.post("/predict?top=3", json={"inputs": ["a"]}).json()["answers"]
        assert answer["options"] == {"top": "3"} and not answer["shown"]


JSON = "application/json"
REFUSED = [
    (JSON, b"{", 400, "not JSON"),
    (JSON, b"[" * 100_000, 400, "not JSON"),
    (JSON, b"[1]", 400, "is an object"),
    (JSON, b'{"inputs": "a"}', 400, "'inputs' is a list"),
    (JSON, b'{"inputs": ["a"], "options": []}', 400, "'options' an object"),
    (JSON, b'{"inputs": [1]}', 400, "an input is a text"),
    (JSON, b'{"inputs": [{"a": [1]}]}', 400, "an input is a text"),
    (JSON, b'{"inputs": [{}]}', 400, "an input is a text"),
    (JSON, b'{"inputs": [{"base64": "\xc3\xa4"}]}', 400, "not base64"),
    (JSON, b'{"inputs": ["\\ud800"]}', 400, "not UTF-8"),
    (JSON, b'{"inputs": ["a"], "model": 3}', 400, "'model' is a name"),
    (JSON, b'{"inputs": ["a"], "model": "ekho"}', 404, "did you mean 'echo'"),
    (JSON, b'{"inputs": []}', 422, "needs an input: text"),
    (JSON, b'{"inputs": ["bad"]}', 422, "the input cannot be read"),
    (JSON, b'{"inputs": ["a"], "options": {"tap": 1}}', 422, "unknown option 'tap'"),
    (JSON, json.dumps({"inputs": ["a"] * 65}).encode(), 413, "64 inputs at most"),
    (JSON, b'{"model": "rows", "inputs": [{"a": 1}, {"b": 1}]}', 422, "same columns"),
    (JSON, b'{"model": "rows", "inputs": ["a,b\\n1"]}', 422, "more or fewer cells"),
    ("text/plain", b"\xff\xfe", 400, "not UTF-8"),
    ("application/pdf", b"%PDF", 415, "of type 'application/pdf'"),
    ("", b"something", 415, "of type ''"),
    ("multipart/form-data; boundary=x", b"--y\r\n", 400, ""),
    ("multipart/form-data", b"--y\r\n", 400, ""),
]


@pytest.mark.parametrize(("kind", "body", "status", "words"), REFUSED)
def test_what_cannot_be_read_is_refused_in_a_sentence(kind, body, status, words):
    with client() as http:
        response = http.post("/predict", content=body, headers={"content-type": kind})
        assert response.status_code == status and status in openapi.REFUSALS, response.text
        error = response.json()["error"]
        assert words in error and "\n" not in error and len(error) < 400
        assert said(http.post("/predict", json={"inputs": ["next"]})) == ["next"]


@pytest.mark.parametrize("seed", range(40))
def test_whatever_comes_is_answered_or_refused(seed):
    draw = np.random.default_rng(seed)
    kinds = [JSON, "text/plain", "text/csv", "multipart/form-data; boundary=b", "image/png", "?"]
    pieces = [b'{"inputs":', b'["a"]', b"}", b"--b\r\n", b"\r\n\r\n", b"a,b\n", b"\x00", b"\xff"]
    pieces += [draw.bytes(int(draw.integers(1, 30))), b'Content-Disposition: form-data; name="f"']
    body = b"".join(pieces[i] for i in draw.integers(len(pieces), size=draw.integers(12)))
    name = str(draw.choice(["echo", "rows", "maker"]))
    with client() as http:
        headers = {"content-type": str(draw.choice(kinds))}
        response = http.post(f"/predict/{name}", content=body, headers=headers)
    assert response.status_code < 500
    assert ("error" in response.json()) == (response.status_code != 200)


def test_what_is_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(served, "LARGEST_BODY", 1000)
    with client() as http:
        kind = {"content-type": "image/png"}
        assert http.post("/predict", content=b"x" * 1001, headers=kind).status_code == 413
        parts = (b"x" * 100 for _ in range(11))  # without a length
        assert http.post("/predict", content=parts, headers=kind).status_code == 413
        assert http.post("/predict", content=b"x" * 1000, headers=kind).status_code == 200


def test_a_fault_of_ours_tells_nothing_of_it():
    with client() as http:
        response = http.post("/predict", json={"inputs": ["broken"]})
        assert response.status_code == 500
        assert response.json() == {"error": "the model failed on this request"}


@pytest.mark.parametrize("path", ["/", "/models", "/openapi.json"])
def test_a_token_is_asked_for(path):
    with client(token="right") as http:
        assert http.get(path).status_code == 401
        assert http.get(f"{path}?token=wrong").status_code == 401
        assert http.get(path, headers={"authorization": b"Bearer w\xf6rong"}).status_code == 401
        assert http.get(f"{path}?token=right").status_code == 200
        assert http.get(path, headers={"authorization": "Bearer right"}).status_code == 200
        assert http.post("/predict", json={"inputs": ["a"]}).status_code == 401
        assert http.get("/health").status_code == 200


def test_other_sites_may_not_ask():
    with client(hosts=["localhost", "127.0.0.1"]) as http:
        assert http.get("/models", headers={"host": "evil.example"}).status_code == 421
        assert http.get("/models", headers={"origin": "http://evil.example"}).status_code == 403
        assert http.get("/models", headers={"origin": "http://localhost:8000"}).status_code == 403
        assert http.get("/models", headers={"origin": "http://localhost"}).status_code == 200
        assert http.get("/models", headers={"host": "127.0.0.1:99"}).status_code == 200


def test_the_page_loads_nothing_from_elsewhere():
    with client() as http:
        page = http.get("/")
        assert "default-src 'none'" in page.headers["content-security-policy"]
        script = http.get("/assets/page.js").text
        for text in (page.text, script, http.get("/assets/page.css").text):
            assert "http://" not in text and "https://" not in text and "//cdn" not in text
        assert http.get("/assets/models.py").status_code == 404


def test_the_description_names_the_models():
    with client() as http:
        document = http.get("/openapi.json").json()
        assert document["openapi"].startswith("3.")
        content = document["paths"]["/predict"]["post"]["requestBody"]["content"]
        names = content[JSON]["schema"]["properties"]["model"]["enum"]
        assert names == [one["name"] for one in http.get("/models").json()]
