"""From a folder of images to a model that inspects: small, quick trainings through the command line."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace

import cv2
import numpy as np
import pytest

from semscan.errors import BadModelError
from semscan.files.models.folder import read_model_folder
from semscan.pipeline.train import _check_same_task
from semscan.settings import TrainSettings
from semscan.values.model.config import NetworkConfig

ATTENTION = "channel+gates"


def picture(rng, shape=(80, 96), hole=False):
    """Vertical lines with noise; perhaps a bright square."""
    lines = 90 + 60 * (np.sin(np.arange(shape[1]) / 2.5) > 0)
    values = lines[None] + rng.normal(0, 6, shape)
    if hole:
        row, col = rng.integers(20, 50, 2)
        values[row : row + 14, col : col + 14] = 245
    return values.clip(0, 255).astype(np.uint8)


def fill(folder, count, seed, **kind):
    folder.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    for number in range(count):
        (folder / f"{number:02d}.png").write_bytes(cv2.imencode(".png", picture(rng, **kind))[1].tobytes())


@pytest.fixture(scope="module")
def earlier(tmp_path_factory, make_model):
    """A model whose weights fit an autoencoder with attention; nobody has trained them."""
    from semscan.model.build import build

    folder = make_model(tmp_path_factory.mktemp("earlier") / "model", attention=ATTENTION)
    build(NetworkConfig("autoencoder", ATTENTION)).save_weights(folder / "weights.weights.h5")
    return folder


@pytest.fixture(scope="module")
def good_model(earlier, tmp_path_factory):
    """A model of one small image and a damaged one, instead of an earlier model: (folder of all, the process)."""
    root = tmp_path_factory.mktemp("good")
    good = root / "data" / "train" / "good"
    fill(good, 1, 1, shape=(48, 40))
    (good / "zz broken.png").write_bytes((good / "00.png").read_bytes()[:500])
    fill(root / "data" / "test" / "good", 1, 2)
    fill(root / "data" / "test" / "square", 1, 3, hole=True)
    shutil.copytree(earlier, root / "model")
    (root / "model" / "my notes.txt").write_text("keep me")
    options = ["--steps", "1", "--precision", "float32", "--attention", ATTENTION, "--tensorboard"]
    command = ["train", root / "data", "--out", root / "model", "--overwrite", "--from", earlier, *options]
    return root, subprocess.run(
        [sys.executable, "-m", "semscan", *map(str, command)], capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def class_model(tmp_path_factory, in_process):
    """An attention CNN of two classes, with heads and SEAM: (folder of all, the result)."""
    root = tmp_path_factory.mktemp("classes")
    fill(root / "data" / "ok", 22, 1, shape=(64, 64))
    fill(root / "data" / "square", 22, 2, shape=(64, 64), hole=True)
    options = ["--steps", 24, "--precision", "float32", "--attention", "multi-head", "--seam"]
    return root, in_process("train", root / "data", "--out", root / "model", *options)


def test_train_prints_one_json_line_and_speaks_on_stderr_only(good_model):
    _, done = good_model

    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    record = json.loads(line)
    assert record["kind"] == "autoencoder"
    assert record["steps"] == 1
    assert record["raw_threshold"] > 0
    assert "0.1 false regions per good image" in done.stderr


def test_no_bar_and_no_chatter_when_stderr_is_no_terminal(good_model):
    _, done = good_model

    for word in ("it/s", "%|", "tensorflow", "WARNING", "oneDNN", "I0000", "Traceback"):
        assert word not in done.stderr


def test_model_folder_is_complete_and_nothing_else_is_left(good_model):
    root, _ = good_model

    names = {path.name for path in (root / "model").iterdir()} - {"my notes.txt", "tensorboard"}
    assert names == {"config.json", "graph.onnx", "weights.weights.h5", "history.csv", "MODEL_CARD.md", "curves.png"}
    assert sorted(path.name for path in root.iterdir()) == ["data", "model"]
    curves = cv2.imdecode(np.fromfile(root / "model" / "curves.png", np.uint8), cv2.IMREAD_COLOR)
    assert curves.std() > 5
    card = (root / "model" / "MODEL_CARD.md").read_text()
    assert "0.1 false regions per good image" in card
    assert "## Limits" in card


def test_model_inspects_without_tensorflow(good_model):
    root, _ = good_model
    code = (
        "import sys; from semscan.cli.main import main\n"
        "try: main(sys.argv[1:])\n"
        "finally: sys.exit('tensorflow' in sys.modules)"
    )
    arguments = ["inspect", str(root / "data" / "test"), "--model", str(root / "model"), "--out", str(root / "out")]

    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["status"] for line in done.stdout.splitlines()] == ["ok", "ok"]


def test_weights_in_the_folder_answer_as_the_exported_graph(good_model):
    from semscan.files.models.folder import read_model_folder
    from semscan.model.build import build
    from semscan.model.export.to_onnx import _difference, inference_function

    root, _ = good_model
    folder = read_model_folder(root / "model")
    network = build(folder.config.network)
    network.load_weights(root / "model" / "weights.weights.h5")
    tiles = np.random.default_rng(0).normal(size=(3, 64, 64)).astype(np.float32)

    assert _difference(inference_function(network, logit_map=True), folder.graph, tiles) < 1e-3


def test_a_finished_model_is_not_replaced_unasked(good_model, in_process):
    root, _ = good_model
    before = (root / "model" / "config.json").read_bytes()

    done = in_process("train", root / "data", "--out", root / "model")

    assert done.returncode == 2
    assert done.stdout == ""
    assert "add --overwrite" in done.stderr
    assert (root / "model" / "config.json").read_bytes() == before


def test_overwriting_keeps_the_users_own_files_and_starts_from_earlier_weights(good_model, earlier):
    root, done = good_model

    assert done.returncode == 0, done.stderr
    assert (root / "model" / "my notes.txt").read_text() == "keep me"
    assert any((root / "model" / "tensorboard").rglob("events*"))
    training = json.loads((root / "model" / "config.json").read_text())["training"]
    assert (training["steps_done"], training["start_from"]) == (1, str(earlier))


def test_one_small_good_image_is_enough_to_train_with_any_attention(good_model):
    root, done = good_model

    assert "held out: 20% of the good image." in done.stderr
    assert json.loads(done.stdout)["attention"] == ATTENTION
    config = json.loads((root / "model" / "config.json").read_text())
    assert config["attention"] == ATTENTION
    assert config["largest_tile"] == config["tile"]  # channels are weighed by the whole patch


def test_classifier_tells_classes_and_inspects_with_them(class_model, in_process):
    root, done = class_model
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert (record["kind"], record["attention"]) == ("attention-cnn", "multi-head")
    assert record["classes"] == ["ok", "square"]

    told = in_process("score", root / "data", "--model", root / "model")

    records = [json.loads(line) for line in told.stdout.splitlines()]
    right = sum(record["class"] == record["image"].split("data/")[1].split("/")[0] for record in records)
    assert right >= 40
    assert all(sum(record["class_probabilities"].values()) == pytest.approx(1, abs=1e-3) for record in records)


def test_heads_and_seam_are_in_the_model_of_the_classifier(class_model):
    root, _ = class_model

    assert json.loads((root / "model" / "config.json").read_text())["seam"] is True
    columns = (root / "model" / "history.csv").read_text().splitlines()[0].split(",")
    assert {"gradient_norm", "gradient_norm_first"} < set(columns)
    assert "SEAM" in (root / "model" / "MODEL_CARD.md").read_text()


def test_a_classifier_says_of_each_region_which_class_it_is(class_model, tmp_path, in_process):
    root, _ = class_model
    done = in_process("inspect", root / "data" / "square", "--model", root / "model", "--out", tmp_path / "out")
    regions = [region for line in done.stdout.splitlines() for region in json.loads(line)["regions"]]
    names = [region["class"] for region in regions]
    assert len(regions) >= 11
    assert set(names) <= {"square", "unknown"}
    assert names.count("square") >= 0.8 * len(names)
    marks = json.loads((root / "model" / "config.json").read_text())["class_marks"]
    assert list(marks["middles"]) == ["square"]
    assert all(region["class_probability"] == 1.0 for region in regions)  # of one kind of defect


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--attention", "aditive"], "did you mean 'additive'?"),
        (["--model", "autoencodr"], "did you mean 'autoencoder'?"),
        (["--attention", "cbm+gates"], "did you mean 'cbam'?"),
        (["--model", "autoencoder", "--seam"], "--seam is not for the attention-guided autoencoder"),
        (["--model", "autoencoder", "--backbone", "residual"], "--backbone is not for the attention-guided"),
        (["--model", "attention-cnn"], "at least two class folders"),
        (["--time-limit", "soon"], "write 90s, 10m or 1.5h"),
        (["--from", "nowhere"], "nowhere"),
        (["--false-alarms", "nan"], "finite number"),
        (["--gain", "nan"], "finite number"),
        (["--out", "."], "name a new folder"),
    ],
)
def test_wrong_choices_are_one_clear_line(tmp_path, monkeypatch, in_process, options, words):
    fill(tmp_path / "data" / "good", 1, 1)
    monkeypatch.chdir(tmp_path)

    done = in_process("train", "data", "--out", "model", *options)

    assert done.returncode == 2
    assert done.stdout == ""
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_another_attention_than_that_of_the_starting_point_is_refused(tmp_path, earlier, in_process):
    fill(tmp_path / "data" / "good", 2, 1)
    done = in_process(
        "train",
        tmp_path / "data",
        "--out",
        tmp_path / "m",
        "--from",
        earlier,
        "--attention",
        "scaled-dot",
        "--steps",
        "1",
    )

    assert done.returncode == 2
    assert f"its attention is {ATTENTION}, and that of this training scaled-dot" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["data"]  # nothing is begun


@pytest.mark.parametrize(
    "changed", [{"learning_rate": 0.5}, {"precision": "bfloat16"}, {"patience": 3}, {"accepted": 2}]
)
def test_what_was_begun_with_other_settings_or_files_is_not_resumed(tmp_path, good_model, changed):
    config = read_model_folder(good_model[0] / "model").config
    accepted = tmp_path / "a.jsonl"
    accepted.write_text("1")
    settings = TrainSettings(accept=(str(accepted),), learning_rate=0.001)
    _check_same_task(tmp_path, config, settings)
    _check_same_task(tmp_path, config, replace(settings, resume=True))
    note = tmp_path / "task.json"
    earlier = {key: value for key, value in json.loads(note.read_text()).items() if key not in ("files", "patience")}
    note.write_text(json.dumps(earlier))  # of a version that knew less
    _check_same_task(tmp_path, config, replace(settings, resume=True))
    if "accepted" in changed:
        accepted.write_text("2")
        changed = {}

    with pytest.raises(BadModelError, match="begun with other images or settings"):
        _check_same_task(tmp_path, config, replace(settings, resume=True, **changed))


def test_a_damaged_training_image_is_left_out_and_named(good_model):
    _, done = good_model

    assert "left out" in done.stderr
    assert "zz broken.png" in done.stderr
    assert json.loads(done.stdout)["images"] == 1
