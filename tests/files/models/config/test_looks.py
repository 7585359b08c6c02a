"""The numbers of looks in config.json: written and read back, and refused in one line where they are out of range."""

import pytest

from semscan.files.models.config.model import config_json, parse_config
from tests.files.models.conftest import GOOD

LOOKS = {
    "looks": 1,
    "looks_ap": {"1": 0.81, "2": 0.812, "4": 0.814},
    "other_looks": {
        "4": {"calibration": {"raw_threshold": 3.5, "false_alarms": 0.1, "reached": None, "held_back": "1 of 5"}}
    },
}


def test_looks_come_back_as_they_were_written():
    config = parse_config({**GOOD, **LOOKS})

    document = config_json(config)

    assert config.looks.others[4].calibration.raw_threshold == 3.5
    assert {key: document[key] for key in LOOKS} == LOOKS
    assert parse_config(document) == config


@pytest.mark.parametrize(
    ("keys", "named"),
    [
        ({"looks": 3}, "looks is 3, wanted one of 1, 2, 4"),
        ({"looks": True}, "looks is True"),
        ({"looks_ap": {"1": 2}}, "looks_ap is"),
        ({"other_looks": {"3": {}}}, "other_looks is"),
        ({"other_looks": {"2": {"calibration": {"raw_threshold": -1}}}}, "other_looks.2.calibration.raw_threshold is"),
    ],
)
def test_looks_out_of_range_are_named(keys, named):
    with pytest.raises(ValueError, match=named.replace("[", r"\[")):
        parse_config({**GOOD, **keys})
