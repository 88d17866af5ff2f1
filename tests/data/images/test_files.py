"""Image files of every kind that users have."""

import io

import numpy as np
import pytest
from PIL import Image

from kerasrecipes.data.images.files import Frame, ImageFiles, check, cover, decode
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


@pytest.mark.parametrize("resize", ["stretch", "crop"])
@pytest.mark.parametrize("size", [(1, 1), (20_000, 1), (20_000, 30), (3, 500)])
def test_any_size_fits(size, resize):
    frame = Frame(size=(32, 48), channels=3, resize=resize)
    image = frame.render(Image.new("L", size, 77))
    assert image.shape == (32, 48, 3) and (image == 77).all()


def test_crop_takes_the_centre():
    image = Image.fromarray(np.repeat(np.arange(30, dtype=np.uint8)[None] * 8, 10, axis=0))
    assert pixels(cover(image, (10, 10)))[0].tolist() == [8 * k for k in range(10, 20)]


def test_pad_centres_on_the_background():
    frame = Frame(size=(32, 32), channels=1, resize="pad", source=(28, 28), background=(9,))
    image = frame.render_all(np.full((1, 28, 28, 1), 200, np.uint8))[0, ..., 0]
    assert (
        (image[2:30, 2:30] == 200).all() and (image[:2] == 9).all() and (image[:, 30:] == 9).all()
    )


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("source", [(28, 28), (8, 8), (50, 40)])
def test_arrays_and_files_become_the_same(channels, source):
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (3, *source, 3), np.uint8)
    resize = "pad" if source == (28, 28) else "stretch"
    frame = Frame(
        size=(32, 32), channels=channels, resize=resize, source=source, background=(5,) * channels
    )
    one_by_one = np.stack([frame.render(Image.fromarray(image)) for image in images])
    assert np.array_equal(frame.render_all(images), one_by_one)


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


def test_files_are_decoded_when_taken():
    files = [content(Image.new("L", (10 + k, 20), 10 * k)) for k in range(6)]
    examples = ImageFiles(files, np.arange(6), Frame(size=(8, 8), channels=1, resize="crop"))
    x, y = examples.select(np.array([5, 2, 4])).take(np.array([2, 0]))
    assert x.shape == (2, 8, 8, 1) and x[:, 0, 0, 0].tolist() == [40, 50] and y.tolist() == [4, 5]
    assert len(examples.sample(4, seed=1)) == 4


def test_decoding_all_reports_what_cannot_be_read():
    files = [content(Image.new("L", (9, 9), 50)), b"broken", content(Image.new("L", (9, 9), 60))]
    arrays, problems = ImageFiles(
        files, np.array([0, 1, 2]), Frame(size=(9, 9), channels=1, resize="crop")
    ).decoded()
    assert arrays.y.tolist() == [0, 2] and len(problems) == 1
