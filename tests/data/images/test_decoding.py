"""Image files of every kind that users have."""

import io

import numpy as np
import pytest
from PIL import Image

from kerasrecipes.data.images.decoding import check, decode
from kerasrecipes.errors import UserError


def content(image, format="PNG", **options):
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def pixels(image):
    return np.asarray(image)


def test_palette_keeps_its_colours():
    image = Image.new("RGB", (4, 4), (200, 30, 10)).convert("P", palette=Image.Palette.ADAPTIVE)
    assert pixels(decode(content(image)))[0, 0].tolist() == [200, 30, 10]


def test_sixteen_bits_are_scaled_and_not_cut():
    ramp = np.array([[0, 32896, 65535]], np.uint16)
    assert pixels(decode(content(Image.fromarray(ramp)))).tolist() == [[0, 128, 255]]


def test_floating_pixels_from_zero_to_one():
    ramp = np.array([[0.0, 0.5, 1.0]], np.float32)
    assert pixels(decode(content(Image.fromarray(ramp), "TIFF"))).tolist() == [[0, 128, 255]]


def test_transparency_lies_on_white():
    assert pixels(decode(content(Image.new("RGBA", (2, 2), (255, 0, 0, 0)))))[0, 0].tolist() == [
        255,
        255,
        255,
    ]
    assert pixels(decode(content(Image.new("LA", (2, 2), (0, 255))))).tolist() == [[0, 0], [0, 0]]


def test_cmyk_becomes_colour():
    image = decode(content(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG"))
    assert image.mode == "RGB" and pixels(image)[0, 0, 0] > 200 > 60 > pixels(image)[0, 0, 2]


def test_orientation_of_a_camera_is_followed():
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    assert decode(content(Image.new("L", (40, 20)), "JPEG", exif=exif)).size == (20, 40)


def test_first_frame_of_an_animation():
    frames = [Image.new("L", (4, 4), value) for value in (10, 240)]
    file = content(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert pixels(decode(file)).max() < 20


def test_what_is_no_image_is_named(tmp_path):
    text = tmp_path / "notes.png"
    text.write_text("not an image")
    with pytest.raises(
        UserError, match=r"notes\.png cannot be read as an image: its content is not a known"
    ):
        decode(text)
    with pytest.raises(UserError, match="no such file"):
        decode(tmp_path / "missing.png")
    with pytest.raises(UserError):
        decode(b"")


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF"])
def test_check_finds_a_cut_off_file(tmp_path, format):
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8))
    whole = content(noise, format)
    (tmp_path / "whole").write_bytes(whole)
    (tmp_path / "half").write_bytes(whole[: len(whole) // 2])
    assert check(str(tmp_path / "whole")) == (None, (60, 80))
    assert check(str(tmp_path / "half"))[0]
