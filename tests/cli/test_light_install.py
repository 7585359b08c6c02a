"""Without the training libraries, as after `pip install semscan`, all runs but what trains or opens a network."""

import json
import os
from pathlib import Path

import pytest

import semscan as package

SAMPLES = os.path.join(os.path.dirname(package.__file__), "..", "sample_images")
BLOCK = "import sys\nsys.modules.update(dict.fromkeys(('tensorflow', 'keras', 'tf2onnx')))\n"


@pytest.fixture
def light(semscan, tmp_path):
    """Run semscan where tensorflow, keras and tf2onnx cannot be imported."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(BLOCK)
    search = [str(tmp_path / "site"), os.path.dirname(os.path.dirname(package.__file__))]

    def run(*arguments):
        return semscan(*arguments, PYTHONPATH=os.pathsep.join(search))

    run.here = semscan.here
    return run


@pytest.fixture
def lines(save_png, grey, tmp_path):
    """A folder of good images and a test image with a defect."""
    for name in ("000", "001"):
        save_png(tmp_path / f"data/train/good/{name}.png", grey())
        save_png(tmp_path / f"data/test/good/{name}.png", grey())
        save_png(tmp_path / f"data/test/spot/{name}.png", grey(spot=True))
    return tmp_path / "data"


@pytest.mark.parametrize(
    "words",
    [
        ("train", "{data}"),
        ("compare", "{data}"),
        ("explain", "{spotted}", "--model", "{model}"),
        ("export", "{model}", "--to", "savedmodel", "out"),
        ("export", "{model}", "--to", "tflite", "out"),
    ],
    ids=lambda words: "-".join(words[::3]),
)
def test_a_command_that_needs_them_says_what_to_install(light, lines, spotted, model, words):
    done = light(*(word.format(data=lines, spotted=spotted, model=model) for word in words))

    assert (done.returncode, done.stdout) == (2, "")
    task = " ".join(("semscan", *words[:1], *words[2:4])) if words[0] == "export" else f"semscan {words[0]}"
    assert done.stderr == (
        f"Error: {task} needs tensorflow, keras and tf2onnx, which are not installed; "
        'type: pip install "semscan[train]"\n'
    )
    assert list(light.here.iterdir()) == []


@pytest.mark.parametrize(
    "words",
    [
        ("models",),
        ("info", "{spotted}"),
        ("doctor", "{data}"),
        ("score", "{spotted}", "--model", "{model}"),
        ("inspect", f"{SAMPLES}/wafer.png", "--method", "periodic"),
        ("evaluate", "{data}", "--model", "{model}"),
        ("calibrate", "{data}/train/good", "--model", "{model}", "--out", "calibrated"),
        ("export", "{model}", "--to", "onnx", "out"),
    ],
    ids=lambda words: "-".join(words[:1] + words[2:4:3]),
)
def test_all_else_runs_without_them(light, lines, spotted, model, words):
    done = light(*(word.format(data=lines, spotted=spotted, model=model) for word in words))

    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_maps_and_results_are_read_without_them(light, spotted, model):
    inspected = light("inspect", spotted, "--model", model, "--nm-per-px", "2", "--report", "coco,roi,labelme,csv")
    regions = light("regions", "semscan-results", "--threshold", "0.6")
    report = light("report", "semscan-results", "--to", "klarf,html")

    assert [inspected.returncode, regions.returncode, report.returncode] == [0, 0, 0]
    assert regions.stdout
    assert report.stdout.count("\n") == 2


@pytest.mark.parametrize(
    ("hidden", "words"),
    [
        ("matplotlib", ("evaluate", "{data}", "--model", "{model}")),
        ("tifffile", ("inspect", "{spotted}", "--model", "{model}")),
        ("onnxruntime", ("score", os.path.join(SAMPLES, "wafer.png"), "--method", "periodic")),
        ("jinja2", ("inspect", "{spotted}", "--model", "{model}", "--report", "html")),
        ("flask", ("review", "{data}")),
    ],
)
def test_any_library_that_is_missing_is_one_line(semscan, tmp_path, lines, spotted, model, hidden, words):
    (tmp_path / "without").mkdir()
    (tmp_path / "without" / "sitecustomize.py").write_text(f"import sys; sys.modules[{hidden!r}] = None")
    path = os.pathsep.join([str(tmp_path / "without"), str(Path(__file__).parents[2])])
    done = semscan(*(word.format(data=lines, spotted=spotted, model=model) for word in words), PYTHONPATH=path)

    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        f"Error: this needs {hidden}, which is not installed; type: pip install 'semscan'"
    )
    assert "Traceback" not in done.stderr


def test_doctor_lists_what_is_installed_and_what_is_not(light, semscan):
    whole = semscan("doctor")
    without = light("doctor")
    libraries = json.loads(without.stdout)["libraries"]

    assert whole.returncode == without.returncode == 0
    assert json.loads(whole.stdout)["libraries"]["numpy"].count(".") == 2
    assert libraries["tensorflow"] is None
    assert next(finding["about"] for finding in json.loads(without.stdout)["findings"]) == "train"
