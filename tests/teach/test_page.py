"""The page in a real browser: a person draws two kinds of digits, trains, and sees the answer."""

import re
import shutil
import subprocess
import sys
import time

import pytest

sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs chromium"),
]

# Corners of strokes, as shares of the sheet.
STROKES = {
    "one": [(0.5, 0.2), (0.5, 0.85)],
    "seven": [(0.25, 0.22), (0.75, 0.22), (0.45, 0.85)],
}


@pytest.fixture
def address():
    command = [sys.executable, "-m", "kerasrecipes", "teach", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield re.search(r"http\S+", process.stdout.readline()).group()
        process.terminate()


@pytest.fixture
def page(address):
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1100, "height": 1500})
        page.errors = []
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.goto(address)
        yield page
        browser.close()


def stroke(page, canvas, name, number=0):
    """Draw a digit, each time a little elsewhere."""
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    shift = (0.03 * (number % 3 - 1), 0.025 * (number % 5 - 2))
    points = [
        (box["x"] + (x + shift[0]) * box["width"], box["y"] + (y + shift[1]) * box["height"])
        for x, y in STROKES[name]
    ]
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=6)
    page.mouse.up()


def test_two_classes_of_drawn_digits_are_learned_and_read(page, tmp_path):
    began = time.monotonic()
    cards = page.locator(".class")
    for card, name in zip((cards.nth(0), cards.nth(1)), STROKES, strict=True):
        card.locator("input").fill(name)
        for number in range(8):
            stroke(page, card.locator("canvas"), name, number)
            card.locator("button", has_text="Add drawing").click()
            sync_api.expect(card.locator(".shots img")).to_have_count(number + 1)
    page.locator("#train").click()
    sync_api.expect(page.locator("#said")).to_contain_text("Epoch", timeout=60_000)
    page.screenshot(path=tmp_path / "training.png", full_page=True)
    inside = page.frame_locator("#answer")
    inside.locator("#canvas").wait_for(timeout=110_000)
    for name in STROKES:
        inside.locator("#clear").click()
        stroke(page, inside.locator("#canvas"), name, 4)
        # With the picture of where the network looked, which is asked for by itself.
        inside.locator(".answer div img").first.wait_for(timeout=30_000)
        sync_api.expect(inside.locator(".answer b").first).to_have_text(name)
    assert time.monotonic() - began < 120
    page.screenshot(path=tmp_path / "finished.png", full_page=True)
    with page.expect_download() as found:
        page.locator("#links a", has_text="Download the run").click()
    assert found.value.suggested_filename.startswith("lenet-")
    assert not page.errors


def test_what_cannot_be_learned_is_said_on_the_page(page):
    page.locator("#train").click()
    wrong = page.locator("#wrong")
    sync_api.expect(wrong).to_contain_text("a class has no name yet", ignore_case=True)
    page.locator("[data-kind=texts]").click()
    for number, name in enumerate(["good", "bad"]):
        page.locator(".class input").nth(number).fill(name)
        page.locator(".class textarea").nth(number).fill("one text\n")
    page.locator("#train").click()
    sync_api.expect(wrong).to_contain_text("'good' has only 1 text; give each class 8 at least")
    page.locator("[data-kind=photographs]").click()
    chosen = {"name": "notes.png", "mimeType": "image/png", "buffer": b"no image"}
    page.locator(".class input[type=file]").first.set_input_files(chosen)
    sync_api.expect(wrong).to_contain_text("no image can be read in it: notes.png")
    page.locator("[data-kind=table]").click()
    page.locator("#file").set_input_files({**chosen, "buffer": b"a,b\n1,2\n"})
    sync_api.expect(wrong).to_contain_text("20 are needed at least")
    assert not page.errors
