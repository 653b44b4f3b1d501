"""SciPy functions that support the Array API take tensors, and gradients flow through them."""

import numpy as np
import pytest
from helpers import assert_close, seeded, tensor
from scipy import cluster, differentiate, integrate, optimize, signal, special, stats
from scipy.spatial.transform import Rotation

import tensorlab as tl

rng = seeded("scipy")
X, Y = rng.normal(size=12), rng.normal(size=12)
TABLE = rng.normal(size=(6, 3))

DIFFERENTIABLE = {
    "special.logsumexp": (special.logsumexp, (X,)),
    "special.softmax": (special.softmax, (X,)),
    "special.log_softmax": (special.log_softmax, (X,)),
    "special.xlogy": (special.xlogy, (X, np.exp(Y))),
    "stats.skew": (stats.skew, (X,)),
    "stats.kurtosis": (stats.kurtosis, (X,)),
    "stats.zscore": (stats.zscore, (X,)),
    "stats.gmean": (stats.gmean, (np.exp(X),)),
    "stats.hmean": (stats.hmean, (np.exp(X),)),
    "stats.sem": (stats.sem, (X,)),
    "stats.circmean": (stats.circmean, (X,)),
    "stats.boxcox_llf": (lambda x: stats.boxcox_llf(0.5, x), (np.exp(X),)),
    "integrate.trapezoid": (integrate.trapezoid, (X, np.cumsum(np.exp(Y)))),
    "integrate.cumulative_trapezoid": (integrate.cumulative_trapezoid, (X,)),
    "signal.fftconvolve": (signal.fftconvolve, (X, Y)),
    "cluster.vq.whiten": (cluster.vq.whiten, (TABLE,)),
    "optimize.rosen": (optimize.rosen, (X,)),
    "Rotation.from_rotvec": (lambda x: Rotation.from_rotvec(x).as_matrix(), (TABLE,)),
}
"""Name -> (SciPy's function, its operands)."""

OTHERS = {
    "stats.iqr": (stats.iqr, (X,)),
    "stats.variation": (stats.variation, (np.exp(X),)),
    "signal.get_window": (lambda x: signal.get_window("hann", 5, xp=x.__array_namespace__()), (X,)),
    "differentiate.derivative": (lambda x: differentiate.derivative(lambda z: z**3, x).df, (X,)),
    "cluster.vq.vq": (lambda x: cluster.vq.vq(x, x[:2])[1], (TABLE,)),
    "signal.convolve": (lambda x, y: signal.convolve(x, y, method="direct"), (X, Y)),
}
EVERY = DIFFERENTIABLE | OTHERS

pytestmark = pytest.mark.skipif(
    tl.active_backend().name != "numpy", reason="the functions that SciPy calls are tested on every backend"
)


@pytest.mark.parametrize("name", EVERY)
def test_value(name):
    function, operands = EVERY[name]
    found = function(*map(tensor, operands))
    assert isinstance(found, tl.Tensor)
    if name == "signal.get_window":  # made in the default type of the namespace
        assert_close(found, signal.get_window("hann", 5), rtol=1e-6)
        return
    expected = function(*operands)
    assert_close(found, expected, rtol=1e-10)


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_gradient(name):
    function, operands = DIFFERENTIABLE[name]
    tl.check_gradients(function, tuple(map(tensor, operands)))


def test_conversion_to_numpy_is_refused_for_gradients():
    """Functions with compiled code only do not silently lose gradients."""
    x = tensor(X, requires_grad=True)
    with pytest.raises(RuntimeError, match=r"requires a gradient would lose it in another library; use \.detach\(\)"):
        special.erf(x)
    assert_close(tl.asarray(special.erf(x.detach())), special.erf(X))
