"""Files of an inspection."""

import numpy as np
import pytest

from semscan.pipeline.run import outputs
from semscan.settings import InspectSettings, OutputSettings
from semscan.values import SemImage


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("a;b/x.png", "a;b/x.png: not periodic enough; train a model"),
        ("a;b/x.png", "/lot/a;b/x.png: not periodic enough; train a model"),
        ("a;b/x.png", "not periodic enough; train a model"),
    ],
)
def test_the_overlay_of_an_image_that_is_not_judged_gives_the_reason_alone(tmp_path, monkeypatch, given, reason):
    drawn = []

    def draw(image, name, words, *, title):
        drawn.append((name, words, title))
        return np.zeros((4, 4, 3), np.uint8)

    monkeypatch.setattr(outputs, "draw_not_judged", draw)
    image = SemImage(np.zeros((40, 40), np.uint8), f"/lot/{given}")
    settings = InspectSettings(output=OutputSettings(out=str(tmp_path), title="Lot 7"))
    written = outputs.write_not_judged(image, given, reason, tmp_path / "x", settings)

    assert drawn == [(given, "not periodic enough", "Lot 7")]
    assert written.overlay == str(tmp_path / "x.overlay.png")
