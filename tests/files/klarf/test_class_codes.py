"""A fab's own class numbers."""

import pytest

from semscan.errors import BadKlarfError
from semscan.files.klarf.class_codes import read_class_codes
from semscan.settings import DEFECTS
from semscan.values.fab.class_codes import BUILT_IN


def test_the_built_in_numbers_never_change():
    assert BUILT_IN == {
        **{"unclassified": 0, "bridge": 1, "micro-bridge": 2, "break": 3, "pinch": 4, "particle": 5, "residue": 6},
        **{"scratch": 7, "missing": 8, "merged": 9, "oversized": 10, "charging": 90, "nothing found": 99},
    }


def test_every_built_in_class_has_a_number():
    assert {name for names in DEFECTS.values() for name in names} <= set(BUILT_IN)


def test_a_file_is_the_whole_table(tmp_path):
    (tmp_path / "codes.toml").write_text('[codes]\nbridge = 21\n"my own" = 40\n')
    codes = read_class_codes(str(tmp_path / "codes.toml"))

    assert (codes.number("bridge"), codes.number("my own"), codes.number("particle")) == (21, 40, None)
    assert (codes.number(None), codes.number("unknown")) == (0, 0)


@pytest.mark.parametrize(
    "text",
    ["", "x = 1", "[codes]", "[codes]\nbridge = true", "[codes]\nbridge = -1", "[codes]\nbridge = 1.5", "[codes",
     '[codes]\n"" = 1', "[codes]\na = 1\n[more]\n", "[codes]\na = 100000", "\udcff"],
)  # fmt: skip
def test_a_bad_table_is_refused_in_one_line(tmp_path, text):
    (tmp_path / "codes.toml").write_text(text, errors="surrogateescape")

    with pytest.raises(BadKlarfError, match=r"codes\.toml: ") as caught:
        read_class_codes(str(tmp_path / "codes.toml"))
    assert "\n" not in str(caught.value)
