"""Learn from a review which regions are a nuisance, and how sure that is.

Each decided region is judged by the decisions about all other images. The cut lies where these judgements lose no real
region, or so few that surely no more than `MOST_LOST` of them are lost. A filter is learned only if chance would hardly
separate the decided regions as well. It holds at the calibrated threshold, so it is learned from images that were
inspected at it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from math import comb

import numpy as np

from semscan.files.datasets.reviewed import ReviewedResults
from semscan.files.models.config.nuisance import MOST_DECIDED
from semscan.files.results.review import HARMLESS, REAL
from semscan.phrases import plural
from semscan.regions.nuisance_filter import SURE, NuisanceRule, nuisance_rule, recorded_look
from semscan.scores.intervals import share_interval
from semscan.values.model.nuisance import DecidedRegion, NuisanceFilter
from semscan.values.record import CALIBRATED_THRESHOLD, Record

FEWEST_OF_A_KIND = 3  # decided regions of a sure class
MOST_LOST = 0.1  # share of the real regions, by the upper end of its interval
CHANCE = 0.05  # largest chance that regions of one kind are separated as well
NARROWEST_CUT = 0.5  # as near to a harmless region as to a real one


@dataclass(frozen=True, slots=True)
class LearnedNuisance:
    """What a review says of nuisance: the counts of decided regions, and those that become nuisance.

    Each region is judged by the decisions about other images. `filter` is None where the regions cannot be told apart.
    `of_other` regions have no sure class and are never a nuisance.
    """

    filter: NuisanceFilter | None
    harmless: int
    harmless_marked: int
    real: int
    real_marked: int
    of_other: int

    @property
    def gain(self) -> int:
        """How many more decisions are right with the filter than without."""
        return self.harmless_marked - self.real_marked

    def counts(self) -> dict[str, int]:
        """Return the counts as JSON."""
        names = ("harmless", "harmless_marked", "real", "real_marked")
        return {name: getattr(self, name) for name in names}

    def lines(self) -> list[str]:
        """State what the filter does, or why there is none."""
        if self.filter is None:
            kinds = [f"{self.real} real", f"{self.harmless} harmless"]
            if self.of_other:
                kinds.append(f"{self.of_other} without a class of a probability of at least {SURE}")
            return [f"No nuisance filter: the reviewed regions cannot be told apart: {', '.join(kinds)}."]
        span = share_interval(self.real_marked, self.real, np.zeros(0)) or [0.0, 1.0]
        return [
            f"Nuisance filter: it marks {self.harmless_marked} of {plural(self.harmless, 'harmless region')} like "
            f"these and {self.real_marked or 'none'} of {self.real} real ones, each judged by the decisions about "
            "other images.",
            f"That shows that at most {span[1]:.0%} of such real ones are lost (95 % interval).",
            f"Regions unlike all reviewed ones count, and all without a class of a probability of at least {SURE}.",
        ]


def learn_nuisance(reviews: Sequence[ReviewedResults], earlier: NuisanceFilter | None = None) -> LearnedNuisance:
    """Learn a nuisance filter from reviews and from the decisions of an earlier filter of the same threshold.

    Images that were inspected at another threshold than the calibrated one are left out.
    """
    made = list(_decided(reviews))
    known = {(one.image, one.look): one for one in earlier.decided} if earlier else {}
    known |= {(one.image, one.look): one for one in made if one is not None}  # the last decision about a region counts
    decided = _evenly(list(known.values()))
    real = sum(one.is_real for one in decided)
    harmless = len(decided) - real
    nothing = LearnedNuisance(None, harmless, 0, real, 0, made.count(None))
    if min(real, harmless) < FEWEST_OF_A_KIND:
        return nothing
    shares = _shares_by_others(decided)
    is_real = np.array([one.is_real for one in decided])
    highest = np.sort(shares[is_real])[::-1]
    cut = max(NARROWEST_CUT, float(highest[_losable(real)]))
    marked, lost = int((shares[~is_real] > cut).sum()), int((shares[is_real] > cut).sum())
    if chance_of(marked, lost, harmless, real) > CHANCE:
        return nothing
    return LearnedNuisance(NuisanceFilter(tuple(decided), cut), harmless, marked, real, lost, nothing.of_other)


def undecided_marked(reviews: Sequence[ReviewedResults], nuisance: NuisanceFilter) -> tuple[int, int]:
    """Return how many regions have no decision, and how many of these a filter calls a nuisance."""
    looks = []
    for review in reviews:
        reviewed = {id(image.record): image for image in review.images}
        for record in filter(_at_calibrated, review.finished.inspected):
            image = reviewed.get(id(record))
            undecided = [each for each in record.defects if image is None or image.verdict_of(each) is None]
            looks += [recorded_look(each, dark_lines=_has_dark_lines(record)) for each in undecided]
    known = [look for look in looks if look is not None]
    return len(looks), int((nuisance_rule(nuisance).shares(known) > nuisance.cut).sum())


def at_other_thresholds(reviews: Sequence[ReviewedResults]) -> int:
    """Return how many reviewed images were not inspected at the calibrated threshold."""
    return sum(not _at_calibrated(image.record) for review in reviews for image in review.images)


def _at_calibrated(record: Record) -> bool:
    return abs(record.threshold - CALIBRATED_THRESHOLD) < 1e-9


def _has_dark_lines(record: Record) -> bool:
    """Return whether the names of defects are those on dark lines; a model's own classes have one meaning alone."""
    return bool(record.dark_lines) and record.class_probabilities is None


def _decided(reviews: Sequence[ReviewedResults]) -> Iterator[DecidedRegion | None]:
    """Yield the regions that a review calls real or harmless; None for one without a sure class."""
    for image in (image for review in reviews for image in review.images if _at_calibrated(image.record)):
        name = hashlib.sha256(image.record.source.encode("utf-8", "surrogateescape")).hexdigest()[:8]
        for region in image.record.regions:
            verdict = image.verdict_of(region)
            if verdict in (REAL, HARMLESS):
                look = recorded_look(region, dark_lines=_has_dark_lines(image.record))
                yield None if look is None else DecidedRegion(name, look, verdict == REAL)


def _evenly(decided: Sequence[DecidedRegion]) -> list[DecidedRegion]:
    step = max(1.0, len(decided) / MOST_DECIDED)
    return [decided[int(place * step)] for place in range(min(len(decided), MOST_DECIDED))]


def _shares_by_others(decided: Sequence[DecidedRegion]) -> np.ndarray:
    """Return the share of each region, 0 to 1, by the decisions about other images than its own."""
    shares = np.zeros(len(decided))
    images: Collection[str] = {one.image for one in decided}
    for image in images:
        others = [one for one in decided if one.image != image]
        own = [place for place, one in enumerate(decided) if one.image == image]
        if others:
            shares[own] = NuisanceRule(others).shares([decided[place].look for place in own])
    return shares


def _losable(real: int) -> int:
    """Return how many of the real regions may be lost so that surely no more than `MOST_LOST` of all such are.

    Examples
    --------
    >>> _losable(9), _losable(60)
    (0, 1)
    """
    lost = 0
    while (share_interval(lost + 1, real, np.zeros(0)) or [0.0, 1.0])[1] <= MOST_LOST:
        lost += 1
    return lost


def chance_of(marked: int, lost: int, harmless: int, real: int) -> float:
    """Return the chance that the regions of the highest shares are as often harmless where shares say nothing.

    `marked` of them are harmless and `lost` are real (Fisher's exact test, one-sided).

    Examples
    --------
    >>> round(chance_of(4, 0, 5, 5), 4), chance_of(0, 0, 5, 5)
    (0.0238, 1.0)
    """
    top = marked + lost
    ways = sum(comb(harmless, n) * comb(real, top - n) for n in range(marked, min(top, harmless) + 1))
    return ways / comb(harmless + real, top)
