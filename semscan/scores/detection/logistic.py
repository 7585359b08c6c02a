"""Logistic regression that also has an answer where all defects, or none, are found: Firth's penalised likelihood."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

ROUNDS = 100
SMALLEST_STEP = 1e-8
LARGEST_STEP = 2.0


def fit_logistic(predictors: np.ndarray, outcomes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fit the probability of an outcome by Firth's method.

    Parameters
    ----------
    predictors : ndarray of float64, shape (n, p)
        With a column of ones for the intercept; n > p.
    outcomes : ndarray of bool, shape (n,)

    Returns
    -------
    coefficients : ndarray of float64, shape (p,)
        Finite for any outcomes.
    covariance : ndarray of float64, shape (p, p)
        The inverse of the Fisher information at the coefficients.

    References
    ----------
    D. Firth, "Bias reduction of maximum likelihood estimates", Biometrika 80(1), 1993, doi:10.1093/biomet/80.1.27;
    G. Heinze and M. Schemper, Statistics in Medicine 21(16), 2002, doi:10.1002/sim.1047.
    """
    coefficients = np.zeros(predictors.shape[1])
    for _ in range(ROUNDS):
        probability = expit(predictors @ coefficients)
        covariance = _covariance(predictors, probability)
        spread = probability * (1 - probability)
        leverage = spread * np.einsum("ij,jk,ik->i", predictors, covariance, predictors)
        score = predictors.T @ (outcomes - probability + leverage * (0.5 - probability))
        step = covariance @ score
        step *= min(1.0, LARGEST_STEP / max(np.abs(step).max(), SMALLEST_STEP))
        coefficients = coefficients + step
        if np.abs(step).max() < SMALLEST_STEP:
            break
    return coefficients, _covariance(predictors, expit(predictors @ coefficients))


def _covariance(predictors: np.ndarray, probability: np.ndarray) -> np.ndarray:
    information = predictors.T @ (predictors * (probability * (1 - probability))[:, None])
    return np.linalg.pinv(information, hermitian=True)
