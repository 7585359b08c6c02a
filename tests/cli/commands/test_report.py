"""Finished results in the forms of other programs."""

import base64
import contextlib
import csv
import io
import json
import re
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
import roifile
import tifffile
from PIL import Image
from pycocotools.coco import COCO

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from klarf_reader.klarf import Klarf

ALL = "html,klarf,coco,roi,labelme,csv"
WRITTEN = {"coco.json", "images.csv", "regions.csv"}


def records(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def read_csv(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_coco(path):
    with contextlib.redirect_stdout(io.StringIO()):
        return COCO(str(path))


def change(out, **keys):
    """Change keys of all records of inspected images in results.jsonl."""
    path = out / "results.jsonl"
    changed = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    changed = [{**record, **keys} if record["status"] == "ok" else record for record in changed]
    path.write_text("".join(json.dumps(record) + "\n" for record in changed), "utf-8")
    return changed


@pytest.fixture
def results(semscan, model, spotted, good, tmp_path):
    """A folder of results: one image with a defect, one without, one that cannot be read."""
    (tmp_path / "torn.png").write_bytes(b"no image")
    semscan("inspect", spotted, good, tmp_path / "torn.png", "--model", model, "--out", "o")
    return semscan.here / "o"


def test_all_exports_agree_with_the_record_in_place_size_and_class(semscan, results):
    record = next(one for one in change(results, nm_per_pixel=2.0) if one.get("defect"))
    done = semscan("report", results, "--to", "klarf,coco,roi,labelme,csv")
    (region,) = record["regions"]
    (defect,) = Klarf.load_from_file(results / "spotted.klarf").wafers[0].defects
    coco = read_coco(results / "coco.json")
    (roi,) = roifile.roiread(results / "spotted.roi.zip")
    (shape,) = json.loads((results / "spotted.labelme.json").read_text("utf-8"))["shapes"]
    (row,) = read_csv(results / "regions.csv")
    x, y, width, height = region["bbox"]

    assert done.returncode == 0, done.stderr
    assert (defect.x_rel, defect.y_rel) == pytest.approx(
        ((region["centroid"][0] + 0.5) * 0.002, (record["height"] - 0.5 - region["centroid"][1]) * 0.002), abs=1e-6
    )
    assert (defect.x_size, defect.y_size) == pytest.approx((width * 0.002, height * 0.002))
    assert coco.anns[1]["bbox"] == region["bbox"]
    assert coco.annToMask(coco.anns[1]).sum() == region["area_px"]
    assert coco.cats[1]["name"] == shape["label"] == "defect"
    assert (roi.left, roi.top, roi.right, roi.bottom, roi.name) == (x, y, x + width, y + height, "1")
    assert [min(px for px, _ in shape["points"]), min(py for _, py in shape["points"])] == [x, y]
    assert [row[key] for key in ("x_px", "y_px", "width_px", "height_px", "area_px")] == [
        str(value) for value in (x, y, width, height, region["area_px"])
    ]


def test_each_file_is_listed_on_standard_output(semscan, results):
    change(results, nm_per_pixel=2.0)
    done = semscan("report", "o", "--to", ALL)
    entries = records(done)

    assert done.returncode == 0, done.stderr
    assert [entry["to"] for entry in entries] == [
        "html",
        *["klarf"] * 2,
        "coco",
        *["roi"] * 2,
        *["labelme"] * 2,
        "csv",
        "csv",
    ]
    assert all((semscan.here / entry["file"]).is_file() for entry in entries)
    assert len({entry["file"] for entry in entries}) == len(entries)


def test_tables_hold_every_image_and_say_units(semscan, results):
    semscan("report", results, "--to", "csv")
    images, regions = read_csv(results / "images.csv"), read_csv(results / "regions.csv")

    assert [row["status"] for row in images] == ["ok", "ok", "error"]
    assert [row["regions"] for row in images] == ["1", "0", ""]
    assert images[2]["error"]
    assert images[0]["width_px"] == "64"
    lengths = [key for key in regions[0] if key.startswith(("x", "width", "area", "feret", "equivalent", "perimeter"))]
    assert all(key.rsplit("_", 1)[1] in ("px", "nm", "nm2") for key in lengths)
    assert (regions[0]["area_px"], regions[0]["area_nm2"]) == ("48", "")


def test_the_last_run_alone_is_reported_when_asked_for(semscan, results, model, good):
    semscan("inspect", good, "--model", model, "--out", "o")
    done = semscan("report", results, "--to", "csv,html", "--last")
    last = [row["image"] for row in read_csv(results / "images.csv")]
    page = (results / "report.html").read_text("utf-8")
    semscan("report", results, "--to", "csv")

    assert done.returncode == 0, done.stderr
    assert last == [str(good)]
    assert "several runs" not in page
    assert "torn.png" not in page
    assert len(read_csv(results / "images.csv")) == 3


def test_an_uncalibrated_image_is_refused_in_one_line(semscan, results):
    done = semscan("report", results, "--to", "klarf")

    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert "nm per pixel" in done.stderr
    assert not list(results.glob("*.klarf"))


def test_of_some_calibrated_images_klarf_is_written_for_those(semscan, results):
    changed = change(results, nm_per_pixel=2.0)
    changed[1]["nm_per_pixel"] = None
    (results / "results.jsonl").write_text("".join(json.dumps(record) + "\n" for record in changed), "utf-8")
    done = semscan("report", results, "--to", "klarf")

    assert done.returncode == 3
    assert [Path(entry["file"]).name for entry in records(done)] == ["spotted.klarf"]
    assert "1 of 2 images not written" in done.stderr


def test_one_form_that_fails_does_not_stop_the_others(semscan, results):
    done = semscan("report", results, "--to", "klarf,coco")

    assert done.returncode == 2
    assert [entry["to"] for entry in records(done)] == ["coco"]


@pytest.mark.parametrize("order", ["klarf,coco", "coco,klarf"])
def test_all_reasons_are_said_and_the_worst_decides_the_exit_code(semscan, results, order):
    changed = change(results, nm_per_pixel=2.0)
    changed[1]["nm_per_pixel"] = None
    (results / "results.jsonl").write_text("".join(json.dumps(record) + "\n" for record in changed), "utf-8")
    (results / "coco.json").write_text('{"mine": 1}')
    done = semscan("report", results, "--to", order)

    assert done.returncode == 2
    assert "1 of 2 images not written" in done.stderr
    assert "coco.json" in done.stderr


def test_names_without_an_image_make_no_report_and_exit_code_3(semscan, model):
    done = semscan("inspect", "nope.png", "--model", model, "--report", "html")

    assert done.returncode == 3
    assert "no image could be inspected, so no report is written" in done.stderr


def test_the_page_counts_what_the_tables_count(semscan, results):
    changed = change(results)
    for region in changed[0]["regions"]:
        region["nuisance"] = True
    (results / "results.jsonl").write_text("".join(json.dumps(record) + "\n" for record in changed), "utf-8")
    semscan("report", results, "--to", "html")
    page = (results / "report.html").read_text("utf-8")

    assert len(changed[0]["regions"]) == 1
    assert re.findall(r'<td class="defects n" data-v="(\d)', page) == ["0", "0"]


def test_inspect_writes_reports_directly(semscan, model, spotted, good):
    done = semscan("inspect", spotted, good, "--model", model, "--report", "coco,roi", "--report", "csv")
    out = semscan.here / "semscan-results"

    assert done.returncode == 0, done.stderr
    assert len(records(done)) == 2
    assert WRITTEN | {"spotted.roi.zip", "good.roi.zip"} <= {path.name for path in out.iterdir()}
    assert "coco: semscan-results/coco.json" in done.stderr.replace("\\", "/")


@pytest.mark.parametrize("name", ["report", "export"])
def test_a_configuration_file_may_ask_for_reports_by_the_new_and_the_old_name(semscan, model, spotted, name):
    (semscan.here / "semscan.toml").write_text(f"[inspect]\n{name} = ['coco', 'csv']\n")
    done = semscan("inspect", spotted, "--model", model)
    out = semscan.here / "semscan-results"

    assert done.returncode == 0, done.stderr
    assert {"coco.json", "images.csv", "regions.csv"} <= {path.name for path in out.iterdir()}
    assert json.loads((out / "run.json").read_text("utf-8"))["config"]["values"] == {name: ["coco", "csv"]}


def test_the_old_name_of_report_is_accepted_and_recorded_as_the_new_one(semscan, model, spotted):
    done = semscan("inspect", spotted, "--model", model, "--export", "coco", "--report", "csv")
    out = semscan.here / "semscan-results"
    run = json.loads((out / "run.json").read_text("utf-8"))

    assert done.returncode == 0, done.stderr
    assert {"coco.json", "images.csv", "regions.csv"} <= {path.name for path in out.iterdir()}
    assert " ".join(run["repeat"]).count("--report coco --report csv") == 1
    assert "--export" not in run["repeat"]
    assert "--export" in run["command"]


def test_inspect_refuses_an_unknown_report_format(semscan, model, spotted):
    done = semscan("inspect", spotted, "--model", model, "--report", "coco,pascal")

    assert (done.returncode, done.stdout) == (2, "")
    assert "'pascal' is not one of html" in done.stderr


def test_without_masks_boxes_are_exported(semscan, model, spotted):
    semscan("inspect", spotted, "--model", model, "--no-overlay", "--no-mask", "--no-map", "--out", "bare")
    done = semscan("report", "bare", "--to", "coco,roi,labelme,csv,html")
    out = semscan.here / "bare"
    coco = read_coco(out / "coco.json")

    assert done.returncode == 0, done.stderr
    assert coco.annToMask(coco.anns[1]).sum() == 48
    assert json.loads((out / "spotted.labelme.json").read_text("utf-8"))["shapes"][0]["shape_type"] == "rectangle"


def test_results_may_be_moved_and_exported_from_anywhere(semscan, results, tmp_path):
    moved = results.rename(tmp_path / "elsewhere")
    semscan("report", moved / "results.jsonl", "--to", "coco,labelme", "--out", "converted")
    coco = read_coco(semscan.here / "converted" / "coco.json")
    labelled = semscan.here / "converted" / "spotted.labelme.json"
    image_path = json.loads(labelled.read_text("utf-8"))["imagePath"]

    assert len(coco.anns[1]["segmentation"][0]) == 8, "the mask was found"
    assert not Path(image_path).is_absolute()
    assert (labelled.parent / image_path).is_file()


def test_a_tiff_that_labelme_cannot_open_is_put_into_its_file(semscan, model, spotted, tmp_path):
    with Image.open(spotted) as image:
        image.convert("P").save(tmp_path / "palette.tif")
    semscan("inspect", tmp_path / "palette.tif", "--model", model, "--out", "o", "--report", "labelme")
    labelme = json.loads((semscan.here / "o" / "palette.labelme.json").read_text("utf-8"))
    with Image.open(spotted) as image, Image.open(io.BytesIO(base64.b64decode(labelme["imageData"]))) as inside:
        assert np.array_equal(np.array(image), np.array(inside))


@pytest.mark.parametrize("known", ["by the record", "by the map"])
def test_pages_are_shown_as_inspected_whatever_the_last_run_was_of(semscan, model, grey, tmp_path, known):
    pages = np.stack([grey(), 255 - grey(spot=True), grey(spot=True)])
    tifffile.imwrite(tmp_path / "three.tif", pages, photometric="minisblack")
    tifffile.imwrite(tmp_path / "one.tif", grey())
    semscan("inspect", tmp_path / "three.tif", "--model", model, "--page", "2", "--out", "o")
    if known == "by the record":
        change(semscan.here / "o", page=2, outputs={})
    semscan("inspect", tmp_path / "one.tif", "--model", model, "--out", "o", "--report", "labelme")
    labelme = json.loads((semscan.here / "o" / "three.labelme.json").read_text("utf-8"))

    with Image.open(io.BytesIO(base64.b64decode(labelme["imageData"]))) as inside:
        assert np.array_equal(np.array(inside), pages[2])


def test_images_of_one_name_get_files_of_their_own(semscan, model, spotted, tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.png").write_bytes(spotted.read_bytes())
    bare = ("--no-overlay", "--no-mask", "--no-map")
    semscan("inspect", tmp_path / "a/x.png", tmp_path / "b/x.png", "--model", model, *bare, "--out", "two")
    entries = records(semscan("report", "two", "--to", "roi,coco"))
    names = [image["file_name"] for image in read_coco(semscan.here / "two" / "coco.json").dataset["images"]]

    assert len({entry["file"] for entry in entries}) == 3
    assert names == ["a/x.png", "b/x.png"]


def test_subfolders_are_kept(semscan, model, spotted, tmp_path):
    (tmp_path / "lot" / "deep").mkdir(parents=True)
    (tmp_path / "lot" / "deep" / "s t.png").write_bytes(spotted.read_bytes())
    semscan("inspect", tmp_path / "lot", "--model", model, "--out", "o")

    assert records(semscan("report", "o", "--to", "roi"))[0]["file"].replace("\\", "/") == "o/deep/s t.roi.zip"


@pytest.mark.parametrize("name", ["=1+2.png", "@a.png", "+b.png", "-c d.png", 'Öffnung, "1".png'])
def test_no_name_becomes_a_formula_or_breaks_a_table(semscan, model, spotted, name, tmp_path):
    folder = tmp_path / "odd"
    folder.mkdir()
    (folder / name).write_bytes(spotted.read_bytes())
    done = semscan("inspect", "--model", model, "--out", "o", "--report", "csv", "--format", "csv", "--", f"{folder}/*")
    change(semscan.here / "o", image=name)
    semscan("report", "o", "--to", "csv")
    wanted = name if name[0] not in "=+-@" else f"'{name}"

    assert done.returncode == 0, done.stderr
    for file in ("images.csv", "regions.csv"):
        assert [row["image"] for row in read_csv(semscan.here / "o" / file)] == [wanted]
    (row,) = csv.DictReader(io.StringIO(done.stdout))
    assert row["image"] == str(folder / name)


def test_nuisance_is_flagged_and_not_counted(semscan, results):
    changed = change(results, nm_per_pixel=2.0)
    changed[0]["regions"][0] |= {"nuisance": True, "class": "charging"}
    (results / "results.jsonl").write_text("".join(json.dumps(record) + "\n" for record in changed), "utf-8")
    semscan("report", results, "--to", "csv,coco,klarf,labelme")
    wafer = Klarf.load_from_file(results / "spotted.klarf").wafers[0]

    assert (len(wafer.defects), wafer.summary.number_of_defects) == (1, 0)
    assert read_coco(results / "coco.json").anns[1]["attributes"]["nuisance"] is True
    assert [read_csv(results / "images.csv")[0][key] for key in ("regions", "nuisance_regions")] == ["0", "1"]
    assert read_csv(results / "regions.csv")[0]["nuisance"] == "true"


def test_an_export_that_somebody_changed_is_not_replaced(semscan, results):
    semscan("report", results, "--to", "labelme,coco,roi")
    corrected = results / "spotted.labelme.json"
    corrected.write_text(json.dumps(json.loads(corrected.read_text("utf-8")), indent=2), "utf-8")
    before = corrected.read_bytes()
    done = semscan("report", results, "--to", "labelme,coco,roi")

    assert done.returncode == 2
    assert "spotted.labelme.json is there and not as semscan wrote it" in done.stderr
    assert corrected.read_bytes() == before
    assert [entry["to"] for entry in records(done)] == ["coco", "roi", "roi"]


def test_out_may_name_the_one_file(semscan, results, tmp_path):
    done = semscan("report", results, "--to", "coco", "--out", tmp_path / "deep" / "mine.json")
    several = semscan("report", results, "--to", "roi", "--out", tmp_path / "mine.zip")
    tables = semscan("report", results, "--to", "csv", "--out", tmp_path / "mine.csv")

    assert records(done)[0]["file"] == str(tmp_path / "deep" / "mine.json")
    assert (several.returncode, tables.returncode) == (2, 2)
    assert not (tmp_path / "mine.zip").exists()
    assert not (tmp_path / "mine.csv").exists()


def test_out_may_not_name_one_file_for_several_formats(semscan, results, tmp_path):
    done = semscan("report", results, "--to", "html,csv", "--out", tmp_path / "one.html")

    assert (done.returncode, done.stdout) == (2, "")
    assert "one.html is one file, and --to is html,csv; name a folder" in done.stderr


def test_only_failed_images_make_empty_tables_and_no_klarf(semscan, model, tmp_path):
    (tmp_path / "torn.png").write_bytes(b"no image")
    semscan("inspect", tmp_path / "torn.png", "--model", model, "--out", "o")
    done = semscan("report", "o", "--to", ALL)

    assert done.returncode == 0, done.stderr
    assert [entry["to"] for entry in records(done)] == ["html", "coco", "csv", "csv"]
    assert "klarf: nothing was written" in done.stderr


def test_zero_regions_make_valid_empty_exports(semscan, model, good):
    semscan("inspect", good, "--model", model, "--out", "o")
    change(semscan.here / "o", nm_per_pixel=2.0)
    done = semscan("report", "o", "--to", ALL)
    out = semscan.here / "o"

    assert done.returncode == 0, done.stderr
    assert Klarf.load_from_file(out / "good.klarf").wafers[0].defects == []
    assert read_coco(out / "coco.json").getAnnIds() == []
    assert zipfile.ZipFile(out / "good.roi.zip").namelist() == []
    assert read_csv(out / "regions.csv") == []


@pytest.mark.parametrize("what", ["missing", "empty", "damaged"])
def test_what_holds_no_results_is_refused(semscan, results, what):
    if what == "damaged":
        change(results, regions=[{"id": 1}])
    else:
        results = results / what
        if what == "empty":
            results.mkdir()
    done = semscan("report", results, "--to", "coco")

    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1


def test_regions_of_a_saved_map_have_the_same_measures(semscan, results):
    (first,) = [one["regions"] for one in change(results) if one.get("defect")]
    again = records(semscan("regions", results / "spotted.map.tif"))[0]["regions"]

    assert again == first
    assert first[0]["contrast"] > 0.3


def test_without_its_image_a_map_still_gives_sizes(semscan, results, spotted):
    spotted.unlink()
    done = semscan("regions", results / "spotted.map.tif")
    (region,) = records(done)[0]["regions"]

    assert done.returncode == 0
    assert (region["mean_grey"], region["contrast"]) == (None, None)
    assert (region["feret_max_px"], region["feret_min_px"]) == (10.0, 6.0)
    assert "surroundings" not in region["description"]
