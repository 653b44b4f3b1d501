"""Every layer, function, initialiser and optimizer of PyTorch's is here, with its parameters in its order.

So are the everyday functions and methods of tensors, with its values and gradients.
"""

import inspect

import numpy as np
import pytest
from helpers import assert_close, host, seeded

import tensorlab as tl
from tensorlab import nn, optim

torch = pytest.importorskip("torch")

NOT_OURS = {
    "Container": "deprecated: Module",
    "DataParallel": "several devices in one call",
    "SyncBatchNorm": "several processes",
    "NLLLoss2d": "deprecated: NLLLoss",
    "grouped_mm": "scaled products of narrow types on a GPU",
    "scaled_grouped_mm": "as grouped_mm",
    "scaled_mm": "as grouped_mm",
    "assert_int_or_pair": "internal",
}
"""Names without a counterpart, each with the reason."""

# Arguments that PyTorch deprecated.
LEFT_OUT = {"size_average", "reduce", "min_value", "max_value"}
RENAMED = {"dim": "axis", "keepdim": "keepdims", "start_dim": "start_axis", "end_dim": "end_axis"}


def classes():
    found = {name: value for name, value in vars(torch.nn).items() if inspect.isclass(value)}
    return sorted(name for name, value in found.items() if issubclass(value, torch.nn.Module) and name not in NOT_OURS)


def functions():
    theirs = vars(torch.nn.functional)
    found = [name for name in theirs if inspect.isfunction(theirs[name]) and not name.startswith("_")]
    return sorted(name for name in found if theirs[name].__module__ == "torch.nn.functional" and name not in NOT_OURS)


@pytest.mark.parametrize("name", classes())
def test_layer(name):
    assert name in nn.__all__
    theirs = list(inspect.signature(getattr(torch.nn, name).__init__).parameters)[1:]
    ours = list(inspect.signature(getattr(nn, name).__init__).parameters)[1:]
    if {"args", "kwargs"} & {*theirs, *ours}:
        pytest.skip("its parameters are those of another class")
    wanted = [p for p in theirs if p not in LEFT_OUT and not p.startswith("_")]
    assert [p for p in wanted if RENAMED.get(p, p) not in ours and p not in ours] == []


@pytest.mark.parametrize("name", [n for n in functions() if not n.endswith("_with_indices")])
def test_function(name):
    if name.endswith("_") and hasattr(nn.functional, name[:-1]):
        pytest.skip("an in-place form, which PyTorch keeps for memory")
    assert name in nn.functional.__all__


@pytest.mark.parametrize(
    "name", [n for n in vars(torch.nn.init) if n.endswith("_") and not n.startswith("_")] + ["calculate_gain"]
)
def test_initialiser(name):
    theirs = list(inspect.signature(getattr(torch.nn.init, name)).parameters)
    ours = list(inspect.signature(getattr(nn.init, name)).parameters)
    assert ours[: len(theirs)] == theirs


# -- optimizers --------------------------------------------------------------------------------------------------------

OPTIM_NOT_OURS = {
    "SparseAdam": "for sparse gradients, which there are none of",
    "swap_in_optimizer_params_and_state": "what torch.compile and exported graphs need",
}
SWITCHES = {"foreach", "fused", "capturable", "differentiable"}
"""How PyTorch computes a step, not what; there is one way here."""


def _own_names(module):
    return [name for name in module.__all__ if name not in OPTIM_NOT_OURS]


def _in_order(ours, theirs):
    found = list(inspect.signature(ours).parameters)
    wanted = [name for name in inspect.signature(theirs).parameters if name not in SWITCHES]
    assert found[: len(wanted)] == wanted
    for name in wanted:
        mine, other = inspect.signature(ours).parameters[name], inspect.signature(theirs).parameters[name]
        assert mine.default == other.default, name


@pytest.mark.parametrize("name", [name for name in _own_names(torch.optim) if name[0].isupper()])
def test_optimizers_have_pytorchs_parameters(name):
    _in_order(getattr(optim, name), getattr(torch.optim, name))


@pytest.mark.parametrize("name", _own_names(torch.optim.lr_scheduler))
def test_schedules_have_pytorchs_parameters(name):
    _in_order(getattr(optim.lr_scheduler, name), getattr(torch.optim.lr_scheduler, name))


@pytest.mark.parametrize("name", torch.optim.swa_utils.__all__)
def test_averages_have_pytorchs_parameters(name):
    ours, theirs = getattr(optim.swa_utils, name), getattr(torch.optim.swa_utils, name)
    _in_order(ours, theirs)


# -- functions and methods of tensors ----------------------------------------------------------------------------------

# Each call is made with either library: `m` is its namespace, a and b are of shape (3, 4), c is (4, 2), v is (4,), and
# t and u are (2, 3, 4) and (2, 4, 3).
SHAPES = {"a": (3, 4), "b": (3, 4), "c": (4, 2), "v": (4,), "t": (2, 3, 4), "u": (2, 4, 3)}


def rows(m):
    return m.tensor([[2, 0, 1, 2], [1, 1, 0, 0]])


def mask(m):
    return m.tensor([[True, False, True, False], [False] * 4, [True] * 4])


FUNCTIONS = {
    "absolute": lambda m, a: m.absolute(a),
    "add with alpha": lambda m, a, b: a.add(b, alpha=-2.5),
    "addcdiv": lambda m, a, b, v: m.addcdiv(a, b, v, value=0.3),
    "addcmul": lambda m, a, b, v: m.addcmul(a, b, v, value=0.3),
    "addmm": lambda m, t, u, c: m.addmm(u[0, 0, :2], t[0], c, beta=0.5, alpha=-2.0),
    "addmm of nothing": lambda m, t, c: m.addmm(m.tensor([float("nan")] * 2, dtype=m.float64), t[0], c, beta=0),
    "addmv": lambda m, a, v: m.addmv(a[:, 0], a, v, alpha=2),
    "amax": lambda m, a: m.amax(a, 1),
    "amin of ties": lambda m, a: m.amin(m.floor(a) * 0 + a.sum(), (0, 1)),
    "arctan2": lambda m, a, b: m.arctan2(a, b),
    "argsort": lambda m, a: a * m.argsort(a, 0, True),
    "as_tensor": lambda m, a: m.as_tensor(a),
    "atan2": lambda m, a, b: a.atan2(b),
    "baddbmm": lambda m, t, u: m.baddbmm(t[:, :, :3], t, u, beta=2, alpha=0.5),
    "bmm": lambda m, t, u: m.bmm(t, u),
    "cat": lambda m, a, b: m.cat([a, b], 1),
    "cat method": lambda m, a, v: m.cat((a, v.unsqueeze(0))),
    "cdist": lambda m, t, a: m.cdist(t, a),
    "cdist of order 1": lambda m, a, b: m.cdist(a, b, 1.0),
    "cdist of order 3": lambda m, a, b: m.cdist(a, b, p=3.0),
    "cdist of order infinity": lambda m, a, b: m.cdist(a, b, p=float("inf")),
    "cdist of equals": lambda m, a: m.cdist(a, a),
    "chunk": lambda m, t: m.chunk(t, 3, 2),
    "chunk into fewer": lambda m, v: v.chunk(3),
    "clamp": lambda m, a: m.clamp(a, -0.5, 0.5),
    "clamp keywords": lambda m, a: a.clamp(max=0.5),
    "clamp_max": lambda m, a: a.clamp_max(0.3),
    "clamp_min": lambda m, a: m.clamp_min(a, 0.3),
    "concatenate": lambda m, a, b: m.concatenate([a, b]),
    "contiguous": lambda m, a: a.t().contiguous().view(-1),
    "cumprod": lambda m, a: m.cumprod(a, 1),
    "cumsum": lambda m, a: a.cumsum(0),
    "div": lambda m, a, b: m.div(a, b),
    "dot": lambda m, v: m.dot(v, v),
    "expand_as": lambda m, v, a: v.expand_as(a),
    "flip": lambda m, t: t.flip(0, 2),
    "gather": lambda m, a: m.gather(a, 0, rows(m)),
    "gather of fewer": lambda m, t: t.gather(2, m.tensor([[[3, 3], [0, 1]]])),
    "index_add": lambda m, a, b: m.index_add(a, 1, m.tensor([2, 2, 0]), b[:, 1:], alpha=0.5),
    "index_copy": lambda m, a, b: m.index_copy(a, 0, m.tensor([2, 0]), b[:2]),
    "index_fill": lambda m, a: a.index_fill(1, m.tensor([1, 3]), 7.0),
    "index_select": lambda m, t: m.index_select(t, 1, m.tensor([2, 2, 0])),
    "kthvalue": lambda m, a: m.kthvalue(a, 2, 1, True)[0],
    "lerp": lambda m, a, b: a.lerp(b, 0.25),
    "masked_fill": lambda m, a: a.masked_fill(mask(m), -7.0),
    "masked_fill by a tensor": lambda m, a, v: m.masked_fill(a, mask(m), v[0]),
    "masked_fill broadcast": lambda m, t: t.masked_fill(mask(m), float("inf"))[:, 1],
    "masked_select": lambda m, a: m.masked_select(a, mask(m)),
    "masked_select broadcast": lambda m, t: m.masked_select(t, mask(m)),
    "mm": lambda m, a, c: a.mm(c),
    "movedim": lambda m, t: m.movedim(t, 0, -1),
    "mul": lambda m, a, v: m.mul(a, v),
    "mv": lambda m, a, v: m.mv(a, v),
    "narrow": lambda m, t: m.narrow(t, 2, 1, 2),
    "narrow from the end": lambda m, t: t.narrow(1, -2, 2),
    "neg": lambda m, a: m.neg(a),
    "norm": lambda m, a: m.norm(a),
    "norm along an axis": lambda m, t: t.norm(3, 1, True),
    "norm along axes": lambda m, t: m.norm(t, 1, (0, 2)),
    "norm of Frobenius": lambda m, t: m.norm(t, "fro", (1, 2)),
    "norm of infinity": lambda m, a: a.norm(float("inf")),
    "norm of matrices": lambda m, a: m.norm(a, "nuc"),
    "outer": lambda m, v: v.outer(v),
    "permute": lambda m, t: m.permute(t, (2, 0, 1)),
    "ravel": lambda m, t: m.ravel(t),
    "repeat_interleave": lambda m, a: m.repeat_interleave(a, 2, 1),
    "repeat_interleave by slice": lambda m, a: a.repeat_interleave(m.tensor([2, 0, 1]), 0),
    "roll": lambda m, a: m.roll(a, 1, 0),
    "scatter": lambda m, a, b: m.scatter(a, 1, m.tensor([[2, 0], [1, 3]]), b[:2, :2]),
    "scatter a number": lambda m, a: a.scatter(0, rows(m)[:1], 5.0),
    "scatter_add": lambda m, a, b: a.scatter_add(0, rows(m), b[:2]),
    "scatter_add of fewer": lambda m, a, b: m.scatter_add(a, 1, m.tensor([[2, 2], [0, 1]]), b[:2, :2]),
    "select": lambda m, t: t.select(1, -1),
    "sort": lambda m, a: m.sort(a, 0, True)[0] if m is not tl else m.sort(a, 0, True),
    "sub with alpha": lambda m, a, b: a.sub(b, alpha=3),
    "split": lambda m, t: (m.split_with_sizes if m is tl else m.split)(t, 3, 2),
    "split_with_sizes": lambda m, t: m.split_with_sizes(t, [1, 0, 3], 2),
    "stack": lambda m, a, b: m.stack([a, b], -1),
    "swapdims": lambda m, t: m.swapdims(t, 0, 1),
    "t": lambda m, a: m.t(a),
    "t of a vector": lambda m, v: v.t(),
    "take_along_dim": lambda m, a: m.take_along_dim(a, rows(m), 0),
    "tensor_split": lambda m, v: m.tensor_split(v, 3),
    "tensor_split at": lambda m, t: t.tensor_split((1, 3), 2),
    "topk": lambda m, a: m.topk(a, 2, 0)[0],
    "topk of the smallest": lambda m, a: a.topk(2, 1, False)[0],
    "transpose": lambda m, t: m.transpose(t, 0, 2),
    "tril": lambda m, a: a.tril(-1),
    "triu": lambda m, a: m.triu(a, 1),
    "unbind": lambda m, t: m.unbind(t, 1),
    "unflatten": lambda m, t: m.unflatten(t, 2, (2, -1)),
    "unsqueeze": lambda m, a: m.unsqueeze(a, 1),
    "view_as": lambda m, t, a: t.view_as(t.view(4, 6)),
    "where method": lambda m, a, b: a.where(mask(m), b),
}


def _change(name, *args, **params):
    def call(m, x, *others):
        y = x * 1
        given = [part(m, *others) if callable(part) else part for part in args]
        assert getattr(y, name)(*given, **params) is y
        return y

    return call


def _first(m, *others):
    return others[0]


IN_PLACE = {
    "abs_": _change("abs_"),
    "add_": _change("add_", _first, alpha=-0.1),
    "addcdiv_": _change("addcdiv_", _first, lambda m, b: b + 5, value=0.5),
    "addcmul_": _change("addcmul_", _first, _first, value=2),
    "clamp_": _change("clamp_", -0.3, 0.5),
    "clamp_min_": _change("clamp_min_", 0.1),
    "copy_": _change("copy_", lambda m, b: b[0]),
    "cumsum_": _change("cumsum_", 1),
    "div_": _change("div_", _first),
    "exp_": _change("exp_"),
    "fill_": _change("fill_", 3.0),
    "fill_ by a tensor": _change("fill_", lambda m, b: b[0, 0]),
    "floor_": _change("floor_"),
    "index_add_": _change("index_add_", 0, lambda m, b: m.tensor([2, 2]), lambda m, b: b[:2]),
    "index_copy_": _change("index_copy_", 0, lambda m, b: m.tensor([2, 1]), lambda m, b: b[:2]),
    "index_fill_": _change("index_fill_", 1, lambda m, b: m.tensor([2, 0]), -1.0),
    "lerp_": _change("lerp_", _first, 0.25),
    "masked_fill_": _change("masked_fill_", lambda m, b: mask(m), 0.0),
    "mul_": _change("mul_", _first),
    "neg_": _change("neg_"),
    "pow_": _change("pow_", 2),
    "relu_": _change("relu_"),
    "scatter_": _change("scatter_", 1, lambda m, b: m.tensor([[2, 0], [1, 3]]), lambda m, b: b[:2, :2]),
    "scatter_add_": _change("scatter_add_", 0, lambda m, b: rows(m), lambda m, b: b[:2]),
    "sigmoid_": _change("sigmoid_"),
    "sub_": _change("sub_", _first, alpha=2),
    "tanh_": _change("tanh_"),
    "tril_": _change("tril_", -1),
    "zero_": _change("zero_"),
}


def _draw(name):
    return seeded("names", name).uniform(-1.5, 1.5, SHAPES[name])


def _operands(call, create):
    names = [name for name in inspect.signature(call).parameters if name in SHAPES] or ["a", "b"]
    return [create(_draw(name)) for name in names]


@pytest.mark.parametrize("call", [*FUNCTIONS.values(), *IN_PLACE.values()], ids=[*FUNCTIONS, *IN_PLACE])
def test_values_and_gradients(call):
    ours = _operands(call, lambda x: tl.tensor(x, requires_grad=True))
    theirs = _operands(call, lambda x: torch.tensor(x, requires_grad=True))
    found, expected = call(tl, *ours), call(torch, *theirs)
    pairs = zip(found, expected, strict=True) if isinstance(expected, tuple | list) else [(found, expected)]
    total, wanted = 0.0, 0.0
    for part, other in pairs:
        assert_close(part, other.detach().numpy())
        weights = seeded("weights", *other.shape).normal(size=other.shape)
        total, wanted = total + (part * tl.tensor(weights)).sum(), wanted + (other * torch.tensor(weights)).sum()
    total.backward()
    wanted.backward()
    for x, y in zip(ours, theirs, strict=True):
        if y.grad is None:
            assert x.grad is None or not np.any(host(x.grad))
        else:
            assert_close(x.grad, y.grad.numpy())


def test_hooks_and_retained_gradients():
    seen = {}
    for m in (tl, torch):
        x = m.tensor([1.0, 2.0, 3.0], requires_grad=True)
        y = x * x
        y.retain_grad()
        handle = y.register_hook(lambda g: g * 2)
        x.register_hook(lambda g: g + 1)
        (y.sum() + (3 * y).sum()).backward(retain_graph=True)
        handle.remove()
        (y * y).sum().backward()
        seen[m] = [y.grad.tolist(), x.grad.tolist(), y.retains_grad, x.is_leaf]
    assert seen[tl] == seen[torch]


@pytest.mark.parametrize("name", ["new_zeros", "new_ones", "new_empty"])
def test_new_tensors_have_the_type_of_another(name):
    made = [getattr(m.ones(2, dtype=m.float64), name)((2, 3)) for m in (tl, torch)]
    assert tuple(made[0].shape) == tuple(made[1].shape)
    assert made[0].dtype == "float64"


def test_types_by_name():
    for name in ("double", "float", "half", "int", "long", "short"):
        assert getattr(tl, name).name == str(getattr(torch, name)).rpartition(".")[2]
        if tl.active_backend().native_dtype(getattr(tl, name).name) is not None:
            assert getattr(tl.ones(1), name)().dtype == getattr(tl, name)
