"""Doctor: check a data set before training on it, and list what may be wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from semscan.errors import BadDataError
from semscan.files.datasets.class_folders import TEST
from semscan.files.datasets.labelled_images import LabelledSet, find_labelled_images
from semscan.files.datasets.layout import Layout, find_layout
from semscan.pipeline.checks.dataset import NOTE, PROBLEM, WARNING, ExaminedImage, Finding, every_check
from semscan.pipeline.checks.masks import mask_findings
from semscan.pipeline.checks.quick import NamedImage, Progress, count_findings, examine, training_images
from semscan.pipeline.checks.training_cost import training_cost
from semscan.runtime.session import cpu_count
from semscan.settings import DoctorSettings
from semscan.values.diagnosis import Diagnosis, Unreadable


def doctor(data: Path, settings: DoctorSettings, *, progress: Progress = lambda doing, total: None) -> Diagnosis:
    """Check every image and mask of a data set, those of test too.

    Parameters
    ----------
    data : Path
        A folder in one of the layouts of `semscan.files.datasets.layout.find_layout`.
    settings : DoctorSettings
    progress : callable
        Called after each image with the name of the step, and the number of images in it.

    Raises
    ------
    BadDataError
        If there is nothing to train on.
    """
    layout = find_layout(data, settings.good)
    test, problems = _test_set(data, layout, settings.good)
    named = [*training_images(layout), *_of_test(test)]
    examined, unreadable = examine(named, settings.read, len(named), progress)
    findings = [
        *problems,
        *_unreadable(unreadable),
        *count_findings(layout, settings),
        *mask_findings(layout, test, settings.read),
    ]
    findings += every_check(examined, settings)
    findings.sort(key=lambda finding: (PROBLEM, WARNING, NOTE).index(finding.level))
    trained_on = [image for image in examined if image.part == "train"]
    cost = training_cost(layout, trained_on, settings.read, cpu_count())
    return Diagnosis(
        data=str(data),
        layout=layout.description,
        kind=layout.kind,
        train=_by_class(examined, "train"),
        test=_by_class(examined, "test"),
        sizes=_counted(f"{image.shape[1]} x {image.shape[0]}" for image in examined),
        depths=_counted(image.dtype for image in examined),
        formats=_counted(image.format for image in examined),
        nm_per_pixel=tuple(sorted({image.nm_per_pixel for image in examined if image.nm_per_pixel})),
        unreadable=tuple(unreadable),
        findings=tuple(finding.record() for finding in findings),
        training=cost,
    )


def _of_test(test: LabelledSet | None) -> Iterator[NamedImage]:
    for image in test.images if test else ():
        yield image.path, "test", image.class_name, not image.defective


def _test_set(data: Path, layout: Layout, good: str | None) -> tuple[LabelledSet | None, list[Finding]]:
    """Find the test images, if there is a test folder; what is wrong with it is a finding."""
    if not layout.test_ignored:
        return None, [Finding(NOTE, "test", "there is no test folder, so nothing to evaluate the model on")]
    try:
        return find_labelled_images(data, good), []
    except BadDataError as error:
        return None, [Finding(WARNING, "test", f"the {TEST} folder cannot be evaluated: {error}")]


def _unreadable(failed: Sequence[Unreadable]) -> Iterator[Finding]:
    for failure in failed:
        yield Finding(PROBLEM, "unreadable", failure.error, (failure.image,))


def _by_class(examined: Sequence[ExaminedImage], part: str) -> dict[str, int]:
    return _counted(image.class_name for image in examined if image.part == part)


def _counted(names: Iterable[str]) -> dict[str, int]:
    return dict(Counter(names))
