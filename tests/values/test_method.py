from semscan.values.method import MethodProvenance
from semscan.values.model.nuisance import NuisanceFilter


def test_a_nuisance_filter_is_on_record_in_short():
    assert MethodProvenance(nuisance=NuisanceFilter((), 0.5)).to_json() == {
        "nuisance_filter": {"cut": 0.5, "decided": 0}
    }
    assert MethodProvenance().to_json() == {}
