"""scikit-learn estimators and metrics that support the Array API take tensors, and gradients flow through them."""

import numpy as np
import pytest
import sklearn
from helpers import assert_close, seeded, tensor
from sklearn import metrics, preprocessing
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import Ridge
from sklearn.metrics import pairwise

import tensorlab as tl

rng = seeded("sklearn")
X, Y = rng.normal(size=(10, 3)), rng.normal(size=10)
LABELS = rng.integers(0, 2, 10)

DIFFERENTIABLE = {
    "pairwise.linear_kernel": pairwise.linear_kernel,
    "pairwise.polynomial_kernel": pairwise.polynomial_kernel,
    "pairwise.rbf_kernel": pairwise.rbf_kernel,
    "pairwise.cosine_similarity": pairwise.cosine_similarity,
    "preprocessing.normalize": preprocessing.normalize,
    "MinMaxScaler": lambda x: preprocessing.MinMaxScaler().fit_transform(x),
    "MaxAbsScaler": lambda x: preprocessing.MaxAbsScaler().fit_transform(x),
}
MODELS = {
    "StandardScaler": lambda x: preprocessing.StandardScaler().fit_transform(x),
    "PCA": lambda x: PCA(2, svd_solver="full").fit_transform(x),
    "PCA by eigenvalues": lambda x: PCA(2, svd_solver="covariance_eigh").fit(x).explained_variance_,
    "Ridge": lambda x: Ridge(solver="svd").fit(x, like(x, Y)).coef_,
    "LinearDiscriminantAnalysis": lambda x: LinearDiscriminantAnalysis().fit(x, like(x, LABELS)).predict(x),
    "confusion_matrix": lambda x: metrics.confusion_matrix(like(x, LABELS), like(x, LABELS)),
    "euclidean_distances": pairwise.euclidean_distances,
}
SCORES = {
    "mean_squared_error": (metrics.mean_squared_error, Y, X[:, 0]),
    "r2_score": (metrics.r2_score, Y, X[:, 0]),
    "accuracy_score": (metrics.accuracy_score, LABELS, LABELS[::-1].copy()),
}


def like(x, other):
    """Return `other` as an array or a tensor, as `x` is."""
    return tensor(other) if isinstance(x, tl.Tensor) else other


pytestmark = pytest.mark.skipif(
    tl.active_backend().name != "numpy", reason="the functions that scikit-learn calls are tested on every backend"
)


@pytest.fixture(autouse=True)
def dispatch():
    # scikit-learn divides zero by zero and discards the result.
    with sklearn.config_context(array_api_dispatch=True), np.errstate(invalid="ignore"):
        yield


@pytest.mark.parametrize("name", DIFFERENTIABLE | MODELS)
def test_value(name):
    function = (DIFFERENTIABLE | MODELS)[name]
    found = function(tensor(X))
    assert isinstance(found, tl.Tensor)
    assert_close(found, function(X), rtol=1e-7)


@pytest.mark.parametrize("name", SCORES)
def test_score(name):
    score, true, predicted = SCORES[name]
    np.testing.assert_allclose(score(tensor(true), tensor(predicted)), score(true, predicted))


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_gradient(name):
    tl.check_gradients(DIFFERENTIABLE[name], (tensor(X),))
