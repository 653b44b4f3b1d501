"""Every layer, function, initialiser and optimizer of PyTorch's is here, with its parameters in its order."""

import inspect

import pytest

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
