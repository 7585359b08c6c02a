"""The figures agree with their definitions, written out plainly here once more."""

import cv2
import numpy as np
import pytest

from semscan.scores.evaluation.maps import evaluate_maps
from semscan.scores.scored_image import scored_image

CLASSES = ("bridge", "gap", "good")


def blob(rng, shape):
    rows, cols = np.mgrid[: shape[0], : shape[1]]
    row, col, size = rng.integers(8, shape[0] - 8), rng.integers(8, shape[1] - 8), rng.uniform(1.2, 4)
    return np.exp(-((rows - row) ** 2 + (cols - col) ** 2) / (2 * size**2))


def set_of_maps(seed=5, count=12, shape=(60, 70)):
    """Noisy maps with defects found more or less, and some that are none: (name, class, map, truth)."""
    rng = np.random.default_rng(seed)
    items = []
    for number in range(count):
        name = CLASSES[number % 3]
        anomaly_map, truth = cv2.GaussianBlur(rng.random(shape), (0, 0), 1.2) * 0.4, np.zeros(shape, bool)
        for _ in range(0 if name == "good" else rng.integers(1, 4)):
            spot = blob(rng, shape)
            truth |= spot > 0.5
            anomaly_map = anomaly_map + spot * rng.uniform(0, 0.8)
        if rng.random() < 0.6:
            anomaly_map = anomaly_map + blob(rng, shape) * rng.uniform(0.1, 0.5)
        items.append((f"{number}.png", name, np.clip(anomaly_map, 0, 0.999).astype(np.float32), truth))
    return items


def cases_of(items):
    return [
        scored_image(name, kind, anomaly_map, None if kind == "good" else truth, defective=kind != "good")
        for name, kind, anomaly_map, truth in items
    ]


def measured(items, threshold=0.5, **more):
    return evaluate_maps(cases_of(items), threshold, draws=200, **more).figures


# The definitions, as plainly as they can be said.


def areas(score, truth):
    order = np.argsort(-score, kind="stable")
    s, t = score[order], truth[order].astype(float)
    last = np.r_[np.flatnonzero(np.diff(s)), s.size - 1]
    tp, n = np.cumsum(t)[last], last + 1.0
    fp = n - tp
    tpr, fpr = np.r_[0, tp / tp[-1]], np.r_[0, fp / fp[-1]]
    return np.sum(np.diff(fpr) * (tpr[1:] + tpr[:-1]) / 2), np.sum(np.diff(tpr) * (tp / n))


def parts(mask):
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    return [labels == n for n in range(1, len(stats)) if stats[n, cv2.CC_STAT_AREA] >= 4]


def hit_and_false(items, threshold):
    hit = total = false = 0
    for *_, anomaly_map, truth in items:
        defects = parts(truth)
        total += len(defects)
        hit += sum((anomaly_map > threshold)[defect].any() for defect in defects)
        near = cv2.dilate(truth.astype(np.uint8), np.ones((11, 11), np.uint8)) > 0
        false += sum((region & near).sum() < 0.1 * region.sum() for region in parts(anomaly_map > threshold))
    return hit, total, false


def overlap_to_03(items):
    negatives = np.concatenate([anomaly_map[~truth] for *_, anomaly_map, truth in items])
    defects = [(anomaly_map, part) for *_, anomaly_map, truth in items for part in parts(truth)]
    cuts = np.unique(np.quantile(negatives, 1 - np.linspace(0, 0.3, 301)[1:]))[::-1]
    across = np.r_[0, [(negatives > cut).mean() for cut in cuts]]
    up = np.r_[0, [np.mean([(anomaly_map[part] > cut).mean() for anomaly_map, part in defects]) for cut in cuts]]
    grid = np.linspace(0, 0.3, 301)
    heights = np.interp(grid, across, up)
    return float(((heights[1:] + heights[:-1]) / 2).mean())


def recall_at(items, allowed):
    pixels = np.concatenate([anomaly_map.ravel() for *_, anomaly_map, _ in items])
    best = 0.0
    for cut in np.unique(np.quantile(pixels, 1 - np.logspace(-1, -6, 120))):
        hit, total, false = hit_and_false(items, cut)
        if false <= allowed * len(items):
            best = max(best, hit / total)
    return best


@pytest.fixture(scope="module")
def items():
    return set_of_maps()


@pytest.fixture(scope="module")
def found(items):
    return measured(items)


def test_pixel_areas_are_exact(items, found):
    auroc, precision = areas(
        np.concatenate([anomaly_map.ravel() for *_, anomaly_map, _ in items]),
        np.concatenate([truth.ravel() for *_, truth in items]),
    )

    assert (found["pixel_auroc"], found["pixel_ap"]) == pytest.approx((auroc, precision), abs=1e-6)


def test_image_areas_are_those_of_the_largest_value(items, found):
    auroc, precision = areas(
        np.array([anomaly_map.max() for *_, anomaly_map, _ in items]),
        np.array([kind != "good" for _, kind, *_ in items]),
    )

    assert (found["image_auroc"], found["image_ap"]) == pytest.approx((auroc, precision), abs=1e-6)


def test_everything_at_the_threshold_is_exact(items, found):
    at = found["at_threshold"]
    hit, total, false = hit_and_false(items, 0.5)
    good = [item for item in items if item[1] == "good"]
    hot = np.concatenate([anomaly_map.ravel() > 0.5 for *_, anomaly_map, _ in items])
    true = np.concatenate([truth.ravel() for *_, truth in items])

    assert (at["hit"], at["defects"], at["false_regions"]) == (hit, total, false)
    assert 0 < hit < total
    assert false > 0
    assert at["false_per_image"] == pytest.approx(false / 12, abs=1e-6)
    assert at["false_per_good_image"] == pytest.approx(hit_and_false(good, 0.5)[2] / 4, abs=1e-6)
    assert at["precision"] == pytest.approx((hot & true).sum() / hot.sum(), abs=1e-6)
    assert at["recall"] == pytest.approx((hot & true).sum() / true.sum(), abs=1e-6)
    assert at["f1"] == pytest.approx(2 * (hot & true).sum() / (hot.sum() + true.sum()), abs=1e-6)


@pytest.mark.parametrize("allowed", [0.1, 1, 10])
def test_recalls_are_those_of_the_best_cut(items, found, allowed):
    assert found[f"recall_at_{allowed:g}fp"] == pytest.approx(recall_at(items, allowed), abs=1e-6)


def test_the_overlap_is_near_its_approximation(items, found):
    assert found["aupro30"] == pytest.approx(overlap_to_03(items), abs=0.01)


def test_maps_that_are_mostly_zero_agree_too():
    items = [
        (name, kind, np.where(anomaly_map > 0.26, anomaly_map, 0), truth)
        for name, kind, anomaly_map, truth in set_of_maps()
    ]
    found = measured(items)
    pixels = [np.concatenate([item[place].ravel() for item in items]) for place in (2, 3)]

    assert (pixels[0] == 0).mean() > 0.75
    assert found["aupro30"] == pytest.approx(overlap_to_03(items), abs=0.01)
    assert (found["pixel_auroc"], found["pixel_ap"]) == pytest.approx(areas(*pixels), abs=1e-6)
    assert found["recall_at_1fp"] == pytest.approx(recall_at(items, 1), abs=1e-6)


def test_maps_may_be_loaded_again_and_images_differ_in_size():
    items = set_of_maps(1, 6) + set_of_maps(2, 6, (48, 90))
    held = {name + kind + str(anomaly_map.shape): anomaly_map for name, kind, anomaly_map, _ in items}
    cases = [
        scored_image(
            name,
            kind,
            anomaly_map,
            truth,
            defective=kind != "good",
            load=lambda key=name + kind + str(anomaly_map.shape): held[key],
        )
        for name, kind, anomaly_map, truth in items
    ]

    assert evaluate_maps(cases, 0.5, draws=10).figures == evaluate_maps(cases_of(items), 0.5, draws=10).figures


def test_intervals_hold_the_figure_and_a_seed_repeats_them(items, found):
    for name in ("image_auroc", "pixel_auroc", "pixel_ap", "aupro30", "recall_at_1fp"):
        low, high = found["intervals"][name]
        assert low <= found[name] <= high
        assert low < high or low == high == 1
    assert measured(items) == found
    assert measured(items, seed=1)["intervals"] != found["intervals"]


def test_each_class_has_its_own_hits(items, found):
    gaps = [item for item in items if item[1] == "gap"]
    hit, total, false = hit_and_false(gaps, 0.5)
    entry = found["classes"]["gap"]

    assert (entry["hit"], entry["defects"], entry["images"]) == (hit, total, 4)
    assert entry["false_per_image"] == pytest.approx(false / 4)
    assert sum(entry["hit"] for entry in found["classes"].values() if "hit" in entry) == found["at_threshold"]["hit"]


def test_without_good_images_their_figures_are_missing():
    found = measured([item for item in set_of_maps() if item[1] != "good"])

    assert (found["image_auroc"], found["image_ap"]) == (None, None)
    assert found["at_threshold"]["false_per_good_image"] is None
    assert found["at_threshold"]["false_per_good_image_95"] is None
    assert found["pixel_auroc"] > 0.5


def test_good_images_alone_give_false_regions_alone():
    found = measured([item for item in set_of_maps() if item[1] == "good"])

    assert (found["pixel_auroc"], found["aupro30"], found["recall_at_1fp"]) == (None, None, None)
    assert found["at_threshold"]["false_per_good_image"] == found["at_threshold"]["false_per_image"]


def test_what_divides_by_nothing_is_missing():
    figures = measured([item for item in set_of_maps() if item[1] == "good"], threshold=0.9)

    at = figures["at_threshold"]
    assert (at["precision"], at["recall"], at["f1"]) == (None, None, None)
    assert {figures["intervals"][name] for name in ("aupro30", "pixel_ap", "at_threshold.recall")} == {None}


def test_one_defective_image_cannot_show_how_its_figures_vary():
    items = set_of_maps()
    one = [item for item in items if item[1] == "good"] + [items[0]]
    figures = measured(one)
    intervals = figures["intervals"]

    varies = ("pixel_auroc", "pixel_ap", "aupro30", "at_threshold.precision", "at_threshold.recall", "at_threshold.f1")
    assert {intervals[name] for name in varies} == {None}
    low, high = intervals["recall_at_1fp"]
    assert low <= figures["recall_at_1fp"] <= high
    assert high - low > 0.3


def test_a_defective_image_without_a_mask_counts_as_an_image_only():
    items = set_of_maps()
    cases = cases_of(items)
    bare = scored_image("b.png", "gap", items[0][2], None, defective=True)
    found = evaluate_maps([*cases, bare], 0.5, draws=10).figures

    assert (found["images"], found["without_mask"]) == (13, 1)
    assert found["classes"]["gap"]["images"] == 5
    assert found["pixel_ap"] == measured(items)["pixel_ap"]
    assert found["at_threshold"]["defective_images_found"] >= measured(items)["at_threshold"]["defective_images_found"]


def test_misses_come_coldest_first_and_alarms_hottest_first():
    found = evaluate_maps(cases_of(set_of_maps()), 0.5, draws=10)
    misses, alarms = [patch.peak for _, patch in found.misses], [patch.peak for _, patch in found.false_alarms]
    at = found.figures["at_threshold"]

    assert len(misses) == at["defects"] - at["hit"]
    assert len(alarms) == at["false_regions"]
    assert misses == sorted(misses)
    assert alarms == sorted(alarms, reverse=True)


def test_a_threshold_that_is_met_is_not_passed():
    anomaly_map = np.zeros((20, 20), np.float32)
    anomaly_map[5:9, 5:9] = 0.3
    found = measured([("a", "gap", anomaly_map, anomaly_map > 0)], threshold=0.3)

    assert (found["at_threshold"]["hit"], found["at_threshold"]["defective_images_found"]) == (0, 0)


def test_curves_rise_and_end_where_they_should():
    lines = evaluate_maps(cases_of(set_of_maps()), 0.5, draws=10).lines

    assert set(lines) == {"image ROC", "pixel ROC", "pixel PR", "PRO", "FROC"}
    for name, (across, up) in lines.items():
        assert (np.diff(across) >= 0).all(), name
        assert name == "pixel PR" or (np.diff(up) >= 0).all(), name
    assert lines["pixel ROC"][1][-1] == 1
    assert lines["pixel PR"][0][-1] == 1


def test_perfect_figures_of_few_images_have_intervals_with_a_width():
    items = []
    for number in range(6):
        truth = np.zeros((40, 40), bool)
        if number % 2:
            truth[10:14, 10:14] = True
        anomaly_map = np.where(truth, 0.9, 0.1).astype(np.float32)
        items.append((f"{number}.png", "gap" if number % 2 else "good", anomaly_map, truth))
    found = measured(items)

    assert found["image_auroc"] == found["image_ap"] == 1
    for name in ("image_auroc", "image_ap", "recall_at_0.1fp"):
        low, high = found["intervals"][name]
        assert low < 0.9 < high == 1
