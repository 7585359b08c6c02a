"""The parts of a training: data, plan, fit, calibration, review."""
