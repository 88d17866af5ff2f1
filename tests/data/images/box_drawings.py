"""Images with boxes in the forms that people have, drawn for the tests."""

import json

import numpy as np
from PIL import Image

SIZE = (40, 60)  # height and width
RANDOM = np.random.default_rng(0)


def picture(path, size=SIZE):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(RANDOM.integers(0, 255, (*size, 3), np.uint8)).save(path)


def objects(number):
    """Draw two boxes for an image: left, top, right, bottom, class."""
    left, top = 2 + number % 20, 3 + number % 15
    return [
        (left, top, left + 10, top + 12, "cat"),
        (30, 10, 50, 30, "dog" if number % 2 else "cat"),
    ]


def voc(path, boxes, filename="", extra=""):
    """Write an annotation of Pascal VOC, which counts pixels from 1."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = "".join(
        f"<object><name>{name}</name>{extra}<bndbox><xmin>{left + 1}</xmin><ymin>{top + 1}</ymin>"
        f"<xmax>{right}</xmax><ymax>{bottom}</ymax></bndbox></object>"
        for left, top, right, bottom, name in boxes
    )
    path.write_text(f"<annotation><filename>{filename}</filename>{rows}</annotation>")


def voc_folder(root, count=12):
    for number in range(count):
        picture(root / "JPEGImages" / f"{number}.png")
        voc(root / "Annotations" / f"{number}.xml", objects(number), f"{number}.png")
    return root


def yolo_line(box, names=("cat", "dog")):
    left, top, right, bottom, name = box
    height, width = SIZE
    numbers = ((left + right) / 2 / width, (top + bottom) / 2 / height)
    numbers += ((right - left) / width, (bottom - top) / height)
    return " ".join([str(names.index(name)), *(f"{value:.8f}" for value in numbers)])


def yolo_folder(root, count=12, splits=("",), names="names: [cat, dog]\n"):
    for split in splits:
        for number in range(count):
            picture(root / "images" / split / f"{number}.png")
            path = root / "labels" / split / f"{number}.txt"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join(map(yolo_line, objects(number))))
    if names:
        (root / "data.yaml").write_text(names)
    return root


def coco_rows(count=12):
    annotations = [
        {
            "id": 10 * number + place,
            "image_id": number,
            "category_id": 3 if name == "cat" else 7,
            "bbox": [left, top, right - left, bottom - top],
        }
        for number in range(count)
        for place, (left, top, right, bottom, name) in enumerate(objects(number))
    ]
    return {
        "images": [{"id": number, "file_name": f"{number}.png"} for number in range(count)],
        "annotations": annotations,
        "categories": [{"id": 7, "name": "dog"}, {"id": 3, "name": "cat"}],
    }


def coco_folder(root, rows=None, where="annotations/instances.json", count=12, images="images"):
    for number in range(count):
        picture(root / images / f"{number}.png")
    path = root / where
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(rows or coco_rows(count)))
    return root
