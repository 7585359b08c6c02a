"""The folder of a calibrated method: what is read, what is refused in one line."""

import copy
import dataclasses
import json

import pytest

from semscan.errors import BadModelError
from semscan.files.models.folder import read_model_folder
from semscan.files.models.method_folder import (
    method_config_json,
    method_config_text,
    named_method,
    parse_method_config,
    read_fingerprint,
    read_method_folder,
)

GOOD = {
    "schema_version": 3,
    "semscan_version": "0.1.0",
    "method": "periodic",
    "raw_map": "rule 1, network 0123456789abcdef",
    "nm_per_pixel": 1.5,
    "appearance": {"noise": {"median": 0.1, "spread": 0.01}},
    "libraries": {"numpy": "2.4.6"},
    "calibration": {
        "raw_threshold": 1.7,
        "false_alarms": 0.1,
        "reached": 0.0,
        "held_back": "15 good images of good",
        "worth": 15.0,
        "rule": "tail",
    },
}


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "Schwelle ü"
    path.mkdir()
    (path / "config.json").write_text(json.dumps(GOOD))
    return path


def changed(key, value):
    config = copy.deepcopy(GOOD)
    *parents, last = key.split(".")
    part = config
    for name in parents:
        part = part[name]
    if value is ...:
        del part[last]
    else:
        part[last] = value
    return config


def test_what_is_written_is_read_back_in_the_same_order(folder):
    found = read_method_folder(folder)

    assert (found.path, found.config) == (folder, parse_method_config(GOOD))
    assert method_config_json(found.config) == GOOD
    assert list(method_config_json(found.config)) == list(GOOD)
    assert json.loads(method_config_text(found.config)) == GOOD


def test_the_fingerprint_changes_with_the_content(folder, model):
    before = read_fingerprint(folder)
    (folder / "config.json").write_text(json.dumps(changed("calibration.raw_threshold", 1.8)))

    assert len(before) == 16
    assert read_fingerprint(folder) == read_method_folder(folder).fingerprint != before
    assert read_fingerprint(model) == read_model_folder(model).fingerprint


def test_an_older_semscan_refuses_it_as_newer():
    assert GOOD["schema_version"] > 2  # the newest schema without calibrated methods


def test_a_calibrated_method_is_no_trained_model_and_the_other_way_round(folder, model):
    with pytest.raises(BadModelError, match=r"threshold of the method 'periodic' and no trained network; use it with"):
        read_model_folder(folder)
    with pytest.raises(BadModelError, match="holds a trained model, wanted the threshold of a method"):
        read_method_folder(model)

    assert (named_method(folder), named_method(model)) == ("periodic", None)


def test_a_trained_model_with_a_key_named_method_stays_one(model):
    document = json.loads((model / "config.json").read_text())
    (model / "config.json").write_text(json.dumps(document | {"method": "periodic"}))

    assert named_method(model) is None
    assert read_model_folder(model).config.network.kind == "autoencoder"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe{}", b'{"schema_version": 3, "method": NaN}'])
def test_what_cannot_be_read_names_no_method_and_is_refused_in_one_line(folder, content):
    (folder / "config.json").write_bytes(content)

    assert named_method(folder) is None
    with pytest.raises(BadModelError, match=r"config\.json: ") as caught:
        read_method_folder(folder)
    assert "\n" not in str(caught.value)


def test_a_missing_folder_names_no_method(tmp_path):
    assert named_method(tmp_path / "nothing") is None


def test_a_newer_schema_asks_for_a_newer_semscan(folder):
    (folder / "config.json").write_text(json.dumps(GOOD | {"schema_version": 4}))

    with pytest.raises(BadModelError, match=r"newer semscan .schema 4, this one reads 3"):
        read_method_folder(folder)


@pytest.mark.parametrize("key", [*sorted(set(GOOD) - {"schema_version", "method"}), "calibration.raw_threshold"])
def test_a_missing_key_is_named(folder, key):
    (folder / "config.json").write_text(json.dumps(changed(key, ...)))

    with pytest.raises(BadModelError, match=f"{key}[.a-z_]* is missing"):
        read_method_folder(folder)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("method", "model"),
        ("method", "x" * 10_000),
        ("method", ["periodic"]),
        ("method", None),
        ("semscan_version", 1),
        ("raw_map", 1),
        ("nm_per_pixel", 0),
        ("appearance", None),
        ("appearance", {"noise": {"median": "0"}}),
        ("libraries", {"numpy": 2}),
        ("calibration", 3),
        ("calibration.raw_threshold", None),
        ("calibration.raw_threshold", -1),
        ("calibration.raw_threshold", 1e-40),
        ("calibration.raw_threshold", 10**400),
        ("calibration.false_alarms", True),
        ("calibration.rule", "guess"),
        ("painted", {"defects": 3}),
    ],
)
def test_a_value_out_of_place_is_named_with_what_was_wanted(folder, key, value):
    (folder / "config.json").write_text(json.dumps(changed(key, value)))

    with pytest.raises(BadModelError, match=rf"{key}.*wanted") as caught:
        read_method_folder(folder)

    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400 + len(str(folder))


def test_a_calibration_that_would_not_be_read_is_not_written():
    config = parse_method_config(GOOD)
    calibration = dataclasses.replace(config.calibration, raw_threshold=float("nan"))

    with pytest.raises(BadModelError, match="cannot be written"):
        method_config_text(dataclasses.replace(config, calibration=calibration))
