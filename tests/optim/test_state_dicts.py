"""State dicts of optimizers that cannot be right are refused, and change nothing."""

import copy

import numpy as np
import pytest
from helpers import assert_same, host
from references.optimizers import ELEMENTWISE, MATRICES, WHOLE

import tensorlab as tl
from tensorlab import nn, optim

KINDS = sorted({kind for kind, _, _ in ELEMENTWISE + WHOLE + MATRICES} | {"Muon", "Adafactor"})

# What each optimizer keeps that cannot be negative, by hand.
NONNEGATIVE = {
    "Adadelta": ["square_avg", "acc_delta"],
    "Adafactor": ["row_var", "col_var"],
    "Adagrad": ["sum"],
    "Adam": ["exp_avg_sq"],
    "AdamW": ["exp_avg_sq"],
    "Adamax": ["exp_inf"],
    "LAMB": ["exp_avg_sq"],
    "NAdam": ["exp_avg_sq"],
    "RAdam": ["exp_avg_sq"],
    "RMSprop": ["square_avg"],
    "Rprop": ["step_size"],
    "ScheduleFreeAdamW": ["exp_avg_sq"],
}


def stepped(kind, **options):
    """Return an optimizer after one step, and a copy of its state dict."""
    w, b = nn.Parameter(tl.ones(2, 2)), nn.Parameter(tl.ones(2, 2))
    optimizer = getattr(optim, kind)([w, b], **options)
    w.grad, b.grad = tl.ones(2, 2), tl.full((2, 2), 2.0)
    optimizer.step()
    return optimizer, copy.deepcopy(optimizer.state_dict())


def plain(state):
    """Return a state dict with arrays instead of tensors."""
    if isinstance(state, dict):
        return {key: plain(value) for key, value in state.items()}
    if isinstance(state, list | tuple):
        return [plain(value) for value in state]
    return host(state) if isinstance(state, tl.Tensor) else state


def refused(optimizer, state, message, error=ValueError):
    before = copy.deepcopy(optimizer.state_dict())
    with pytest.raises(error, match=message):
        optimizer.load_state_dict(state)
    after = optimizer.state_dict()
    assert after["param_groups"] == before["param_groups"]
    for number, entry in before["state"].items():
        for name, value in entry.items():
            assert_same(tl.asarray(after["state"][number][name]), host(tl.asarray(value)))


@pytest.mark.parametrize("kind", KINDS)
class TestEveryOptimizer:
    def test_its_own_state_fits(self, kind):
        optimizer, state = stepped(kind)
        optimizer.load_state_dict(state)
        optimizer.load_state_dict(plain(state))
        optimizer.step()

    def test_counts(self, kind):
        optimizer, state = stepped(kind)
        if "step" not in state["state"].get(0, {}):
            pytest.skip("it counts no steps")
        state["param_groups"][0]["lr"] = 0.5
        for value in (float("nan"), float("inf"), -5, 2.5, True, "3", [1.0], tl.tensor(-1.0), np.float64("nan")):
            state["state"][1]["step"] = value
            refused(
                optimizer, state, r"step of parameter 1 of shape \(2, 2\) is .* in the state dict, not a (count|number)"
            )
        for value in (3, 3.0, tl.tensor(3.0), np.float32(3), tl.tensor([3.0])):
            state["state"][1]["step"] = value
            optimizer.load_state_dict(state)
            assert float(optimizer.state_dict()["state"][1]["step"]) == 3

    def test_what_is_missing(self, kind):
        optimizer, state = stepped(kind)
        for name in state["state"].get(1, {}):
            if len(state["state"][1]) > 1:
                spoiled = copy.deepcopy(state)
                del spoiled["state"][1][name]
                refused(optimizer, spoiled, rf"{name} of parameter 1 of shape \(2, 2\) is missing")
                spoiled["state"][1][name] = None
                refused(optimizer, spoiled, rf"{name} of parameter 1 of shape \(2, 2\) is missing")

    def test_what_cannot_be_negative(self, kind):
        optimizer, state = stepped(kind)
        assert set(NONNEGATIVE.get(kind, ())) <= set(state["state"].get(0, {}))
        for name in NONNEGATIVE.get(kind, ()):
            spoiled = copy.deepcopy(state)
            spoiled["state"][0][name][0, 0] = -1.0
            refused(optimizer, spoiled, f"{name} of parameter 0 .* has negative elements")

    def test_tensors_of_other_kinds(self, kind):
        optimizer, state = stepped(kind)
        for name, value in state["state"].get(0, {}).items():
            if value.ndim:
                for wrong, message in [
                    ("ab", "not a tensor"),
                    (value + 1j, "is complex64 in the state dict, which cannot become float32"),
                    (value[0, 0], r"has shape \(\) in the state dict"),
                ]:
                    spoiled = copy.deepcopy(state)
                    spoiled["state"][0][name] = wrong
                    refused(optimizer, spoiled, f"{name} of parameter 0 .*{message}")


def test_all_problems_are_listed():
    optimizer, state = stepped("Adam")
    state["state"][0].update(step=tl.tensor(float("nan")), exp_avg_sq=-tl.ones(2, 2))
    state["state"][1] = None
    state["state"][7] = {"step": 1}
    with pytest.raises(ValueError, match="nothing was loaded") as caught:
        optimizer.load_state_dict(state)
    assert str(caught.value).splitlines() == [
        "the state dict does not fit Adam; nothing was loaded",
        "  it has state for 7, which no group lists",
        "  step of parameter 0 of shape (2, 2) is nan in the state dict, not a count",
        "  exp_avg_sq of parameter 0 of shape (2, 2) has negative elements in the state dict",
        "  the state of parameter 1 of shape (2, 2) must be a dict, not NoneType",
    ]


@pytest.mark.parametrize(
    ("spoil", "error", "message"),
    [
        (lambda state: None, TypeError, "Adam.load_state_dict: state_dict must be a mapping, not NoneType"),
        (lambda state: [state], TypeError, "must be a mapping, not list"),
        (lambda state: {}, ValueError, 'state_dict must have "state" and "param_groups"'),
        (lambda state: {**state, "state": None}, TypeError, '"state" must be a mapping, not NoneType'),
        (lambda state: {**state, "state": [1]}, TypeError, '"state" must be a mapping, not list'),
        (lambda state: {**state, "state": {0: 3}}, ValueError, r"the state of parameter 0 .* must be a dict, not int"),
        (lambda state: {**state, "state": {"0": state["state"][0]}}, ValueError, "state for '0', which no group lists"),
        (lambda state: {**state, "param_groups": None}, TypeError, '"param_groups" must be a list, not NoneType'),
        (lambda state: {**state, "param_groups": [None]}, TypeError, r"param_groups\[0\] must be a dict with a list"),
        (lambda state: {**state, "param_groups": [{"params": 3}]}, TypeError, r"param_groups\[0\] must be a dict"),
        (
            lambda state: {**state, "param_groups": [{**state["param_groups"][0], "params": [0, 0]}]},
            ValueError,
            r"distinct numbers of parameters, not \[0, 0\]",
        ),
        (
            lambda state: {**state, "param_groups": [{**state["param_groups"][0], "params": [0, [1]]}]},
            ValueError,
            "distinct numbers of parameters",
        ),
        (
            lambda state: {**state, "param_groups": [{**state["param_groups"][0], "lr": "fast"}]},
            TypeError,
            "lr must be",
        ),
    ],
)
def test_not_a_state_dict(spoil, error, message):
    optimizer, state = stepped("Adam")
    refused(optimizer, spoil(state), message, error)


def test_an_option_that_was_switched_on_needs_no_array_yet():
    optimizer, _ = stepped("Adam")
    optimizer.param_groups[0]["amsgrad"] = True
    other, _ = stepped("Adam")
    other.load_state_dict(optimizer.state_dict())
    assert other.param_groups[0]["amsgrad"]
    other.step()
    assert "max_exp_avg_sq" in other.state_dict()["state"][0]


def test_complex_parameters_have_two_means_of_squares():
    w = nn.Parameter(tl.ones(2, dtype="complex64"))
    optimizer = optim.Adam([w])
    w.grad = tl.ones(2, dtype="complex64")
    optimizer.step()
    state = copy.deepcopy(optimizer.state_dict())
    optimizer.load_state_dict(state)
    state["state"][0]["exp_avg_sq"] = tl.tensor([1 + 1j, 1 - 1j])
    refused(optimizer, state, "exp_avg_sq of parameter 0 .* has negative elements")


def test_nan_in_a_tensor_is_what_it_was():
    optimizer, state = stepped("Adam")
    state["state"][0]["exp_avg_sq"][0, 0] = float("nan")
    optimizer.load_state_dict(state)
    assert np.isnan(host(optimizer.state_dict()["state"][0]["exp_avg_sq"])[0, 0])


def test_lbfgs():
    x = nn.Parameter(tl.tensor([1.0, 2.0]))
    optimizer = optim.LBFGS([x], max_iter=3)

    def closure():
        optimizer.zero_grad()
        loss = (x**4).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    state = copy.deepcopy(optimizer.state_dict())
    for name, value, message in [
        ("n_iter", -1, "is -1 in the state dict, not a count"),
        ("func_evals", 2.5, "is 2.5 in the state dict, not a count"),
        ("d", None, "is missing"),
        ("old_dirs", [tl.ones(3)], r"has shape \(3,\) in the state dict, not \(2,\)"),
        ("old_stps", ["a"], "is 'a' in the state dict, not a tensor"),
        ("prev_flat_grad", 1.0, "is 1.0 in the state dict, not a tensor"),
    ]:
        spoiled = copy.deepcopy(state)
        spoiled["state"][0][name] = value
        with pytest.raises(ValueError, match=f"{name} of parameter 0 .*{message}"):
            optimizer.load_state_dict(spoiled)
    optimizer.load_state_dict(state)
