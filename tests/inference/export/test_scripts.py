"""The script beside an export answers raw input as `predict` does, in a process without us."""

import importlib.util
import json
import runpy
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from unicodedata import normalize

import numpy as np
import pytest
from PIL import Image

import kerasrecipes
from kerasrecipes import zoo
from kerasrecipes.inference.export import export, scripts
from kerasrecipes.inference.export.words import sentences
from kerasrecipes.runs.run import Run

ROWS = "size,colour,grade,price\n" + "".join(
    f"{'' if n % 9 == 4 else n / 2},{('red', 'blue', '')[n % 3]},"
    f"{('1', 'x')[n % 2]},{n * 2 + 5 * (n % 3)}\n"
    for n in range(60)
)
TEXTS = [
    "Not good, but 3.5 stars<br />don't",
    "a GOOD film!",
    "",
    "unheard-of words, 漢字",
    "हिन्दी फिल्म",
    "שָׁלוֹם",
    "❤️ 👍🏽 👩\u200d👧",
    "x " * 99,
]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A run of each kind, with raw inputs for it."""
    folder = tmp_path_factory.mktemp("scripts")
    random = np.random.default_rng(0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERASRECIPES_HOME", str(folder / "runs"))
        patch.setattr("kerasrecipes.reports.run_report.write", lambda *given: None)
        given = {"epochs": 1, "diagnose": False, "observers": []}
        (folder / "rows.csv").write_text(ROWS)
        (folder / "ask.csv").write_text("colour,size,grade\nred,3,1\n,,\ngreen,7.25,1.0\n")
        (folder / "odd.csv").write_text("Colour;GRADE;more;Size\nred;1.0;;3e0\nblue;x;5;-.5\n")
        (folder / "tabs.csv").write_text("\ngrade\tSize\tcolour\n\n 1\tN/A\tred \n")
        rows = kerasrecipes.run("mlp", folder / "rows.csv", target="price", **given)
        for label in "ab":
            (folder / "photos" / label).mkdir(parents=True)
            for n in range(8):
                pixels = random.integers(0, 256, (30 + n, 40 - n, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(folder / "photos" / label / f"{n}.png")
        photos = kerasrecipes.run("lenet", folder / "photos", **given)
        lines = [f"{'good' if n % 2 else 'poor'} film {n % 5},{n % 2}" for n in range(40)]
        (folder / "texts.csv").write_text("\n".join(["text,label", *lines]))
        small = {"units": 4, "embedding_dimension": 4, "max_length": 40}
        texts = kerasrecipes.run(
            "sentiment", folder / "texts.csv", target="label", **small, **given
        )
    wide = folder / "wide.png"
    Image.fromarray(random.integers(0, 256, (33, 80, 4), dtype=np.uint8)).save(wide)
    deep = [str(folder / name) for name in ("deep.png", "deep.tif", "fractions.tif")]
    values = random.random((30, 40))
    Image.fromarray((values * 40000).astype(np.uint16)).save(deep[0])
    Image.fromarray((values * 200).astype(np.int32)).save(deep[1])
    Image.fromarray(values.astype(np.float32)).save(deep[2])
    return {
        "rows": (rows, [str(folder / f"{name}.csv") for name in ("ask", "odd", "tabs")]),
        "photos": (photos, [str(wide), *deep, str(folder / "photos" / "a" / "3.png")]),
        "texts": (texts, TEXTS),
    }


ALONE = (
    "import runpy, sys\n"
    "sys.modules['kerasrecipes'] = None\n"  # so that importing it fails
    "for words in eval(sys.argv[1]):\n"
    "    sys.argv = words\n"
    "    runpy.run_path(words[0], run_name='__main__')\n"
)


def said_alone(folder, *commands):
    command = [sys.executable, "-P", "-c", ALONE, repr(commands)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def compare(runs, said):
    expected = [
        answer
        for run, inputs in runs.values()
        for answer in kerasrecipes.predict(
            run, [text.encode() for text in inputs] if run.recipe_name == "sentiment" else inputs
        )
    ]
    assert len(said) == len(expected)
    for own, answer in zip(said, expected, strict=True):
        if "label" in own:
            assert own["label"] == answer["label"]
            assert own["probability"] == pytest.approx(answer["probability"], abs=2e-5)
        else:
            assert own["price"] == pytest.approx(answer["value"], rel=1e-4, abs=1e-3)


def written(runs, folder, suffix):
    commands = []
    for name, (run, inputs) in runs.items():
        exported = export(run, folder / f"{name}{suffix}")
        if exported.script is None:
            assert exported.needs, "only a class of ours is a reason"
            continue
        assert exported.script == Path(f"{exported.target}.py")
        assert any(str(exported.script) in one for one in sentences(exported))
        commands.append([str(exported.script), *inputs])
    return commands


@pytest.mark.slow
def test_keras_files_are_answered_by_their_scripts(runs, tmp_path):
    commands = written(runs, tmp_path, ".keras")
    kept = {name: one for name, one in runs.items() if (tmp_path / f"{name}.keras.py").is_file()}
    assert {"rows", "photos"} <= set(kept)
    compare(kept, said_alone(tmp_path, *commands))


NEEDS = {".onnx": "onnxruntime", ".tflite": "ai_edge_litert", ".xml": "openvino", "": "tensorflow"}


@pytest.mark.slow
@pytest.mark.parametrize("suffix", NEEDS)
def test_each_format_is_answered_by_its_script(runs, tmp_path, suffix):
    if importlib.util.find_spec(NEEDS[suffix]) is None:
        pytest.skip(f"needs {NEEDS[suffix]}: pip install '.[export]'")
    if suffix == ".xml":
        # OpenVINO computes the longest of these texts wrongly, for `kerasrecipes.load` too.
        runs = {**runs, "texts": (runs["texts"][0], TEXTS[:-1])}
    commands = written(runs, tmp_path, suffix)
    assert len(commands) == len(runs)
    compare(runs, said_alone(tmp_path, *commands))


def test_scripts_are_short_and_read_alike(runs):
    for run, _ in runs.values():
        described = {"predict": run.recipe.task.predict, "inputs": [{}]}
        for suffix in scripts._RUNTIMES:
            text = scripts.script(Path(f"a{suffix}"), described, run.info)
            compile(text, "script", "exec")
            assert "kerasrecipes." not in text.replace("kerasrecipes.load", "")
            assert max(map(len, text.splitlines())) <= 100
        prepare = text[text.index("def prepare") : text.index("def answer")]
        assert len(prepare.splitlines()) <= 30


def loaded(run, folder, name):
    """Return what a script defines, without its runtime."""
    described = {"predict": run.recipe.task.predict, "inputs": [{"dtype": "int32"}]}
    text = scripts.script(Path("a.keras"), described, run.info)
    compute = scripts._RUNTIMES[".keras"][2]
    path = folder / f"{name}.py"
    text = text[: text.index("\nfor given in")]
    path.write_text(text.replace(compute, "").replace("import keras\n", ""))
    document = {"preprocessor": run.info.preprocessor.to_dict(), "model": described}
    path.with_suffix(".json").write_text(json.dumps(document))
    return runpy.run_path(str(path))


def test_texts_are_the_same_tokens(runs, tmp_path):
    run, _ = runs["texts"]
    script = loaded(run, tmp_path, "texts")
    random = np.random.default_rng(0)
    pool = "aΣİß'’_.,19²½ⅷ٣๓ \u0301\u05c1\u094d\ufe0f\u200d🏽👍❤漢字カナーน้ําກັខ្មမြ한हिשo!?€\u3000々"
    tokenizer = run.info.preprocessor.tokenizer
    for _ in range(300):
        text = "".join(random.choice(list(pool), random.integers(1, 25)))
        plain = tokenizer.pipeline.normalizer.normalize_str(text)
        cut = tokenizer.pipeline.pre_tokenizer.pre_tokenize_str(plain)
        own = script["TOKEN"].findall("".join(c.lower() for c in normalize("NFC", text)))
        assert own == [word for word, _ in cut], ascii(text)


@pytest.mark.parametrize("cell", ["inf", "1_000", "nan5", "1e999", "٣", "3,5"])
def test_cells_that_are_no_numbers_end_a_script_in_a_sentence(runs, tmp_path, cell):
    script = loaded(runs["rows"][0], tmp_path, "rows")
    path = tmp_path / "ask.csv"
    path.write_text(f'size,colour,grade\n"{cell}",red,x\n')
    with pytest.raises(SystemExit, match=f"size: '{cell}' is no plain number"):
        script["prepare"](path)
    path.write_text(f"colour,grade\nred,{cell.replace(',', '')}\n")
    with pytest.raises(SystemExit, match="lacks the column 'size'; it has colour, grade"):
        script["prepare"](path)
    path.write_text("size,colour,grade\n1,red\n")
    with pytest.raises(SystemExit, match="as many cells"):
        script["prepare"](path)


@pytest.mark.parametrize("name", ['a"""b', "a\\", "a\nimport os", 'a"'])
def test_names_that_would_become_code_have_no_script(runs, name):
    run, _ = runs["rows"]
    described = {"predict": run.recipe.task.predict, "inputs": [{}]}
    assert scripts.script(Path(f"{name}.onnx"), described, run.info) is None
    assert scripts.script(Path("a b'é.onnx"), described, run.info)


def test_what_takes_more_says_which_import_is_needed(tmp_path):
    shutil.copytree(zoo.find("zoo/lenet"), tmp_path / "lenet")  # which finds the ink of drawings
    exported = export(Run(tmp_path / "lenet"), tmp_path / "lenet.keras")
    assert exported.script is None and not Path(f"{exported.target}.py").exists()
    said = [*sentences(exported)]
    assert sum("raw inputs need `import kerasrecipes`" in one for one in said) == 1
    assert kerasrecipes.load(exported.target).predict(np.zeros((28, 28, 1), np.uint8)).label


def test_cells_that_are_no_plain_numbers_have_no_script(runs):
    run, _ = runs["rows"]
    described = {"predict": run.recipe.task.predict, "inputs": [{}]}
    table = run.info.preprocessor
    for change in ({"unit": "€"}, {"decimal": ","}, {"kind": "boolean"}, {"kind": "date"}):
        kinds = tuple(replace(k, **change) if k.name == "size" else k for k in table.kinds)
        info = replace(run.info, preprocessor=replace(table, kinds=kinds))
        assert scripts.script(Path("a.onnx"), described, info) is None
    assert scripts.script(Path("a.onnx"), {**described, "predict": "x:y"}, run.info) is None
    assert scripts.script(Path("a.safetensors"), described, run.info) is None


def test_models_that_ship_stay_as_they_are(tmp_path):
    before = {path.name for path in zoo.find("zoo/lenet").iterdir()}
    export(Run(zoo.find("zoo/lenet")), tmp_path / "lenet.keras")
    assert {path.name for path in zoo.find("zoo/lenet").iterdir()} == before
