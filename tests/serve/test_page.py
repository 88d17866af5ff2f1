"""The page in a real browser: a person draws a digit and sees the answer."""

import re
import shutil
import subprocess
import sys

import pytest

sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs chromium"),
]


@pytest.fixture(scope="module")
def address():
    command = [sys.executable, "-m", "kerasrecipes", "serve", "zoo/lenet", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield re.search(r"http\S+", process.stdout.readline()).group()
        process.terminate()


def test_a_drawn_digit_is_read(address):
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        errors = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text))
        page.goto(address)
        page.wait_for_selector("#canvas")
        box = page.locator("#canvas").bounding_box()
        strokes = [(0.3, 0.25), (0.7, 0.25), (0.45, 0.8)]
        points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in strokes]
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point, steps=8)
        page.mouse.up()
        page.wait_for_selector(".answer b")
        assert page.locator(".answer b").first.inner_text() == "7"
        # With the picture of where the network looked.
        page.locator("#more summary").click()
        page.locator("[data-option=explain]").check()
        page.locator("#ask").click()
        page.wait_for_selector(".answer div img")
        assert not errors
        browser.close()
