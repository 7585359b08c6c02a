"""The kinds of painted defects: labels where the change shows, and nowhere else."""

import numpy as np
import pytest
from scipy.ndimage import binary_dilation

from semscan.synth.painting.kinds import PAINTERS, families
from semscan.synth.painting.paint import paint
from tests.synth.painting.conftest import PATTERN, pool


@pytest.mark.parametrize("kind", PAINTERS)
def test_each_kind_changes_the_patch_and_labels_what_shows(kind):
    rng = np.random.default_rng(5)
    labelled = 0
    for _ in range(20):
        good = pool(rng)
        painted, label = paint(good, pool, rng, kinds=[kind], count=2)
        far = ~binary_dilation(label > 0, iterations=3)
        assert set(np.unique(label)) <= {0.0, 1.0}
        assert np.isfinite(painted).all()
        labelled += label.any()
        if label.any():
            assert np.abs(painted - good)[label > 0].mean() > 2 * np.abs(painted - good)[far].mean()
    assert labelled >= 10


def test_a_body_as_large_as_the_patch_has_finite_grey_levels():
    rng = np.random.default_rng(0)
    for _ in range(60):
        painted, _ = paint(pool(rng)[:12, :12], lambda rng: pool(rng)[:12, :12], rng, kinds=["body"], count=1)
        assert np.isfinite(painted).all()


def test_moved_structure_keeps_the_grey_levels_of_the_patch():
    rng = np.random.default_rng(4)
    painted, _ = paint(PATTERN, pool, rng, kinds=["moved"], count=3)

    assert painted.min() >= PATTERN.min() - 1e-6
    assert painted.max() <= PATTERN.max() + 1e-6


def test_large_areas_are_painted_only_where_asked():
    rng = np.random.default_rng(2)
    good = np.full((256, 256), 0.5, np.float32)

    assert set(PAINTERS) - set(families()) == {"area"}
    assert families(areas=True) == tuple(PAINTERS)
    good += rng.normal(0, 0.05, good.shape).astype(np.float32)
    area, speck = (
        np.median([paint(good, lambda rng: good, rng, kinds=[kind], count=1)[1].sum() for _ in range(20)])
        for kind in ("area", "speck")
    )
    assert area > 20 * speck > 0
