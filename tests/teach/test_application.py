"""The page's addresses: what is sent is learned, by one training at a time, and only for us."""

import errno
import io
import json
import sys
import time
import zipfile
from types import SimpleNamespace

import pytest

pytest.importorskip("starlette", reason="needs the extra 'serve'")
pytest.importorskip("httpx", reason="the client of these tests")

from starlette.testclient import TestClient

from kerasrecipes import zoo
from kerasrecipes.teach import application as taught
from kerasrecipes.teach import lessons, training
from tests.teach.test_lessons import drawings, picture, table

# In place of a training: it works until its input ends, unless it goes on or is to finish at once.
PUPIL = f"""
import os, shutil, sys
from pathlib import Path
mode = Path({{mode!r}}).read_text()
if mode == "fail":
    print("kerasrecipes: the column is empty")
    sys.exit(2)
run = Path(os.environ["KERASRECIPES_HOME"], "lenet", "2026-11-22-153012")
shutil.copytree({str(zoo.folder() / "lenet")!r}, run, dirs_exist_ok=True)
metrics = (run / "metrics.json").read_text()
(run / "history.csv").write_text("epoch,accuracy,val_accuracy,loss\\n1,0.5,0.25,2.5\\n")
if mode == "wait" and "--resume" not in sys.argv:
    (run / "metrics.json").unlink()
    sys.stdin.read()
    sys.exit(130)
(run / "report.html").write_text("<p>a report</p>")
"""


@pytest.fixture
def pupil(tmp_path, monkeypatch):
    """Let trainings be pretended; what is written to the file says how."""
    mode = tmp_path / "mode"
    mode.write_text("wait")
    script = tmp_path / "pupil.py"
    script.write_text(PUPIL.format(mode=str(mode)))
    monkeypatch.setattr(training, "COMMAND", (sys.executable, str(script)))
    return mode


def client(**options):
    app = taught.application(**options)
    return TestClient(app, base_url="http://localhost", raise_server_exceptions=False)


def form(document, files=()):
    sent = [(str(field), ("x", content)) for field, content in files]
    return {"data": {"lesson": json.dumps(document)}, "files": sent}


DRAWINGS = form({"kind": "drawings", "classes": ["one", "seven"]}, drawings())


def until(http, *statuses):
    for _ in range(200):
        state = http.get("/state").json()
        if state["status"] in statuses:
            return state
        time.sleep(0.05)
    raise AssertionError(state)


def test_a_lesson_is_learned_stopped_gone_on_with_and_taken_along(pupil):
    with client() as http:
        assert http.get("/state").json() == {"status": "nothing", "answers": False}
        assert http.post("/train", **DRAWINGS).status_code == 202
        state = until(http, "training")
        assert state["recipe"] == "lenet" and state["classes"] == {"one": 5, "seven": 5}
        assert state["curve"]["validation"] == [0.25] and state["epochs"] == 20
        assert "command" not in state
        # One at a time, and nothing is learned yet.
        assert http.post("/train", **DRAWINGS).status_code == 409
        assert http.post("/resume").status_code == 422
        for path in ("/run.zip", "/report", "/export/keras"):
            assert http.get(path).status_code == 404
        assert http.post("/try/predict", content=picture()).status_code >= 400
        assert http.post("/stop").json()["status"] == "stopping"
        assert until(http, "interrupted")["curve"]["training"] == [0.5]
        assert http.post("/resume").status_code == 202
        state = until(http, "finished")
        assert "right on" in state["result"] and state["folder"].startswith(str(lessons.folder()))
        report = http.get("/report")
        assert report.text == "<p>a report</p>"
        assert report.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
        with zipfile.ZipFile(io.BytesIO(http.get("/run.zip").content)) as archive:
            assert {"model.keras", "config.toml", "report.html"} <= set(archive.namelist())
        for _ in range(400):
            if http.get("/state").json()["answers"]:
                break
            time.sleep(0.05)
        kind = {"content-type": "image/png"}
        found = http.post("/try/predict", content=picture(), headers=kind)
        assert found.status_code == 200 and found.json()["answers"][0]["label"]
        assert http.get("/try/").headers["content-security-policy"].count("frame-ancestors 'self'")
        assert http.get("/export/nonsense").status_code == 404


@pytest.mark.slow
def test_an_export_has_all_that_belongs_to_it(pupil):
    pupil.write_text("finish")
    with client() as http:
        http.post("/train", **DRAWINGS)
        until(http, "finished")
        found = http.get("/export/keras")
        assert found.status_code == 200, found.text
        with zipfile.ZipFile(io.BytesIO(found.content)) as archive:
            assert {"model.keras", "model.keras.json"} <= set(archive.namelist())


def test_the_process_ends_with_the_server_and_the_next_one_can_go_on(pupil):
    with client() as http:
        http.post("/train", **form({"kind": "table", "target": "kind"}, [("table", table())]))
        until(http, "training")
        room = http.app.routes[0].endpoint.__self__
    assert not room.training.works
    with client() as http:
        state = http.get("/state").json()
        assert state["status"] == "interrupted" and state["target"] == "kind"
        assert http.post("/resume").status_code == 202
        until(http, "finished")


def test_what_the_program_refused_is_said(pupil):
    pupil.write_text("fail")
    with client() as http:
        texts = {"kind": "texts", "classes": ["a", "b"], "texts": [["x"] * 8, ["y"] * 8]}
        assert http.post("/train", **form(texts, [("none", b"")])).status_code == 202
        assert until(http, "failed")["message"] == "the column is empty"


def test_events_tell_the_state_and_end_with_the_server(pupil):
    app = taught.application()
    room = app.routes[0].endpoint.__self__

    async def receive():
        return {"type": "http.request"}

    async def collected():
        import asyncio

        from starlette.requests import Request

        request = Request({"type": "http", "headers": []}, receive)
        request.is_disconnected = lambda: asyncio.sleep(0, False)
        stream = room._events(request)
        first = await anext(stream)
        room.leave()
        return first, [one async for one in stream]

    import asyncio

    first, rest = asyncio.run(asyncio.wait_for(collected(), 10))
    assert first.startswith("data: {") and first.endswith("\n\n") and rest == []
    assert json.loads(first.removeprefix("data: "))["status"] == "nothing"


ALL = [
    ("GET", "/"),
    ("GET", "/state"),
    ("GET", "/events"),
    ("POST", "/columns"),
    ("POST", "/train"),
    ("POST", "/stop"),
    ("POST", "/resume"),
    ("GET", "/report"),
    ("GET", "/run.zip"),
    ("GET", "/export/keras"),
    ("GET", "/try/models"),
    ("POST", "/try/predict"),
]


@pytest.mark.parametrize(("method", "path"), ALL)
def test_no_page_of_another_site_may_train_or_read(method, path):
    with client(hosts=["localhost", "127.0.0.1"]) as http:
        for headers, status in [
            ({"host": "evil.example"}, 421),
            ({"origin": "http://evil.example"}, 403),
            ({"origin": "null"}, 403),
            # Another server of this machine is another site.
            ({"origin": "http://localhost:3000"}, 403),
            ({"origin": "http://localhost.evil.example"}, 403),
            ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}, 403),
            ({"sec-fetch-site": "same-site", "sec-fetch-mode": "cors"}, 403),
        ]:
            found = http.request(method, path, headers=headers)
            assert found.status_code == status, (path, headers)
            assert set(found.json()) == {"error"}
            assert "access-control-allow-origin" not in found.headers


@pytest.mark.parametrize(("method", "path"), ALL)
def test_a_token_is_asked_for(method, path):
    with client(token="right") as http:
        assert http.request(method, path).status_code == 401
        assert http.request(method, f"{path}?token=wrong").status_code == 401


@pytest.mark.parametrize(
    ("sent", "status", "words"),
    [
        ({"content": b"{", "headers": {"content-type": "application/json"}}, 400, "is an object"),
        ({"data": {"lesson": "["}, "files": [("0", b"")]}, 400, "is an object"),
        ({"data": {"lesson": "[" * 9999}, "files": [("0", b"")]}, 400, "is an object"),
        (form({"kind": "films"}, [("0", b"")]), 422, "choose what is to be learned"),
        (form({"kind": "table"}, []), 422, "choose a CSV file first"),
        (form({"kind": "drawings", "classes": ["a"]}, drawings(5, 1)), 422, "one class only"),
        (form({"kind": "drawings", "classes": ["a", "b"]}, [("../x", b"")]), 422, "no class"),
        (form({"kind": "drawings", "classes": ["a", "b"]}, [("٣", b"")]), 422, "no class"),
        (
            {"content": b"--", "headers": {"content-type": "multipart/form-data; boundary=b"}},
            400,
            "",
        ),
    ],
)
def test_what_cannot_be_learned_is_refused_in_a_sentence(sent, status, words, pupil):
    with client() as http:
        if "files" in sent and not sent["files"]:
            sent = {"data": sent["data"]}
        found = http.post("/train", **sent)
        assert found.status_code == status, found.text
        assert words in found.json()["error"]
        assert http.get("/state").json()["status"] == "nothing"


def test_what_is_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(taught, "LARGEST_BODY", 1000)
    with client() as http:
        assert http.post("/columns", content=b"x" * 1001).status_code == 413
        assert http.post("/train", content=(b"x" * 100 for _ in range(11))).status_code == 413
    assert not list(lessons.folder().glob("*"))


def test_columns_of_a_table_are_told():
    with client() as http:
        names = [one["name"] for one in http.post("/columns", content=table()).json()["columns"]]
        assert names == ["a", "b", "kind"]
        assert "CSV" in http.post("/columns", content=b"").json()["error"]


def test_the_page_loads_nothing_from_elsewhere():
    with client() as http:
        page = http.get("/")
        assert "default-src 'none'" in page.headers["content-security-policy"]
        for text in (page.text, *(http.get(f"/assets/{name}").text for name in taught._ASSETS)):
            text = text.replace("http://www.w3.org/2000/svg", "")  # a name, and not an address
            assert "http://" not in text and "https://" not in text and "//cdn" not in text
        assert http.get("/assets/lessons.py").status_code == 404


def test_a_full_disk_is_told_as_one(pupil, monkeypatch):
    def full(*given):
        raise OSError(errno.ENOSPC, "No space left on device", "/lessons/1")

    monkeypatch.setattr(lessons, "of_images", full)
    with client() as http:
        found = http.post("/train", **DRAWINGS)
        assert found.status_code == 507 and found.json()["error"].endswith(": /lessons/1")


def test_a_model_of_an_earlier_lesson_is_not_put_back(monkeypatch):
    monkeypatch.setattr(taught.Served, "check", lambda self: None)
    room = taught.Classroom(taught.Gate(None, None))
    first, second = (SimpleNamespace(path=f"run {n}") for n in (1, 2))
    monkeypatch.setattr(taught.Training, "run", first)
    room._answers(first)
    monkeypatch.setattr(taught.Training, "run", second)
    room._forget()
    assert room.models == {}
    room._answers(first)
    assert room.models == {}
    room._answers(second)
    room._forget()
    assert room.models["model"].run is second


def test_a_lesson_without_its_process_is_being_prepared(monkeypatch, tmp_path):
    learner, states = training.Training(), []
    monkeypatch.setattr(learner, "_start", lambda words: states.append(learner.state()["status"]))
    monkeypatch.setattr(learner, "_note", lambda noted: states.append(learner.state()["status"]))
    learner.begin(lambda: lessons.of_table(table(), "kind"))
    assert states == ["preparing", "preparing"]
