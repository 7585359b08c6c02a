"""What an image was judged from, as one number."""

from dataclasses import replace

import pytest

from semscan.pipeline.inspecting.fingerprint import Fingerprints
from semscan.settings import InspectSettings, OutputSettings, ReadSettings, RegionSettings
from semscan.values.method import MethodProvenance

SETTINGS = InspectSettings()


class Named:
    name = "periodic"
    raw_threshold = 1.0

    def __init__(self, **stated):
        self.provenance = MethodProvenance(**stated)


@pytest.fixture
def image(tmp_path):
    (tmp_path / "a.png").write_bytes(b"an image")
    return tmp_path / "a.png"


def fingerprint(image, settings=SETTINGS, **stated):
    return Fingerprints(settings, Named(**stated)).of(image)


def test_it_is_the_same_for_the_same_content_wherever_and_however_fast(image, tmp_path):
    (tmp_path / "copy").mkdir()
    copy = tmp_path / "copy" / "b.png"
    copy.write_bytes(b"an image")
    elsewhere = replace(SETTINGS, jobs=7, resume=True, timeout=3.0, output=OutputSettings(out="elsewhere"))

    assert len(fingerprint(image)) == 32
    assert fingerprint(copy, elsewhere, model="moved") == fingerprint(image, model="there")


@pytest.mark.parametrize(
    "changed",
    [
        replace(SETTINGS, regions=RegionSettings(threshold=0.4)),
        replace(SETTINGS, read=ReadSettings(databar="none")),
        replace(SETTINGS, output=OutputSettings(map=False)),
        replace(SETTINGS, method=("reference",), reference="."),
    ],
)
def test_other_settings_give_another(image, changed):
    assert fingerprint(image, changed) != fingerprint(image)


def test_another_model_and_other_content_give_another(image):
    before = fingerprint(image, fingerprint="f0")

    assert fingerprint(image, fingerprint="f1") != before
    image.write_bytes(b"an imagf")
    assert fingerprint(image, fingerprint="f0") != before


@pytest.mark.parametrize("name", ["a.hdr", "a.txt"])
def test_a_text_of_the_microscope_belongs_to_the_image(image, name):
    before = fingerprint(image)
    image.with_name(name).write_text("PixelSize=2")

    assert fingerprint(image) != before


def test_masks_and_references_belong_to_the_image(image, tmp_path):
    for folder in ("masks", "good"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.png").write_bytes(b"first")
    for settings, other in (
        (replace(SETTINGS, read=ReadSettings(ignore=(str(tmp_path / "masks"), "0,0,5,5"))), "masks"),
        (replace(SETTINGS, reference=str(tmp_path / "good")), "good"),
        (replace(SETTINGS, reference=str(tmp_path / "good" / "a.png")), "good"),
    ):
        (tmp_path / other / "a.png").write_bytes(b"first")
        before = fingerprint(image, settings)
        (tmp_path / other / "a.png").write_bytes(b"second")

        assert fingerprint(image, settings) != before


def test_a_mask_to_ignore_is_not_one_to_care_for(image, tmp_path):
    (tmp_path / "m.png").write_bytes(b"a mask")
    masks = (str(tmp_path / "m.png"),)

    assert fingerprint(image, replace(SETTINGS, read=ReadSettings(ignore=masks))) != fingerprint(
        image, replace(SETTINGS, read=ReadSettings(care=masks))
    )


@pytest.mark.parametrize("name", ["masks/golden.png", "golden.hdr"])
def test_masks_and_texts_of_the_reference_belong_to_the_image(image, tmp_path, name):
    (tmp_path / "masks").mkdir()
    (tmp_path / "golden.png").write_bytes(b"a golden image")
    read = ReadSettings(ignore=(str(tmp_path / "masks"),))
    settings = replace(SETTINGS, reference=str(tmp_path / "golden.png"), read=read)
    before = fingerprint(image, settings)
    (tmp_path / name).write_bytes(b"PixelSize=2")

    assert before is not None
    assert fingerprint(image, settings) != before


def test_a_file_that_cannot_be_read_has_none(image, tmp_path):
    assert fingerprint(tmp_path / "none.png") is None
    assert fingerprint(image, replace(SETTINGS, reference=str(tmp_path / "none"))) is None
