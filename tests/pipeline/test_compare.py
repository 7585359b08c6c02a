"""Several trainings side by side: what is planned, kept, resumed and told."""

import json
import os

import numpy as np
import pytest

from semscan.errors import BadDataError, OutputError, UsageFault
from semscan.pipeline import compare as comparing
from semscan.pipeline.compare import compare, plan_runs
from semscan.report.text.comparison import comparison_lines
from semscan.settings import CompareSettings
from semscan.values.comparison import Comparison

pytestmark = pytest.mark.usefixtures("without_pictures")


@pytest.fixture
def data(tmp_path, grey, save_png):
    mask = np.zeros((48, 64), np.uint8)
    mask[20:26, 30:38] = 255
    for number in range(2):
        save_png(tmp_path / "data" / "train" / "good" / f"{number}.png", grey(50 + number, 60))
        save_png(tmp_path / "data" / "test" / "good" / f"{number}.png", grey())
    save_png(tmp_path / "data" / "test" / "dot" / "a.png", grey(spot=True))
    save_png(tmp_path / "data" / "ground_truth" / "dot" / "a_mask.png", mask)
    return tmp_path / "data"


@pytest.fixture
def trained(monkeypatch, make_model):
    """Stands in for training: notes what it is asked for, and makes a model; attention 'cbam' fails."""
    asked = []

    def train(data, settings, say):
        asked.append(settings)
        if settings.attention == "cbam":
            raise BadDataError("no cbam\ntoday")
        from pathlib import Path

        folder = make_model(Path(settings.out))
        config = json.loads((folder / "config.json").read_text("utf-8"))
        config["training"] = {
            "precision": "float32",
            "batch": 8,
            "learning_rate": 0.001,
            "steps": 2,
            "steps_done": 2,
            "ended": "all steps",
            "seconds": 1.5,
            "parameters": 1000,
        }
        (folder / "config.json").write_text(json.dumps(config), "utf-8")

    monkeypatch.setattr(comparing, "train", train)
    return asked


def settings(tmp_path, *attentions, **more):
    return CompareSettings(out=str(tmp_path / "cmp"), attentions=attentions or ("none",), steps=2, **more)


def quiet(words):
    """Say nothing."""


def test_each_choice_is_planned_for_each_seed():
    planned = plan_runs(
        CompareSettings(attentions=("none", "cbam+gates"), backbones=("plain", "residual")),
        ["attention-cnn", "autoencoder"],
    )

    assert len(planned) == len({run["name"] for run in planned}) == 2 * (2 * 2 + 2)
    assert {run["seed"] for run in planned[:6]} == {0}


@pytest.mark.parametrize(
    ("choice", "match"),
    [
        ({"attentions": ("cbma",)}, "did you mean 'cbam'"),
        ({"backbones": ("resdual",)}, "did you mean 'residual'"),
        ({"seam": (True,)}, "--seam is not for the attention-guided autoencoder"),
    ],
)
def test_a_wrong_name_is_told_before_anything_is_trained(choice, match):
    with pytest.raises(UsageFault, match=match):
        plan_runs(CompareSettings(**choice), ["autoencoder"])


def test_the_table_holds_figures_of_the_test_images(data, tmp_path, trained):
    record = compare(data, settings(tmp_path, seeds=(0, 1)), quiet)
    (entry,) = record["table"]

    assert len(trained) == 2
    assert {run.seed for run in trained} == {0, 1}
    assert all(run.steps == 2 and run.time_limit is None for run in trained)
    assert (entry["seeds"], entry["image_auroc"]["mean"], entry["parameters"]["mean"]) == (2, 1, 1000)
    text = (tmp_path / "cmp" / "compare.json").read_text("utf-8")
    assert text == json.dumps(record, indent=1) + "\n", "key by key in the same order"
    text = "\n".join(comparison_lines(Comparison.parse(record)))
    for words in ("image AUROC", "pixel AP", "hit at 1 false", "none", "1.0000", "0.001 M"):
        assert words in text


def test_a_run_that_fails_is_told_and_does_not_stop_the_others(data, tmp_path, trained):
    given = []
    record = compare(data, settings(tmp_path, "cbam", "none", seeds=(0,)), quiet, given.append)

    assert [run["status"] for run in given] == ["error", "ok"]
    assert given[0]["error"] == "no cbam today"
    assert "failed: autoencoder-plain-cbam-seed0: no cbam today" in comparison_lines(Comparison.parse(record))


def test_finished_runs_are_kept_and_others_join_them(data, tmp_path, trained):
    compare(data, settings(tmp_path, seeds=(0,)), quiet)
    record = compare(data, settings(tmp_path, "none", "channel", seeds=(0,)), quiet)
    third = compare(data, settings(tmp_path, "spatial", seeds=(0,)), quiet)

    assert [run.attention for run in trained] == ["none", "channel", "spatial"]
    assert len(record["runs"]) == 2
    assert {entry["attention"] for entry in third["table"]} == {"none", "channel", "spatial"}


def test_an_interrupted_run_goes_on(data, tmp_path, trained):
    (tmp_path / "cmp" / "autoencoder-plain-none-seed0.unfinished").mkdir(parents=True)
    with pytest.raises(OutputError, match="holds no comparison"):
        compare(data, settings(tmp_path, seeds=(0,)), quiet)
    (tmp_path / "cmp" / "autoencoder-plain-none-seed0.unfinished").rename(tmp_path / "kept")
    (tmp_path / "cmp").rmdir()
    compare(data, settings(tmp_path, "channel", seeds=(0,)), quiet)
    (tmp_path / "kept").rename(tmp_path / "cmp" / "autoencoder-plain-none-seed0.unfinished")
    compare(data, settings(tmp_path, seeds=(0,)), quiet)

    assert [run.resume for run in trained] == [False, True]


@pytest.mark.parametrize(
    "damage",
    [
        {"runs": None},
        {"runs": [{"name": "a", "seed": 0, "status": "ok"}]},
        {"runs": 7},
        {"runs": [[]]},
    ],
)
def test_runs_of_a_damaged_table_are_taken_up_again(data, tmp_path, trained, damage):
    first = compare(data, settings(tmp_path, seeds=(0,)), quiet)
    (tmp_path / "cmp" / "compare.json").write_text(json.dumps(first | damage))

    again = compare(data, settings(tmp_path, seeds=(0,)), quiet)

    assert len(trained) == 1  # the model is there
    assert again["table"] == first["table"]


def test_a_figure_that_is_no_number_is_measured_again(data, tmp_path, trained):
    first = compare(data, settings(tmp_path, seeds=(0,)), quiet)
    path = tmp_path / "cmp" / "autoencoder-plain-none-seed0.evaluation" / "evaluation.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"image_auroc": "much"}))

    assert compare(data, settings(tmp_path, seeds=(0,)), quiet)["table"] == first["table"]


def test_other_images_need_another_folder(data, tmp_path, trained, grey, save_png):
    compare(data, settings(tmp_path, seeds=(0,)), quiet)
    save_png(data / "test" / "good" / "new.png", grey())

    with pytest.raises(OutputError, match="images have changed since"):
        compare(data, settings(tmp_path, seeds=(0,)), quiet)


def test_the_time_of_a_file_is_no_change(data, tmp_path, trained):
    first = compare(data, settings(tmp_path, seeds=(0,)), quiet)
    for path in (data / "test" / "good").iterdir():
        os.utime(path, (1, 1))

    assert compare(data, settings(tmp_path, seeds=(0,)), quiet)["table"] == first["table"]


def test_another_budget_needs_another_folder(data, tmp_path, trained):
    compare(data, settings(tmp_path, seeds=(0,)), quiet)

    with pytest.raises(OutputError, match="name another folder"):
        compare(data, CompareSettings(out=str(tmp_path / "cmp"), attentions=("none",)), quiet)


def test_without_test_images_training_alone_tells(tmp_path, trained, grey, save_png):
    for number in range(2):
        save_png(tmp_path / "good" / f"{number}.png", grey())
    said = []
    record = compare(tmp_path / "good", settings(tmp_path, seeds=(0,)), said.append)

    assert record["table"][0]["pixel_ap"] is None
    assert "no test" in record["notes"][0]
    assert any("no test" in words for words in said)
