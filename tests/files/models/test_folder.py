import copy
import dataclasses
import hashlib
import json
import os

import pytest

from semscan.errors import BadModelError
from semscan.files.models.config.model import config_json, parse_config
from semscan.files.models.config_file import LARGEST_CONFIG
from semscan.files.models.folder import config_text, read_model_folder, recalibrated_text
from semscan.values.model.calibration import Calibration
from semscan.values.model.training import TrainingRecord
from tests.files.models.conftest import GOOD, GRAPH

CNN = GOOD | {"kind": "attention-cnn", "classes": ["good", "bridge"], "good_class": "good", "scale_to": 384}


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "mein Modell ü"
    path.mkdir()
    (path / "config.json").write_text(json.dumps(GOOD))
    (path / "graph.onnx").write_bytes(GRAPH)
    return path


def changed(key, value, base=GOOD):
    config = copy.deepcopy(base)
    *parents, last = key.split(".")
    part = config
    for name in parents:
        part = part[name]
    if value is ...:
        del part[last]
    else:
        part[last] = value
    return config


@pytest.mark.parametrize("config", [GOOD, CNN], ids=["autoencoder", "cnn"])
def test_a_whole_folder_is_read_back(folder, config):
    (folder / "config.json").write_text(config_text(parse_config(config)))

    model = read_model_folder(folder)

    assert (model.path, model.config, model.graph) == (folder, parse_config(config), GRAPH)
    assert model.document == config | {
        "backbone": "plain",
        "dropout": 0.0,
        "zoom": 1.0,
        "training_look": {},
    }
    assert len(model.fingerprint) == 16


def test_fingerprint_changes_with_the_content(folder):
    before = read_model_folder(folder).fingerprint
    (folder / "config.json").write_text(json.dumps(GOOD | {"seed": 1}))

    assert read_model_folder(folder).fingerprint != before


def test_unknown_keys_are_ignored_and_kept_in_a_recalibrated_model(folder):
    older = {key: value for key, value in GOOD.items() if key != "training"}
    document = changed("calibration.author", "me") | {"note": [1], "training": {"by": "hand"}}
    (folder / "config.json").write_text(json.dumps(document))
    model = read_model_folder(folder)
    config = dataclasses.replace(model.config, calibration=Calibration(3.5, 0.2, 0.1, "4 images", 4.0))

    again = json.loads(recalibrated_text(model, config))

    measured = {"raw_threshold": 3.5, "false_alarms": 0.2, "reached": 0.1, "held_back": "4 images", "worth": 4.0}
    assert again == older | {
        "calibration": measured | {"author": "me"},
        "note": [1],
        "training": {"by": "hand"},
        "training_look": {},
    }
    assert list(again) == [*document, "training_look"]


def test_a_number_keeps_its_form(folder):
    (folder / "config.json").write_text(json.dumps(changed("calibration.raw_threshold", 2)))

    assert '"raw_threshold": 2,' in config_text(read_model_folder(folder).config)


def test_a_missing_folder_and_a_file_are_refused(folder):
    with pytest.raises(BadModelError, match=r"no such folder.*semscan train"):
        read_model_folder(folder / "nothing")
    with pytest.raises(BadModelError, match="this is a file"):
        read_model_folder(folder / "config.json")


@pytest.mark.parametrize("name", ["config.json", "graph.onnx"])
def test_an_unfinished_folder_is_refused(folder, name):
    (folder / name).unlink()

    with pytest.raises(BadModelError, match=f"not a finished model, it has no {name}"):
        read_model_folder(folder)


@pytest.mark.parametrize("name", ["config.json", "graph.onnx"])
def test_a_folder_in_a_files_place_is_refused(folder, name):
    (folder / name).unlink()
    (folder / name).mkdir()

    with pytest.raises(BadModelError, match="not a plain file"):
        read_model_folder(folder)


def test_a_folder_that_may_not_be_entered_is_refused(folder, monkeypatch):
    def denied(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(folder), "exists", denied)
    with pytest.raises(BadModelError, match="check its name and permissions"):
        read_model_folder(folder)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_without_waiting(folder):
    (folder / "graph.onnx").unlink()
    os.mkfifo(folder / "graph.onnx")

    with pytest.raises(BadModelError, match="not a plain file"):
        read_model_folder(folder)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"\xff\xfe{}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"schema_version": 1, "tile": NaN}',
        b'{"schema_version": 1, "tile": Infinity}',
        b'{"schema_version": ' + b"9" * 5000 + b"}",
        b"[]",
        b"3",
    ],
    ids=["empty", "cut", "no utf-8", "deep list", "deep object", "NaN", "infinity", "huge number", "list", "number"],
)
def test_a_damaged_configuration_is_refused_in_one_line(folder, data):
    (folder / "config.json").write_bytes(data)

    with pytest.raises(BadModelError, match=r"config\.json: ") as caught:
        read_model_folder(folder)

    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400 + len(str(folder))


def test_a_huge_configuration_is_not_read(folder):
    (folder / "config.json").write_bytes(b" " * (LARGEST_CONFIG + 1))

    with pytest.raises(BadModelError, match="at most"):
        read_model_folder(folder)


def test_a_newer_schema_asks_for_a_newer_semscan(folder):
    (folder / "config.json").write_text(json.dumps(GOOD | {"schema_version": 4}))

    with pytest.raises(BadModelError, match=r"newer semscan .schema 4, this one reads 3"):
        read_model_folder(folder)


@pytest.mark.parametrize("version", [0, True, "1", None, 1.5, -1])
def test_another_schema_is_refused(folder, version):
    (folder / "config.json").write_text(json.dumps(GOOD | {"schema_version": version}))

    with pytest.raises(BadModelError, match="schema_version is"):
        read_model_folder(folder)


@pytest.mark.parametrize(
    "key", [k for k in GOOD if k != "schema_version"] + ["preprocessing.std", "calibration.reached"]
)
def test_a_missing_key_is_named(folder, key):
    (folder / "config.json").write_text(json.dumps(changed(key, ...)))

    with pytest.raises(BadModelError, match=f"{key}[.a-z_]* is missing"):
        read_model_folder(folder)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("kind", "transformer"),
        ("kind", ["autoencoder"]),
        ("attention", 3),
        ("tile", 0),
        ("tile", -256),
        ("tile", 10**9),
        ("tile", 256.0),
        ("tile", True),
        ("tile", "256"),
        ("tile", 10**300),
        ("overlap", 256),
        ("overlap", -1),
        ("scale_to", 0),
        ("preprocessing", [0.4, 0.2]),
        ("preprocessing.std", 0),
        ("preprocessing.std", "x" * 10_000),
        ("preprocessing.mean", 1e300),
        ("calibration.raw_threshold", 0),
        ("calibration.raw_threshold", 1e-320),
        ("calibration.raw_threshold", None),
        ("calibration.false_alarms", -1),
        ("classes", []),
        ("classes", ["a", "a"]),
        ("classes", ["a", 3]),
        ("classes", [str(n) for n in range(5000)]),
        ("good_class", "good"),
        ("graph_sha256", "../../etc/passwd"),
        ("training", "t"),
        ("libraries", None),
        ("seed", -1),
        ("nm_per_pixel", 0),
        ("nm_per_pixel", {"a": 1}),
        ("largest_image", 0),
        ("zoom", 2),
        ("largest_image", "112"),
        ("surround", 5),
        ("surround", {"share": 0.1}),
        ("surround", {"share": 0.1, "reach_px": 1e6}),
        ("largest_tile", None),
        ("largest_tile", 255),
        ("preprocessing.mean", 10**400),
        ("preprocessing.std", 10**400),
        ("calibration.worth", "2"),
        ("training_look", None),
        ("training_look", {"noise": {"median": 1}}),
        ("class_marks", 3),
        ("class_marks", {"middles": {}, "limits": {}, "inverse": [[1]]}),
        ("class_marks", {"middles": {"a": [1]}, "limits": {}, "inverse": []}),
        ("backbone", 3),
        ("dropout", 2),
        ("seam", "yes"),
        ("libraries", {"numpy": 2}),
        ("training", {"parameters": "many"}),
        ("training", {"steps_done": -1}),
        ("training", {"odd_images": [{"image": 3}]}),
        ("training", {"labelled": {"images": 1.5}}),
    ],
)
def test_a_value_out_of_place_is_named_with_what_was_wanted(folder, key, value):
    (folder / "config.json").write_text(json.dumps(changed(key, value)))

    with pytest.raises(BadModelError, match=rf"{key}.*wanted") as caught:
        read_model_folder(folder)

    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400 + len(str(folder))


def test_a_cnn_needs_classes_and_a_threshold_if_one_of_them_is_good(folder):
    unsure = changed("calibration.raw_threshold", None, CNN)
    for config, said in ((CNN | {"classes": None, "good_class": None}, "classes is empty"), (unsure, "raw_threshold")):
        (folder / "config.json").write_text(json.dumps(config))
        with pytest.raises(BadModelError, match=said):
            read_model_folder(folder)


def test_a_cnn_judges_no_share_of_an_image(folder):
    (folder / "config.json").write_text(json.dumps(CNN | {"zoom": 0.5}))

    with pytest.raises(BadModelError, match=r"zoom is 0\.5, wanted 1 for the attention CNN"):
        read_model_folder(folder)


def test_classes_without_a_good_one_need_no_threshold(folder):
    config = changed("calibration.raw_threshold", None, CNN) | {"good_class": None}
    (folder / "config.json").write_text(json.dumps(config))

    assert read_model_folder(folder).config.calibration.raw_threshold is None


def test_a_graph_that_is_another_is_refused(folder):
    (folder / "graph.onnx").write_bytes(GRAPH[:-1])

    with pytest.raises(BadModelError, match="not the graph"):
        read_model_folder(folder)


def test_a_graph_with_weights_elsewhere_is_refused(folder):
    onnx = pytest.importorskip("onnx")
    weights = onnx.helper.make_tensor("w", onnx.TensorProto.FLOAT, [4], [0.0] * 4)
    del weights.float_data[:]
    weights.data_location = onnx.TensorProto.EXTERNAL
    weights.external_data.add(key="location", value="/etc/passwd")
    graph = onnx.helper.make_graph([], "g", [], [], [weights])
    data = onnx.helper.make_model(graph).SerializeToString()
    (folder / "graph.onnx").write_bytes(data)
    (folder / "config.json").write_text(json.dumps(GOOD | {"graph_sha256": hashlib.sha256(data).hexdigest()}))

    with pytest.raises(BadModelError, match="weights in another file"):
        read_model_folder(folder)


def test_a_configuration_that_would_not_be_read_is_not_written():
    config = parse_config(GOOD)
    with pytest.raises(BadModelError, match="tile is 0"):
        config_text(dataclasses.replace(config, tiling=dataclasses.replace(config.tiling, tile=0)))
    with pytest.raises(BadModelError, match="cannot be written"):
        config_text(dataclasses.replace(config, training=TrainingRecord(export_difference=float("nan"))))


def test_a_name_too_long_for_the_system_is_refused(tmp_path):
    with pytest.raises(BadModelError, match="too long"):
        read_model_folder(tmp_path / ("x" * 5000))


def test_a_model_of_matched_images_is_not_for_an_older_semscan(folder):
    config = read_model_folder(folder).config
    preprocessing = dataclasses.replace(config.preprocessing, matched=True)
    matched = dataclasses.replace(config, preprocessing=preprocessing)

    document = config_json(matched)

    assert (config_json(config)["schema_version"], document["schema_version"]) == (1, 2)
    assert "matched" not in config_json(config)["preprocessing"]
    assert parse_config(document).preprocessing == matched.preprocessing
    (folder / "config.json").write_text(json.dumps(document | {"preprocessing": {"mean": 0, "std": 1, "matched": 1}}))
    with pytest.raises(BadModelError, match=r"preprocessing.matched is 1, wanted true or false"):
        read_model_folder(folder)
