"""Which method detected a region."""

import numpy as np

from semscan.regions.attribution import name_methods
from semscan.regions.find import no_regions, segment
from semscan.settings import RegionSettings


def test_a_method_is_named_where_its_map_exceeds_the_level_inside_the_region():
    one, two = np.zeros((30, 30)), np.zeros((30, 30))
    one[3:8, 3:8] = one[20:25, 3:8] = two[20:25, 6:12] = 2.0
    found = segment(np.maximum(one, two) / 4, RegionSettings(threshold=0.4))
    named = name_methods(found, {"one": one, "two": two}, 1.0)

    assert {region.box.top: region.methods for region in named} == {3: ("one",), 20: ("one", "two")}


def test_no_region_no_names():
    assert name_methods(no_regions((4, 4)), {"one": np.zeros((4, 4))}, 1.0) == ()
