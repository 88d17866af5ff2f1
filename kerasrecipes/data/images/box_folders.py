"""Images with boxes in files: Pascal VOC, COCO and YOLO, with or without splits."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from kerasrecipes.data.duplicates import file_hashes, notes_of
from kerasrecipes.data.files import natural_key, read_text
from kerasrecipes.data.images import box_annotations
from kerasrecipes.data.images.box_annotations import Annotated
from kerasrecipes.data.images.decoding import check, workers
from kerasrecipes.data.images.detection import BoxedFiles
from kerasrecipes.data.images.folders import walk
from kerasrecipes.data.sources import FileSource
from kerasrecipes.data.splits import SPLIT_OF_WORD, make_splits, split_of, splits_of, words_of
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits

# Folders that say what a file is, not which image it is of.
_KINDS = {
    *("images", "image", "imgs", "jpegimages", "photos", "labels", "label", "annotations"),
    *("annotation", "xml", "xmls", "txt", "json", "obj_train_data"),
}
_NO_LABELS = {"classes.txt", "labels.txt", "readme.txt", "notes.txt", "license.txt"}
_NAMED = 5  # files that a note names
_LEAST = 1.0  # pixel, of a box's sides within its image


@dataclass
class _Found:
    """What a folder holds, by split, and what was wrong.

    Args:
        images: file and boxes of each image, by split.
        classes: names, where a file lists them.
        notes: sentences for the user.
    """

    images: dict[str, list[tuple[str, Annotated]]] = field(default_factory=dict)
    classes: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, split: str, path: Path, annotated: Annotated) -> None:
        """Add an image to a split."""
        self.images.setdefault(split, []).append((str(path), annotated))

    def note(self, names: Sequence[str], total: int, what: str) -> None:
        """Say how many of something were left out, and name the first."""
        if names:
            more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
            shown = ", ".join(names[:_NAMED])
            self.notes.append(f"skipped {len(names)} of {total} {what}: {shown}{more}")


@dataclass(frozen=True)
class BoxFolder(FileSource):
    """A folder of images with annotations of Pascal VOC, COCO or YOLO, or COCO's file itself."""

    summary: str = (
        "your own images with boxes: a folder of Pascal VOC (XML), COCO (JSON) or YOLO (text), "
        "with or without train, validation, test"
    )
    example = "path/to/folder"

    def accepts(self, path: str) -> bool:
        """Return whether `path` is a folder, or a JSON file."""
        place = Path(path).expanduser()
        return place.is_dir() or place.suffix.lower() == ".json"

    def load(self, request: Request) -> Splits:
        """Find images and their boxes; none is decoded for training yet.

        What cannot be used is left out and named in the notes: broken annotations, images that are
        missing or broken, boxes that are empty or outside of their image. Images without boxes stay
        as background. See `make_splits` for splits that the folder does not have.

        Raises:
            UserError: if there is no such folder, or nothing in it that can be used.
        """
        root = self.path_of(request)
        if not root.exists():
            raise UserError(f"there is no folder or file {root}")
        found = _read(root)
        whole = _checked(found, root)
        classes = tuple(found.classes) or _classes(whole)
        given = {name: _examples(rows, classes) for name, rows in whole.items()}
        parts, drawn = make_splits(given, request)
        paths = {n: [str(p.images[int(i)]) for i in p.indices] for n, p in parts.items()}
        repeated = notes_of(file_hashes(paths), "image")
        sizes = {size for rows in whole.values() for _, size, _ in rows}
        shape = (*next(iter(sizes)), 3) if len(sizes) == 1 else None
        notes = (*found.notes, *_remarks(parts, classes), *drawn, *repeated)
        return splits_of(parts, Info(input_shape=shape, classes=classes), notes)


def _read(root: Path) -> _Found:
    """Read all annotations of the kind that a folder has."""
    if root.is_file():
        return _coco(root.parent, [root])
    files = [Path(place, name) for place, _, names in os.walk(root) for name in names]
    files = sorted(
        (f for f in files if not f.name.startswith(".")), key=lambda f: natural_key(str(f))
    )
    by_ending = {
        ending: [f for f in files if f.suffix.lower() == ending]
        for ending in (".xml", ".json", ".txt")
    }
    if by_ending[".xml"]:
        return _pascal_voc(root, by_ending[".xml"])
    if lists := [path for path in by_ending[".json"] if box_annotations.is_coco(path)]:
        return _coco(root, lists)
    if labels := [f for f in by_ending[".txt"] if f.name.lower() not in _NO_LABELS]:
        return _yolo(root, labels)
    if by_ending[".json"]:
        box_annotations.coco(by_ending[".json"][0])  # which says what is wrong with it
    raise UserError(
        f"{root} holds no boxes: expected XML files of Pascal VOC, a JSON file of COCO, or text "
        "files of YOLO"
    )


def _key(path: Path, root: Path) -> str:
    """Return what an image and its annotation have in common of their paths."""
    *folders, _ = path.relative_to(root).parts
    kept = [SPLIT_OF_WORD.get(f.lower(), f.lower()) for f in folders if f.lower() not in _KINDS]
    return "/".join([*kept, path.stem.lower()])


def _split(path: Path, root: Path) -> str:
    """Return the split that a folder above a file names; `train` without one."""
    return split_of(path.relative_to(root).parts[:-1]) or "train"


def _pascal_voc(root: Path, files: Sequence[Path]) -> _Found:
    found, broken, missing = _Found(), [], []
    images = walk(root)[0]
    by_key = {_key(path, root): path for path in images}
    by_name = {path.name.lower(): path for path in images}
    listed = _listed(root)
    used = set()
    for path, annotated in zip(files, workers().map(_voc_or_error, files), strict=True):
        if isinstance(annotated, UserError):
            broken.append(f"{path.name} ({annotated})")
            continue
        image = by_key.get(_key(path, root)) or by_name.get(annotated.name.lower())
        if image is None:
            missing.append(f"{annotated.name or path.stem} (of {path.name})")
            continue
        used.add(image)
        found.add(listed.get(path.stem.lower()) or _split(path, root), image, annotated)
    alone = [path.name for path in images if path not in used]
    found.note(broken, len(files), "annotations")
    found.note(missing, len(files), "images, which are not there")
    found.note(alone, len(images), "images without an annotation")
    return found


def _voc_or_error(path: Path) -> Annotated | UserError:
    try:
        return box_annotations.pascal_voc(path)
    except UserError as error:
        return error


def _listed(root: Path) -> dict[str, str]:
    """Return the splits that `ImageSets/Main` lists, by the image's name without ending."""
    found: dict[str, str] = {}
    for path in sorted(root.rglob("ImageSets/Main/*.txt")):
        split = SPLIT_OF_WORD.get(path.stem.lower())
        for line in read_text(path).splitlines() if split else ():
            if line.split():
                found[line.split()[0].lower()] = str(split)
    return found


def _yolo(root: Path, files: Sequence[Path]) -> _Found:
    found, broken = _Found(), []
    names = box_annotations.class_names(root)
    found.classes = [names[number] for number in sorted(names)]
    by_key = {_key(path, root): path for path in files}
    images = walk(root)[0]
    used = set()
    for image in images:
        path = by_key.get(_key(image, root))
        used.add(path)
        try:
            # An image without a file has no objects: so it is written in this form.
            annotated = box_annotations.yolo(path, names) if path else Annotated("")
        except UserError as error:
            broken.append(f"{path.name if path else ''} ({error})")
            continue
        found.add(_split(image, root), image, annotated)
    missing = [path.name for path in files if path not in used]
    found.note(broken, len(files), "annotations")
    found.note(missing, len(files), "text files of no image")
    if names:
        rows = [row for part in found.images.values() for _, row in part]
        strange = {label for row in rows for label, _, _ in row.boxes} - set(found.classes)
        found.classes += sorted(strange, key=natural_key)
        if strange:
            found.notes.append(
                f"classes that the list of names lacks are called by number: "
                f"{', '.join(sorted(strange, key=natural_key)[:_NAMED])}"
            )
    return found


def _coco(root: Path, files: Sequence[Path]) -> _Found:
    found, missing, total = _Found(), [], 0
    images = walk(root)[0] or walk(root.parent)[0]
    by_name: dict[str, list[Path]] = {}
    for path in images:
        by_name.setdefault(path.name.lower(), []).append(path)
    for path in files:
        rows, classes, lost = box_annotations.coco(path)
        found.classes += [name for name in classes if name not in found.classes]
        found.note(lost, len(rows), "annotations")
        split = _named_split(path, root)
        total += len(rows)
        for row in rows:
            tail = row.name.replace("\\", "/").lower()
            candidates = by_name.get(tail.rsplit("/", 1)[-1], [])
            # Of several of one name the one nearest to the list.
            image = max(candidates, key=lambda p: _nearness(p, path, tail, split), default=None)
            if image is None:
                missing.append(row.name)
            else:
                found.add(split, image, row)
    found.note(missing, total, "images, which are not there")
    return found


def _named_split(path: Path, root: Path) -> str:
    """Return the split that a list's name or folder has, such as `instances_val2017.json`."""
    return split_of(words_of(path.stem)) or _split(path, root)


def _nearness(image: Path, listing: Path, tail: str, split: str) -> tuple[bool, bool, int]:
    words = {SPLIT_OF_WORD.get(part.lower().rstrip("0123456789")) for part in image.parts}
    shared = len(os.path.commonpath([image.absolute(), listing.absolute()]))
    return str(image).replace("\\", "/").lower().endswith(tail), split in words, shared


Row = tuple[str, tuple[int, int], list[tuple[str, np.ndarray]]]


def _checked(found: _Found, root: Path) -> dict[str, list[Row]]:
    """Leave out images that cannot be read and boxes that are none; return file, size and boxes."""
    whole: dict[str, list[Row]] = {}
    broken, lost, cut = [], [], []
    boxes = images = 0
    for split, rows in found.images.items():
        whole[split] = []
        results = workers().map(check, [path for path, _ in rows])
        for (path, annotated), (problem, size) in zip(rows, results, strict=True):
            images += 1
            boxes += len(annotated.boxes) + len(annotated.problems)
            name = os.path.relpath(path, root if root.is_dir() else root.parent)
            if problem:
                broken.append(f"{name} ({problem})")
                continue
            size = _turned(path, size)
            lost += [f"{name} ({text})" for text in annotated.problems]
            kept: list[tuple[str, np.ndarray]] = []
            for label, sides, ignored in annotated.boxes:
                box, whole_box = _within(sides, size, annotated.relative)
                if box is None:
                    lost.append(f"{name} ({label}: empty or outside of the image)")
                    continue
                if not whole_box:
                    cut.append(name)
                kept.append((label, np.array([*box, 0, ignored], np.float32)))
            whole[split].append((path, size, kept))
    found.note(broken, images, "images")
    found.note(lost, boxes, "boxes")
    if cut:
        names = ", ".join(list(dict.fromkeys(cut))[:_NAMED])
        found.notes.append(f"{len(cut)} of {boxes} boxes were cut at their image's edge: {names}")
    whole = {name: rows for name, rows in whole.items() if rows}
    if not any(kept for rows in whole.values() for _, _, kept in rows):
        why = f": {found.notes[0]}" if found.notes else ""
        raise UserError(f"{root} holds no image with a box that can be used{why}")
    return whole


def _turned(path: str, size: tuple[int, int]) -> tuple[int, int]:
    """Return `(height, width)` as an image is seen: its EXIF entry may turn it by a quarter."""
    with Image.open(path) as image:
        return size[::-1] if image.getexif().get(0x0112, 1) in (5, 6, 7, 8) else size


def _within(
    sides: Iterable[float], size: tuple[int, int], relative: bool
) -> tuple[np.ndarray | None, bool]:
    """Return the part of a box in its image, in pixels, and whether that is all but a pixel of it;
    `None` where nothing is left.
    """
    height, width = size
    box = np.array([*sides], np.float64) * ([width, height, width, height] if relative else 1)
    inside = np.clip(box, 0, [width, height, width, height])
    if (inside[2:] - inside[:2]).min() < _LEAST:
        return None, False
    return inside, bool(np.abs(inside - box).max() <= 1)


def _classes(whole: Mapping[str, list[Row]]) -> tuple[str, ...]:
    """Return the classes of all boxes, in natural order."""
    names = {label for rows in whole.values() for _, _, boxes in rows for label, _ in boxes}
    return tuple(sorted(names, key=natural_key))


def _examples(rows: Sequence[Row], classes: Sequence[str]) -> BoxedFiles:
    number = {name: index for index, name in enumerate(classes)}
    boxes = []
    for _, _, own in rows:
        found = np.zeros((len(own), 6), np.float32)
        for row, (label, box) in zip(found, own, strict=True):
            row[:] = box
            row[4] = number[label]
        boxes.append(found)
    return BoxedFiles([path for path, _, _ in rows], boxes)


def _remarks(parts: Mapping[str, BoxedFiles], classes: Sequence[str]) -> list[str]:
    """Return notes on images without boxes and on classes without examples."""
    notes: list[str] = []
    own = [boxes for part in parts.values() for boxes in part.own_boxes()]
    empty = sum(not len(boxes) for boxes in own)
    if empty:
        notes.append(f"{empty:,} of {len(own):,} images have no boxes, and count as background")
    train = [boxes[:, 4] for boxes in parts["train"].own_boxes()]
    counts = Counter(np.concatenate([*train, []]).astype(int).tolist())
    if len(parts["train"]):
        lacking = [name for index, name in enumerate(classes) if not counts[index]]
        if lacking:
            notes.append(f"classes without an example in training: {', '.join(lacking[:_NAMED])}")
    return notes
