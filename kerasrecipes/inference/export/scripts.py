"""The script beside an export: raw input to answer with NumPy and the export's runtime alone.

It reads the JSON beside the export and repeats what the preprocessor does, in some thirty lines,
which can be done for photographs, for tables of numbers and words, and for texts whose vocabulary
is one of words. Of other kinds the preprocessor is the package's own, `kerasrecipes.load`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kerasrecipes.data.tables.preprocessor import TablePreprocessor
from kerasrecipes.data.text.classification_encoding import TextPreprocessor
from kerasrecipes.info import Info

_HEAD = '''\
"""Answer with {name}: python {script} {usage}

Needs {needs}; {json} beside it says how inputs become numbers.
"""

import {first}json
import sys
from pathlib import Path

import numpy as np
{imports}
MODEL = Path(__file__).with_suffix("")
INFO = json.loads(Path(f"{{MODEL}}.json").read_text(encoding="utf-8"))
PREPROCESSOR, DTYPE = INFO["preprocessor"], INFO["model"]["inputs"][0]["dtype"]
'''

# By suffix: what is installed, what is imported, and how the model is computed.
_RUNTIMES = {
    ".onnx": (
        "onnxruntime",
        "import onnxruntime\n",
        """\
session = onnxruntime.InferenceSession(MODEL, providers=["CPUExecutionProvider"])


def compute(x):
    return session.run(None, {session.get_inputs()[0].name: x})[0]
""",
    ),
    ".tflite": (
        "ai-edge-litert",
        "from ai_edge_litert.interpreter import Interpreter\n",
        """\
interpreter = Interpreter(str(MODEL))


def compute(x):
    given, found = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    interpreter.resize_tensor_input(given["index"], x.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(given["index"], x)
    interpreter.invoke()
    return interpreter.get_tensor(found["index"])
""",
    ),
    ".xml": (
        "openvino",
        "import openvino\n",
        """\
compiled = openvino.compile_model(MODEL, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})


def compute(x):
    return compiled([x])[compiled.outputs[0]]
""",
    ),
    ".keras": (
        "keras",
        "import keras\n",
        """\
model = keras.saving.load_model(MODEL, compile=False)


def compute(x):
    return keras.ops.convert_to_numpy(model(x, training=False))
""",
    ),
    "": (
        "tensorflow",
        "import tensorflow as tf\n",
        """\
loaded = tf.saved_model.load(str(MODEL))
(structure,), _ = loaded.serve.concrete_functions[0].structured_input_signature


def compute(x):
    outputs = loaded.serve(tf.nest.pack_sequence_as(structure, [tf.constant(x)]))
    return tf.nest.flatten(outputs)[0].numpy()
""",
    ),
}

_IMAGE = """\
FRAME = PREPROCESSOR["frame"]


def grey(image):  # of 16 bits, or fractions
    values = np.nan_to_num(np.asarray(image, np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    most = float(values.max())
    likely = next((top for top in (1, 255, 65535) if most <= top), most)
    white = 65535 if ";16" in image.mode else likely
    return Image.fromarray(np.clip(np.rint(values * (255 / white)), 0, 255).astype(np.uint8))


def prepare(path):
    image = ImageOps.exif_transpose(Image.open(path))
    if image.mode[0] in "IF":
        image = grey(image)
    if "A" in image.getbands() or "a" in image.mode or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    image = image.convert("L" if FRAME["channels"] == 1 else "RGB")
    height, width = FRAME.get("source") or FRAME["size"]
    if FRAME["resize"] == "crop" or (FRAME.get("source") and image.size != (width, height)):
        scale = min(image.width / width, image.height / height)
        left, top = (image.width - width * scale) / 2, (image.height - height * scale) / 2
        right, bottom = left + width * scale, top + height * scale
        box = (max(left, 0.0), max(top, 0.0), min(right, image.width), min(bottom, image.height))
        image = image.resize((width, height), Image.Resampling.BICUBIC, box=box, reducing_gap=3.0)
    height, width = FRAME["size"]
    if FRAME["resize"] == "pad":
        ground = tuple(FRAME.get("background", [0]))
        paper = Image.new(image.mode, (width, height), ground if len(ground) > 1 else ground[0])
        paper.paste(image, ((width - image.width) // 2, (height - image.height) // 2))
        image = paper
    image = image.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=3.0)
    return np.asarray(image).reshape(1, height, width, FRAME["channels"])
"""

_TABLE = """\
MISSING = ["", "?", "na", "n/a", "#n/a", "nan", "-nan", "null", "none", "nil", "."]


NUMBER = re.compile(r"[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)(e[-+]?[0-9]{1,2})?", re.I)


def encode(cell, column):
    missing = cell.lower() in MISSING
    last = [float(missing)] if column.get("missing") else []
    if column["kind"] == "word":
        words = column["words"]
        cell = cell if cell in words else cell.removesuffix(".0")
        return [float(cell == word) for word in words] + last
    if not missing and not NUMBER.fullmatch(cell):
        sys.exit(f"{column['name']}: '{cell}' is no plain number; kerasrecipes.load reads others")
    return [column.get("mean", 0.0) if missing else float(cell), *last]


def find(name, names):
    lower = [one.lower() for one in names]
    if name.lower() not in lower:
        sys.exit(f"the first row lacks the column '{name}'; it has {', '.join(names)}")
    return names.index(name) if name in names else lower.index(name.lower())


def prepare(path):
    with open(path, newline="", encoding="utf-8-sig") as file:
        text = file.read().lstrip("\\r\\n")
    divider = max(",;\\t|", key=text.partition("\\n")[0].count)
    rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=divider) if row]
    if len(rows) < 2 or len({len(row) for row in rows}) > 1:
        sys.exit(f"{path}: a row of names and rows of as many cells are needed")
    names = [" ".join(name.split()) for name in rows[0]]
    columns = [(find(c["name"], names), c) for c in PREPROCESSOR["columns"]]
    return np.array([sum((encode(row[n].strip(), c) for n, c in columns), []) for row in rows[1:]])
"""

_TEXT = r"""
# Scripts that put no space between words, a token for each character.
SIGNS = "\u0e01-\u0e3a\u0e40-\u0e5b\u0e81-\u0edf\u1000-\u109f\u1780-\u17f9\u19e0-\u19ff"
SIGNS += "\u2e80-\u2fd5\u3005\u3007\u3021-\u3029\u3038-\u303b\u3041-\u3096\u309d-\u309f"
SIGNS += "\u30a1-\u30fa\u30fd-\u30ff\u31f0-\u31ff\u32d0-\u32fe\u3300-\u3357\u3400-\u4dbf"
SIGNS += "\u4e00-\u9fff\ua9e0-\ua9fe\uaa60-\uaa7f\uf900-\ufad9\uff66-\uff6f\uff71-\uff9d"
SIGNS += "\U0001aff0-\U0001b167\U00020000-\U000323af"


def kind(letter):
    every = map(chr, range(sys.maxunicode + 1))
    return "".join(one for one in every if unicodedata.category(one)[0] == letter)


MARK, DIGIT = f"[{kind('M')}]", f"[{kind('N')}]"
LETTER = rf"[^\W{SIGNS}]"
WORD = f"{LETTER}(?:{LETTER}|{MARK})*(?:['’](?:{LETTER}|{MARK})+)*"
# An emoji stays one with its modifiers and joined parts.
JOINED = f"(?:{MARK}|[\ufe0f\U0001f3fb-\U0001f3ff]|\u200d\\S)*"
SYMBOL = rf"(?!{MARK})[^\s\u200d]{JOINED}"
TOKEN = re.compile(rf"{DIGIT}+(?:[.,]{DIGIT}+)+|[{SIGNS}]{MARK}*|{WORD}|{SYMBOL}")
KNOWN = PREPROCESSOR["tokenizer"]["pipeline"]["model"]["vocab"]
MOST = PREPROCESSOR["max_length"]


def prepare(text):
    text = "".join(one.lower() for one in unicodedata.normalize("NFC", text))
    tokens = [KNOWN.get(word, 1) for word in TOKEN.findall(re.sub(r"<br\s*/?>", " ", text))] or [1]
    if len(tokens) > MOST:  # the first quarter and the last three
        tokens = tokens[: MOST // 4] + tokens[MOST // 4 - MOST :]
    length = PREPROCESSOR.get("pad_to") or -(-len(tokens) // 8) * 8
    return np.array([tokens + [0] * (length - len(tokens))])
"""

_ANSWER = '''

def answer(output):
    """Return the most probable class, or the number."""
    task, classes = INFO.get("task"), INFO.get("classes")
    if task == "regression":
        return dict(zip(INFO["targets"], map(float, output)))
    if task == "signed":
        return {"label": classes[int(output[0] >= 0)], "score": float(output[0])}
    if len(output) == 1:
        output = np.concatenate([1 - output, output])
    best = int(np.argmax(output))
    return {"label": classes[best], "probability": float(output[best])}


for given in sys.argv[1:]:
    for output in compute(prepare(given).astype(DTYPE)):
        print(json.dumps({"input": given, **answer(output)}, ensure_ascii=False))
'''

# By the package's function that answers: what is installed besides, the argument, and the code.
_KINDS = {
    "image_classification:classify": ("Pillow", "photo.jpg", _IMAGE),
    "tables:predict_rows": ("", "rows.csv", _TABLE),
    "text_classification:classify": ("", '"a text"', _TEXT),
}
_IMPORTS = {_IMAGE: "from PIL import Image, ImageOps\n", _TABLE: "", _TEXT: ""}
_SYSTEM = {
    _TABLE: "import re\nimport sys\n",
    _TEXT: "import re\nimport sys\nimport unicodedata\n",
}
_FIRST = {_IMAGE: "", _TABLE: "csv\nimport io\nimport ", _TEXT: ""}


def script(path: Path, described: Mapping[str, Any], info: Info) -> str | None:
    """Return the program that answers with an export.

    Args:
        path: of the export; the program stands beside it, with `.py` behind its name.
        described: `model` of the JSON beside it.
        info: metadata of the run's data.

    Returns:
        Its text; `None` where thirty lines do not do what the preprocessor does.
    """
    place = str(described.get("predict", "")).removeprefix("kerasrecipes.inference.")
    if place == "tables:predict_rows" and not isinstance(info.preprocessor, TablePreprocessor):
        place = "image_classification:classify"  # of a recipe that reads both
    if not path.name.isprintable() or set(path.name) & {'"', "\\"}:
        return None  # the name stands in the program's text
    if path.suffix not in _RUNTIMES or place not in _KINDS:
        return None  # weights for another library, or answers of another kind
    if not _is_plain(info) or len(described["inputs"]) > 1:
        return None
    besides, usage, prepare = _KINDS[place]
    runtime, imports, compute = _RUNTIMES[path.suffix]
    head = _HEAD.format(
        name=path.name,
        script=f"{path.name}.py",
        json=f"{path.name}.json",
        usage=usage,
        needs=", ".join(filter(None, ("numpy", runtime, besides))),
        first=_FIRST[prepare],
        imports=imports + _IMPORTS[prepare],
    )
    if prepare in _SYSTEM:
        head = head.replace("import sys\n", _SYSTEM[prepare])
    return f"{head}\n{compute}\n\n{prepare.strip()}\n{_ANSWER}"


def _is_plain(info: Info) -> bool:
    """Whether a preprocessor does no more than the programs above."""
    one = info.preprocessor
    if isinstance(one, TextPreprocessor):
        return one.tokenizer.kind == "words" and one.tokenizer.lowercase
    if info.task == "multilabel":
        return False
    if isinstance(one, TablePreprocessor):
        kinds = {kind.name: kind for kind in one.kinds}
        return all(
            column.kind == "word"
            or (
                column.kind == "number"
                and (kind := kinds.get(column.name)) is not None
                and (kind.kind, kind.unit, kind.decimal) == ("number", "", ".")
            )
            for column in one.columns
        )
    # The ink of drawings is looked for in photographs of them, which takes more.
    return getattr(one, "kind", "") == "image" and getattr(one, "ink", None) is None
