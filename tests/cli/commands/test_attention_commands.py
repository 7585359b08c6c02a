"""explain, export and compare from the command line: streams and exit codes."""

import json


def test_export_prints_one_json_line_and_says_where_to_read_on(semscan, model):
    done = semscan("export", model, "--to", "onnx", "out")

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["file"] == "out/model.onnx"
    assert "out/README.md" in done.stderr
    assert sorted(path.name for path in (semscan.here / "out").iterdir()) == [
        "README.md",
        "deploy.json",
        "model.onnx",
        "sample_image.npy",
        "sample_map.npy",
    ]


def test_an_export_that_is_there_is_a_usage_error(semscan, model):
    semscan("export", model, "--to", "onnx", "out")
    done = semscan("export", model, "--to", "onnx", "out")

    assert (done.returncode, done.stdout) == (2, "")
    assert "--overwrite" in done.stderr


def test_explain_without_a_model_says_what_to_do(semscan, spotted):
    done = semscan("explain", spotted)

    assert (done.returncode, done.stdout) == (2, "")
    assert "semscan train" in done.stderr


def test_compare_refuses_seeds_that_are_none(semscan, tmp_path):
    done = semscan("compare", tmp_path, "--seeds", "0,x")

    assert (done.returncode, done.stdout) == (2, "")
    assert "write whole numbers" in done.stderr


def test_compare_trains_measures_and_prints_a_line_a_run(tmp_path, grey, save_png, monkeypatch):
    from click.testing import CliRunner

    from semscan.cli.main import group

    monkeypatch.chdir(tmp_path)
    for number in range(6):
        for part in ("train", "test"):
            save_png(tmp_path / "data" / part / "good" / f"{number}.png", grey(32, 48))
            save_png(tmp_path / "data" / part / "dot" / f"{number}.png", grey(32, 48, spot=True))
    done = CliRunner().invoke(
        group, ["compare", "data", "--model", "attention-cnn", "--steps", "1", "--seeds", "0", "--attention", "none"]
    )
    run = json.loads(done.stdout)

    assert done.exit_code == 0, done.output
    assert (run["status"], run["attention"], run["steps"]) == ("ok", "none", 1)
    assert 0 <= run["image_auroc"] <= 1
    assert "Run 1 of 1: attention-cnn-plain-none-seed0" in done.stderr
    assert json.loads((tmp_path / "semscan-compare" / "compare.json").read_text("utf-8"))["runs"] == [run]


def test_compare_counts_the_failures_of_the_runs_it_was_asked_for(semscan, tmp_path, grey, save_png, monkeypatch):
    from semscan.pipeline import compare as comparing

    def guarded(data, chosen, *_):
        failed = {"status": "error", "error": "torn"} if chosen["attention"] == "cbam" else {"status": "ok"}
        return chosen | failed

    monkeypatch.setattr(comparing, "_guarded", guarded)
    save_png(tmp_path / "good" / "a.png", grey())

    def code(attention):
        done = semscan("compare", tmp_path / "good", "--steps", "1", "--seeds", "0", "--attention", attention)
        return done.returncode

    assert [code(attention) for attention in ("cbam", "none", "cbam")] == [3, 0, 3]
