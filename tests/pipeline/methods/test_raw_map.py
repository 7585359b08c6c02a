"""The names of raw scores: they change with the scores, so that a calibrated threshold is not used for others."""

import hashlib

import numpy as np
import pytest

from semscan.image.clean import clean
from semscan.pipeline.methods.periodic import PeriodicMethod
from semscan.pipeline.methods.raw_map import RULES, raw_map
from semscan.pipeline.methods.reference import ReferenceMethod
from semscan.runtime.comparison_network import GRAPH
from semscan.settings import ReadSettings, untrained_methods
from semscan.values import SemImage

# The name, and raw scores: the largest on a faint and on a strong defect, and the 90th percentile.
RECORDED = {
    "periodic": ("rule 3, network 57060dc7b75925bc", (0.503893, 7.16379, 0.124727)),
    "reference": ("rule 5", (0.903081, 4.44076, 0.390568)),
}
FAINT = (slice(30, 34), slice(60, 64))
STRONG = (slice(90, 98), slice(100, 112))


def image(seed, defect=0):
    rows, cols = np.mgrid[:128, :160]
    grey = 100 + 40 * np.tanh(3 * np.sin(2 * np.pi * (cols + 0.03 * rows) / 16))
    grey[FAINT] += 0.3 * defect
    grey[STRONG] += defect
    noisy = np.clip(grey + 8 * np.random.default_rng(seed).standard_normal(grey.shape), 0, 255).astype(np.uint8)
    return clean(SemImage(noisy, "a.png"), ReadSettings())


def figures(method):
    one = PeriodicMethod() if method == "periodic" else ReferenceMethod.of_image(image(2))
    raw = one(image(1, defect=60)).raw
    return raw[FAINT].max(), raw[STRONG].max(), np.percentile(raw, 90)


@pytest.mark.parametrize("method", untrained_methods())
def test_the_name_changes_with_the_scores(method):
    name, scores = RECORDED[method]
    found = figures(method)

    if raw_map(method) == name:
        assert found == pytest.approx(scores, rel=1e-3), "the scores have changed: raise the number in RULES"
    assert (raw_map(method), found) == (name, pytest.approx(scores, rel=1e-3)), "new scores: record name and figures"


def test_the_name_has_the_digest_of_the_network_that_is_asked():
    digest = hashlib.sha256(GRAPH.read_bytes()).hexdigest()[:16]

    assert raw_map("periodic") == f"rule {RULES['periodic']}, network {digest}"
