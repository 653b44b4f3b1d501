"""Statistics, signals and the like. Draws are continuous, so that no two elements tie."""

import numpy as np
from helpers import tensor

import tensorlab as tl

from .operands import T3, V4, A, B, M, V

HOLES = np.zeros((2, 3, 4), bool)
HOLES[0, 1, 2] = HOLES[1, 0, :3] = HOLES[1, 2, 3] = True
SHARES = np.array([[0.0, 0.15, 0.5], [0.62, 0.87, 1.0]])
ROWS = np.array([0, 2, 1, 1])
OFTEN = np.array([1, 3, 2, 1])
PLACES = np.array([0.3, 1.2, 2.9])
POINTS = np.array([-0.4, 0.1, 0.3, 1.1])


def holed(function):
    """Return a function of an array that gets it with NaN at the holes."""
    return lambda x: function(tl.where(tensor(HOLES), float("nan"), x))


def nan_holed(function):
    """Return NumPy's counterpart of `holed`."""
    return lambda x: function(np.where(HOLES, np.nan, x))


def same(name, names, **options):
    """Return a case: the functions of one name with the same options."""
    ours, numpys = getattr(tl, name), getattr(np, name)
    return lambda *xs: ours(*xs, **options), lambda *xs: numpys(*xs, **options), names


def left_out(name, **options):
    """Return a case of a function that leaves NaN out."""
    ours, numpys, _ = same(name, (T3,), **options)
    return holed(ours), nan_holed(numpys), (T3,)


CASES = {
    # statistics
    "median": same("median", (T3,)),
    "median odd": same("median", (A,), axis=1),
    "median axes": same("median", (T3,), axis=(0, -1), keepdims=True),
    "quantile": same("quantile", (T3,), q=0.3),
    "quantile ends": same("quantile", (T3,), q=[0.0, 1.0, 0.5], axis=1),
    "quantile lower": same("quantile", (T3,), q=[0.3, 0.5], axis=(2, 1), method="lower"),
    "quantile higher": same("quantile", (T3,), q=0.3, axis=2, method="higher", keepdims=True),
    "quantile midpoint": same("quantile", (T3,), q=[0.2, 1 / 3], axis=2, method="midpoint"),
    "quantile nearest": same("quantile", (T3,), q=[0.1, 1 / 6, 0.5, 0.9], axis=2, method="nearest"),
    "quantile tensor": (
        lambda x: tl.quantile(x, tensor(SHARES), axis=(0, 2)),
        lambda x: np.quantile(x, SHARES, axis=(0, 2)),
        (T3,),
    ),
    "quantile of shares": (
        lambda x, q: tl.quantile(x, q * q / (1 + q * q), axis=1),
        lambda x, q: np.quantile(x, q * q / (1 + q * q), axis=1),
        (T3, V),
    ),
    "percentile": same("percentile", (T3,), q=[12, 99.5], axis=-1),
    "nansum": left_out("nansum"),
    "nansum axes": left_out("nansum", axis=(0, 2), keepdims=True),
    "nanprod": left_out("nanprod", axis=2),
    "nanmax": left_out("nanmax", axis=1),
    "nanmin": left_out("nanmin", axis=(1, 2)),
    "nanmean": left_out("nanmean", axis=2),
    "nanmean all": left_out("nanmean"),
    "nanvar": (
        holed(lambda x: tl.nanvar(x, axis=1, correction=0.5)),
        nan_holed(lambda x: np.nanvar(x, axis=1, ddof=0.5)),
        (T3,),
    ),
    "nanstd": left_out("nanstd", axis=(0, 1), keepdims=True),
    "nanmedian": left_out("nanmedian", axis=2),
    "nanmedian all": left_out("nanmedian"),
    "nanquantile": left_out("nanquantile", q=[0.2, 0.7], axis=1),
    "nanquantile lower": left_out("nanquantile", q=0.4, axis=(0, 2), keepdims=True, method="lower"),
    "nanquantile tensor": (
        holed(lambda x: tl.nanquantile(x, tensor(SHARES), axis=2)),
        nan_holed(lambda x: np.nanquantile(x, SHARES, axis=2)),
        (T3,),
    ),
    "nanpercentile": left_out("nanpercentile", q=30, axis=2),
    "ptp": same("ptp", (T3,), axis=1),
    "average": same("average", (T3,), axis=(0, 1)),
    "average weighted": (
        lambda x, w: tl.average(x, weights=w * w, keepdims=True),
        lambda x, w: np.average(x, weights=w * w, keepdims=True),
        (A, A),
    ),
    "average along axis": (
        lambda x, w: tl.average(x, 1, 2 + w, returned=True),
        lambda x, w: np.average(x, 1, 2 + w, returned=True),
        (T3, V),
    ),
    "average along axes": (
        lambda x, w: tl.average(x, (2, 1), w.T + 9, keepdims=True),
        lambda x, w: np.sum(x * (w + 9), axis=(1, 2), keepdims=True) / np.sum(w + 9),
        (T3, B),
    ),
    "average returned": same("average", (T3,), axis=1, returned=True),
    "cov": same("cov", (B,)),
    "cov of one": same("cov", (V,)),
    "cov of columns": same("cov", (B,), rowvar=False, bias=True),
    "cov of two": same("cov", (A, M), ddof=0),
    "cov of vectors": same("cov", (V, V), ddof=2),
    "cov weighted": (
        lambda x, w: tl.cov(x, fweights=tensor(OFTEN), aweights=tl.abs(w)),
        lambda x, w: np.cov(x, fweights=OFTEN, aweights=np.abs(w)),
        (B, V4),
    ),
    "cov by weight": (
        lambda x, w: tl.cov(x, aweights=tl.abs(w), rowvar=False),
        lambda x, w: np.cov(x, aweights=np.abs(w), rowvar=False),
        (B, V),
    ),
    "cov by frequency": (
        lambda x: tl.cov(x, fweights=tensor(OFTEN), bias=True),
        lambda x: np.cov(x, fweights=OFTEN, bias=True),
        (B,),
    ),
    "corrcoef": same("corrcoef", (B,)),
    "corrcoef of columns": same("corrcoef", (B,), rowvar=False),
    "corrcoef of two": same("corrcoef", (V4, B)),
    "corrcoef of one": same("corrcoef", (V,)),
    "histogram": (
        lambda w: tl.histogram(tensor(ROWS), bins=3, weights=w)[0],
        lambda w: np.array([w[0], w[2] + w[3], w[1]]),
        (V4,),
    ),
    "histogram density": (
        lambda w: tl.histogram(tensor(ROWS), [0, 1, 3], density=True, weights=w)[0],
        lambda w: np.array([w[0], (w[1] + w[2] + w[3]) / 2]) / np.sum(w),
        (V4,),
    ),
    "digitize": (lambda x: x * tl.digitize(x, tensor(POINTS)), lambda x: x * np.digitize(x, POINTS), (T3,)),
    "digitize falling": (
        lambda x: x * tl.digitize(x, tensor(POINTS[::-1].copy()), right=True),
        lambda x: x * np.digitize(x, POINTS[::-1], right=True),
        (T3,),
    ),
    # signals
    "convolve": same("convolve", (V4, V)),
    "convolve swapped": same("convolve", (V, V4), mode="same"),
    "convolve valid": same("convolve", (V4, V), mode="valid"),
    "convolve alike": same("convolve", (V, V), mode="same"),
    "correlate": same("correlate", (V4, V)),
    "correlate swapped": same("correlate", (V, V4), mode="same"),
    "correlate full": same("correlate", (V4, V), mode="full"),
    "correlate swapped full": same("correlate", (V, V4), mode="full"),
    "interp": (
        lambda x, y: tl.interp(x, tensor(POINTS), y),
        lambda x, y: np.interp(x, POINTS, y),
        (T3, V4),
    ),
    "interp ends": (
        lambda x, y: tl.interp(x, tensor(POINTS), y, -1.0, y[0]),
        lambda x, y: np.interp(x, POINTS, y, -1.0, y[0]),
        (T3, V4),
    ),
    "interp points": (
        lambda x, y: tl.interp(tensor(PLACES), tl.cumulative_sum(x * x), y),
        lambda x, y: np.interp(PLACES, np.cumsum(x * x), y),
        (V4, V4),
    ),
    "interp of one": (
        lambda x, y: tl.interp(x, tensor(POINTS[:1]), y[:1], right=7.0),
        lambda x, y: np.interp(x, POINTS[:1], y[:1], right=7.0),
        (A, V),
    ),
    "interp periodic": (
        lambda x, p, y: tl.interp(x, p, y, period=1.7),
        lambda x, p, y: np.interp(x, p, y, period=1.7),
        (T3, V4, V4),
    ),
    "trapezoid": same("trapezoid", (T3,), dx=0.5, axis=1),
    "trapezoid at": (lambda y, x: tl.trapezoid(y, x, axis=1), lambda y, x: np.trapezoid(y, x, axis=1), (T3, V)),
    "trapezoid at all": same("trapezoid", (T3, T3), axis=0),
    "diff": same("diff", (T3,)),
    "diff twice": same("diff", (T3,), n=2, axis=1),
    "diff of none": same("diff", (T3,), n=0, prepend=1.0),
    "diff too often": same("diff", (A,), n=9),
    "diff with ends": (
        lambda x, y: tl.diff(x, prepend=0.5, append=tl.reshape(y, (2, 3, 1))),
        lambda x, y: np.diff(x, prepend=0.5, append=np.reshape(y, (2, 3, 1))),
        (T3, A),
    ),
    "unwrap": (lambda x: tl.unwrap(4 * x), lambda x: np.unwrap(4 * x), (T3,)),
    "unwrap axis": (
        lambda x: tl.unwrap(x, 0.9, 0, period=1.3),
        lambda x: np.unwrap(x, 0.9, 0, period=1.3),
        (T3,),
    ),
    "vander": same("vander", (V4,)),
    "vander increasing": same("vander", (V,), N=5, increasing=True),
    "polyval": same("polyval", (V4, A)),
    # padding
    "pad": same("pad", (A,), pad_width=(1, 2), constant_values=0.5),
    "pad edge": same("pad", (A,), pad_width=((0, 1), (2, 0)), mode="edge"),
    "pad reflect": same("pad", (T3,), pad_width=1, mode="reflect"),
    "pad symmetric": same("pad", (A,), pad_width=((3,), (1,)), mode="symmetric"),
    "pad wrap": (
        lambda x: tl.pad(x, {-1: (4, 1)}, mode="wrap"),
        lambda x: np.pad(x, ((0, 0), (4, 1)), mode="wrap"),
        (A,),
    ),
    # joining and turning
    "array_split": (lambda x: tl.array_split(x, 3, axis=2), lambda x: tuple(np.array_split(x, 3, axis=2)), (T3,)),
    "array_split thinly": (lambda x: tl.array_split(x, 5), lambda x: tuple(np.array_split(x, 5)), (A,)),
    "array_split at": (
        lambda x: tl.array_split(x, (1, 1), axis=1),
        lambda x: tuple(np.array_split(x, (1, 1), axis=1)),
        (A,),
    ),
    "atleast_1d": (
        lambda x, y: tl.atleast_1d(x[0, 0], y),
        lambda x, y: np.atleast_1d(x[0, 0], y),
        (A, T3),
    ),
    "atleast_2d": (lambda x, y: tl.atleast_2d(x[0], x, y[0]), lambda x, y: np.atleast_2d(x[0], x, y[0]), (A, V)),
    "atleast_3d": (
        lambda x, y, z: tl.atleast_3d(y[0], y, x, z),
        lambda x, y, z: np.atleast_3d(y[0], y, x, z),
        (A, V, T3),
    ),
    "hstack": (lambda x, y: tl.hstack([x, y]), lambda x, y: np.hstack([x, y]), (A, A)),
    "hstack vectors": (lambda x, y: tl.hstack([x, y]), lambda x, y: np.hstack([x, y]), (V, V4)),
    "vstack": (lambda x, y: tl.vstack([x, y]), lambda x, y: np.vstack([x, y]), (A, V)),
    "dstack": (lambda x, y: tl.dstack([x, y]), lambda x, y: np.dstack([x, y]), (A, A)),
    "column_stack": (
        lambda x, y: tl.column_stack([x, y, x]),
        lambda x, y: np.column_stack([x, y, x]),
        (V, M),
    ),
    "broadcast_shapes": (
        lambda x: tl.broadcast_to(x, tl.broadcast_shapes(x.shape, (4, 1, 1), 3, ())),
        lambda x: np.broadcast_to(x, np.broadcast_shapes(x.shape, (4, 1, 1), 3, ())),
        (A,),
    ),
    "flipud": same("flipud", (T3,)),
    "fliplr": same("fliplr", (T3,)),
    **{f"rot90 {k}": same("rot90", (T3,), k=k, axes=(2, 0)) for k in (-1, 0, 1, 2, 3, 7)},
    # creation
    "tri": (lambda x: x * tl.tri(2, 3, 1), lambda x: x * np.tri(2, 3, 1), (A,)),
    "tril_indices": (lambda x: x[tl.tril_indices(3)], lambda x: x[np.tril_indices(3)], (M,)),
    "tril_indices off": (lambda x: x[tl.tril_indices(3, -1, 4)], lambda x: x[np.tril_indices(3, -1, 4)], (B,)),
    "triu_indices": (lambda x: x[tl.triu_indices(3, 1, 4)], lambda x: x[np.triu_indices(3, 1, 4)], (B,)),
    "logspace": (
        lambda x: x * tl.logspace(-1, 2, 3, base=3.0, dtype=tl.float64),
        lambda x: x * np.logspace(-1, 2, 3, base=3.0),
        (V,),
    ),
    "geomspace": (
        lambda x: x * tl.geomspace(-0.3, -20, 4, endpoint=False, dtype=tl.float64),
        lambda x: x * np.geomspace(-0.3, -20, 4, endpoint=False),
        (V4,),
    ),
}
REAL_ONLY = {
    *("median", "nanmedian", "quantile", "percentile", "nanquantile", "nanpercentile"),  # complex numbers have no order
    *("nanmax", "nanmin", "ptp", "digitize", "unwrap", "interp"),
}
