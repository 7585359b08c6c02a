"""Standard output holds results only; words go to standard error; names come in by any way."""

import json
import os
import subprocess
import sys

import pytest

posix = pytest.mark.skipif(os.name == "nt", reason="such names are not possible on Windows")


def records(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_inspect_writes_everything_and_says_so(semscan, model, spotted):
    done = semscan("inspect", spotted, "--model", model)
    (record,) = records(done)
    out = semscan.here / "semscan-results"

    assert record["image"] == str(spotted)
    assert record["defect"] is True
    assert record["score"] > 0.5
    assert record["regions"][0]["bbox"] == [30, 20, 8, 6]
    assert sorted(path.name for path in out.iterdir() if not path.name.startswith(".")) == [
        "results.jsonl",
        "run.json",
        "spotted.map.tif",
        "spotted.mask.png",
        "spotted.overlay.png",
    ]
    assert json.loads((out / "results.jsonl").read_text()) == record
    assert json.loads((out / "run.json").read_text())["images"] == 1
    assert done.stderr.splitlines() == [
        f"semscan: 1 image, 1 with defects (1 region); model {model}; results in semscan-results"
    ]


def test_score_writes_nothing_to_disk(semscan, model, good, spotted):
    done = semscan("score", good, spotted, "--model", model)

    assert [list(record) for record in records(done)] == [
        ["image", "status", "score", "raw_score", "defect", "threshold"]
    ] * 2
    assert [record["defect"] for record in records(done)] == [False, True]
    assert done.stderr == "semscan: 2 images, 1 with defects\n"
    assert not list(semscan.here.iterdir())


def test_score_and_inspect_agree(in_process, model, spotted):
    scored, inspected = in_process("score", spotted, "--model", model), in_process("inspect", spotted, "--model", model)

    assert records(scored)[0]["score"] == records(inspected)[0]["score"]


@pytest.mark.parametrize("place", ["before", "after"])
def test_q_leaves_standard_error_empty(semscan, model, spotted, place):
    words = ["-q", "score"] if place == "before" else ["score", "-q"]
    done = semscan(*words, spotted, "missing.png", "--model", model)

    assert done.stderr == ""
    assert len(records(done)) == 2


def test_one_torn_file_among_ten_gives_nine_results_and_one_error(semscan, model, grey, save_png, tmp_path):
    for number in range(10):
        save_png(tmp_path / "ten" / f"{number}.png", grey())
    torn = tmp_path / "ten" / "4.png"
    torn.write_bytes(torn.read_bytes()[:500])
    done = semscan("inspect", tmp_path / "ten", "--model", model)
    found = records(done)

    assert done.returncode == 3
    assert [record["status"] for record in found] == ["ok"] * 4 + ["error"] + ["ok"] * 5
    assert list(found[4]) == ["image", "source", "status", "error", "periodic"]
    assert "\n" not in found[4]["error"]
    assert "4.png" in done.stderr


NAMES = ["plain.png", "with space.png", " leading.png", "Öffnung µ.png", "日本.png", 'it\'s "quoted".png', "-dash.png"]


def test_names_on_standard_input_may_hold_spaces_and_unicode(semscan, model, grey, save_png, tmp_path):
    paths = [str(save_png(tmp_path / "names" / name, grey())) for name in NAMES if os.name != "nt" or '"' not in name]
    done = semscan("score", "-", "--model", model, stdin="\n".join(paths).encode() + b"\n")

    assert done.returncode == 0
    assert [record["image"] for record in records(done)] == paths


@posix
def test_nul_separated_names_may_hold_line_ends_and_broken_unicode(semscan, model, grey, save_png, tmp_path):
    paths = [os.fsencode(tmp_path / "two\nlines.png"), os.fsencode(tmp_path) + b"/\xff.png"]
    for path in paths:
        save_png(tmp_path / "x.png", grey()).rename(os.fsdecode(path))
    done = semscan("inspect", "-", "-0", "--model", model, stdin=b"\0".join(paths) + b"\0")

    assert done.returncode == 0
    assert [record["image"] for record in records(done)] == [os.fsdecode(path) for path in paths]


def test_results_come_while_names_still_arrive(semscan, model, spotted, good):
    for jobs in ("1", "2"):
        process = subprocess.Popen(
            [sys.executable, "-m", "semscan", "score", "-", "--model", model, "--jobs", jobs],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=semscan.here,
        )
        for path in (spotted, good):
            process.stdin.write(os.fsencode(path) + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["image"] == str(path)
        process.stdin.close()
        assert process.wait(30) == 0
        process.stdout.close()


def test_jobs_keep_the_order_and_the_names(semscan, in_process, model, grey, save_png, tmp_path):
    for folder in ("a", "b"):
        for number in range(4):
            save_png(tmp_path / folder / f"{number}.png", grey(spot=number % 2 == 0))
    arguments = [*sorted((tmp_path / "a").iterdir()), *sorted((tmp_path / "b").iterdir())]
    one = records(in_process("inspect", *arguments, "--model", model, "--out", "one"))
    two = records(semscan("inspect", *arguments, "--model", model, "--out", "two", "--jobs", "2"))

    assert [record["image"] for record in two] == [str(path) for path in arguments]
    assert [record["score"] for record in two] == [record["score"] for record in one]
    assert sorted(path.name for path in (semscan.here / "one").iterdir()) == sorted(
        path.name for path in (semscan.here / "two").iterdir()
    )


def test_an_empty_list_of_names_is_done_at_once(in_process, model):
    done = in_process("score", "-", "--model", model)

    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize(("form", "separator"), [("tsv", "\t"), ("csv", ",")])
def test_tables_begin_with_names(in_process, model, spotted, form, separator):
    done = in_process("score", spotted, "--model", model, "--format", form)
    names, row = (line.split(separator) for line in done.stdout.splitlines())

    assert names[:3] == ["image", "status", "score"]
    assert dict(zip(names, row, strict=True))["defect"] == "true"


def test_the_model_may_come_from_the_environment_or_lie_here(in_process, model, spotted):
    assert in_process("score", spotted, SEMSCAN_MODEL=str(model)).returncode == 0
    model.rename(in_process.here / "semscan-model")
    assert in_process("score", spotted).returncode == 0


def test_outputs_can_be_left_out_and_crops_added(in_process, model, spotted):
    done = in_process("inspect", spotted, "--model", model, "--no-overlay", "--no-mask", "--no-map", "--crops")
    (record,) = records(done)
    names = sorted(path.name for path in (in_process.here / "semscan-results").iterdir() if path.name[0] != ".")

    assert list(record["outputs"]) == ["crops"]
    assert names == ["results.jsonl", "run.json", "spotted.crop001.png"]


@pytest.mark.parametrize("form", ["csv", "tsv", "jsonl"])
def test_standard_output_is_utf_8_whatever_the_name(semscan, model, good, form):
    name = os.fsencode(semscan.here) + b"/\xff\xfe.png"
    with open(name, "wb") as file:
        file.write(good.read_bytes())
    done = semscan("score", os.fsdecode(name), "--model", model, "--format", form)

    assert done.returncode == 0
    assert "udcff" in done.stdout
