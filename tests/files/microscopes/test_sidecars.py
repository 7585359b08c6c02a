"""Texts written by hand as the microscopes write them, beside images of every format."""

import numpy as np
import pytest
import tifffile
from PIL import Image

from semscan.files.images.read import read_image
from semscan.settings import ReadSettings

NOISE = np.random.default_rng(0).integers(0, 255, (64, 80), dtype=np.uint8)
JEOL = (
    "$CM_FORMAT JEOL\r\n$CM_FULL_SIZE 80 60\r\n$CM_MAG 50000\r\n$CM_ACCEL_VOLT 5.00\r\n$CM_SIGNAL SEI\r\n"
    "$CM_DATE 2021/03/19\r\n$CM_TIME 13:05:09\r\n$$SM_WD 8.1\r\n$$SM_MICRON_BAR 50\r\n$$SM_MICRON_MARKER {marker}\r\n"
)
HITACHI = (
    "[SemImageFile]\r\nInstructName=S-4800\r\nSampleName=Öffnung 5 µm\r\nDate=03/19/2021\r\nTime=13:05:09\r\n"
    "DataSize=80x60\r\nPixelSize=19.84\r\nSignalName=SE(U)\r\nAcceleratingVoltage=15000 Volt\r\n"
    "Magnification=5000\r\nWorkingDistance=8100 um\r\n"
)
TESCAN = (
    "[MAIN]\r\nDate=2021-03-19\r\nTime=13:05:09\r\nMagnification=50000\r\nImageStripSize=4\r\nPixelSizeX=4.5e-009\r\n"
    "PixelSizeY=4.5e-009\r\n[SEM]\r\nHV=5000\r\nWD=0.0081\r\nDetector=SE\r\nDwellTime=1e-006\r\n"
)


@pytest.fixture
def beside(tmp_path):
    """Write an image and a text beside it; read the image."""

    def beside(name, text, image="a.tif", encoding="utf-8"):
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        Image.fromarray(NOISE).save(tmp_path / image)
        return read_image(tmp_path / image, ReadSettings())

    return beside


@pytest.mark.parametrize(
    ("marker", "nm"),
    [("100nm", 2.0), ("1um", 20.0), ("1µm", 20.0), ("10 um", 200.0), ("1?m", 20.0), ("0.5um", 10.0), ("0,5um", 10.0)],
)
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_jeol_marker_over_its_pixels(beside, marker, nm, encoding):
    image = beside("a.txt", JEOL.format(marker=marker), encoding=encoding)

    assert image.nm_per_pixel == pytest.approx(nm)
    assert image.metadata["nm_per_pixel_source"] == "JEOL SM_MICRON_MARKER / SM_MICRON_BAR"
    assert image.data_bar_rows == 4
    assert image.warnings == ()


def test_jeol_conditions_and_single_dollar_keys(beside):
    image = beside("a.txt", JEOL.format(marker="100nm").replace("$$", "$").replace("_VOLT ", "_VOLTAGE "))

    told = [image.metadata[name] for name in ("vendor", "kv", "magnification", "working_distance_mm", "detector")]
    assert told == ["JEOL", 5.0, 50000.0, 8.1, "SEI"]
    assert image.metadata["date"] == "2021-03-19T13:05:09"
    assert image.nm_per_pixel == pytest.approx(2)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("image", ["a.tif", "a.bmp", "a.jpg", "a.png"])
def test_hitachi_in_every_encoding_beside_every_format(beside, encoding, image):
    read = beside("a.txt", HITACHI, image, encoding)

    assert read.nm_per_pixel == pytest.approx(19.84)
    told = {name: read.metadata[name] for name in ("vendor", "kv", "magnification", "working_distance_mm", "detector")}
    assert told == {
        "vendor": "Hitachi",
        "kv": 15.0,
        "magnification": 5000.0,
        "working_distance_mm": pytest.approx(8.1),
        "detector": "SE(U)",
    }
    assert read.metadata["date"] == "2021-03-19T13:05:09"
    assert (read.data_bar_rows, read.metadata["data_bar_from"]) == (4, "Hitachi scanned size")
    assert read.warnings == ()


@pytest.mark.parametrize("name", ["a.hdr", "a-tif.hdr", "a.HDR", "a.tif.hdr"])
def test_tescan_header(beside, name):
    image = beside(name, TESCAN)

    assert image.nm_per_pixel == pytest.approx(4.5)
    assert (image.data_bar_rows, image.metadata["kv"], image.metadata["dwell_us"]) == (4, 5.0, pytest.approx(1))
    assert image.warnings == ()


def test_tescan_header_of_a_png(beside):
    assert beside("a-png.hdr", TESCAN, "a.png").nm_per_pixel == pytest.approx(4.5)


@pytest.mark.parametrize(("text", "nm"), [(HITACHI, 39.68), (JEOL.format(marker="100nm"), 4.0)])
def test_a_resized_image_is_rescaled_and_a_cut_out_refused(tmp_path, text, nm):
    (tmp_path / "a.txt").write_text(text, "utf-8")
    (tmp_path / "b.txt").write_text(text, "utf-8")
    tifffile.imwrite(tmp_path / "a.tif", NOISE[:60:2, ::2])
    tifffile.imwrite(tmp_path / "b.tif", NOISE[:40, :40])
    half, cut = (read_image(tmp_path / name, ReadSettings()) for name in ("a.tif", "b.tif"))

    assert half.nm_per_pixel == pytest.approx(nm)
    assert "resized from 80 to 40" in half.warnings[0]
    assert cut.nm_per_pixel is None
    assert "describe 80 x 60 pixels" in cut.warnings[0]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.txt", JEOL.format(marker="wide")),
        ("a.txt", JEOL.format(marker="100")),
        ("a.txt", JEOL.format(marker="100nm").replace("BAR 50", "BAR many")),
        ("a.txt", JEOL.format(marker="100nm").replace("BAR 50", "BAR 0")),
        ("a.txt", HITACHI.replace("19.84", "nan")),
        ("a.txt", HITACHI.replace("19.84", "1e400")),
        ("a.txt", HITACHI.replace("PixelSize=19.84", "PixelSize")),
        ("a.txt", "[SomethingElse]\nkey=value\n"),
        ("a.txt", b""),
        ("a.txt", b"\xff\xfe\x00"),
        ("a.txt", b"$CM_\x81\x8d\0\0"),
        ("a.txt", b"key=" + b"x" * (1 << 20)),
        ("a.hdr", "no sections"),
        ("a.hdr", b"\x00\x01\x02\xff" * 100),
        ("a.hdr", TESCAN.replace("4.5e-009", "4,5,0")),
        ("a.hdr", TESCAN.replace("4.5e-009", "-4.5e-9")),
    ],
)
def test_a_malformed_sidecar_is_a_warning_and_never_a_pixel_size(beside, name, text):
    image = beside(name, text)

    assert image.nm_per_pixel is None
    assert image.metadata["nm_per_pixel_source"] is None
    assert len(image.warnings) >= 1
    assert np.array_equal(image.pixels, NOISE)


@pytest.mark.parametrize(
    ("key", "value"), [("DataSize", "wide"), ("WorkingDistance", "8100 kg"), ("Magnification", "x")]
)
def test_one_malformed_value_leaves_the_others(beside, key, value):
    lines = [f"{key}={value}" if line.startswith(key) else line for line in HITACHI.splitlines()]

    image = beside("a.txt", "\r\n".join(lines))

    assert image.nm_per_pixel == pytest.approx(19.84)
    assert len(image.warnings) == 1
    assert key in image.warnings[0]


@pytest.mark.parametrize("text", ["0 0.5 0.5 0.1 0.1\n1 0.2 0.2 0.1 0.1\n", "Taken on Monday, the third wafer.\n"])
def test_another_text_beside_an_image_is_nothing_to_wonder_at(beside, text):
    image = beside("a.txt", text)

    assert (image.nm_per_pixel, image.warnings) == (None, ())


def test_a_folder_or_a_text_that_may_not_be_read_does_not_stop_reading(tmp_path, monkeypatch):
    tifffile.imwrite(tmp_path / "a.tif", NOISE)
    (tmp_path / "a.hdr").mkdir()
    (tmp_path / "a.txt").write_text(HITACHI, "utf-8")
    whole = type(tmp_path).open

    def refuse(path, *arguments, **options):
        if path.suffix == ".txt":
            raise PermissionError(13, "Permission denied")
        return whole(path, *arguments, **options)

    monkeypatch.setattr(type(tmp_path), "open", refuse)
    image = read_image(tmp_path / "a.tif", ReadSettings())

    assert image.warnings == ("a.txt next to it cannot be read (Permission denied): not used",)


def test_tags_come_before_a_sidecar_and_a_sidecar_before_none(tmp_path):
    text = b"[Scan]\r\nPixelWidth=3e-9\r\n\0"
    tifffile.imwrite(tmp_path / "a.tif", NOISE, extratags=[(34682, 2, len(text), text, True)])
    tifffile.imwrite(tmp_path / "b.tif", NOISE, extratags=[(34682, 2, 9, b"[Scan]\r\n\0", True)])
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(HITACHI, "utf-8")
    with_tag, without = (read_image(tmp_path / name, ReadSettings()) for name in ("a.tif", "b.tif"))

    assert (with_tag.nm_per_pixel, with_tag.metadata["vendor"]) == (pytest.approx(3), "FEI")
    assert (without.nm_per_pixel, without.metadata["vendor"]) == (pytest.approx(19.84), "Hitachi")
