"""COCO JSON, read back by pycocotools."""

import contextlib
import io
import json

import numpy as np
import pytest
from pycocotools.coco import COCO

from semscan.report.formats.coco import coco
from semscan.report.formats.region_pixels import region_pixels


def loaded(data, path):
    path.write_bytes(data)
    with contextlib.redirect_stdout(io.StringIO()):
        return COCO(str(path))


@pytest.mark.parametrize("name", ["noise", "three", "ring"])
def test_pycocotools_gives_back_the_very_pixels(name, request, tmp_path, pixels_of):
    record, mask = request.getfixturevalue(name)
    found = region_pixels(record, mask)
    back = loaded(coco([(record, "a.tif", found)]), tmp_path / "coco.json")
    entries = back.loadAnns(back.getAnnIds())

    assert len(entries) == len(found) > 0
    for entry, piece in zip(entries, found, strict=True):
        assert np.array_equal(back.annToMask(entry).astype(bool), pixels_of(piece, mask))
        assert entry["bbox"] == list(piece.region.bbox)
        assert entry["area"] == piece.region.area_px
        assert entry["score"] == piece.region.peak
        assert entry["attributes"]["region_id"] == piece.region.id


def test_categories_are_the_classes_and_images_keep_their_regions(three, empty, tmp_path):
    data = coco(
        [(record, name, region_pixels(record, mask)) for name, (record, mask) in (("e.tif", empty), ("t.tif", three))]
    )
    back = loaded(data, tmp_path / "coco.json")
    entries = back.loadAnns(back.getAnnIds())

    assert {image["file_name"]: len(back.getAnnIds(imgIds=image["id"])) for image in back.loadImgs([1, 2])} == {
        "e.tif": 0,
        "t.tif": 3,
    }
    assert [back.cats[entry["category_id"]]["name"] for entry in entries] == ["bridge", "charging", "defect"]
    assert [entry["attributes"]["nuisance"] for entry in entries] == [False, True, False]


def test_without_a_mask_the_box_is_the_segmentation(three, tmp_path):
    record, _ = three
    back = loaded(coco([(record, "a.tif", region_pixels(record, None))]), tmp_path / "coco.json")
    rows, cols = np.nonzero(back.annToMask(back.anns[1]))

    assert (rows.min(), rows.max(), cols.min(), cols.max()) == (10, 17, 30, 59)


def test_without_any_image_it_is_still_a_coco_file(tmp_path):
    assert loaded(coco([]), tmp_path / "coco.json").getImgIds() == []
    assert json.loads(coco([]))["categories"] == [{"id": 1, "name": "defect", "supercategory": "defect"}]
