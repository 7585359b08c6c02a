"""Which reference belongs to which image."""

import pytest

from semscan.errors import BadImageError
from semscan.files.find.references import reference_of


@pytest.fixture
def folder(tmp_path):
    for name in ("die1/a.png", "die2/a.png", "b.tif"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    return tmp_path


def test_the_same_name_in_the_most_alike_place(folder):
    assert reference_of("/lot/die2/a.png", folder) == folder / "die2" / "a.png"


def test_another_suffix_will_do(folder):
    assert reference_of("/lot/b.png", folder) == folder / "b.tif"


def test_two_that_cannot_be_told_apart_are_refused(folder):
    with pytest.raises(BadImageError, match="both called so"):
        reference_of("/lot/die3/a.png", folder)


def test_none_is_said(folder):
    with pytest.raises(BadImageError, match=r"no reference called c\.png"):
        reference_of("/lot/c.png", folder)
