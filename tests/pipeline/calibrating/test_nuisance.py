"""What a review teaches of nuisance: how sure it is, and that an unseen kind of defect stays a defect."""

from pathlib import Path

import numpy as np
import pytest

from semscan.files.datasets.reviewed import ReviewedImage, ReviewedResults
from semscan.files.results.review import HARMLESS, REAL, Decision
from semscan.pipeline.calibrating.nuisance import chance_of, learn_nuisance
from semscan.pipeline.classes.nuisance import mark_reviewed
from semscan.values import Box, Measures, Region
from semscan.values.record import Record, RegionRecord

# typical area in px, contrast and peak of each kind; a residue and a stain look alike but for their class
KINDS = {
    "residue": (700, -0.05, 0.93),
    "break": (450, -0.11, 0.94),
    "bridge": (200, 0.08, 0.92),
    "pinch": (150, 0.15, 0.8),
}


def seen(kind, rng, name=None):
    """A region of a kind as it is measured, of the class `name`."""
    area, contrast, peak = KINDS[kind]
    area = int(area * np.exp(rng.normal(0, 0.3)))
    long, short = 1.4 * np.sqrt(area), 1.1 * np.sqrt(area)
    measures = Measures(long, short, 0.0, 4 * long, mean_grey=0.4 + contrast, contrast=contrast + rng.normal(0, 0.02))
    place = Box(5, 5, 40, 40)
    sure = {"class_name": name or kind, "class_probability": 0.96}
    return Region(place, area, peak + rng.normal(0, 0.01), peak - 0.1, (20.0, 20.0), measures=measures, **sure)


def recorded(region):
    of = region.measures
    sizes = {"feret_max_px": of.feret_max_px, "feret_min_px": of.feret_min_px}
    return RegionRecord(
        **{"id": 1, "bbox": region.box.xywh, "centroid": (20, 20), "area_px": region.area},
        **{"peak": region.peak, "mean": region.mean, "mean_grey": of.mean_grey, "contrast": of.contrast},
        **{"class_name": region.class_name, "class_probability": region.class_probability, **sizes},
    )


def reviewed(*decided, start=0, dark_lines=None):
    """A review of images with one region each: (region, verdict)."""
    images = []
    for number, (region, verdict) in enumerate(decided, start=start):
        name = f"/lot/{number}.png"
        record = Record(
            image=name, source=name, width=64, height=64, regions=(recorded(region),), dark_lines=dark_lines
        )
        images.append(ReviewedImage(record, None, {1: Decision(at="", image=name, region=1, verdict=verdict)}))
    return [ReviewedResults(Path("review.jsonl"), None, tuple(images))]


def lot(real=("break", "bridge", "pinch"), count=4, harmless=12):
    rng = np.random.default_rng(3)
    decided = [(seen("residue", rng), HARMLESS) for _ in range(harmless)]
    return decided + [(seen(kind, rng), REAL) for kind in real for _ in range(count)]


def test_harmless_regions_become_nuisance_and_real_ones_count():
    learned = learn_nuisance(reviewed(*lot()))
    rng = np.random.default_rng(4)
    new = [seen(kind, rng) for kind in KINDS for _ in range(20)]
    marked = [region.nuisance for region in mark_reviewed(new, learned.filter)]

    assert (learned.real, learned.real_marked, learned.harmless) == (12, 0, 12)
    assert learned.harmless_marked >= 9
    assert sum(marked[:20]) >= 15
    assert not any(marked[20:])


@pytest.mark.parametrize("unseen", ["break", "bridge", "pinch"])
def test_a_kind_of_defect_that_nobody_reviewed_stays_a_defect(unseen):
    learned = learn_nuisance(reviewed(*lot([kind for kind in KINDS if kind not in (unseen, "residue")])))
    rng = np.random.default_rng(5)
    new = [seen(unseen, rng) for _ in range(50)]

    assert learned.filter is not None
    assert not any(region.nuisance for region in mark_reviewed(new, learned.filter))


def test_a_filter_learned_on_bright_lines_holds_on_dark_ones_and_the_other_way_round():
    exchanged = {"break": "bridge", "bridge": "break", "pinch": "micro-bridge", "residue": "residue"}

    def named(kind, rng, dark):
        return seen(kind, rng, exchanged[kind] if dark else None)

    for learned_dark in (False, True):
        rng = np.random.default_rng(3)
        kinds = [("bridge", HARMLESS)] * 12 + [("break", REAL)] * 6 + [("pinch", REAL)] * 6
        decided = [(named(kind, rng, learned_dark), verdict) for kind, verdict in kinds]
        learned = learn_nuisance(reviewed(*decided, dark_lines=learned_dark or None))
        for dark in (False, True):
            rng = np.random.default_rng(4)
            new = [named(kind, rng, dark) for kind in ("bridge", "break") for _ in range(20)]
            marked = [region.nuisance for region in mark_reviewed(new, learned.filter, dark_lines=dark)]
            assert sum(marked[:20]) >= 15
            assert not any(marked[20:])


def test_an_unseen_defect_that_has_the_class_of_a_nuisance_but_other_measures_stays_a_defect():
    learned = learn_nuisance(reviewed(*lot()))
    rng = np.random.default_rng(6)
    new = [seen("pinch", rng, "residue") for _ in range(50)]

    assert sum(region.nuisance for region in mark_reviewed(new, learned.filter)) == 0


def test_what_the_decided_regions_prove_is_said():
    lines = learn_nuisance(reviewed(*lot())).lines()

    assert lines[0].startswith("Nuisance filter: it marks ")
    assert lines[0].endswith(
        " of 12 harmless regions like these and none of 12 real ones, each judged by the decisions about other images."
    )
    assert lines[1] == "That shows that at most 26% of such real ones are lost (95 % interval)."


def test_regions_that_look_alike_give_no_filter():
    rng = np.random.default_rng(7)
    same = [(seen("residue", rng), verdict) for verdict in (REAL, HARMLESS) for _ in range(15)]
    learned = learn_nuisance(reviewed(*same))

    assert learned.filter is None
    assert learned.lines() == ["No nuisance filter: the reviewed regions cannot be told apart: 15 real, 15 harmless."]


def test_regions_without_a_sure_class_give_no_filter():
    rng = np.random.default_rng(8)
    unnamed = [(Region(Box(0, 0, 9, 9), 60, 0.9, 0.8, (4.0, 4.0), measures=seen("break", rng).measures), REAL)] * 6
    learned = learn_nuisance(reviewed(*unnamed, *lot(real=())))

    assert learned.filter is None
    assert "0 real, 12 harmless, 6 without a class of a probability of at least 0.8." in learned.lines()[0]


def test_regions_of_one_image_do_not_speak_for_each_other():
    rng = np.random.default_rng(9)
    (review,) = reviewed(*lot(harmless=0))
    regions = tuple(recorded(seen("residue", rng)) for _ in range(12))
    record = Record(image="one.png", source="/lot/one.png", width=64, height=64, regions=tuple(regions))
    image = ReviewedImage(record, Decision(at="", image="one.png", verdict=HARMLESS))
    learned = learn_nuisance([ReviewedResults(review.path, None, (*review.images, image))])

    assert learned.filter is None


def test_earlier_decisions_stay_and_the_last_one_about_a_region_counts():
    first = lot()
    earlier = learn_nuisance(reviewed(*first)).filter
    more = learn_nuisance(reviewed((first[0][0], REAL)), earlier)
    others = learn_nuisance(reviewed((first[0][0], REAL), start=99), earlier)

    assert (more.harmless, more.real) == (11, 13)
    assert (others.harmless, others.real) == (12, 13)


def test_no_more_decisions_are_kept_than_a_file_may_hold(monkeypatch):
    monkeypatch.setattr("semscan.pipeline.calibrating.nuisance.MOST_DECIDED", 40)
    learned = learn_nuisance(reviewed(*lot(count=10, harmless=30)))

    assert len(learned.filter.decided) == 40
    assert learned.real + learned.harmless == 40


def test_the_chance_is_that_of_fishers_exact_test():
    assert chance_of(4, 0, 5, 5) == pytest.approx(5 / 210)
    assert chance_of(2, 1, 2, 2) == pytest.approx(1 / 2)
    assert chance_of(0, 0, 3, 3) == 1
