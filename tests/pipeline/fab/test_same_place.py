"""Several images of one place, as a review SEM takes them with its detectors: each defect counts once."""

import pytest

from semscan.pipeline.fab.wafers import PlacedImages, inspected_wafers
from semscan.values.fab.place import Place, WaferFrame
from semscan.values.record import Record, RegionRecord
from semscan.wafer.summary import summarise_wafer

FRAME = WaferFrame(lot="L", wafer="W", step="S", pitch_um=(1000.0, 1000.0))


def region(number, x, y=200.0, **known):
    size = {"bbox": (int(x) - 4, int(y) - 4, 8, 8), "area_px": 50, "feret_max_px": 9.0, "feret_min_px": 8.0}
    return RegionRecord(id=number, peak=0.9, centroid=(x, y), **(size | known))


def image(name, x_um, *regions, nm=1.0, side=400):
    record = Record(
        image=name,
        source=f"/{name}",
        width=side,
        height=side,
        regions=regions,
        nm_per_pixel=nm,
        score=0.9,
        judged_fraction=1.0,
    )
    return record, Place(image=name, frame=FRAME, column=0, row=0, x_um=x_um, y_um=500.0)


def wafer(*images):
    (found,) = inspected_wafers(PlacedImages({("L", "W", "S"): list(images)}, []))
    return found


def test_a_defect_of_three_images_counts_once_and_so_does_their_area():
    found = wafer(
        image("top.tif", 100.0, region(1, 200.0), region(2, 300.0)),
        image("left.tif", 100.0, region(1, 204.0, class_name="particle"), region(2, 60.0)),
        image("wide.tif", 100.0, region(1, 102.0, 100.0), nm=2.0, side=200),
        image("elsewhere.tif", 100.3, region(1, 200.0)),
    )

    assert [(defect.id, defect.image, defect.region) for defect in found.defects] == [
        (1, "top.tif", 1),
        (2, "top.tif", 2),
        (3, "left.tif", 2),
        (4, "elsewhere.tif", 1),
    ]
    assert found.defects[0].class_name == "particle"
    assert [field.image for field in found.fields] == ["top.tif", "elsewhere.tif"]
    assert summarise_wafer(found, None).density.area_um2 == pytest.approx(2 * 0.4**2)


def test_what_counts_in_one_image_counts():
    found = wafer(
        image("a.tif", 100.0, region(1, 200.0, nuisance=True)),
        image("b.tif", 100.0, region(1, 200.0, reviewed="real")),
    )

    (defect,) = found.counted
    assert (defect.image, defect.reviewed) == ("b.tif", "real")


def test_two_defects_of_one_image_stay_two_however_close():
    found = wafer(image("a.tif", 100.0, region(1, 200.0), region(2, 206.0)))

    assert len(found.defects) == 2
