"""Clips in files: animated GIFs or folders of frames, with a WAV of the same name beside each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from PIL import Image, ImageSequence, UnidentifiedImageError

from kerasrecipes.data.audio.decoding import decode, is_sound
from kerasrecipes.data.audio.waves import resampled
from kerasrecipes.data.files import is_regular, natural_key
from kerasrecipes.data.sources import FileSource
from kerasrecipes.data.splits import make_splits, splits_of
from kerasrecipes.data.video.foley import RATE, Clip, ClipExamples
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".webp")
FOLDER_FPS = 25.0  # frames a second of a folder of pictures, which do not say it
_MOST_FRAMES, _MOST_PIXELS = 20_000, 2**26
_NAMED = 3  # files that a note names


@dataclass(frozen=True)
class ClipFile:
    """A clip in files, read when it is asked for.

    Args:
        name: of the files.
        pictures: an animated GIF, or a folder of pictures.
        file: of the sound.
        frame_count: number of frames.
        fps: frames a second.
        samples: of its sound, `RATE` a second.
    """

    name: str
    pictures: Path
    file: Path
    frame_count: int
    fps: float
    samples: int

    @classmethod
    def of(cls, name: str, pictures: Path, file: Path) -> ClipFile:
        """Read a clip to see that it can be, and how long it is.

        Args:
            name: of the files.
            pictures: an animated GIF, or a folder of pictures.
            file: of the sound.

        Returns:
            The clip, of which only the size is kept.

        Raises:
            UserError: if one of both cannot be read, or there is nothing in it.
        """
        frames, fps = frames_of(pictures)
        samples = _sound(file)
        if not len(samples):
            raise UserError(f"{file} is a recording of no length")
        return cls(name, pictures, file, len(frames), fps, len(samples))

    def read(self) -> Clip:
        """Read the clip."""
        frames, fps = frames_of(self.pictures)
        return Clip(frames, fps, self.read_sound(), self.name)

    def read_sound(self) -> np.ndarray:
        """Read its sound, `(samples,)` float32."""
        return _sound(self.file)


def _sound(file: Path) -> np.ndarray:
    samples, rate = decode(file)
    return resampled(samples, rate, RATE)


@dataclass(frozen=True)
class ClipSource(FileSource):
    """The user's own clips with sound."""

    summary: str = (
        "a folder of your own clips: animated GIFs, or folders of frames (25 a second), each with "
        "a WAV of the same name beside it"
    )
    example: ClassVar[str] = "path/to/clips"

    def load(self, request: Request) -> Splits:
        """Look at every clip, of which one at a time is in memory; splits are drawn by clip.

        Clips without sound, sound without a clip, and what cannot be read are left out and named.

        Raises:
            UserError: if there is no such folder, or no clip with a sound in it.
        """
        root = self.path_of(request)
        if not root.is_dir():
            raise UserError(f"there is no folder {root}")
        pairs = pairs_in(root)
        clips: list[ClipFile] = []
        left_out: list[str] = []
        for name, (pictures, sound) in pairs.items():
            if pictures is None or sound is None:
                lacks = "frames" if pictures is None else "sound"
                left_out.append(f"{name} has no {lacks}")
                continue
            try:
                clips.append(ClipFile.of(name, pictures, sound))
            except UserError as error:
                left_out.append(str(error))
        if not clips:
            raise UserError(
                left_out[0] if left_out else f"{root} holds no clips: GIFs or folders of frames"
            )
        notes = []
        if left_out:
            named = "; ".join(left_out[:_NAMED])
            notes.append(f"left out {len(left_out):,} of {len(pairs):,} clips: {named}")
        made, drawn = make_splits({"train": ClipExamples(clips)}, request)
        return splits_of(made, Info(), (*notes, *drawn))

    def accepts(self, path: str) -> bool:
        """Return whether `path` is a folder with a clip and its sound."""
        root = Path(path).expanduser()
        return root.is_dir() and any(
            pictures is not None and sound is not None
            for pictures, sound in pairs_in(root).values()
        )


def pairs_in(root: Path) -> dict[str, list[Path | None]]:
    """Return the names in a folder, and of each the clip and the sound that are there."""
    found: dict[str, list[Path | None]] = {}
    for path in sorted(root.iterdir(), key=lambda path: natural_key(path.name)):
        if path.name.startswith("."):
            continue
        if path.suffix.lower() == ".gif" or (path.is_dir() and pictures_in(path)):
            found.setdefault(path.stem, [None, None])[0] = path
        elif is_sound(path):
            found.setdefault(path.stem, [None, None])[1] = path
    return found


def pictures_in(folder: Path) -> list[Path]:
    """Return the pictures of a folder, in natural order."""
    files = [p for p in folder.iterdir() if p.suffix.lower() in PICTURES and is_regular(p)]
    return sorted(files, key=lambda path: natural_key(path.name))


def frames_of(source: Path) -> tuple[np.ndarray, float]:
    """Read the frames of a clip.

    Args:
        source: an animated GIF, or a folder of pictures.

    Returns:
        `(frames, height, width)` uint8, shades of grey, and frames a second.

    Raises:
        UserError: if it cannot be read, has no frames, or more than can be held.
    """
    rows: list[np.ndarray] = []
    try:
        if source.is_dir():
            files = pictures_in(source)[:_MOST_FRAMES]
            for file in files:
                with Image.open(file) as picture:
                    rows.append(_grey(picture, source, len(rows), rows[0] if rows else None))
            fps = FOLDER_FPS
        else:
            with Image.open(source) as film:
                lengths = []
                for frame in ImageSequence.Iterator(film):
                    # In milliseconds; players take a tenth of a second for what says nothing.
                    lengths.append(frame.info.get("duration", 100) or 100)
                    rows.append(_grey(frame, source, len(rows), rows[0] if rows else None))
                fps = 1000 * len(lengths) / max(1, sum(lengths))
    except FileNotFoundError:
        raise UserError(f"there is no file {source}") from None
    except (OSError, ValueError, SyntaxError, EOFError, UnidentifiedImageError) as error:
        if isinstance(error, UserError):
            raise
        raise UserError(f"{source} cannot be read as frames") from error
    if not rows:
        raise UserError(f"{source} holds no frames")
    return np.stack(rows), fps


def _grey(picture: Image.Image, source: Path, count: int, first: np.ndarray | None) -> np.ndarray:
    if count >= _MOST_FRAMES or (count + 1) * picture.width * picture.height > 8 * _MOST_PIXELS:
        raise UserError(f"{source} has more frames than can be held; cut it")
    grey = np.asarray(picture.convert("L"))
    if first is not None and grey.shape != first.shape:
        raise UserError(f"{source} has frames of different sizes")
    return grey
