"""References of a folder, over several runs of one process."""

import pytest

from semscan.errors import BadImageError
from semscan.files.images.read import read_image
from semscan.image.clean import clean
from semscan.pipeline.methods.reference import ReferenceMethod
from semscan.settings import InspectSettings, ReadSettings


def test_a_reference_put_there_after_an_earlier_run_is_found(tmp_path, grey, save_png):
    image = clean(read_image(save_png(tmp_path / "a.png", grey(96, 128)), ReadSettings()), ReadSettings())
    settings = InspectSettings(reference=str(tmp_path / "golden"))
    (tmp_path / "golden").mkdir()
    with pytest.raises(BadImageError, match=r"no reference called a\.png"):
        ReferenceMethod(settings)(image)
    save_png(tmp_path / "golden" / "a.png", grey(96, 128))

    assert ReferenceMethod(settings)(image).judged is not None
