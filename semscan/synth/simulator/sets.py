"""Plan the images of a data set: folders, defects of each image, paths below the output folder."""

from __future__ import annotations

from dataclasses import dataclass

from semscan.errors import UsageFault
from semscan.settings import DEFECTS, SynthSetSettings, SynthSettings
from semscan.synth.simulator.check import check_kinds

MIXED_KINDS = 3
LARGEST_SET = 100_000


@dataclass(frozen=True)
class ImageSet:
    """One folder of images: `part` is train or test, `kinds` what image number i holds."""

    part: str
    name: str
    count: int
    kinds: tuple[str, ...] = ()

    def kinds_of(self, index: int) -> tuple[str, ...]:
        """Return the defects of one image: all kinds of the set, or three of them that take turns."""
        if self.name != "mixed":
            return self.kinds
        turns = min(MIXED_KINDS, len(self.kinds))
        return tuple(self.kinds[(MIXED_KINDS * index + k) % len(self.kinds)] for k in range(turns))

    def image(self, index: int, form: str) -> str:
        """Return the path of image number `index` below the output folder."""
        return f"{self.part}/{self.name}/{index:03d}.{form}"

    def mask(self, index: int) -> str | None:
        """Return the path of its mask; None for good and training images."""
        if self.part == "train" or not self.kinds:
            return None
        return f"ground_truth/{self.name}/{index:03d}_mask.png"


def plan_sets(recipe: SynthSettings, plan: SynthSetSettings) -> list[ImageSet]:
    """List the folders to make, in order; raises UsageFault for a plan that cannot be made."""
    if plan.layout not in ("mvtec", "classes"):
        raise UsageFault(f"unknown layout {plan.layout!r}; take mvtec or classes")
    if plan.format not in ("png", "tif"):
        raise UsageFault(f"unknown format {plan.format!r}; take png or tif")
    kinds = DEFECTS[recipe.pattern] if plan.defects is None else tuple(dict.fromkeys(plan.defects))
    check_kinds(recipe.pattern, kinds)
    for option in ("train", "test_good", "per_defect", "mixed"):
        if not 0 <= getattr(plan, option) <= LARGEST_SET:
            name, value = option.replace("_", "-"), getattr(plan, option)
            raise UsageFault(f"--{name} {value} is out of range; take 0 to {LARGEST_SET}")
    sets = [ImageSet("train", "good", plan.train)]
    if plan.layout == "classes":
        sets += [ImageSet("train", kind, plan.train, (kind,)) for kind in kinds]
    sets += [ImageSet("test", "good", plan.test_good)]
    sets += [ImageSet("test", kind, plan.per_defect, (kind,)) for kind in kinds]
    sets += [ImageSet("test", "mixed", plan.mixed if kinds else 0, kinds)]
    sets = [made for made in sets if made.count]
    if not sets:
        raise UsageFault("no image was asked for; give --train, --test-good, --per-defect or --mixed")
    return sets
