"""What a classifier called each class."""

from semscan.scores.confusion import confusion


def test_rows_are_true_and_columns_are_predicted():
    found = confusion(["gap", "gap", "good", "bridge"], ["gap", "good", "good", "good"])

    assert found["classes"] == ["bridge", "gap", "good"]
    assert found["matrix"] == [[0, 0, 1], [0, 1, 1], [0, 0, 1]]
    assert found["accuracy"] == 0.5
    assert found["recall"] == {"bridge": 0, "gap": 0.5, "good": 1}
    assert found["precision"] == {"bridge": None, "gap": 1, "good": 1 / 3}
