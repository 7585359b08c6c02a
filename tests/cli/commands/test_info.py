"""`semscan info`: what a file is understood to be."""

import json
import os
import pty
import subprocess
import sys

import numpy as np
import pytest
import tifffile

KEYS = [
    "image",
    "source",
    "status",
    "format",
    "dtype",
    "bits",
    "colour",
    "width",
    "height",
    "page",
    "pages",
    "vendor",
    "nm_per_pixel",
    "nm_per_pixel_source",
    "data_bar_px",
    "data_bar_source",
    "judged_fraction",
    "ignored_fraction",
    "field_of_view_um",
    "kv",
    "magnification",
    "working_distance_mm",
    "detector",
    "dwell_us",
    "date",
    "grey_min",
    "grey_max",
    "focus",
    "noise",
    "contrast",
    "brightness",
    "black_fraction",
    "white_fraction",
    "warnings",
]
NOISE = np.random.default_rng(0).integers(50, 200, (48, 64), dtype=np.uint8)
HEAVY = ("tensorflow", "keras", "onnxruntime", "scipy", "skimage", "matplotlib")


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def calibrated(semscan, save_png):
    (semscan.here / "a.txt").write_text("[SemImageFile]\nPixelSize=2.5\nAcceleratingVoltage=800 Volt\n")
    return save_png(semscan.here / "a.png", NOISE)


def test_one_json_line_with_every_key(semscan, calibrated):
    done = semscan("info", "a.png")
    (record,) = lines(done.stdout)

    assert (done.returncode, done.stderr) == (0, "")
    assert list(record) == KEYS
    shown = ("format", "dtype", "bits", "width", "height", "vendor", "nm_per_pixel", "nm_per_pixel_source", "kv")
    assert [record[key] for key in shown] == ["PNG", "uint8", 8, 64, 48, "Hitachi", 2.5, "Hitachi PixelSize", 0.8]
    assert record["field_of_view_um"] == [0.16, 0.12]
    assert (record["magnification"], record["detector"], record["data_bar_source"]) == (None, None, None)
    assert record["focus"] > 0
    assert record["noise"] == pytest.approx(150 / np.sqrt(12) / 255, rel=0.2)


def test_what_no_file_says_is_null_and_the_user_may_say_it(semscan, save_png):
    save_png(semscan.here / "b.png", NOISE)

    (plain,) = lines(semscan("info", "b.png").stdout)
    (given,) = lines(semscan("info", "b.png", "--nm-per-px", "4", "--databar", "8", "--ignore", "0,0,32,20").stdout)

    assert [plain[key] for key in ("vendor", "nm_per_pixel", "nm_per_pixel_source", "field_of_view_um")] == [None] * 4
    assert (given["nm_per_pixel"], given["nm_per_pixel_source"]) == (4, "given")
    assert given["field_of_view_um"] == [0.256, 0.16]
    assert (given["data_bar_px"], given["data_bar_source"]) == (8, "given")
    assert given["ignored_fraction"] == pytest.approx(640 / 3072, abs=1e-6)


def test_text_when_asked_for(semscan, calibrated):
    done = semscan("info", "a.png", "--format", "text")

    assert done.returncode == 0
    assert "2.5 nm (Hitachi PixelSize)" in done.stdout
    assert "0.8 kV" in done.stdout
    assert "{" not in done.stdout


def test_text_on_a_terminal(semscan, calibrated):
    ours, theirs = pty.openpty()
    subprocess.run([sys.executable, "-m", "semscan", "info", "a.png"], stdout=theirs, cwd=semscan.here, check=True)
    os.close(theirs)
    text = os.read(ours, 1 << 16).decode()
    os.close(ours)

    assert text.startswith("a.png\r\n")
    assert "pixel size" in text


def test_one_line_per_page_asked_for(semscan):
    tifffile.imwrite(semscan.here / "stack.tif", np.stack([NOISE, NOISE // 2, NOISE // 3]), photometric="minisblack")

    first = lines(semscan("info", "stack.tif").stdout)
    some = lines(semscan("info", "stack.tif", "--page", "2", "--page", "1").stdout)
    every = lines(semscan("info", "stack.tif", "--page", "all").stdout)
    beyond = semscan("info", "stack.tif", "--page", "3")

    assert [(record["page"], record["pages"]) for record in first] == [(0, 3)]
    assert [record["page"] for record in some] == [2, 1]
    assert [(record["page"], record["grey_max"]) for record in every] == [(0, 199), (1, 99), (2, 66)]
    assert beyond.returncode == 3
    assert lines(beyond.stdout)[0]["status"] == "error"


def test_a_bad_file_is_one_error_record_and_exit_code_3(semscan, calibrated):
    (semscan.here / "bad.tif").write_bytes(b"no image")

    done = semscan("info", "bad.tif", "a.png", "missing.png")
    bad, good, missing = lines(done.stdout)

    assert done.returncode == 3
    assert (bad["status"], good["status"], missing["status"]) == ("error", "ok", "error")
    assert sorted(bad) == ["error", "image", "page", "source", "status"]
    assert "\n" not in bad["error"]
    assert done.stderr.count("semscan: ") == 2


def test_an_image_of_one_grey_level_still_has_its_metadata(semscan, save_png):
    save_png(semscan.here / "a.png", NOISE * 0 + 7)
    (semscan.here / "a.txt").write_text("[SemImageFile]\nPixelSize=2.5\n")

    done = semscan("info", "a.png")
    (record,) = lines(done.stdout)

    assert (done.returncode, record["nm_per_pixel"], record["focus"]) == (0, 2.5, None)
    assert "one grey level" in record["warnings"][0]


@pytest.mark.parametrize(
    "options",
    [
        ("--ignore", "1,2,3"),
        ("--ignore", "1,2,0,4"),
        ("--care", "no such mask"),
        ("--nm-per-px", "0"),
        ("--nm-per-px", "nan"),
        ("--nm-per-px", "inf"),
        ("--page", "-1"),
        ("--databar", "some"),
    ],
)
def test_options_that_mean_nothing_are_refused(semscan, calibrated, options):
    done = semscan("info", "a.png", *options)

    assert (done.returncode, done.stdout) == (2, "")
    assert "Error" in done.stderr


@pytest.mark.parametrize("command", ["inspect", "score", "train", "calibrate", "evaluate", "doctor"])
def test_every_command_that_reads_images_takes_the_same_options(semscan, command):
    helped = semscan(command, "--help").stdout

    assert all(option in helped for option in ("--page", "--databar", "--nm-per-px", "--ignore", "--care"))


def test_info_starts_light(semscan, calibrated):
    probe = (
        "import sys\nfrom semscan.cli.main import main\ntry:\n    main(['info', 'a.png'])\n"
        f"except SystemExit:\n    pass\nprint([n for n in {HEAVY} if n in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, cwd=semscan.here, check=True)

    assert done.stderr.strip() == "[]"
