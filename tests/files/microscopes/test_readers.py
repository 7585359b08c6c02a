import os
import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile

from semscan.errors import BadImageError
from semscan.files.images.read import read_image
from semscan.files.microscopes import readers
from semscan.files.microscopes.base import MetadataBuilder
from semscan.files.microscopes.readers import read_tags
from semscan.image.clean import clean
from semscan.settings import ReadSettings

REAL = os.environ.get("SEMSCAN_REAL_DATA")
FEI_TEXT = "[User]\r\nDate=1\r\n[Image]\r\nResolutionX={cols}\r\nResolutionY={rows}\r\n[PrivateFei]\r\n{bar}"
CONDITIONS = ("kv", "magnification", "working_distance_mm", "detector", "dwell_us", "date")


def write(path, data, tag, shape=(58, 64), kind=2):
    noise = np.random.default_rng(0).integers(0, 255, shape, dtype=np.uint8)
    tifffile.imwrite(path, noise, extratags=[(tag, kind, len(data), data, True)])
    return path


def fei_file(path, shape, text, tag=34682):
    return write(path, text.encode("cp1252") + b"\0", tag, shape)


def conditions(image):
    return {name: image.metadata[name] for name in CONDITIONS}


# --- FEI / Thermo


@pytest.mark.parametrize("tag", [34680, 34682])
def test_fei_bar_is_read_from_a_file(tmp_path, tag):
    text = FEI_TEXT.format(cols=64, rows=50, bar="DatabarHeight=8\r\n")

    image = read_image(fei_file(tmp_path / "a.tif", (58, 64), text, tag), ReadSettings())

    assert image.data_bar_rows == 8
    assert image.metadata["data_bar_from"] == "FEI [PrivateFei] DatabarHeight"
    assert image.pixels.shape == (58, 64)


FEI_WHOLE = (
    "[User]\r\nDate=06/13/2016\r\nTime=05:06:40 PM\r\n[Beam]\r\nHV=5000\r\nBeam=EBeam\r\n"
    "[EBeam]\r\nHV=5000\r\nWD=0.00403466\r\n[Scan]\r\nPixelWidth={width}\r\nPixelHeight={height}\r\nDwelltime=1e-05\r\n"
    "[EScan]\r\nPixelWidth=7e-9\r\n[IRBeam]\r\nHFW=1e-3\r\n"
    "[Image]\r\nResolutionX=64\r\nResolutionY=50\r\n[Detectors]\r\nName=ETD\r\n[PrivateFei]\r\nDatabarHeight=8\r\n"
)


def test_fei_tags_say_the_pixel_size_and_the_conditions(tmp_path):
    text = FEI_WHOLE.format(width="3.5e-9", height="3.5e-9")

    image = read_image(fei_file(tmp_path / "a.tif", (58, 64), text), ReadSettings())

    assert image.nm_per_pixel == pytest.approx(3.5)
    assert image.metadata["nm_per_pixel_source"] == "FEI [Scan] PixelWidth"
    assert image.metadata["vendor"] == "FEI"
    assert conditions(image) == {
        "kv": 5.0,
        "magnification": None,
        "working_distance_mm": pytest.approx(4.03466),
        "detector": "ETD",
        "dwell_us": pytest.approx(10),
        "date": "2016-06-13T17:06:40",
    }
    assert image.warnings == ()


def test_a_malformed_fei_float_is_told_and_the_next_source_taken(tmp_path):
    text = FEI_WHOLE.format(width="3.5e-9e", height="")

    image = read_image(fei_file(tmp_path / "a.tif", (58, 64), text), ReadSettings())

    assert image.nm_per_pixel == pytest.approx(7)
    assert image.metadata["nm_per_pixel_source"] == "FEI [EScan] PixelWidth"
    assert image.warnings == ("its FEI tag [Scan] PixelWidth is '3.5e-9e', wanted a number: not used",)


def test_navcam_has_the_width_of_its_field_and_without_it_no_pixel_size(tmp_path):
    text = "[IRBeam]\r\nHFW=0.2\r\n[Image]\r\nResolutionX=64\r\nResolutionY=58\r\n"
    with_field = read_image(fei_file(tmp_path / "a.tif", (58, 64), text), ReadSettings())
    without = read_image(fei_file(tmp_path / "b.tif", (58, 64), text.replace("HFW", "X")), ReadSettings())

    assert with_field.nm_per_pixel == pytest.approx(0.2e9 / 64)
    assert (without.nm_per_pixel, without.metadata["nm_per_pixel_source"]) == (None, None)
    assert without.warnings == ("its FEI metadata state no pixel size: sizes stay in pixels; give it with --nm-per-px",)


def test_pixels_that_are_not_square_are_told(tmp_path):
    text = FEI_WHOLE.format(width="2e-9", height="3e-9")

    image = read_image(fei_file(tmp_path / "a.tif", (58, 64), text), ReadSettings())

    assert image.nm_per_pixel == pytest.approx(2)
    assert "not square (2 nm wide, 3 nm high)" in image.warnings[0]


@pytest.mark.parametrize(("shape", "bar"), [((29, 32), 4), ((25, 32), 0), ((116, 128), 16)])
def test_a_resized_fei_image_is_rescaled_and_told(tmp_path, shape, bar):
    text = FEI_WHOLE.format(width="4e-9", height="4e-9")

    image = read_image(fei_file(tmp_path / "a.tif", shape, text), ReadSettings())

    assert image.nm_per_pixel == pytest.approx(4 * 64 / shape[1])
    assert image.data_bar_rows == bar
    assert image.metadata["nm_per_pixel_source"] == "FEI [Scan] PixelWidth, rescaled"
    assert "resized from 64 to" in image.warnings[0]


@pytest.mark.parametrize("shape", [(40, 40), (58, 40), (30, 64), (200, 64)])
def test_a_cut_out_has_no_pixel_size_and_says_so(tmp_path, shape):
    text = FEI_WHOLE.format(width="4e-9", height="4e-9")

    image = read_image(fei_file(tmp_path / "a.tif", shape, text), ReadSettings())

    assert (image.nm_per_pixel, image.data_bar_rows) == (None, 0)
    assert "describe 64 x 50 pixels" in image.warnings[0]
    assert "--nm-per-px" in image.warnings[0]


def test_the_users_pixel_size_wins_and_silences_the_files(tmp_path):
    path = fei_file(tmp_path / "a.tif", (40, 40), FEI_WHOLE.format(width="4e-9", height="4e-9"))

    image = read_image(path, ReadSettings(nm_per_px=2.5, databar="none"))

    assert (image.nm_per_pixel, image.metadata["nm_per_pixel_source"]) == (2.5, "given")
    assert image.warnings == ()


@pytest.mark.parametrize(
    "text", ["", "[", "no sections at all", "[PrivateFei]\r\nDatabarHeight=many\r\n", "[Image]\r\n=\r\n"]
)
def test_malformed_fei_tags_never_stop_reading(tmp_path, text, capfd):
    image = read_image(fei_file(tmp_path / "a.tif", (58, 64), text), ReadSettings())

    assert (image.data_bar_rows, image.nm_per_pixel) == (0, None)
    assert capfd.readouterr() == ("", "")


def tags(bar=None, rows=None, cols=None):
    image = {key: value for key, value in (("ResolutionX", cols), ("ResolutionY", rows)) if value is not None}
    return {34682: {"PrivateFei": {} if bar is None else {"DatabarHeight": bar}, "Image": image}}


@pytest.mark.parametrize(
    ("stated", "rows"),
    [
        (tags(bar=29, rows=442, cols=512), 29),
        (tags(bar=29), 29),
        (tags(rows=442, cols=512), 29),
        (tags(bar=60, rows=442, cols=512), 29),
        (tags(bar=29, rows=471, cols=512), 0),
        (tags(), None),
        ({34682: {"PrivateFei": 3}}, None),
    ],
    ids=["both", "tag", "page less scan", "scan wins", "bar not stored", "neither", "odd"],
)
def test_fei_bar_height(stated, rows):
    facts = read_tags(stated, 471, 512)

    assert facts.bar_rows == rows
    assert facts.bar_warnings == ()


@pytest.mark.parametrize("stated", [{}, {34682: "raw text"}, {34118: b""}, {50431: "text"}, {34683: 7}])
def test_tags_of_no_microscope_say_nothing(stated):
    assert read_tags(stated, 471, 512) is None


@pytest.mark.parametrize(
    "stated",
    [
        tags(bar=29, rows=884, cols=1024),
        tags(bar=400),
        tags(bar=-3),
        tags(bar=29, rows=900, cols=512),
    ],
    ids=["other bar", "too high", "negative", "cropped"],
)
def test_impossible_fei_bar_is_told_and_not_taken(stated):
    facts = read_tags(stated, 471, 512)

    assert facts.bar_rows is None
    assert "--databar" in facts.bar_warnings[0]


# --- Zeiss


def zeiss_file(path, lines, shape=(48, 64), encoding="cp1252"):
    pairs = "".join(f"{key.upper()}\r\n{line}\r\n" for key, line in lines.items())
    return write(path, ("\r\n0\r\n0\r\n" + pairs).encode(encoding) + b"\0", 34118, shape)


ZEISS = {
    "ap_image_pixel_size": "Image Pixel Size = 35.03 nm",
    "ap_pixel_size": "Pixel Size = 17.0 nm",
    "ap_width": "Width = 2.242 µm",
    "ap_height": "Height = 1.681 µm",
    "dp_image_store": "Store resolution = 64 * 48",
    "ap_actualkv": "EHT = 3.00 kV",
    "ap_mag": "Mag = 10.01 K X",
    "ap_wd": "WD = 5.961 mm",
    "dp_detector_type": "Detector = InLens",
    "ap_date": "Date :23 Dec 2015",
    "ap_time": "Time :9:40:32",
}


def test_zeiss_tags_say_the_pixel_size_and_the_conditions(tmp_path):
    image = read_image(zeiss_file(tmp_path / "a.tif", ZEISS), ReadSettings())

    assert image.nm_per_pixel == pytest.approx(35.03)
    assert image.metadata["nm_per_pixel_source"] == "Zeiss ap_image_pixel_size"
    assert conditions(image) == {
        "kv": 3.0,
        "magnification": pytest.approx(10010),
        "working_distance_mm": pytest.approx(5.961),
        "detector": "InLens",
        "dwell_us": None,
        "date": "2015-12-23T09:40:32",
    }
    assert (image.metadata["data_bar_from"], image.warnings) == (None, ())


@pytest.mark.parametrize("unit", ["µm", "?m", "μm", "Âµm", "um"])
@pytest.mark.parametrize("encoding", ["cp1252", "utf-8"])
def test_a_micro_sign_in_any_disguise_is_one(tmp_path, unit, encoding):
    if unit == "μm" and encoding == "cp1252":
        encoding = "utf-8"
    lines = ZEISS | {"ap_image_pixel_size": f"Image Pixel Size = 2.615 {unit}"}
    del lines["ap_width"], lines["ap_height"]

    assert read_image(zeiss_file(tmp_path / "a.tif", lines, encoding=encoding), ReadSettings()).nm_per_pixel == 2615


def test_without_the_images_pixel_the_field_is_divided_and_the_monitors_pixel_never_used(tmp_path):
    lines = {key: line for key, line in ZEISS.items() if key not in ("ap_image_pixel_size", "dp_image_store")}

    image = read_image(zeiss_file(tmp_path / "a.tif", lines), ReadSettings())
    alone = read_image(zeiss_file(tmp_path / "b.tif", {"ap_pixel_size": ZEISS["ap_pixel_size"]}), ReadSettings())

    assert image.nm_per_pixel == pytest.approx(2242 / 64)
    assert image.metadata["nm_per_pixel_source"] == "Zeiss ap_width / columns"
    assert alone.nm_per_pixel is None
    assert "no pixel size" in alone.warnings[0]


@pytest.mark.parametrize("missing", [(), ("dp_image_store",), ("ap_image_pixel_size", "dp_image_store")])
def test_a_resized_zeiss_image_is_rescaled_and_a_cut_out_refused(tmp_path, missing):
    lines = {key: line for key, line in ZEISS.items() if key not in missing}

    half = read_image(zeiss_file(tmp_path / "a.tif", lines, (24, 32)), ReadSettings())
    cut = read_image(zeiss_file(tmp_path / "b.tif", lines, (40, 64)), ReadSettings())

    assert half.nm_per_pixel == pytest.approx(2242 / 32, rel=1e-3)
    assert len(half.warnings) == (0 if "ap_image_pixel_size" in missing else 1)
    assert cut.nm_per_pixel is None
    assert "cut out" in cut.warnings[0]


@pytest.mark.parametrize("line", ["Image Pixel Size = many nm", "Image Pixel Size = 3.5 kV", "Image Pixel Size = 0 nm"])
def test_malformed_zeiss_values_are_never_a_pixel_size(tmp_path, line):
    image = read_image(zeiss_file(tmp_path / "a.tif", {"ap_image_pixel_size": line}), ReadSettings())

    assert image.nm_per_pixel is None
    assert image.warnings


# --- Phenom

PHENOM = """<?xml version="1.0" encoding="utf-8"?><FeiImage>
<databarHeight>8</databarHeight><pixelWidth unit="um">0.0335</pixelWidth><pixelHeight unit="um">0.0335</pixelHeight>
<time>2018-03-01T10:20:30</time><acquisition><scan><highVoltage unit="kV">-10.2</highVoltage>
<detector>BSD</detector><dwellTime unit="ns">500</dwellTime></scan></acquisition></FeiImage>"""


@pytest.mark.parametrize("kind", [1, 2, 7])
def test_phenom_xml_is_read(tmp_path, kind):
    image = read_image(write(tmp_path / "a.tif", PHENOM.encode(), 34683, kind=kind), ReadSettings())

    assert image.nm_per_pixel == pytest.approx(33.5)
    assert (image.data_bar_rows, image.metadata["data_bar_from"]) == (8, "Phenom <databarHeight>")
    assert conditions(image) == {
        "kv": 10.2,
        "magnification": None,
        "working_distance_mm": None,
        "detector": "BSD",
        "dwell_us": 0.5,
        "date": "2018-03-01T10:20:30",
    }
    assert image.warnings == ()


BOMB = (
    '<!DOCTYPE x [<!ENTITY a "10"><!ENTITY b "&a;&a;&a;">]><FeiImage><pixelWidth unit="um">&b;</pixelWidth></FeiImage>'
)


@pytest.mark.parametrize(
    ("xml", "said"),
    [
        (BOMB.encode(), "document type"),
        (BOMB.encode("utf-16"), "document type"),
        (b'<?xml version="1.0" encoding="nonsense"?><FeiImage/>', "unknown encoding"),
        (PHENOM.encode()[:200], "not used"),
        (b"<a>" * 100_000, "too deep"),
        (b"<FeiImage>" + b" " * (1 << 20) + b"</FeiImage>", "at most 1048576 are read"),
        (PHENOM.replace("0.0335", "wide").encode(), "wanted a number"),
        (PHENOM.replace('unit="um"', 'unit="kV"').encode(), "wanted one of length"),
    ],
    ids=["entities", "entities in utf-16", "encoding", "cut", "deep", "large", "no number", "no length"],
)
def test_hostile_or_malformed_phenom_xml_is_told_and_not_used(tmp_path, xml, said):
    image = read_image(write(tmp_path / "a.tif", xml, 34683, kind=7), ReadSettings())

    assert image.nm_per_pixel is None
    assert any(said in warning for warning in image.warnings)


# --- TESCAN


def blocks(*parts, end=True):
    data = b"".join(struct.pack("<IH", len(text) + 2, kind) + text for kind, text in parts)
    return data + (struct.pack("<IH", 2, 0) if end else b"")


MAIN = (
    b"Date=2020-01-29\r\nTime=12:13:05\r\nPixelSizeX=4.5e-9\r\nPixelSizeY=4.5e-9\r\n"
    b"Magnification=50000\r\nImageStripSize=8\r\n"
)
SEM = b"HV=15000\r\nWD=0.0101\r\nDetector=SE\r\nDwellTime=3.2e-6\r\n"


def test_tescan_blocks_are_read(tmp_path):
    data = blocks((1, b"\xff\xd8 a thumbnail = 5"), (2, MAIN), (3, SEM))

    image = read_image(write(tmp_path / "a.tif", data, 50431, kind=7), ReadSettings())

    assert image.nm_per_pixel == pytest.approx(4.5)
    assert (image.data_bar_rows, image.metadata["data_bar_from"]) == (8, "TESCAN [MAIN] ImageStripSize")
    assert conditions(image) == {
        "kv": 15.0,
        "magnification": 50000.0,
        "working_distance_mm": pytest.approx(10.1),
        "detector": "SE",
        "dwell_us": pytest.approx(3.2),
        "date": "2020-01-29T12:13:05",
    }
    assert image.warnings == ()


@pytest.mark.parametrize(
    "data",
    [
        b"\0\0",
        blocks((2, MAIN), (3, SEM))[:60],
        blocks((2, MAIN))[:-4] + b"\xff\xff\xff\xff\x02\x00",
        blocks((2, MAIN.replace(b"4.5e-9", b"4.5.e-9"))),
        struct.pack("<IH", 0, 2) * 1000,
    ],
    ids=["short", "cut", "size beyond", "no number", "size 0"],
)
def test_malformed_tescan_blocks_are_told(tmp_path, data):
    image = read_image(write(tmp_path / "a.tif", data, 50431, kind=7), ReadSettings())

    assert image.warnings
    assert image.nm_per_pixel in (None, pytest.approx(4.5))


def test_print_resolution_is_no_calibration(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (48, 64), dtype=np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", noise, resolution=(96, 96), resolutionunit="INCH")

    image = read_image(tmp_path / "a.tif", ReadSettings())

    assert (image.nm_per_pixel, image.metadata["vendor"], image.warnings) == (None, None, ())


# --- real files, each value held against the text of its own bar


def real(name):
    if REAL is None or not (Path(REAL) / "vendor_tiff" / name).exists():
        pytest.skip("SEMSCAN_REAL_DATA names no folder with vendor_tiff/" + name)
    return Path(REAL) / "vendor_tiff" / name


@pytest.mark.parametrize(
    ("name", "dtype", "nm", "bar", "kv", "magnification", "distance"),
    [
        ("FEI-Helios-Ebeam-8bits.tif", "uint8", 3372.4, 29, 5, None, 4.03466),
        ("FEI-Helios-Ebeam-16bits.tif", "uint16", 3372.4, 29, 5, None, 4.03466),
        ("FEI-Helios-navcam.tif", "uint8", 263_973.958, 39, None, None, None),
        ("FEI-Helios-navcam-with-no-IRBeam.tif", "uint8", None, 39, None, None, None),
        ("test_tiff_Zeiss_SEM_1k.tif", "uint8", 2615, 77, 25, 105, 14.808),
        ("test_tiff_Zeiss_SEM_512pix.tif", "uint8", 11.6504, 34, 5, 50_000, 3.9),
        ("zeiss_nanowires_125nm_03.tif", "uint8", 35.03, 78, 3, 8000, 5.961),
        ("zeiss_nanowires_130nm_05.tif", "uint8", 35.03, 78, 3, 8000, 5.961),
    ],
)
def test_real_files_are_read_as_their_bars_say(name, dtype, nm, bar, kv, magnification, distance):
    image = read_image(real(name), ReadSettings(), flat=True)
    cleaned = clean(image, ReadSettings())

    assert image.pixels.dtype == dtype
    assert image.nm_per_pixel == (None if nm is None else pytest.approx(nm, rel=1e-6))
    assert cleaned.data_bar_px == bar
    assert (image.metadata["kv"], image.metadata["magnification"]) == (kv, magnification)
    assert image.metadata["working_distance_mm"] == (None if distance is None else pytest.approx(distance))
    assert any("no pixel size" in warning for warning in image.warnings) == (nm is None)


def test_real_fei_file_with_no_pixel_left_is_refused():
    path = real("FEI-Helios-navcam.tif")

    with pytest.raises(BadImageError, match="every pixel has the value 0"):
        read_image(path, ReadSettings())


@pytest.mark.parametrize("name", ["test_tiff_Zeiss_SEM_1k.tif", "zeiss_nanowires_125nm_03.tif"])
def test_real_zeiss_palette_files_are_grey(name):
    image = read_image(real(name), ReadSettings())

    indices = tifffile.imread(real(name))
    assert (image.pixels.dtype, image.pixels.shape, image.warnings) == (np.uint8, (768, 1024), ())
    assert (image.pixels[:690] == indices[:690]).mean() > 0.99


# --- another microscope


class ToyReader:
    """A microscope with one number in a TIFF tag of its own, or in a sidecar ``.toy``."""

    VENDOR = "Toy"
    TAGS = (50900,)
    SIDECARS = (".toy",)

    def read(self, source):
        builder = MetadataBuilder(self.VENDOR)
        stated = source.tags.get(50900) if source.sidecar is None else source.sidecar
        if stated is None:
            return None
        return builder.build(nm_per_pixel=builder.number(stated, "pixel"), nm_from="pixel", detector="BSE")


def test_another_microscope_is_one_reader_in_the_registry(tmp_path, monkeypatch):
    monkeypatch.setattr(readers, "READERS", (*readers.READERS, ToyReader()))
    tagged = write(tmp_path / "a.tif", b"2.5\0", 50900)
    plain = write(tmp_path / "b.tif", b"2.5\0", 50901)
    (tmp_path / "b.toy").write_text("7")

    from_tag = read_image(tagged, ReadSettings())
    from_sidecar = read_image(plain, ReadSettings())
    (tmp_path / "b.toy").write_text("seven")
    malformed = read_image(plain, ReadSettings())

    assert (from_tag.nm_per_pixel, from_tag.metadata["vendor"], from_tag.metadata["detector"]) == (2.5, "Toy", "BSE")
    assert (from_sidecar.nm_per_pixel, from_sidecar.metadata["nm_per_pixel_source"]) == (7, "Toy pixel")
    assert malformed.nm_per_pixel is None
    assert "its Toy pixel is 'seven', wanted a number: not used" in malformed.warnings


def test_a_pixel_size_that_cannot_be_has_no_source(tmp_path):
    text = FEI_WHOLE.format(width="1e-30", height="")

    image = read_image(fei_file(tmp_path / "a.tif", (58, 64), text), ReadSettings())

    assert (image.nm_per_pixel, image.metadata["nm_per_pixel_source"]) == (None, None)
    assert "which cannot be" in image.warnings[0]
