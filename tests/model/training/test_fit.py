"""Training goes on where it was interrupted, stops when it should, and keeps the best weights."""

import json
import types

import numpy as np
import pytest

from semscan.errors import UsageFault
from semscan.model.tf_import import keras
from semscan.model.training import fit as page
from semscan.model.training.batches import stream
from semscan.model.training.fit import FitPlan, fit
from semscan.model.training.gradients import gradient_norms

LOSSES = {"losses": {"score": "mse"}, "weights": {"score": 1.0}}


def tiny(seed=0):
    keras.utils.set_random_seed(seed)
    patch = keras.Input((8, 8, 1))
    score = keras.layers.Conv2D(1, 3, padding="same", name="score")(patch)
    return keras.Model(patch, {"score": score})


def draw(rng):
    patch = rng.normal(size=(8, 8, 1)).astype(np.float32)
    return patch, {"score": 2 * patch}


def batches(first_step):
    return stream(draw, batch=4, seed=3, first_step=first_step)


def held_out():
    patches = np.stack([draw(np.random.default_rng(n))[0] for n in range(4)])
    return patches, {"score": 2 * patches}


def plan_in(folder, **changes):
    folder.mkdir(exist_ok=True)
    choices = {
        "steps": 40,
        "round_steps": 10,
        "learning_rate": 0.05,
        "clip": 1.0,
        "patience": 9,
        "time_limit": None,
        "work": folder,
        "resume": False,
    }
    return FitPlan(**{**choices, **changes})


def interrupted(after):
    """Batches that fail after some steps."""

    def cut(first_step):
        def draws():
            for step, batch in enumerate(batches(first_step).as_numpy_iterator()):
                if first_step + step >= after:
                    raise RuntimeError("cut off")
                yield batch

        return draws()

    return cut


def poisoned(after):
    """Batches that hold NaN after some steps."""

    def poison(first_step):
        def draws():
            for step, (inputs, targets) in enumerate(batches(first_step).as_numpy_iterator()):
                yield (inputs * np.nan if first_step + step >= after else inputs), targets

        return draws()

    return poison


def test_a_loss_that_is_not_finite_ends_training_with_the_best_weights_before_it(tmp_path):
    network = tiny()
    history, ended, _ = fit(network, poisoned(after=25), held_out(), plan_in(tmp_path / "a"), **LOSSES)

    assert ended == "the loss was not a finite number"
    assert history["step"] == [10, 20, 30]
    assert all(np.isfinite(weight).all() for weight in network.get_weights())


def test_a_loss_that_is_never_finite_is_an_error(tmp_path):
    with pytest.raises(UsageFault, match="--learning-rate"):
        fit(tiny(), poisoned(after=0), held_out(), plan_in(tmp_path / "a"), **LOSSES)


def test_training_lowers_the_loss_and_records_each_round(tmp_path):
    history, ended, _ = fit(tiny(), batches, held_out(), plan_in(tmp_path / "a"), **LOSSES)

    assert ended == "all steps"
    assert history["step"] == [10, 20, 30, 40]
    assert history["val_loss"][-1] < 0.5 * history["val_loss"][0]


def test_resumed_training_ends_where_an_uninterrupted_one_does(tmp_path):
    whole = tiny()
    fit(whole, batches, held_out(), plan_in(tmp_path / "whole"), **LOSSES)
    with pytest.raises(Exception, match="cut off"):
        fit(tiny(), interrupted(after=25), held_out(), plan_in(tmp_path / "cut"), **LOSSES)
    assert json.loads((tmp_path / "cut" / "progress.json").read_text())["rounds"] == 2

    resumed = tiny(seed=5)
    history, _, _ = fit(resumed, batches, held_out(), plan_in(tmp_path / "cut", resume=True), **LOSSES)

    assert history["step"] == [10, 20, 30, 40]
    for one, other in zip(whole.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)


def test_gradient_norms_are_those_of_the_loss_and_measuring_changes_nothing():
    patch = keras.Input((2, 2, 1))
    first = keras.layers.Conv2D(1, 1, use_bias=False, name="first")(patch)
    score = keras.layers.Conv2D(1, 1, use_bias=False, name="score")(keras.layers.BatchNormalization(epsilon=0)(first))
    model = keras.Model(patch, {"score": score})
    model.get_layer("first").set_weights([np.full((1, 1, 1, 1), 3, np.float32)])
    model.get_layer("score").set_weights([np.full((1, 1, 1, 1), 0.5, np.float32)])
    model.compile(loss=LOSSES["losses"], loss_weights=LOSSES["weights"])
    before = model.get_weights()
    x = np.full((1, 2, 2, 1), 2, np.float32)

    norms = gradient_norms(model, x, {"score": 0 * x})

    # score s = b a x with a = 3, b = 0.5, x = 2: the loss s^2 has the gradients 2 s b x, 2 s a x, and, of the
    # batch norm's factor and summand, 2 s b a x and 2 s b
    assert norms["gradient_norm_first"] == pytest.approx(6, rel=1e-4)
    assert norms["gradient_norm"] == pytest.approx((6**2 + 36**2 + 18**2 + 3**2) ** 0.5, rel=1e-4)
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_each_round_has_its_gradient_norm_also_after_an_older_checkpoint(tmp_path):
    plan = plan_in(tmp_path / "a", steps=20)
    fit(tiny(), batches, held_out(), plan, **LOSSES)
    note = plan.work / "progress.json"
    progress = json.loads(note.read_text())
    assert min(progress["history"].pop("gradient_norm")) > 0
    note.write_text(json.dumps(progress))

    history, _, _ = fit(tiny(), batches, held_out(), plan_in(tmp_path / "a", steps=30, resume=True), **LOSSES)

    assert [np.isnan(value) for value in history["gradient_norm"]] == [True, True, False]
    assert len(history["gradient_norm_first"]) == 3


def test_resuming_without_a_checkpoint_starts_at_the_beginning(tmp_path):
    history, _, _ = fit(tiny(), batches, held_out(), plan_in(tmp_path / "new", resume=True), **LOSSES)

    assert history["step"] == [10, 20, 30, 40]


def test_no_progress_ends_training_and_the_best_weights_are_kept(tmp_path):
    model = tiny()
    patches, targets = held_out()
    worse = (patches, {"score": -targets["score"]})

    history, ended, _ = fit(model, batches, worse, plan_in(tmp_path / "p", steps=200, patience=2), **LOSSES)

    assert ended == "no more progress"
    assert len(history["step"]) == 3
    kept = float(np.mean((np.asarray(model(patches)["score"]) - worse[1]["score"]) ** 2))
    assert kept == pytest.approx(min(history["val_loss"]), rel=1e-4)


def test_time_limit_is_a_cap_and_is_named(tmp_path):
    history, ended, _ = fit(
        tiny(), batches, held_out(), plan_in(tmp_path / "t", steps=10**6, round_steps=20, time_limit=1.5), **LOSSES
    )

    assert ended == "time limit"
    assert history["step"][-1] < 10**6


def test_same_seed_and_step_draw_the_same_batch():
    whole = [x for x, _ in batches(0).take(4).as_numpy_iterator()]
    (later,) = [x for x, _ in batches(3).take(1).as_numpy_iterator()]

    np.testing.assert_array_equal(whole[3], later)
    assert not np.array_equal(whole[0], whole[1])


class Clock:
    """Time that passes as the steps say: the first one takes 10 s, each other `step_seconds`."""

    def __init__(self, monkeypatch, step_seconds):
        self.now = 0.0
        self.step_seconds = step_seconds
        monkeypatch.setattr(page.time, "monotonic", lambda: self.now)

    def on(self, schedule, steps):
        rates = []
        rate = types.SimpleNamespace(assign=rates.append)
        model = types.SimpleNamespace(optimizer=types.SimpleNamespace(learning_rate=rate), stop_training=False)
        schedule.set_model(model)
        schedule.on_train_begin()
        for step in range(steps):
            schedule.on_train_batch_begin(step)
            self.now += 10.0 if step == 0 else self.step_seconds
            schedule.on_train_batch_end(step)
            if model.stop_training:
                break
        return rates


def test_a_time_limit_plans_the_learning_rate_for_the_steps_that_fit(tmp_path, monkeypatch):
    said = []
    plan = plan_in(tmp_path / "a", steps=2400, time_limit=110.0, say=said.append)

    rates = Clock(monkeypatch, step_seconds=2.0).on(page._Schedule(plan), 2400)

    assert len(rates) == 52
    assert max(rates) > 0.8 * plan.learning_rate  # the warm-up is planned for them too
    assert rates[-1] < 0.02 * plan.learning_rate
    assert len(said) == 1
    assert "2 s a step: about 51 of 2400 steps fit into the time limit of 1.83 minutes" in said[0]


def test_without_a_limit_train_says_how_long_it_will_take(tmp_path, monkeypatch):
    said = []
    plan = plan_in(tmp_path / "a", steps=200, say=said.append)

    rates = Clock(monkeypatch, step_seconds=3.0).on(page._Schedule(plan), 200)

    assert len(rates) == 200
    assert said == ["Training takes 3 s a step: about 10 minutes for 194 steps."]
