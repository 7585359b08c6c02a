"""Arrays put aside and taken back."""

import numpy as np
import pytest

from semscan.errors import OutputError
from semscan.files.disk.array_spool import ArraySpool


def test_arrays_of_any_size_come_back_in_any_order(tmp_path):
    arrays = [np.random.default_rng(n).random((3 + n, 5)).astype(np.float32) for n in range(4)]
    with ArraySpool(tmp_path / "new") as spool:
        numbers = [spool.put(array) for array in arrays]
        for number in reversed(numbers):
            np.testing.assert_array_equal(spool.get(number), arrays[number])


def test_nothing_is_left_behind(tmp_path):
    with ArraySpool(tmp_path) as spool:
        spool.put(np.zeros((4, 4), np.float32))

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_is_an_output_error(tmp_path):
    (tmp_path / "file").write_text("x")

    with pytest.raises(OutputError, match="maps cannot be kept here"):
        ArraySpool(tmp_path / "file")
