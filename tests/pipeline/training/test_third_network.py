"""A further kind of network: its builder and its plan, and one entry of the registry."""

import dataclasses
import json
import sys
import types

import numpy as np
import pytest

from semscan.errors import BadModelError, UsageFault
from semscan.files.models.folder import read_model_folder
from semscan.pipeline.inspecting.images import score_images
from semscan.pipeline.train import train
from semscan.settings import InspectSettings, TrainSettings
from semscan.settings.networks import NETWORKS, AttentionRole, NetworkKind
from semscan.values.record import Record


def build_toy(config, attention, gates):
    """One convolution; its answer is the raw score itself."""
    from semscan.model.tf_import import keras, layers

    patch = keras.Input((None, None, 1), name="patch")
    score = layers.Conv2D(1, 3, padding="same", activation="softplus", name="only")(patch)
    return keras.Model(patch, {"score": layers.Activation("linear", dtype="float32", name="score")(score)})


def toy_losses():
    return {"losses": {"score": "mse"}, "weights": {"score": 1.0}}


def toy_plan(images, network, settings, findings):
    """The plan of the autoencoder, of whose targets the toy learns one."""
    from semscan.pipeline.training.plan import autoencoder_plan

    plan = autoencoder_plan(images, network, settings, findings)

    def score_alone(example):
        inputs, targets = example
        return inputs, {"score": targets["score"]}

    return dataclasses.replace(
        plan, draw=lambda rng: score_alone(plan.draw(rng)), validation=score_alone(plan.validation)
    )


@pytest.fixture
def toy(monkeypatch):
    """The toy, as two new files and one entry."""
    files = types.ModuleType("toy_network")
    files.build, files.losses, files.plan = build_toy, toy_losses, toy_plan
    monkeypatch.setitem(sys.modules, "toy_network", files)
    entry = NetworkKind(
        title="toy",
        summary="one convolution",
        builder="toy_network:build",
        losses="toy_network:losses",
        plan="toy_network:plan",
        attention="none",
        role=AttentionRole(pools=False, head=False, reduce=1),
        stride=1,
        resamples=True,
    )
    monkeypatch.setitem(NETWORKS, "toy", entry)


def test_a_third_network_trains_is_saved_and_inspects(toy, tmp_path, grey, save_png, monkeypatch):
    for number in range(3):
        save_png(tmp_path / "data" / f"{number}.png", np.roll(grey(96, 128), number * 7, axis=1))
    messages = []

    record = train(
        tmp_path / "data",
        TrainSettings(out=str(tmp_path / "model"), model="toy", steps=5, progress=False, precision="float32"),
        messages.append,
    )

    assert (record["kind"], record["attention"], record["steps"]) == ("toy", "none", 5)
    assert record["raw_threshold"] > 0
    assert any("Network: toy, attention 'none'" in message for message in messages)
    folder = read_model_folder(tmp_path / "model")
    assert folder.config.network.kind == "toy"
    assert folder.config.training.fit.parameters == 10
    (scored,) = score_images(
        [str(save_png(tmp_path / "spot.png", grey(96, 128, spot=True)))],
        InspectSettings(method=("model",), model=str(tmp_path / "model")),
    )
    assert isinstance(scored, Record)

    monkeypatch.delitem(NETWORKS, "toy")
    with pytest.raises(BadModelError, match="kind is 'toy', wanted one of autoencoder, attention-cnn"):
        read_model_folder(tmp_path / "model")


def test_options_of_other_networks_are_refused_for_it(toy, tmp_path, grey, save_png):
    image = save_png(tmp_path / "data" / "0.png", grey())
    size = {"width": 64, "height": 48}
    accepted = {
        "image": "0.png",
        "source": str(image),
        "status": "ok",
        **size,
        "regions": [{"bbox": [1, 1, 4, 4], "accepted": True}],
    }
    (tmp_path / "results.jsonl").write_text(json.dumps(accepted) + "\n")
    for option in ({"seam": True}, {"accept": (str(tmp_path / "results.jsonl"),)}):
        with pytest.raises(UsageFault, match="is not for the toy"):
            train(tmp_path / "data", TrainSettings(out=str(tmp_path / "m"), model="toy", **option), print)
