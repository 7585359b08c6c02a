"""An attention that is not the default, and SEAM, from training to inspection, through the command line."""

import json

import cv2
import numpy as np


def fill(folder, count, seed, spot=False):
    folder.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    for number in range(count):
        pixels = rng.normal(110, 12, (48, 48))
        if spot:
            row, col = rng.integers(8, 32, 2)
            pixels[row : row + 8, col : col + 8] = 230
        (folder / f"{number:02d}.png").write_bytes(cv2.imencode(".png", pixels.clip(0, 255).astype(np.uint8))[1])


def test_an_attention_cnn_with_heads_and_seam_trains_and_inspects(tmp_path, in_process):
    def semscan(*arguments):
        done = in_process(*arguments)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    fill(tmp_path / "data" / "ok", 6, 1)
    fill(tmp_path / "data" / "spot", 6, 2, spot=True)

    (record,) = semscan(
        "train",
        tmp_path / "data",
        "--out",
        tmp_path / "m",
        "--steps",
        2,
        "--precision",
        "float32",
        "--model",
        "attention-cnn",
        "--attention",
        "multi-head",
        "--seam",
    )

    assert (record["kind"], record["attention"]) == ("attention-cnn", "multi-head")
    assert json.loads((tmp_path / "m" / "config.json").read_text())["seam"] is True
    columns = (tmp_path / "m" / "history.csv").read_text().splitlines()[0].split(",")
    assert {"gradient_norm", "gradient_norm_first"} < set(columns)
    assert "SEAM" in (tmp_path / "m" / "MODEL_CARD.md").read_text()
    (scored,) = semscan("score", tmp_path / "data" / "spot" / "00.png", "--model", tmp_path / "m")
    assert scored["class"] in ("ok", "spot")
