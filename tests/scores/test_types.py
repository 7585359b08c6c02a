"""What defects of each type are called, counted as scikit-learn counts."""

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, f1_score, precision_recall_fscore_support

from semscan.scores.defects import true_defects
from semscan.scores.evaluation.maps import evaluate_maps
from semscan.scores.scored_image import scored_image
from semscan.scores.types import DefectType, type_defects, type_figures
from semscan.values import Box, Region

WHOLE = np.ones((1, 1))  # one draw of one image


def figures(pairs):
    return type_figures([pairs], WHOLE)[0]


def region(peak, name):
    return Region(Box(0, 0, 1, 1), 1, peak, peak, (0.0, 0.0), class_name=name)


def truth_of(*boxes):
    truth = np.zeros((20, 40), bool)
    for top, left, bottom, right in boxes:
        truth[top:bottom, left:right] = True
    return truth


def numbered_of(**boxes):
    numbered = np.zeros((20, 40), np.int32)
    for name, (top, left, bottom, right) in boxes.items():
        numbered[top:bottom, left:right] = int(name[1:])
    return numbered


@pytest.fixture(scope="module")
def pairs():
    """120 defects of four types, a third predicted wrongly or unknown, a fifth missed; no defect is a "speck"."""
    rng = np.random.default_rng(2)
    found = []
    for _ in range(120):
        true = str(rng.choice(["break", "bridge", "gap", "void"], p=[0.5, 0.3, 0.15, 0.05]))
        called = true if rng.random() < 0.6 else str(rng.choice(["break", "bridge", "gap", "speck", "unknown"]))
        found.append((true, None if rng.random() < 0.2 else called))
    return found


def test_everything_is_as_scikit_learn_has_it(pairs):
    found = figures(pairs)
    hit = [pair for pair in pairs if pair[1] is not None]
    true, predicted = zip(*hit, strict=True)
    names = ["break", "bridge", "gap", "void"]
    precision, recall, f1, _ = precision_recall_fscore_support(true, predicted, labels=names)

    assert found["classes"] == [*names[:3], "speck", "void", "unknown"]
    assert found["matrix"] == confusion_matrix(true, predicted, labels=found["classes"]).tolist()
    assert (found["defects"], found["missed"]) == (len(hit), 120 - len(hit))
    assert [found["precision"][name] for name in names] == pytest.approx(list(precision))
    assert [found["recall"][name] for name in names] == pytest.approx(list(recall))
    assert [found["f1"][name] for name in names] == pytest.approx(list(f1))
    assert found["macro_f1"] == pytest.approx(f1_score(true, predicted, labels=names, average="macro"))
    assert found["accuracy"] == pytest.approx(np.mean(np.array(true) == np.array(predicted)))
    assert found["unknown_share"] == pytest.approx(predicted.count("unknown") / len(hit))


def test_a_missed_defect_is_one_that_is_called_nothing(pairs):
    found = figures(pairs)
    true, predicted = zip(*((is_, called or "nothing") for is_, called in pairs), strict=True)
    all_of_them = f1_score(true, predicted, labels=sorted(set(true)), average="macro")

    assert found["macro_f1_with_missed"] == pytest.approx(all_of_them)
    assert found["macro_f1_with_missed"] < found["macro_f1"]


@pytest.mark.filterwarnings("ignore:.*ill-defined")
def test_a_type_of_which_nothing_is_hit_counts_as_zero():
    found = figures([("gap", "gap"), ("void", None)])

    assert found["macro_f1"] == f1_score(["gap"], ["gap"], labels=["gap", "void"], average="macro") == 0.5
    assert (found["recall"]["void"], found["precision"]["void"], found["f1"]["void"]) == (None, None, 0)
    assert found["support"] == {"gap": 1, "void": 1}


def test_synonyms_are_two_classes():
    found = figures([("short", "bridge"), ("bridge", "bridge")])

    assert found["matrix"] == [[1, 0], [1, 0]]
    assert found["f1"] == {"bridge": pytest.approx(2 / 3), "short": 0}


def test_nothing_hit_leaves_only_what_counts_the_missed():
    found, intervals = type_figures([[("gap", None)], [("gap", None)]], np.ones((3, 2)))

    assert (found["macro_f1"], found["accuracy"], found["unknown_share"]) == (None, None, None)
    assert (found["matrix"], found["missed"], found["macro_f1_with_missed"]) == ([[0]], 2, 0)
    assert intervals == {"types.macro_f1": None, "types.macro_f1_with_missed": [0, pytest.approx(0.842, abs=1e-3)]}


def test_names_that_are_all_right_have_the_interval_of_their_share():
    _, intervals = type_figures([[("gap", "gap")], [("gap", "gap")]], np.ones((3, 2)))

    assert intervals["types.macro_f1"] == [pytest.approx(0.158, abs=1e-3), 1]


def test_a_draw_is_the_figure_of_the_images_drawn(pairs):
    images = [pairs[start : start + 10] for start in range(0, 120, 10)]
    drawn = np.random.default_rng(4).multinomial(12, np.full(12, 1 / 12), 1)
    again = [pair for image, count in zip(images, drawn[0], strict=True) for pair in image * count]
    intervals = type_figures(images, drawn)[1]

    for name in ("macro_f1", "macro_f1_with_missed"):
        assert intervals[f"types.{name}"] == pytest.approx([figures(again)[name]] * 2)


def test_the_hottest_region_on_a_defect_names_it():
    truth = truth_of((2, 2, 6, 12), (2, 20, 6, 30), (12, 2, 16, 12))
    numbered = numbered_of(_1=(2, 2, 4, 4), _2=(5, 8, 8, 14), _3=(2, 25, 4, 35))
    regions = {1: region(0.6, "gap"), 2: region(0.9, "bridge"), 3: region(0.7, None)}

    predicted = [each.predicted for each in type_defects(truth, numbered, regions, "gap")]

    assert predicted == ["bridge", None, None]


def test_a_region_that_does_not_count_names_nothing():
    truth, numbered = truth_of((2, 2, 6, 12)), numbered_of(_1=(2, 2, 4, 4), _2=(5, 8, 8, 14))

    assert type_defects(truth, numbered, {1: region(0.6, "gap")}, "dot") == (DefectType("dot", "gap"),)


def test_a_planted_defect_is_of_the_kind_whose_box_holds_most_of_it():
    truth = truth_of((2, 2, 6, 12), (10, 20, 14, 30), (17, 0, 19, 4))
    scratch, bridge, dot = Box(0, 0, 15, 40), Box(2, 2, 6, 12), Box(10, 20, 14, 23)
    planted = [("scratch", scratch), ("bridge", bridge), ("dot", dot)]
    found = type_defects(truth, numbered_of(), {}, "mixed", planted)

    assert [typed.true for typed in found] == ["bridge", "scratch", "mixed"]


def test_the_types_are_in_the_order_of_the_defects():
    truth = truth_of((3, 30, 7, 33), (1, 2, 2, 4), (5, 2, 12, 9), (14, 20, 16, 22))  # the second is too small
    patches, _ = true_defects(truth, truth.astype(np.float32))
    planted = [(f"{patch.box.top},{patch.box.left}", patch.box) for patch in patches]

    found = type_defects(truth, numbered_of(), {}, None, planted)

    assert [typed.true for typed in found] == [kind for kind, _ in planted]
    assert len(found) == 3


def case(name, peak, typed, has_region_class=True):
    anomaly_map = np.zeros((20, 20), np.float32)
    anomaly_map[5:9, 5:9] = peak
    return scored_image(
        name, "dot", anomaly_map, anomaly_map > 0, defective=True, types=[typed], has_region_class=has_region_class
    )


def test_only_what_is_hot_enough_is_hit_and_what_has_no_name_is_unknown():
    cases = [
        case("a", 0.9, DefectType("dot", "dot")),
        case("b", 0.9, DefectType("dot", None)),
        case("c", 0.5, DefectType("dot", "dot")),
        case("d", 0.9, DefectType(None, "dot")),
    ]
    found = evaluate_maps(cases, 0.5, draws=10).figures

    assert found["types"]["classes"] == ["dot", "unknown"]
    assert found["types"]["matrix"] == [[1, 1], [0, 0]]
    assert (found["types"]["defects"], found["types"]["missed"]) == (2, 1)
    low, high = found["intervals"]["types.macro_f1"]
    assert low <= found["types"]["macro_f1"] <= high


@pytest.mark.parametrize("typed", [DefectType("dot", None), DefectType(None, None)])
def test_without_any_class_there_are_no_types(typed):
    found = evaluate_maps([case("a", 0.9, typed, has_region_class=typed.true is None)], 0.5, draws=10).figures

    assert found["types"] is None
    assert "types.macro_f1" not in found["intervals"]
