"""The training curves."""

from semscan.report.curves import draw_curves


def test_a_loss_that_stays_zero_is_drawn_without_a_warning():
    flat = [0.0, 0.0]
    history = {"step": [1, 2], "loss": [2.0, 1.0], "val_loss": [2.0, 1.5], "score": flat, "val_score": flat}

    assert draw_curves(history, "two classes").startswith(b"\x89PNG")
