"""What train and compare refuse before they look at the images, and so before any training."""

import pytest


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "--seed", "4294967296"], "0<=x<=4294967295"),
        (["compare", "--seeds", "0,4294967296"], "whole numbers from 0 to 4294967295"),
        (["train", "--false-alarms", "2e6"], "--false-alarms is 2e+06, wanted a number of 0 to 1e+06"),
        (["train", "--nm-per-px", "1e10"], "--nm-per-px is 10000000000.0, wanted a number of 0.0001 to 1e+09"),
        (["compare", "--nm-per-px", "1e10"], "--nm-per-px is 10000000000.0"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_numbers_that_training_would_stumble_over_at_its_end_are_refused(semscan, tmp_path, arguments, message):
    done = semscan(*arguments, tmp_path)

    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
