"""KLARF 1.2, read back by klarf-reader."""

import warnings
from datetime import datetime
from urllib.parse import unquote

import pytest

from semscan.report.formats.klarf import klarf
from semscan.report.formats.region_pixels import region_pixels
from semscan.settings import KlarfSettings
from semscan.values.fab.class_codes import ClassCodes

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its own escapes in its own strings
    from klarf_reader.klarf import Klarf

WHEN = datetime(2026, 11, 20, 20, 4, 31)


def loaded(data, path):
    path.write_bytes(data)
    return Klarf.load_from_file(path)


OWN = ClassCodes({"bridge": 1, "charging": 2}, "codes.toml")


def written(record, codes=OWN, header=None, image_name="a.tif"):
    return klarf(record, region_pixels(record, None), codes, header or KlarfSettings(), image_name, WHEN)


def test_klarf_reader_gives_back_the_same_defects(three, tmp_path):
    record, _ = three
    back = loaded(written(record), tmp_path / "a.klarf")
    (wafer,) = back.wafers

    assert (back.die_pitch.x, back.die_pitch.y) == pytest.approx((0.4, 0.24))
    assert len(wafer.defects) == 3
    for defect, region in zip(wafer.defects, record.regions, strict=True):
        x, y = region.centroid
        _, _, width, height = region.bbox
        assert defect.id == region.id
        assert (defect.x_rel, defect.y_rel) == pytest.approx(((x + 0.5) * 0.002, (119.5 - y) * 0.002), abs=1e-6)
        assert (defect.x_size, defect.y_size) == pytest.approx((width * 0.002, height * 0.002))
        assert defect.area == pytest.approx(region.area_nm2 / 1e6)
        assert defect.d_size == pytest.approx(max(width, height) * 0.002)
        assert (defect.x_index, defect.y_index, defect.image_count) == (0, 0, 1)
    assert [defect.class_number for defect in wafer.defects] == [1, 2, 0]


def test_nuisance_is_listed_in_its_own_bin_and_not_counted(three, tmp_path):
    (wafer,) = loaded(written(three[0]), tmp_path / "a.klarf").wafers

    assert [defect.roughbin for defect in wafer.defects] == [0, 1, 0]
    assert (wafer.summary.number_of_defects, wafer.summary.number_of_def_dies) == (2, 1)
    assert wafer.tests[0].area == pytest.approx(0.4 * 0.24)
    assert wafer.summary.defect_density == pytest.approx(2 / (0.4 * 0.24) * 1e8)


def test_an_image_without_defects_is_a_clean_die(empty, tmp_path):
    (wafer,) = loaded(written(empty[0]), tmp_path / "a.klarf").wafers

    assert wafer.defects == []
    assert (wafer.summary.number_of_defects, wafer.summary.number_of_def_dies) == (0, 0)


def test_the_file_is_built_as_fab_tools_build_it(three):
    text = written(three[0]).decode("ascii")
    rows = text.splitlines()

    assert rows[0] == "FileVersion 1 2;"
    assert rows[-1] == "EndOfFile;"
    assert "FileTimestamp 11-20-2026 20:04:31;" in rows
    assert "TiffFileName a.tif;" in rows
    assert "DiePitch 4.0000000000e-001 2.4000000000e-001;" in rows
    assert rows[rows.index("ClassLookup 3") + 1 :][:3] == [' 0 "Unclassified"', ' 1 "bridge"', ' 2 "charging";']
    start = rows.index("DefectList")
    assert [row.endswith(";") for row in rows[start + 1 : start + 4]] == [False, False, True]
    assert rows[start + 1].endswith(" 1 1 1 0"), "one image, the first of its file"


def test_the_header_says_what_the_user_says(three, tmp_path):
    header = KlarfSettings(lot="L0042", wafer="W07", device="D32", step="ADI", setup="recipe 1", slot=7)
    back = loaded(written(three[0], header=header), tmp_path / "a.klarf")

    assert (back.lot_id, back.device_id, back.step_id, back.setup_id.name) == ("L0042", "D32", "ADI", "recipe 1")
    assert (back.wafers[0].id, back.wafers[0].slot) == ("W07", 7)
    assert back.result_timestamp == "11-20-2026 20:04:31"


def test_no_name_breaks_the_file(three, tmp_path):
    header = KlarfSettings(lot='L"1;\n"', wafer="Öffnung\t2")
    data = written(three[0], header=header, image_name="Öffnung 1;.tif")
    back = loaded(data, tmp_path / "a.klarf")

    assert (back.lot_id, back.wafers[0].id) == ("L'1, '", "?ffnung 2")
    assert len(back.wafers[0].defects) == 3
    assert "TiffFileName %C3%96ffnung%201%3B.tif;" in (tmp_path / "a.klarf").read_text("ascii")


NAMES = (
    "a\nEndOfFile;\n.tif",
    "\x1b[2Ja.tif",
    "a b.tif",
    "\udcff.tif",
    "EndOfFile;",
    "DefectList",
    "Слот.tif",
    '"',
    "%0A",
)


@pytest.mark.parametrize("name", NAMES)
def test_any_file_name_is_one_word_that_gives_it_back(three, tmp_path, name):
    data = written(three[0], image_name=name)
    (line,) = [line for line in data.decode("ascii").splitlines() if line.startswith("TiffFileName ")]
    word = line.removeprefix("TiffFileName ").removesuffix(";")

    assert len(loaded(data, tmp_path / "a.klarf").wafers[0].defects) == 3
    assert data.count(b"EndOfFile;") == 1
    assert unquote(word, errors="surrogateescape") == name
    assert word.isprintable()
    assert " " not in word


@pytest.mark.parametrize("name", NAMES)
def test_any_lot_or_class_leaves_the_file_readable(three, tmp_path, name):
    header = KlarfSettings(lot=name, wafer=name, device=name, step=name, setup=name)
    codes = ClassCodes({"bridge": 1, "charging": 2, name: 3}, "codes.toml")
    data = written(three[0], codes, header=header)
    back = loaded(data, tmp_path / "a.klarf")

    assert len(back.wafers[0].defects) == 3
    assert data.count(b"EndOfFile;") == 1
