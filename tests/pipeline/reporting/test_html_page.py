"""The report of real runs: pictures, links, notes."""

import json
import re
from base64 import b64decode
from dataclasses import replace
from urllib.parse import unquote

import cv2
import numpy as np
import pytest
import tifffile

import semscan.pipeline.reporting.thumbnails as pictures
from semscan.errors import OutputError
from semscan.files.results.finished_run import read_finished
from semscan.files.results.folder import ResultsFolder
from semscan.pipeline.inspecting.images import inspect_images
from semscan.pipeline.reporting.html_page import write_html
from semscan.settings import InspectSettings, OutputSettings, ReadSettings
from semscan.values.record import ErrorRecord
from semscan.values.run_record import RunRecord


@pytest.fixture
def inspected(tmp_path, model, grey, save_png):
    """The output folder of an inspection of a good and a defective image."""

    def inspect(*names, **output):
        for name in names or ("good.png", "bad.png"):
            save_png(tmp_path / "lot" / name, grey(spot="bad" in name))
        settings = InspectSettings(model=str(model), output=OutputSettings(out=str(tmp_path / "o"), **output))
        list(inspect_images([str(tmp_path / "lot")], settings, typed=RunRecord(command=("semscan", "inspect", "lot"))))
        return tmp_path / "o"

    return inspect


def embedded(page):
    """All pictures in a page, decoded."""
    coded = re.findall(r'src="data:image/jpeg;base64,([^"]+)"', page)
    return [cv2.imdecode(np.frombuffer(b64decode(one), np.uint8), cv2.IMREAD_UNCHANGED) for one in coded]


def test_the_page_lies_in_the_folder_and_links_to_the_overlays_beside_it(inspected):
    out = inspected("bad 1#?.png", "sub/b.png")
    path = write_html(out)
    links = {unquote(link) for link in re.findall(r'href="([^"#][^"]*)"', path.read_text("utf-8"))}

    assert path == out / "report.html"
    assert links == {"bad 1#?.overlay.png", "sub/b.overlay.png"}
    assert all((out / link).is_file() for link in links)


def test_a_page_elsewhere_still_links_to_the_overlays(inspected, tmp_path):
    path = write_html(inspected(), tmp_path / "mail" / "lot7.html")
    links = re.findall(r'href="([^"#][^"]*)"', path.read_text("utf-8"))

    assert links
    assert all((path.parent / unquote(link)).resolve().is_file() for link in links)


def test_previews_show_the_image_part_of_the_overlay_and_crops_the_image(inspected):
    out = inspected()
    shown = embedded(write_html(out).read_text("utf-8"))
    overlay = cv2.imread(str(out / "bad.overlay.png"))[: 48 * 6, : 64 * 6]
    coloured = next(one for one in shown if one.ndim == 3)
    (crop,) = [one for one in shown if one.ndim == 2]

    assert coloured.shape == overlay.shape
    assert np.abs(coloured.astype(int) - overlay).mean() < 12
    assert crop.shape[0] <= 48
    assert crop.max() > 240, "its contrast is stretched"


def test_without_overlays_and_images_the_page_has_words_only(inspected, tmp_path):
    out = inspected(overlay=False)
    (tmp_path / "lot" / "good.png").unlink()
    (tmp_path / "lot" / "bad.png").unlink()
    page = write_html(out).read_text("utf-8")

    assert embedded(page) == []
    assert 'id="defect-1-1"' in page


def test_when_the_image_has_gone_the_crop_comes_from_the_overlay(inspected, tmp_path):
    out = inspected("bad.png")
    (tmp_path / "lot" / "bad.png").unlink()
    shown = embedded(write_html(out).read_text("utf-8"))

    assert len(shown) == 2
    assert shown[1].ndim == 3


def test_the_folder_may_have_moved(inspected, tmp_path):
    inspected().rename(tmp_path / "moved")
    page = write_html(tmp_path / "moved").read_text("utf-8")

    assert 'href="bad.overlay.png"' in page


def test_above_the_limit_only_defective_and_hottest_images_are_shown(inspected, monkeypatch):
    out = inspected(*(f"{k}.png" for k in range(6)), "bad1.png", "bad2.png")
    monkeypatch.setattr(pictures, "EVERY", 5)
    monkeypatch.setattr(pictures, "TOP_SCORES", 3)
    made = pictures.draw_pictures(read_finished(out))

    assert sorted(made.previews) == sorted({7, 8, *made.previews})
    assert (len(made.previews), made.left_out) == (3, 5)
    assert "5 images are listed without a picture" in write_html(out).read_text("utf-8")


def test_pictures_stop_when_the_page_is_full_the_hottest_first(inspected, monkeypatch):
    out = inspected("a.png", "bad.png", "c.png")
    monkeypatch.setattr(pictures, "BUDGET", 1)
    made = pictures.draw_pictures(read_finished(out))

    assert list(made.previews) == [2]
    assert made.left_out == 2


def test_a_preview_is_never_larger_than_512(tmp_path, model, grey, save_png):
    save_png(tmp_path / "wide.png", np.tile(grey(96, 128), (1, 8)))
    settings = InspectSettings(model=str(model), output=OutputSettings(out=str(tmp_path / "o")))
    list(inspect_images([str(tmp_path / "wide.png")], settings))

    assert [picture.shape[1] for picture in embedded(write_html(tmp_path / "o").read_text("utf-8"))] == [512]


def test_the_model_card_is_shown_with_a_warning_when_the_model_changed(inspected, model):
    (model / "MODEL_CARD.md").write_text("# Model card\n\n- Trained on: spots\n", "utf-8")
    out = inspected()
    same = write_html(out).read_text("utf-8")
    config = json.loads((model / "config.json").read_text())
    (model / "config.json").write_text(json.dumps(config | {"seed": 5}))
    changed = write_html(out).read_text("utf-8")

    assert "Trained on: spots" in same
    assert "has changed since" not in same
    assert "has changed since" in changed


def test_a_crop_is_of_the_page_that_was_inspected_whatever_the_last_run_was_of(tmp_path, model, grey):
    pages = np.stack([np.tile(np.array([0, 255], np.uint8), (48, 32)), grey(spot=True)])  # the first is stripes
    tifffile.imwrite(tmp_path / "two.tif", pages, photometric="minisblack")
    tifffile.imwrite(tmp_path / "one.tif", grey())
    settings = InspectSettings(model=str(model), output=OutputSettings(out=str(tmp_path / "o"), overlay=False))
    list(inspect_images([str(tmp_path / "two.tif")], replace(settings, read=ReadSettings(page=1))))
    list(inspect_images([str(tmp_path / "one.tif")], settings))
    (crop,) = pictures.draw_pictures(read_finished(tmp_path / "o")).crops.values()
    shown = cv2.imdecode(np.frombuffer(crop.jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)

    assert np.mean(shown > 128) < 0.1, "the spot alone is bright"


def test_a_run_that_was_cut_off_is_said(tmp_path):
    outputs = ResultsFolder(tmp_path)
    outputs.begin(RunRecord(state="running"))
    outputs.note(ErrorRecord(image="a.png", source="/d/a.png", error="gone"))
    page = write_html(tmp_path).read_text("utf-8")
    outputs.finish([], RunRecord())

    assert "1 of the records are of an inspection that has not ended" in page


def test_no_results_is_said_in_one_line(tmp_path):
    with pytest.raises(OutputError, match="holds no records"):
        write_html(tmp_path)


def test_a_report_is_replaced_and_a_page_of_the_users_own_is_not(inspected, tmp_path):
    out = inspected()
    (tmp_path / "own.html").write_text("<p>my notes")
    first = write_html(out).read_bytes()
    with pytest.raises(OutputError, match="is not replaced"):
        write_html(out, tmp_path / "own.html")

    assert write_html(out).read_bytes() == first
    assert (tmp_path / "own.html").read_text() == "<p>my notes"


def test_a_defect_is_shown_with_what_its_place_was_compared_with(inspected, tmp_path, grey):
    out = inspected("bad.png")
    line = json.loads((out / "results.jsonl").read_text())
    tifffile.imwrite(out / "bad.reference.tif", grey(spot=False))
    line["outputs"]["reference"] = str(out / "bad.reference.tif")
    (out / "results.jsonl").write_text(json.dumps(line) + "\n")

    page = write_html(out).read_text("utf-8")

    crop, reference, difference = [one for one in embedded(page) if one.ndim == 2]
    assert 'alt="Reference at defect 1 of bad.png"' in page
    assert 'alt="Difference at defect 1 of bad.png"' in page
    assert crop.max() > 240
    spot = difference > 200
    assert 30 <= spot.sum() <= 80
    assert np.median(difference) == pytest.approx(128, abs=6), "grey where they are equal"
    assert reference[spot].max() < 200


def test_a_name_that_never_existed_is_no_other_run(tmp_path, model, grey, save_png):
    image = save_png(tmp_path / "a.png", grey())
    settings = InspectSettings(model=str(model), output=OutputSettings(out=str(tmp_path / "o")))
    list(inspect_images([str(image), str(tmp_path / "slip.png")], settings))

    assert "records of several runs" not in write_html(tmp_path / "o").read_text("utf-8")
