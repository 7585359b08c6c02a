"""A trained model: its graph, and what its config.json holds at least."""

import hashlib

from tests.conftest import box_graph

GRAPH = box_graph()
GOOD = {
    "schema_version": 1,
    "semscan_version": "0.1.0",
    "kind": "autoencoder",
    "attention": "additive",
    "tile": 256,
    "overlap": 64,
    "scale_to": None,
    "preprocessing": {"mean": 0.4, "std": 0.2},
    "calibration": {"raw_threshold": 2.5, "false_alarms": 0.1, "reached": None, "held_back": "1 of 5"},
    "classes": None,
    "good_class": None,
    "graph_sha256": hashlib.sha256(GRAPH).hexdigest(),
    "training": {},
    "libraries": {},
    "seed": 0,
    "nm_per_pixel": None,
}
