"""semscan models: what can be trained, listed at once."""

import json
import subprocess
import sys

from semscan.model.registry import ATTENTIONS, BACKBONES, NETWORKS

HEAVY = ("numpy", "tensorflow", "keras", "cv2", "skimage", "scipy", "matplotlib", "onnxruntime", "PIL")
PROBE = """
import sys
from semscan.cli.main import main
try:
    main(["models", "--format", "text"])
finally:
    print(sorted({name.split(".")[0] for name in sys.modules} & set(sys.argv[1:])), file=sys.stderr)
"""


def test_a_pipe_gets_one_json_line_for_each_name(semscan):
    done = semscan("models")

    assert (done.returncode, done.stderr) == (0, "")
    records = [json.loads(line) for line in done.stdout.splitlines()]
    names = {kind: [r["name"] for r in records if r["kind"] == kind] for kind in ("network", "backbone", "attention")}
    assert names == {"network": list(NETWORKS), "backbone": list(BACKBONES), "attention": list(ATTENTIONS)}
    assert all(record["summary"] for record in records)
    assert {r["name"]: r["default_of"] for r in records if r["default_of"]} == {
        "soft-mask": "autoencoder",
        "feature-mask": "attention-cnn",
    }


def test_a_reader_gets_one_line_for_each_name_that_fits_a_screen(semscan):
    done = semscan("models", "--format", "text")

    lines = done.stdout.splitlines()
    for name in (*NETWORKS, *BACKBONES, *ATTENTIONS):
        assert len([line for line in lines if line.split()[:1] == [name]]) == 1
    assert max(map(len, lines)) <= 120


def test_the_list_loads_nothing_heavy():
    done = subprocess.run([sys.executable, "-c", PROBE, *HEAVY], capture_output=True, text=True, timeout=60, check=True)

    assert "multi-head" in done.stdout
    assert done.stderr.splitlines()[-1] == "[]"
