"""labelme files. The test that reads them with labelme itself runs where labelme (and its Qt) is installed."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from semscan.report.formats.labelme import labelme
from semscan.report.formats.outline import signed_area
from semscan.report.formats.region_pixels import region_pixels

TYPES = {"label": str, "points": list, "shape_type": str, "flags": dict, "description": str, "group_id": int}


def loaded(record, mask):
    return json.loads(labelme(record, region_pixels(record, mask), "../lot 7/Öffnung.tif"))


def test_every_key_has_the_type_that_labelme_checks_for(three):
    told = loaded(*three)

    assert (told["imagePath"], told["imageData"]) == ("../lot 7/Öffnung.tif", None)
    assert (told["imageHeight"], told["imageWidth"]) == (120, 200)
    assert told["version"].startswith("5.")
    for shape in told["shapes"]:
        assert {key: type(shape[key]) for key in TYPES} == TYPES
        assert all(isinstance(x, float) and isinstance(y, float) for x, y in shape["points"])
        assert all(isinstance(flag, bool) for flag in shape["flags"].values())


def test_polygons_have_label_place_and_size(three):
    record, _ = three
    told = loaded(*three)

    assert [shape["label"] for shape in told["shapes"]] == ["bridge", "charging", "defect"]
    assert [shape["flags"]["nuisance"] for shape in told["shapes"]] == [False, True, False]
    for shape, region in zip(told["shapes"], record.regions, strict=True):
        assert shape["group_id"] == region.id
        assert signed_area(shape["points"]) == region.area_px
        assert np.min(shape["points"], axis=0).tolist() == list(region.bbox[:2])


def test_a_region_with_a_hole_is_a_mask(ring):
    (shape,) = loaded(*ring)["shapes"]
    pixels = np.array(Image.open(io.BytesIO(base64.b64decode(shape["mask"])))).astype(bool)
    (x1, y1), (x2, y2) = shape["points"]

    assert shape["shape_type"] == "mask"
    assert pixels.shape == (y2 - y1 + 1, x2 - x1 + 1)
    assert np.array_equal(pixels, ring[1][y1 : y2 + 1, x1 : x2 + 1] > 0)


def test_without_a_mask_a_region_is_a_rectangle(three):
    shape = loaded(three[0], None)["shapes"][0]

    assert (shape["shape_type"], shape["points"]) == ("rectangle", [[30, 10], [60, 18]])


def test_an_image_may_be_put_into_the_file(three):
    record, mask = three
    grey = np.linspace(-0.1, 1.2, mask.size).reshape(mask.shape)
    told = json.loads(labelme(record, region_pixels(record, mask), "a.tif", grey))
    pixels = np.array(Image.open(io.BytesIO(base64.b64decode(told["imageData"]))))

    assert pixels.shape == mask.shape
    assert np.array_equal(pixels, np.rint(np.clip(grey, 0, 1) * 255))


def test_no_regions_no_shapes(empty):
    assert loaded(*empty)["shapes"] == []


@pytest.mark.parametrize("name", ["three", "ring", "noise", "empty"])
@pytest.mark.filterwarnings("ignore")
def test_labelme_itself_loads_them(name, request, tmp_path):
    label_file = pytest.importorskip("labelme").LabelFile
    record, mask = request.getfixturevalue(name)
    Image.fromarray(np.zeros(mask.shape, np.uint8)).save(tmp_path / "a.png")
    (tmp_path / "a.json").write_bytes(labelme(record, region_pixels(record, mask), "a.png"))
    shapes = label_file(str(tmp_path / "a.json")).shapes

    assert len(shapes) == len(record.regions)
    for shape, region in zip(shapes, record.regions, strict=True):
        area = shape["mask"].sum() if shape["shape_type"] == "mask" else signed_area(shape["points"])
        assert (shape["group_id"], area) == (region.id, region.area_px)
        assert shape["label"] == (region.class_name or "defect")
