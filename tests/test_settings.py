"""Settings that no model can be made with are refused before any work, not after the training."""

import pytest

from semscan import settings
from semscan.errors import UsageFault
from semscan.settings import CalibrateSettings, ReadSettings, TrainSettings


@pytest.mark.parametrize("rate", [2e6, -1.0, float("nan"), float("inf")])
def test_false_alarms_that_config_json_cannot_hold_are_refused(rate):
    with pytest.raises(UsageFault, match="--false-alarms"):
        TrainSettings(false_alarms=rate)
    with pytest.raises(UsageFault, match="--false-alarms"):
        CalibrateSettings("out", false_alarms=rate)


@pytest.mark.parametrize("nm", [1e10, 0.0, float("nan"), float("inf")])
def test_pixel_sizes_that_config_json_cannot_hold_are_refused(nm):
    with pytest.raises(UsageFault, match="--nm-per-px"):
        ReadSettings(nm_per_px=nm)


def test_the_ends_of_the_ranges_are_taken():
    assert TrainSettings(false_alarms=1e6, read=ReadSettings(nm_per_px=1e9)).false_alarms == 1e6
    assert CalibrateSettings("out").false_alarms is None


def test_every_name_of_the_package_has_a_module_and_every_module_gives_its_names():
    assert set(settings.__all__) == set(settings._MODULE_OF)
    assert [name for name in settings.__all__ if not hasattr(settings, name)] == []
