import json
import subprocess
import sys

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from semscan.cli.commands.synth import synth
from semscan.errors import OutputError, UsageFault
from semscan.files.images.read import read_image
from semscan.settings import DEFECTS, ReadSettings

SMALL = ["--size", "96", "--train", "2", "--test-good", "1", "--per-defect", "1"]


def run(*arguments):
    return CliRunner().invoke(synth, [str(argument) for argument in arguments], catch_exceptions=False)


def files_of(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def read(path):
    return cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)


@pytest.mark.parametrize("pattern", list(DEFECTS))
def test_tree_is_laid_out_as_mvtec(tmp_path, pattern):
    out = tmp_path / "set"

    result = run(out, "--pattern", pattern, *SMALL)

    wanted = {"synth.json", "train/good/000.png", "train/good/001.png", "test/good/000.png"}
    for kind in DEFECTS[pattern]:
        wanted |= {f"test/{kind}/000.png", f"ground_truth/{kind}/000_mask.png"}
    assert result.exit_code == 0
    assert set(files_of(out)) == wanted


def test_standard_output_holds_one_json_line_per_folder(tmp_path):
    result = run(tmp_path / "set", *SMALL, "--defects", "bridge")

    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(line["part"], line["class"], line["images"]) for line in lines] == [
        ("train", "good", 2),
        ("test", "good", 1),
        ("test", "bridge", 1),
    ]
    assert lines[2]["masks"].endswith("bridge")
    assert "4 images of 96 x 96 px" in result.stderr


def test_classes_layout_has_training_images_of_each_class_and_masks_for_test_images(tmp_path):
    run(tmp_path / "set", *SMALL, "--layout", "classes", "--defects", "bridge,break")

    names = files_of(tmp_path / "set")
    assert {"train/good/001.png", "train/bridge/001.png", "train/break/000.png", "test/break/000.png"} <= set(names)
    assert [name for name in sorted(names) if "ground_truth" in name] == [
        "ground_truth/break/000_mask.png",
        "ground_truth/bridge/000_mask.png",
    ]


def test_index_names_the_recipe_and_the_box_of_each_defect(tmp_path):
    run(tmp_path / "set", *SMALL, "--defects", "particle", "--seed", "5", "--mixed", "0")

    index = json.loads((tmp_path / "set" / "synth.json").read_text("utf-8"))
    (entry,) = [image for image in index["images"] if image["class"] == "particle"]
    mask = read(tmp_path / "set" / entry["mask"])
    x, y, w, h = entry["defects"][0]["bbox"]
    assert index["finished"] is True
    assert index["settings"]["seed"] == 5
    assert np.count_nonzero(mask[y : y + h, x : x + w]) == np.count_nonzero(mask) == entry["defects"][0]["area_px"]


def test_same_seed_gives_the_same_files(tmp_path):
    for name in ("one", "two"):
        run(tmp_path / name, *SMALL, "--seed", "3")

    assert files_of(tmp_path / "one") == files_of(tmp_path / "two")


def test_another_seed_gives_other_images(tmp_path):
    for seed in ("1", "2"):
        run(tmp_path / seed, *SMALL, "--defects", "bridge", "--seed", seed)

    one, two = (files_of(tmp_path / seed) for seed in ("1", "2"))
    assert all(one[name] != two[name] for name in one)


def test_more_images_do_not_change_those_that_were_there(tmp_path):
    run(tmp_path / "few", *SMALL, "--defects", "break")
    run(tmp_path / "many", *SMALL, "--defects", "break,bridge", "--per-defect", "2")

    few, many = files_of(tmp_path / "few"), files_of(tmp_path / "many")
    assert all(many[name] == content for name, content in few.items() if name != "synth.json")


@pytest.mark.parametrize("form", ["png", "tif"])
def test_sixteen_bits_are_written_in_both_formats(tmp_path, form):
    run(
        tmp_path / "set",
        "--size",
        "64x96",
        "--pitch",
        "20",
        "--train",
        "1",
        "--test-good",
        "0",
        "--per-defect",
        "0",
        "--bits",
        "16",
        "--format",
        form,
    )

    pixels = read(tmp_path / "set" / "train" / "good" / f"000.{form}")
    assert pixels.dtype == np.uint16
    assert pixels.shape == (64, 96)
    assert np.unique(pixels).size > 500


def test_mixed_images_hold_three_kinds(tmp_path):
    run(tmp_path / "set", "--size", "256", "--train", "0", "--test-good", "0", "--per-defect", "0", "--mixed", "2")

    index = json.loads((tmp_path / "set" / "synth.json").read_text("utf-8"))
    kinds = [[defect["kind"] for defect in image["defects"]] for image in index["images"]]
    assert kinds == [["bridge", "micro-bridge", "break"], ["pinch", "particle", "residue"]]


def test_folder_that_is_not_empty_is_refused(tmp_path):
    (tmp_path / "mine.txt").write_text("keep")

    with pytest.raises(OutputError, match="is not empty; choose another OUT"):
        run(tmp_path, *SMALL)

    assert files_of(tmp_path) == {"mine.txt": b"keep"}


def test_overwrite_replaces_an_earlier_set_and_leaves_other_files(tmp_path):
    run(tmp_path, *SMALL, "--defects", "bridge")
    (tmp_path / "train" / "good" / "mine.png").write_bytes(b"keep")

    run(tmp_path, *SMALL, "--defects", "break", "--train", "1", "--overwrite")

    names = set(files_of(tmp_path))
    assert "train/good/mine.png" in names
    assert "test/break/000.png" in names
    assert not {"test/bridge/000.png", "train/good/001.png"} & names
    assert not (tmp_path / "test" / "bridge").exists()


def test_overwrite_replaces_no_file_of_other_origin(tmp_path):
    run(tmp_path, *SMALL, "--train", "2")
    before = set(files_of(tmp_path))
    (tmp_path / "train" / "good" / "002.png").write_bytes(b"keep")

    with pytest.raises(OutputError, match=r"002\.png: is not of the earlier data set"):
        run(tmp_path, *SMALL, "--train", "4", "--overwrite")

    assert (tmp_path / "train" / "good" / "002.png").read_bytes() == b"keep"
    assert set(files_of(tmp_path)) == before | {"train/good/002.png"}


@pytest.mark.parametrize("place", ["ground_truth", "test/bridge"])
def test_overwrite_removes_nothing_if_a_file_stands_where_a_folder_must_be(tmp_path, place):
    run(tmp_path, *SMALL, "--per-defect", "0")
    (tmp_path / place).write_bytes(b"keep")
    before = files_of(tmp_path)

    with pytest.raises(OutputError, match=f"{place}: is a file, and a folder is needed there; .* another OUT"):
        run(tmp_path, *SMALL, "--defects", "bridge", "--overwrite")

    assert files_of(tmp_path) == before


OUTSIDE = '{"made_by": "semscan synth", "images": [{"image": "train/../../a", "mask": null}]}'


@pytest.mark.parametrize("index", [None, "{}", OUTSIDE])
def test_overwrite_touches_no_folder_of_other_origin(tmp_path, index):
    out = tmp_path / "out"
    out.mkdir()
    (tmp_path / "a").write_text("keep")
    (out / "mine.txt").write_text("keep")
    if index is not None:
        (out / "synth.json").write_text(index)

    with pytest.raises(OutputError, match=r"no synth\.json of an earlier data set"):
        run(out, *SMALL, "--overwrite")

    assert (tmp_path / "a").read_text() == (out / "mine.txt").read_text() == "keep"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (["--cd", "40"], "--cd 40 does not fit --pitch 28"),
        (["--size", "big"], "--size 'big' is not a size"),
        (["--size", "20"], "is too small"),
        (["--defects", "missing"], "no defect 'missing' for lines"),
        (["--defects", "brige"], "did you mean bridge"),
        (["--train", "-1"], "--train -1 is out of range"),
        (["--train", "0", "--test-good", "0", "--per-defect", "0"], "no image was asked for"),
    ],
)
def test_wrong_options_are_refused_before_anything_is_written(tmp_path, wrong, message):
    with pytest.raises(UsageFault, match=message):
        run(tmp_path / "set", *wrong)

    assert not (tmp_path / "set").exists()


def test_refusal_is_one_line_on_standard_error_and_exit_two(tmp_path):
    command = [sys.executable, "-m", "semscan", "synth", str(tmp_path / "set"), "--cd", "40"]

    done = subprocess.run(command, capture_output=True, text=True)

    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "--cd 40 does not fit" in done.stderr


def test_closed_pipe_ends_silently_with_all_images_written(tmp_path):
    command = [sys.executable, "-m", "semscan", "-q", "synth", str(tmp_path / "set"), *SMALL, "--defects", "bridge"]

    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        running.stdout.close()
        words = running.stderr.read()

    assert running.returncode == 0
    assert words == b""
    assert len(files_of(tmp_path / "set")) == 6


def test_help_loads_nothing_heavy():
    code = (
        "import sys; from click.testing import CliRunner; from semscan.cli.commands.synth import synth\n"
        "assert 'merged' in CliRunner().invoke(synth, ['--help']).output\n"
        "print(sorted({'numpy', 'cv2', 'scipy', 'tensorflow', 'tqdm'} & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("bits", [8, 16])
def test_images_with_a_scale_have_a_data_bar_that_a_reader_finds(tmp_path, bits):
    few = ["--train", "0", "--test-good", "1", "--per-defect", "1", "--defects", "bridge", "--bits", str(bits)]

    run(tmp_path / "set", "--size", "96x128", "--format", "tif", "--nm-per-px", "2.5", *few)

    image = read_image(tmp_path / "set" / "test" / "bridge" / "000.tif", ReadSettings())
    plain = tmp_path / "plain"
    run(plain, "--size", "96x128", "--format", "tif", *few)
    assert (image.nm_per_pixel, image.data_bar_rows, image.pixels.shape) == (2.5, 24, (120, 128))
    assert image.pixels.dtype == f"uint{bits}"
    assert (image.pixels[:96] == read(plain / "test" / "bridge" / "000.tif")).all()
    assert read(tmp_path / "set" / "ground_truth" / "bridge" / "000_mask.png").shape == (120, 128)
    assert not read(tmp_path / "set" / "ground_truth" / "bridge" / "000_mask.png")[96:].any()


def test_a_scale_needs_tiff(tmp_path):
    with pytest.raises(UsageFault, match="--nm-per-px is for TIFF files, and the format is png; add --format tif"):
        run(tmp_path / "set", "--nm-per-px", "2", *SMALL)
