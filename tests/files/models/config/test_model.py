"""The config.json of a trained model: written and read back."""

from semscan.files.models.config.model import config_json, parse_config
from tests.files.models.conftest import GOOD

FULL = {
    "schema_version": 1,
    "semscan_version": "0.1.0",
    "kind": "attention-cnn",
    "attention": "feature-mask",
    "backbone": "residual",
    "dropout": 0.2,
    "classes": ["good", "gap"],
    "good_class": "good",
    "preprocessing": {"mean": 0.4, "std": 0.2},
    "seed": 3,
    "nm_per_pixel": 1.5,
    "zoom": 1.0,
    "training_look": {"noise": {"median": 0.1, "spread": 0.01}},
    "training": {
        "said": "train/ with class folders",
        "images": 80,
        "data_fingerprint": "0123456789abcdef",
        "augment": {"flip": True, "turn": "auto"},
        "clip": 1.0,
        "false_alarms": 0.1,
        "start_from": None,
        "accept": ["accepted.jsonl"],
        "precision": "float32",
        "batch": 16,
        "learning_rate": 0.001,
        "steps": 800,
        "steps_done": 500,
        "ended": "time limit",
        "seconds": 61.5,
        "parameters": 300000,
        "held_back_accuracy": 0.9,
        "held_back_images": 16,
        "export_difference": 1e-6,
        "accepted": {"regions": 3, "still_above": 1},
        "odd_images": [{"image": "a.png", "reason": "it is darker"}],
        "labelled": {"images": 5, "by_mask": 2, "by_repeats": 1, "defects": 7, "checked": 2, "checked_above": 1},
    },
    "seam": True,
    "tile": 384,
    "largest_tile": 800,
    "overlap": 96,
    "scale_to": 384,
    "surround": {"share": 0.1, "reach_px": 16.0},
    "largest_image": 512,
    "libraries": {"numpy": "2.4.6"},
    "calibration": {"raw_threshold": 2.5, "false_alarms": 0.1, "reached": 0.0, "held_back": "4 of 20", "worth": 4.0},
    "class_marks": {
        "middles": {"gap": [1.0, 2.0]},
        "inverse": [[1.0, 0.0], [0.0, 1.0]],
        "limits": {"gap": 9.5},
    },
    "graph_sha256": GOOD["graph_sha256"],
}


def test_all_that_train_writes_is_read_back_in_the_same_order():
    written = config_json(parse_config(FULL))

    assert written == FULL
    assert list(written) == list(FULL)
    assert [list(written[key]) for key in ("training", "calibration", "class_marks")] == [
        list(FULL[key]) for key in ("training", "calibration", "class_marks")
    ]
