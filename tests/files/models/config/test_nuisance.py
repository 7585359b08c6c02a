"""The nuisance filter in config.json: written and read back, and refused in one line where it is out of range."""

import copy
import json

import pytest

from semscan.files.models.config.fields import Fields
from semscan.files.models.config.nuisance import MOST_DECIDED, nuisance_json, read_nuisance
from semscan.values.model.nuisance import LOOK_MEASURES, DecidedRegion, NuisanceFilter, RegionLook

MEASURES = (6.2, 0.3, 0.7, 2.1, 1.4, -0.1, 0.4)
FILTER = NuisanceFilter((DecidedRegion("0123abcd", RegionLook("Rückstand", 0.93, MEASURES), is_real=False),), 0.5)


def test_what_is_written_is_read_back():
    document = json.loads(json.dumps(nuisance_json(FILTER)))

    assert read_nuisance(Fields(document)) == FILTER
    assert set(document["nuisance_filter"]["decided"][0]) == {
        *("image", "real", "class", "class_probability"),
        *LOOK_MEASURES,
    }


@pytest.mark.parametrize("document", [{}, {"nuisance_filter": None}])
def test_a_model_without_a_filter_has_none(document):
    assert read_nuisance(Fields(document)) is None
    assert nuisance_json(None) == {}


@pytest.mark.parametrize("value", [7, [], "x", True])
def test_what_is_no_object_is_refused(value):
    with pytest.raises(ValueError, match=r"nuisance_filter is .*, wanted null or an object"):
        read_nuisance(Fields({"nuisance_filter": value}))


@pytest.mark.parametrize("cut", [-0.1, 1.1, float("nan"), None, "0.5", True, 10**4000])
def test_a_cut_out_of_range_is_refused(cut):
    document = nuisance_json(FILTER)
    document["nuisance_filter"]["cut"] = cut
    with pytest.raises(ValueError, match=r"nuisance_filter\.cut is .*, wanted a number of 0 to 1"):
        read_nuisance(Fields(document))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *[("image", value) for value in (None, 7, "0123ABCD", "0123abcd\n", "0" * 9, "../../x")],
        *[("real", value) for value in (None, 1, "yes")],
        *[("class", value) for value in (None, 3, "x" * 256)],
        *[("class_probability", value) for value in (None, -0.1, 1.5, "1", float("nan"))],
        *[(name, value) for name in LOOK_MEASURES for value in (None, float("inf"), 1e7, 10**4000, [], True)],
    ],
)
def test_a_decided_region_out_of_range_is_refused(key, value):
    document = copy.deepcopy(nuisance_json(FILTER))
    document["nuisance_filter"]["decided"][0][key] = value
    with pytest.raises(ValueError, match=r"nuisance_filter\.decided is a list of 1, wanted 1 to 500 decided regions"):
        read_nuisance(Fields(document))


@pytest.mark.parametrize("decided", [None, [], {}, [7], [[]], "decided"])
def test_what_are_no_decided_regions_is_refused(decided):
    with pytest.raises(ValueError, match=r"nuisance_filter\.decided is "):
        read_nuisance(Fields({"nuisance_filter": {"cut": 0.5, "decided": decided}}))


def test_more_decided_regions_than_calibrate_writes_are_refused():
    decided = nuisance_json(FILTER)["nuisance_filter"]["decided"] * (MOST_DECIDED + 1)
    with pytest.raises(ValueError, match="is a list of 501"):
        read_nuisance(Fields({"nuisance_filter": {"cut": 0.5, "decided": decided}}))
