"""The training curves."""

from semscan.report.plots.training_curves import draw_curves


def test_a_loss_that_stays_zero_is_drawn_without_a_warning():
    flat = [0.0, 0.0]
    history = {"step": [1, 2], "loss": [2.0, 1.0], "val_loss": [2.0, 1.5], "score": flat, "val_score": flat}

    assert draw_curves(history, "two classes").startswith(b"\x89PNG")


def test_gradient_norms_get_a_panel_of_their_own():
    history = {"step": [1, 2], "loss": [2.0, 1.0], "val_loss": [2.0, 1.5]}
    norms = {"gradient_norm": [5.0, 2.0], "gradient_norm_first": [0.5, 0.1]}

    without, beside = (int.from_bytes(draw_curves(h, "t")[16:20], "big") for h in (history, history | norms))

    assert beside == 2 * without
    assert draw_curves(history | {name: [0.0, 0.0] for name in norms}, "t").startswith(b"\x89PNG")
