"""Weights that do not fit on the disk are not begun; those that were saved before stay whole."""

import os

import pytest

from semscan.errors import OutputError
from semscan.model.tf_import import keras
from semscan.model.training import save_weights as module
from semscan.model.training.save_weights import save_weights


def small_model():
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])


def test_saved_weights_come_back(tmp_path):
    model = small_model()
    save_weights(model, tmp_path / "w.weights.h5")
    again = small_model()
    again.load_weights(tmp_path / "w.weights.h5")

    assert [path.name for path in tmp_path.iterdir()] == ["w.weights.h5"]
    assert (again.get_weights()[0] == model.get_weights()[0]).all()


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="the system cannot reserve room")
def test_without_room_nothing_is_begun(tmp_path, monkeypatch):
    model = small_model()
    save_weights(model, tmp_path / "w.weights.h5")
    before = (tmp_path / "w.weights.h5").read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.os, "posix_fallocate", full)
    with pytest.raises(OutputError, match=r"cannot be written \(No space left on device\)"):
        save_weights(model, tmp_path / "w.weights.h5")

    assert [path.name for path in tmp_path.iterdir()] == ["w.weights.h5"]
    assert (tmp_path / "w.weights.h5").read_bytes() == before
