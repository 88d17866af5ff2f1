"""The command line: what it answers, and how it refuses."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import keras
import pytest

from kerasrecipes.cli import main


def refused(capsys, *words):
    """Run a command that must fail with one line, and give the line."""
    assert main(words) == 2
    captured = capsys.readouterr()
    lines = captured.err.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("kerasrecipes: "), captured.err
    assert captured.out == ""
    return lines[0]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["lst"], "unknown verb 'lst'; did you mean 'list'?"),
        (["list", "nothing-like-it"], "no recipe has 'nothing-like-it'"),
        (["run"], "which recipe?"),
        (["run", "lenett"], "did you mean 'lenet'?"),
        (["run", "./missing.py"], "there is no page './missing.py'"),
        (["run", "lenet", "--epoch", "3"], "did you mean '--epochs'?"),
        (["run", "lenet", "--epochs", "many"], "epochs=many: expected int"),
        (["run", "lenet", "--epochs", "0"], "at least 1"),
        (["run", "lenet", "--ema", "2"], "must be at most"),
        (["run", "lenet", "--momentum", "1.5"], "must be at most"),
        (["run", "lenet", "--seed", "99999999999999999999"], "must be at most"),
        (["run", "lenet", "--monitor", "val_los"], "did you mean 'val_loss'?"),
        (["run", "./setup.cfg"], "a page is a Python file"),
        (["run", "lenet", "--optimizer", "adan"], "did you mean 'adam'?"),
        (["run", "lenet", "--limit", "0"], "limit=0: must be at least 1"),
        (["run", "lenet", "aktivation=relu"], "did you mean 'activation'?"),
        (["run", "lenet", "activation=reluu"], "did you mean 'relu'?"),
        (["run", "lenet", "image_size=8"], "at least 32 x 32"),
        (["run", "lenet", "stray"], "'stray' is not expected here"),
        (["run", "lenet", "data=mnist"], "'data' is not a setting"),
        (["compare", "lenet", "data=mnist,digits"], "'data' is not a setting"),
        (["run", "lenet", "--data", "minst"], "did you mean 'mnist'?"),
        (["run", "lenet", "--data", "./nowhere/"], "there is no file or folder './nowhere/'"),
        (
            ["run", "lenet", "--config", "missing.toml"],
            "cannot read the configuration 'missing.toml'",
        ),
        (["run", "lenet", "--resume"], "there is no unfinished run of 'lenet'"),
        (["run", "--resume", "no/such/folder"], "is not a run folder"),
        (["run", "lenet", "--resume", "--epochs", "3"], "keeps its data and settings"),
        (["run", "lenet", "--backend", "torch"], "unknown backend 'torch'"),
        (["run", "lenet", "--steps-per-execution", "7", "--limit", "64"], "must divide"),
        (["evaluate", "lenet"], "there is no finished run of 'lenet'"),
        (["predict", "lenett", "x.png"], "did you mean 'lenet'?"),
        (["compare", "lenet"], "at least two runs"),
        (["compare", "lenet", "activation=tanh"], "nothing differs"),
        (["compare", "lenet", "activation=tanh,reluu"], "did you mean 'relu'?"),
        (["copy", "lenet", "page.txt"], "a page is a Python file"),
        (["train", "lenet"], "unknown verb 'train'; did you mean 'run'?"),
        (["evaluat", "lenet"], "unknown verb 'evaluat'; did you mean 'evaluate'?"),
        (["--frob"], "unknown flag '--frob'"),
        # What an unset variable of the shell leaves behind.
        (["run", "lenet", "--data", ""], "'data' is given but empty"),
        (["run", "lenet", "--strategy", ""], "'strategy' is given but empty"),
        (["run", "mlp", "--data", "x.csv", "--target", ""], "'target' is given but empty"),
        (["run", "lenet", "--epochs", ""], "'epochs' is given but empty"),
        (["run", ""], "given but empty"),
        (["evaluate", ""], "'run' is given but empty"),
        (["copy", "lenet", ""], "'target' is given but empty"),
        (["compare", "", ""], "'runs' is given but empty"),
        (["list", ""], "'pattern' is given but empty"),
        (["run", "mlp", "--resume", ""], "'resume' is given but empty"),
        (["tune", "mlp", "--resume="], "'resume' is given but empty"),
        (["predict", "gpt", ""], "an input is empty"),
        (["predict", "lenet", "a.png", ""], "an input is empty"),
        (["export", "lenet", ""], "'target' is given but empty"),
    ],
)
def test_a_mistake_gets_one_line(capsys, tmp_path, words, says):
    assert says in refused(capsys, *words)
    assert not list(tmp_path.rglob("config.toml")), "a refused run leaves nothing behind"


def test_what_is_empty_by_default_is_not_refused(capsys):
    assert main(["list"]) == 0
    assert "lenet" in capsys.readouterr().out


@pytest.mark.parametrize(
    "verb",
    [
        "list",
        "show",
        "run",
        "tune",
        "evaluate",
        "predict",
        "compare",
        "diagnose",
        "export",
        "copy",
        "launch",
        "check",
    ],
)
def test_every_verb_explains_itself_with_an_example(capsys, verb):
    with pytest.raises(SystemExit) as exit_info:
        main([verb, "--help"])
    assert exit_info.value.code == 0
    assert f"Example: kerasrecipes {verb}" in capsys.readouterr().out


def test_a_dry_run_resolves_everything_and_writes_nothing(capsys, tmp_path, monkeypatch):
    config = tmp_path / "mine.toml"
    config.write_text(
        'recipe = "lenet"\n[training]\nepochs = 3\nbatch_size = 16\n[settings]\npooling = "max"\n'
    )
    words = [
        "run",
        "lenet",
        "--dry-run",
        "--config",
        str(config),
        "--epochs",
        "5",
        "activation=relu",
        "--limit",
        "64",
    ]
    assert main(words) == 0
    printed = capsys.readouterr().out
    for line in (
        "epochs = 5",
        "batch_size = 16",
        'activation = "relu"',
        'pooling = "max"',
        "limit = 64",
    ):
        assert line in printed
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("recipe = [", "is not TOML"),
        ('recipe = "mlp"', "belongs to the recipe 'mlp'"),
        ("epochs = 3", "unknown entry in the configuration 'epochs'"),
        ("[training]\nepoch = 3", "did you mean 'epochs'?"),
        ('training = "fast"', "must be a table"),
    ],
)
def test_a_configuration_that_does_not_fit_is_refused(capsys, tmp_path, text, says):
    config = tmp_path / "mine.toml"
    config.write_text(text)
    assert says in refused(capsys, "run", "lenet", "--config", str(config))


def test_the_way_of_a_user(capsys, tmp_path, monkeypatch):
    """Copy a page, run it, evaluate, predict, compare, and run again from the configuration."""
    from PIL import Image
    from sklearn.datasets import load_digits

    monkeypatch.chdir(tmp_path)
    assert main(["copy", "lenet", "mine.py"]) == 0
    assert "exists already" in refused_line(capsys, "copy", "lenet", "mine.py")
    assert main(["run", "./mine.py", "--limit", "400", "--epochs", "4", "--batch-size", "32"]) == 0
    printed = capsys.readouterr().out
    assert (
        "test: accuracy" in printed
        and "report.html" in printed
        and "next    kerasrecipes predict" in printed
    )
    (folder,) = (tmp_path / "runs" / "mine").iterdir()
    assert main(["run", "./mine.py", "--config", str(folder / "config.toml")]) == 0
    capsys.readouterr()
    folders = sorted(str(path) for path in (tmp_path / "runs" / "mine").iterdir())
    assert main(["compare", *folders, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["runs"]
    assert len(rows) == 2 and rows[0]["test accuracy"] == rows[1]["test accuracy"]
    assert main(["evaluate", folders[0], "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["accuracy"] == rows[0]["test accuracy"]
    digits = load_digits()
    for number in range(10):
        image = 255 - (digits.images[number] * 255 / 16).astype("uint8")
        Image.fromarray(image).resize((80, 80)).save(tmp_path / f"{number}.png")
    assert main(["predict", folders[0], *(f"{number}.png" for number in range(10)), "--json"]) == 0
    answers = json.loads(capsys.readouterr().out)
    right = sum(answer["label"] == str(number) for number, answer in enumerate(answers))
    assert right >= 7, "dark ink on light paper is read as well"
    assert all(answer["run"] == str(Path(folders[0])) for answer in answers)
    assert main(["predict", folders[0], "3.png", "--top", "3"]) == 0
    assert capsys.readouterr().out.count(" %") == 3
    assert main(["predict", folders[0], "3.png", "--output", "new/answers.json"]) == 0
    assert capsys.readouterr().out.strip() == str(Path("new/answers.json"))
    assert "--force" in refused_line(
        capsys, "predict", folders[0], "3.png", "--output", "new/answers.json"
    )


def test_gradients_are_checked_before_training(capsys, tmp_path):
    assert (
        main(
            [
                "run",
                "linear",
                "--data",
                "outliers",
                "--gradcheck",
                "--epochs",
                "1",
                "--diagnose",
                "false",
            ]
        )
        == 0
    )
    printed = capsys.readouterr().out
    assert "automatic and numeric gradients agree: 2 entries of 2 variables" in printed
    assert printed.index("gradients agree") < printed.index("test: ")


def test_the_earlier_name_of_a_setting_is_taken_and_its_new_name_told():
    done = subprocess.run(
        [sys.executable, "-m", "kerasrecipes", "run", "tagger", "letters=4", "--dry-run"],
        capture_output=True,
        text=True,
    )
    assert done.stderr == "kerasrecipes: 'letters' is called 'characters_per_word' now\n"
    assert "characters_per_word = 4" in done.stdout and done.returncode == 0


def test_wrong_gradients_end_the_run_with_one_line(capsys, tmp_path):
    page = tmp_path / "wrong.py"
    page.write_text(
        "from dataclasses import replace\n"
        "import keras\n"
        "from kerasrecipes import registry\n"
        "@keras.saving.register_keras_serializable(package='wrong')\n"
        "class Half(keras.layers.Layer):\n"
        "    def call(self, x):\n"
        "        return 0.5 * x + 0.5 * keras.ops.stop_gradient(x)\n"
        "def build(info):\n"
        "    x = keras.Input(info.input_shape)\n"
        "    return keras.Model(x, Half()(keras.layers.Dense(1, name='answer')(x)))\n"
        "recipe = replace(registry.load('linear'), build=build)\n"
    )
    assert main(["run", str(page), "--data", "outliers", "--gradcheck"]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert (
        "automatic and numeric gradients disagree in 2" in line and "difference is 5.0e-01" in line
    )
    assert not (tmp_path / "runs").exists(), "nothing is trained"


def test_a_model_is_exported_and_compared(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["run", "lenet", "--limit", "64", "--epochs", "1", "--diagnose", "false"]) == 0
    for target in ("lenet.keras", *(["saved"] if keras.backend.backend() == "tensorflow" else [])):
        assert main(["export", "lenet", target]) == 0
        assert (tmp_path / target).exists()
        assert "exists already" in refused_line(capsys, "export", "lenet", target)
    assert "unknown format '.pt'" in refused_line(capsys, "export", "lenet", "lenet.pt")
    assert not list(tmp_path.glob(".part-*"))


def test_ctrl_c_saves_and_tells_how_to_go_on(tmp_path):
    words = ["run", "lenet", "--epochs", "500", "--limit", "200", "--diagnose", "false"]
    process = subprocess.Popen(
        [sys.executable, "-m", "kerasrecipes", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 120
    while not list(tmp_path.rglob("last.npz")) and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    (line,) = errors.strip().splitlines()
    assert "its state is saved; go on with: kerasrecipes run --resume" in line


def refused_line(capsys, *words):
    capsys.readouterr()
    return refused(capsys, *words)
