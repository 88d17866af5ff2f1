"""Which annotations belong to which images of a folder: Pascal VOC, COCO and YOLO."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kerasrecipes.data.files import natural_key, read_text
from kerasrecipes.data.images import box_annotations, coco_annotations
from kerasrecipes.data.images.box_annotations import Annotated
from kerasrecipes.data.images.decoding import workers
from kerasrecipes.data.images.folders import walk
from kerasrecipes.data.splits import SPLIT_OF_WORD, split_of, words_of
from kerasrecipes.errors import UserError

# Folders that say what a file is, not which image it is of.
_KINDS = {
    *("images", "image", "imgs", "jpegimages", "photos", "labels", "label", "annotations"),
    *("annotation", "xml", "xmls", "txt", "json", "obj_train_data"),
}
NO_LABELS = {"classes.txt", "labels.txt", "readme.txt", "notes.txt", "license.txt"}
NAMED = 5  # files that a note names


@dataclass
class Found:
    """What a folder holds, by split, and what was wrong.

    Args:
        images: file and annotation of each image, by split.
        classes: names, where a file lists them.
        notes: sentences for the user.
    """

    images: dict[str, list[tuple[str, Annotated]]] = field(default_factory=dict)
    classes: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, split: str, path: Path, annotated: Annotated) -> None:
        """Add an image to a split.

        Args:
            split: name of the split.
            path: of the image.
            annotated: what is written of it.
        """
        self.images.setdefault(split, []).append((str(path), annotated))

    def note(self, names: Sequence[str], total: int, what: str) -> None:
        """Say how many of something were left out, and name the first.

        Args:
            names: of what was left out; nothing is said of none.
            total: how many there were in all.
            what: they are, in the plural.
        """
        if names:
            more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
            shown = ", ".join(names[:NAMED])
            self.notes.append(f"skipped {len(names)} of {total} {what}: {shown}{more}")


def annotated_images(root: Path, outlines: bool = False) -> Found:
    """Read all annotations of the kind that a folder has.

    Args:
        root: a folder with Pascal VOC's XML, COCO's JSON or YOLO's text files, and images; or a
            JSON file of COCO, whose images are beside or below it.
        outlines: whether outlines are wanted, which Pascal VOC has not, in place of boxes.

    Returns:
        Images with their annotations, by split; the notes name what does not belong together.

    Raises:
        UserError: if there are no annotations, or a list of COCO is not of its form.
    """
    if root.is_file():
        return _coco(root.parent, [root], outlines)
    files = [Path(place, name) for place, _, names in os.walk(root) for name in names]
    files = sorted(
        (f for f in files if not f.name.startswith(".")), key=lambda f: natural_key(str(f))
    )
    by_ending = {
        ending: [f for f in files if f.suffix.lower() == ending]
        for ending in (".xml", ".json", ".txt")
    }
    if by_ending[".xml"] and not outlines:
        return _pascal_voc(root, by_ending[".xml"])
    if lists := [path for path in by_ending[".json"] if coco_annotations.is_coco(path)]:
        return _coco(root, lists, outlines)
    if labels := [f for f in by_ending[".txt"] if f.name.lower() not in NO_LABELS]:
        return _yolo(root, labels)
    if by_ending[".json"]:
        coco_annotations.coco(by_ending[".json"][0])  # which says what is wrong with it
    what = "outlines: expected" if outlines else "boxes: expected XML files of Pascal VOC,"
    raise UserError(f"{root} holds no {what} a JSON file of COCO, or text files of YOLO")


def _key(path: Path, root: Path) -> str:
    """Return what an image and its annotation have in common of their paths."""
    *folders, _ = path.relative_to(root).parts
    kept = [SPLIT_OF_WORD.get(f.lower(), f.lower()) for f in folders if f.lower() not in _KINDS]
    return "/".join([*kept, path.stem.lower()])


def _split(path: Path, root: Path) -> str:
    """Return the split that a folder above a file names; `train` without one."""
    return split_of(path.relative_to(root).parts[:-1]) or "train"


def _pascal_voc(root: Path, files: Sequence[Path]) -> Found:
    found, broken, missing = Found(), [], []
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


def _yolo(root: Path, files: Sequence[Path]) -> Found:
    found, broken = Found(), []
    names = box_annotations.class_names(root)
    found.classes = list(dict.fromkeys(names[number] for number in sorted(names)))
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
                f"{', '.join(sorted(strange, key=natural_key)[:NAMED])}"
            )
    return found


def _coco(root: Path, files: Sequence[Path], outlines: bool) -> Found:
    found, missing, total = Found(), [], 0
    images = walk(root)[0] or walk(root.parent)[0]
    by_name: dict[str, list[Path]] = {}
    seen: dict[tuple[str, Path], tuple[Annotated, Path]] = {}
    for path in images:
        by_name.setdefault(path.name.lower(), []).append(path)
    for path in files:
        listing = coco_annotations.coco(path, outlines)
        # Such as `person_keypoints_train.json` beside `instances_train.json`.
        again = set(listing.classes) <= set(found.classes)
        found.classes = list(dict.fromkeys([*found.classes, *listing.classes]))
        found.note(listing.lost, listing.total, "annotations")
        split = _named_split(path, root)
        total += len(listing.images)
        repeated = 0
        for row in listing.images:
            tail = row.name.replace("\\", "/").lower()
            candidates = by_name.get(tail.rsplit("/", 1)[-1], [])
            # Of several of one name the one nearest to the list.
            image = max(candidates, key=lambda p: _nearness(p, path, tail, split), default=None)
            if image is None:
                missing.append(row.name)
            elif (known := seen.get((split, image))) is None:
                seen[split, image] = row, path
                found.add(split, image, row)
            elif again and known[1] != path:
                repeated += 1
            else:
                known[0].merge(row)
        if repeated:
            found.notes.append(
                f"{path.name}: {repeated} of {len(listing.images)} images are in another list of "
                "the same classes, which counts"
            )
    found.note(missing, total, "images, which are not there")
    return found


def _named_split(path: Path, root: Path) -> str:
    """Return the split that a list's name or folder has, such as `instances_val2017.json`."""
    return split_of(words_of(path.stem)) or _split(path, root)


def _nearness(image: Path, listing: Path, tail: str, split: str) -> tuple[bool, bool, int]:
    words = {SPLIT_OF_WORD.get(part.lower().rstrip("0123456789")) for part in image.parts}
    shared = len(os.path.commonpath([image.absolute(), listing.absolute()]))
    return str(image).replace("\\", "/").lower().endswith(tail), split in words, shared
