"""Optimizers that look at parameters as a whole, or wrap others: what the step formulas do not say."""

import copy

import numpy as np
import pytest
from helpers import assert_close, assert_same, host, tensor
from references.optimizers import adam, adamw_schedule_free, sgd

import tensorlab as tl
from tensorlab import nn, optim
from tensorlab.nn import functional as F
from tensorlab.optim.muon import orthogonalized


def learned(*values):
    return [nn.Parameter(tensor(np.asarray(value, dtype="float64"))) for value in values]


class TestScheduleFree:
    def test_evaluation_has_the_papers_average(self, rng):
        params = learned(rng.standard_normal((3, 2)), rng.standard_normal(4))
        optimizer = optim.AdamWScheduleFree(params, lr=0.1, warmup_steps=3)
        expected, states = [host(p.detach()).copy() for p in params], [{}, {}]
        for _ in range(6):
            gradients = [rng.standard_normal(p.shape) for p in params]
            for parameter, g in zip(params, gradients, strict=True):
                parameter.grad = tensor(g)
            optimizer.step()
            expected = [
                adamw_schedule_free(x, g, s, lr=0.1, warmup_steps=3)
                for x, g, s in zip(expected, gradients, states, strict=True)
            ]
            before = [host(p.detach()).copy() for p in params]
            optimizer.eval()
            optimizer.eval()
            for parameter, state in zip(params, states, strict=True):
                assert_close(parameter.detach(), state["x"], rtol=1e-9)
            optimizer.train()
            optimizer.train()
            for parameter, x in zip(params, before, strict=True):
                assert_close(parameter.detach(), x, rtol=1e-12)
        for parameter, y in zip(params, expected, strict=True):
            assert_close(parameter.detach(), y, rtol=1e-9)

    def test_modes(self):
        (w,) = learned([1.0])
        optimizer = optim.AdamWScheduleFree([w])
        w.grad = tensor(np.ones(1))
        optimizer.eval()
        with pytest.raises(RuntimeError, match=r"optimizer\.train\(\)"):
            optimizer.step()
        assert optimizer.state_dict()["param_groups"][0]["train_mode"] is False
        optimizer.train()
        optimizer.step()

    def test_it_needs_no_schedule(self, rng):
        """On a noisy quadratic the average comes closer than the iterates do."""
        (w,) = learned(np.ones(5))
        optimizer = optim.AdamWScheduleFree([w], lr=0.05)
        for _ in range(800):
            w.grad = w.detach() + tensor(rng.standard_normal(5))
            optimizer.step()
        z = host(optimizer.state[w]["z"])
        optimizer.eval()
        assert np.linalg.norm(host(w.detach())) < 0.5 * np.linalg.norm(z)

    def test_the_first_of_betas_must_be_positive(self):
        with pytest.raises(ValueError, match=r"betas must be a tuple of a number in \(0, 1\)"):
            optim.AdamWScheduleFree(learned([1.0]), betas=(0.0, 0.9))


class TestSAM:
    @staticmethod
    def loss(w):
        return (w**4).sum() + (w * tensor(np.arange(3.0))).sum()

    @staticmethod
    def slope(w):
        return 4 * w**3 + np.arange(3.0)

    def closure(self, optimizer, w):
        def closure():
            optimizer.zero_grad()
            loss = self.loss(w)
            loss.backward()
            return loss

        return closure

    @pytest.mark.parametrize("adaptive", [False, True])
    @pytest.mark.parametrize(
        ("base", "formula", "options"),
        [(optim.SGD, sgd, {"lr": 0.01, "momentum": 0.9}), (optim.Adam, adam, {"lr": 0.1, "weight_decay": 0.1})],
    )
    def test_steps(self, base, formula, options, adaptive):
        (w,) = learned([0.5, -1.0, 0.3])
        optimizer = optim.SAM([w], base, rho=0.2, adaptive=adaptive, **options)
        x, state = host(w.detach()).copy(), {}
        for _ in range(5):
            loss = optimizer.step(self.closure(optimizer, w))
            assert loss.item() == pytest.approx((x**4).sum() + (x * np.arange(3.0)).sum())
            g = self.slope(x)
            scale = np.abs(x) if adaptive else 1.0
            uphill = x + 0.2 * scale**2 * g / np.linalg.norm(scale * g)
            x = formula(x, self.slope(uphill), state, **options)
            assert_close(w.detach(), x, rtol=1e-9)

    def test_by_hand(self):
        one, other = learned([0.5, -1.0, 0.3]), learned([0.5, -1.0, 0.3])
        a, b = optim.SAM(one, lr=0.1), optim.SAM(other, lr=0.1)
        a.step(self.closure(a, one[0]))
        closure = self.closure(b, other[0])
        closure()
        b.first_step()
        closure()
        b.second_step()
        assert_same(one[0].detach(), host(other[0].detach()))

    def test_gradients_uphill_that_are_not_finite(self):
        (w,) = learned([1.0])
        optimizer, calls = optim.SAM([w], lr=0.1), []
        optimizer.on_nonfinite = "skip"

        def closure():
            calls.append(1)
            w.grad = tensor(np.array([1.0 if len(calls) % 2 else np.nan]))
            return tl.tensor(0.0)

        optimizer.step(closure)
        assert (w.item(), optimizer.skipped_steps) == (1.0, 1)

    def test_where_the_second_loss_fails_parameters_are_where_they_were(self):
        (w,) = learned([0.5, -1.0, 0.3])
        optimizer, calls = optim.SAM([w], lr=0.1), []

        def closure():
            calls.append(1)
            if len(calls) == 2:
                raise KeyboardInterrupt
            return self.closure(optimizer, w)()

        with pytest.raises(KeyboardInterrupt):
            optimizer.step(closure)
        assert host(w.detach()).tolist() == [0.5, -1.0, 0.3]

    def test_it_prefers_the_flat_minimum(self):
        """Two minima equally deep: at -1, sharp, and at 2, flat. From between, SAM goes to the flat one."""

        def loss(x):
            return -tl.exp(-50 * (x + 1) ** 2) - tl.exp(-0.5 * (x - 2) ** 2)

        ends = []
        for make in (lambda w: optim.SAM([w], rho=0.5, lr=0.3), lambda w: optim.SGD([w], lr=0.01)):
            (w,) = learned([-0.9])
            optimizer = make(w)

            def closure(w=w, optimizer=optimizer):
                optimizer.zero_grad()
                value = loss(w).sum()
                value.backward()
                return value

            for _ in range(400):
                optimizer.step(closure)
            ends.append(w.item())
        assert ends == pytest.approx([2, -1], abs=0.1)

    def test_groups_state_and_schedules(self):
        (a, b) = learned([1.0], [2.0])
        optimizer = optim.SAM([a], optim.SGD, lr=0.1, momentum=0.9)
        optimizer.add_param_group({"params": [b], "lr": 0.5, "rho": 0.3})
        assert [(group["lr"], group["rho"]) for group in optimizer.param_groups] == [(0.1, 0.05), (0.5, 0.3)]
        schedule = optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
        with pytest.warns(UserWarning, match=r"before optimizer\.step"):
            schedule.step()
        assert [group["lr"] for group in optimizer.base_optimizer.param_groups] == [0.05, 0.25]

        def closure():
            optimizer.zero_grad()
            loss = ((a * b) ** 2).sum()
            loss.backward()
            return loss

        optimizer.step(closure)
        twins = [nn.Parameter(p.detach().clone()) for p in (a, b)]
        other = optim.SAM([{"params": [twin]} for twin in twins], optim.SGD, momentum=0.1)
        other.load_state_dict(copy.deepcopy(optimizer.state_dict()))
        assert_same(other.state[twins[0]]["momentum_buffer"], host(optimizer.state[a]["momentum_buffer"]))

    def test_errors(self):
        (w,) = learned([1.0])
        with pytest.raises(ValueError, match="rho"):
            optim.SAM([w], rho=-1)
        optimizer = optim.SAM([w], lr=0.1)
        with pytest.raises(TypeError, match="first_step"):
            optimizer.step()
        with pytest.raises(RuntimeError, match="without first_step"):
            optimizer.second_step()
        w.grad = tensor(np.ones(1))
        optimizer.first_step()
        with pytest.raises(RuntimeError, match="came twice"):
            optimizer.first_step()


class TestLayerwise:
    @pytest.mark.parametrize("kind", [optim.LARS, optim.LAMB])
    def test_zeros_take_plain_steps(self, kind):
        """A parameter of zeros, such as a new bias, has no size to measure a step by."""
        zero, other = learned(np.zeros(3), np.ones(3))
        optimizer = kind([zero, other], lr=0.1)
        zero.grad, other.grad = tensor(np.full(3, 2.0)), tensor(np.zeros(3))
        optimizer.step()
        expected = -0.2 if kind is optim.LARS else -0.1  # LAMB's direction is Adam's: one, at first
        assert_close(zero.detach(), np.full(3, expected), rtol=1e-5)
        assert_close(other.detach(), np.ones(3))

    @pytest.mark.parametrize("kind", [optim.LARS, optim.LAMB])
    def test_the_scale_of_gradients_does_not_matter(self, kind, rng):
        start, g = rng.standard_normal((4, 3)), rng.standard_normal((4, 3))
        found = []
        for scale in (1.0, 1000.0):
            (w,) = learned(start)
            options = {"eps": 0.0} if kind is optim.LARS else {"eps": 1e-12}
            optimizer = kind([w], lr=0.1, **options)
            for _ in range(3):
                w.grad = tensor(scale * g)
                optimizer.step()
            found.append(host(w.detach()))
        np.testing.assert_allclose(*found, rtol=1e-9)

    @pytest.mark.parametrize("dtype", ["float16", "float32"])
    @pytest.mark.parametrize("kind", [optim.LARS, optim.LAMB, optim.SAM, optim.Muon, optim.Adafactor])
    def test_gradients_of_zeros(self, kind, dtype):
        if tl.active_backend().native_dtype(dtype) is None:
            pytest.skip(f"this backend has no {dtype}")
        w = nn.Parameter(tl.ones(3, 2).astype(dtype))
        options = {"weight_decay": 0.0} if kind is optim.Muon else {}
        optimizer = kind([w], lr=0.1, **options)

        def closure():
            w.grad = tl.zeros(3, 2).astype(dtype)
            return tl.tensor(0.0)

        optimizer.step(closure)
        if kind is not optim.Adafactor:  # which decays
            assert (host(w.detach().astype("float32")) == 1).all()
        assert np.isfinite(host(w.detach().astype("float32"))).all()

    def test_state_holds_nothing_of_one_step(self, rng):
        (w,) = learned(rng.standard_normal(3))
        optimizer = optim.LARS([w], lr=0.1)
        w.grad = tensor(np.ones(3))
        optimizer.step()
        assert list(optimizer.state[w]) == ["momentum_buffer"]

    @pytest.mark.parametrize("kind", [optim.LARS, optim.LAMB, optim.Adafactor, optim.Muon])
    def test_complex_parameters_are_refused(self, kind):
        with pytest.raises(TypeError, match="real tensors"):
            kind([tl.ones(2, 2, dtype=tl.complex64)])

    @pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
    @pytest.mark.parametrize("kind", [optim.LARS, optim.LAMB, optim.Adafactor, optim.Muon, optim.AdamWScheduleFree])
    def test_narrow_types(self, kind, dtype, rng):
        if tl.active_backend().native_dtype(dtype) is None:
            pytest.skip(f"this backend has no {dtype}")
        start, g = rng.standard_normal((4, 3)), 20 * rng.standard_normal((4, 3))
        found = []
        for kind_of in (dtype, "float64"):
            w = nn.Parameter(tensor(start).astype(dtype).astype(kind_of))
            optimizer = kind([w], lr=0.1)
            w.grad = tensor(g).astype(dtype).astype(kind_of)
            optimizer.step()
            found.append(host(w.detach().astype("float64")))
        np.testing.assert_allclose(*found, atol=0.02)


class TestMuon:
    def test_orthogonal_matrices_come_out(self, rng):
        x = rng.standard_normal((6, 4))
        found = host(orthogonalized(tensor(x), (2.0, -1.5, 0.5), 40, 1e-7))
        u, _, vt = np.linalg.svd(x, full_matrices=False)
        np.testing.assert_allclose(found, u @ vt, rtol=1e-9, atol=1e-12)

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"adjust_lr_fn": "none"}, "adjust_lr_fn"),
            ({"ns_coefficients": (1, 2)}, "ns_coefficients must be a tuple of 3"),
            ({"ns_steps": 100}, "ns_steps"),
            ({"momentum": 1.0}, "momentum"),
        ],
    )
    def test_errors(self, options, message):
        with pytest.raises(ValueError, match=message):
            optim.Muon([tl.ones(2, 2)], **options)

    def test_only_matrices(self):
        with pytest.raises(ValueError, match=r"not a parameter of shape \(3,\); give that to AdamW"):
            optim.Muon(nn.Linear(2, 3).parameters())


class TestAdafactor:
    def test_it_keeps_a_row_and_a_column(self):
        w = nn.Parameter(tl.ones(5, 4, 3))
        optimizer = optim.Adafactor([w])
        w.grad = tl.ones(5, 4, 3)
        optimizer.step()
        shapes = {name: value.shape for name, value in optimizer.state[w].items()}
        assert shapes == {"step": (), "row_var": (5, 4, 1), "col_var": (5, 1, 3)}

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"beta2_decay": 0.1}, "beta2_decay"),
            ({"d": 0.5}, "d must be a number of at least 1"),
            ({"eps": (-1, 0)}, "eps"),
        ],
    )
    def test_errors(self, options, message):
        with pytest.raises(ValueError, match=message):
            optim.Adafactor([tl.ones(2)], **options)


@pytest.mark.parametrize("kind", ["SGD", "Adam", "Lion", "LAMB", "Muon", "Adafactor", "LBFGS", "SAM", "NewtonCG"])
def test_all_of_them_learn(kind, rng):
    """A small regression problem: each ends below a tenth of the loss it began with."""
    x = tensor(rng.standard_normal((40, 4)).astype("float32"))
    y = tl.tanh(x @ tensor(rng.standard_normal((4, 2)).astype("float32")))
    net = nn.Sequential(nn.Linear(4, 16, bias=False), nn.Tanh(), nn.Linear(16, 2, bias=False))
    options = {
        "SGD": {"lr": 0.3, "momentum": 0.9},
        "Adam": {"lr": 0.02},
        "Lion": {"lr": 0.01},
        "LAMB": {"lr": 0.03},
        "Muon": {"lr": 0.03, "weight_decay": 0.0},
        "Adafactor": {"lr": 0.05, "weight_decay": 0.0},
        "SAM": {"lr": 0.3, "momentum": 0.9},
    }.get(kind, {})
    optimizer = getattr(optim, kind)(net.parameters(), **options)

    def closure():
        optimizer.zero_grad()
        loss = F.mse_loss(net(x), y)
        loss.backward(retain_graph=optimizer.needs_graph)
        return loss

    losses = [optimizer.step(closure).item() for _ in range(60)]
    assert losses[-1] < 0.1 * losses[0]
