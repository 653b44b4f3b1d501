"""K-FAC against the exact Fisher matrix where its products are exact, and its factors against explicit loops."""

import copy
import gc
import weakref

import numpy as np
import pytest
from helpers import assert_close, assert_same, host, tensor
from test_curvature import LOSSES, fisher_by_definition, flat, small_net, targets_for

import tensorlab as tl
from tensorlab import nn, optim
from tensorlab.nn import functional as F


def observed(net, x, likelihood, **options):
    optimizer = optim.KFAC(net, likelihood, **{"fisher": "exact", **options})
    outputs = net(x)
    optimizer.observe(outputs)
    return optimizer, outputs


def layer_fisher(optimizer, layer):
    """Return a layer's Fisher matrix in the order of its weight's elements, then its bias's."""
    state = optimizer.state[layer.weight]
    a, g = host(state["A"]), host(state["G"])
    out, inside = g.shape[0], a.shape[0]
    order = np.arange(out * inside).reshape(out, inside)
    if layer.bias is not None:
        order = np.concatenate([order[:, :-1].ravel(), order[:, -1]])
    return np.kron(g, a)[np.ix_(order.ravel(), order.ravel())]


@pytest.mark.parametrize("likelihood", LOSSES)
class TestWhereItIsExact:
    def test_every_layers_block_for_one_example(self, likelihood, rng):
        net, x = small_net(rng, 3, 4, 2), tensor(rng.standard_normal((1, 3)))
        optimizer, _ = observed(net, x, likelihood)
        expected = fisher_by_definition(net, x, likelihood)
        assert_close(tensor(layer_fisher(optimizer, net[0])), expected[:16, :16], rtol=1e-7)
        assert_close(tensor(layer_fisher(optimizer, net[2])), expected[16:, 16:], rtol=1e-7)

    def test_a_step(self, likelihood, rng):
        """One layer and one example: the step is the natural gradient's."""
        net, x = small_net(rng, 3, 2), tensor(rng.standard_normal((1, 3)))
        loss = LOSSES[likelihood](targets_for(likelihood, rng, 1, 2))
        optimizer, outputs = observed(net, x, likelihood, lr=0.5, momentum=0.0, damping=0.02, weight_decay=0.1)
        before = flat(net.parameters())
        loss(outputs).backward()
        gradient = flat([p.grad for p in net.parameters()]) + 0.1 * before
        matrix = fisher_by_definition(net, x, likelihood) + 0.02 * np.eye(len(before))
        optimizer.step()
        expected = before - 0.5 * np.linalg.solve(matrix, gradient)
        np.testing.assert_allclose(flat(net.parameters()), expected, rtol=1e-6)


def test_linear_regression_in_one_step(rng):
    """With Gaussian outputs the Fisher matrix of one layer is a Kronecker product for any number of examples."""
    x, y = rng.standard_normal((20, 3)), rng.standard_normal((20, 2))
    net = small_net(rng, 3, 2)
    optimizer, outputs = observed(net, tensor(x), "gaussian", lr=1.0, momentum=0.0, damping=0.0)
    (0.5 * ((outputs - tensor(y)) ** 2).sum() / 20).backward()
    optimizer.step()
    expected = np.linalg.lstsq(np.c_[x, np.ones(20)], y, rcond=None)[0]
    assert_close(net[0].weight.detach(), expected[:-1].T, rtol=1e-9)
    assert_close(net[0].bias.detach(), expected[-1], rtol=1e-9)


GEOMETRIES = [
    ("Conv1d", (2, 3, 3), {"stride": 2, "padding": 1}, (4, 2, 7)),
    ("Conv2d", (2, 3, (2, 3)), {"padding": (1, 0), "dilation": (1, 2), "bias": False}, (3, 2, 4, 6)),
    ("Conv2d", (1, 2, 3), {"padding": "same"}, (2, 1, 4, 4)),
    ("Conv3d", (1, 2, 2), {}, (2, 1, 3, 3, 2)),
]


def patches_of(x, layer):
    """Return what the filter meets at each place, ``(batch, places, elements)``: window by window."""
    window, pads = layer.weight.shape[2:], layer.padding
    pads = (
        [(d * (k - 1) // 2,) * 2 for k, d in zip(window, layer.dilation, strict=True)]
        if pads == "same"
        else [(p, p) for p in pads]
    )
    x = np.pad(x, [(0, 0), (0, 0), *pads])
    spans = [d * (k - 1) + 1 for k, d in zip(window, layer.dilation, strict=True)]
    counts = [(n - span) // s + 1 for n, span, s in zip(x.shape[2:], spans, layer.stride, strict=True)]
    found = []
    for place in np.ndindex(*counts):
        corner = [i * s for i, s in zip(place, layer.stride, strict=True)]
        part = tuple(slice(c, c + span, d) for c, span, d in zip(corner, spans, layer.dilation, strict=True))
        found.append(x[(slice(None), slice(None), *part)].reshape(len(x), -1))
    return np.stack(found, axis=1)


@pytest.mark.parametrize(("name", "args", "options", "shape"), GEOMETRIES)
def test_factors_of_convolutions(name, args, options, shape, rng):
    layer = getattr(nn, name)(*args, **options).double()
    net, x = nn.Sequential(layer, nn.Flatten()), rng.standard_normal(shape)
    optimizer, outputs = observed(net, tensor(x), "categorical")
    state = optimizer.state[layer.weight]
    patches = patches_of(x, layer)
    batch, places, _ = patches.shape
    if layer.bias is not None:
        patches = np.concatenate([patches, np.ones((batch, places, 1))], axis=-1)
    assert_close(state["A"], np.einsum("nti,ntj->ij", patches, patches) / batch, rtol=1e-12)
    expected = 0.0
    for z in host(outputs.detach()):
        p = np.exp(z) / np.exp(z).sum()
        for y in range(len(p)):
            score = (np.sqrt(p[y]) * (np.eye(len(p))[y] - p)).reshape(-1, places)
            expected = expected + score @ score.T
    assert_close(state["G"], expected / (batch * places), rtol=1e-10)


def test_patches_times_the_weight_are_the_convolution(rng):
    layer = nn.Conv2d(2, 3, 3, padding=1, stride=2).double()
    (captured,) = optim.KFAC(layer, "gaussian")._layers
    images = tensor(rng.standard_normal((2, 2, 5, 5)))
    rows = captured._input_rows(images)
    found = rows @ captured.weight_and_bias({p: p.detach() for p in layer.parameters()}).mT
    expected = host(layer(images).detach()).transpose(0, 2, 3, 1).reshape(-1, 3)
    assert_close(found, expected, rtol=1e-12)


@pytest.mark.parametrize("likelihood", LOSSES)
def test_drawn_targets_give_the_exact_factors_on_average(likelihood, rng, generator):
    net, x = small_net(rng, 2, 3), tensor(np.repeat(rng.standard_normal((1, 2)), 20000, axis=0))
    exact, _ = observed(net, x[:1], likelihood)
    drawn, _ = observed(net, x, likelihood, fisher="sampled", generator=generator)
    # The entries' deviations are of order one, over the root of 20,000 draws: 4.5 of them.
    np.testing.assert_allclose(
        host(drawn.state[net[0].weight]["G"]), host(exact.state[net[0].weight]["G"]), atol=4.5 * 1.5 / 20000**0.5
    )


class TestTraining:
    def net(self):
        tl.manual_seed(1)
        return nn.Sequential(
            nn.Conv2d(1, 4, 3),
            nn.BatchNorm2d(4),
            nn.Tanh(),
            nn.Flatten(),
            nn.Linear(64, 16),
            nn.Tanh(),
            nn.Linear(16, 3),
        )

    def data(self, rng):
        return tensor(rng.standard_normal((30, 1, 6, 6)).astype("float32")), tensor(rng.integers(0, 3, 30))

    def train(self, net, optimizer, x, y, steps):
        for _ in range(steps):
            optimizer.zero_grad()
            outputs = net(x)
            if isinstance(optimizer, optim.KFAC):
                optimizer.observe(outputs)
            loss = F.cross_entropy(outputs, y)
            loss.backward()
            optimizer.step()
        return F.cross_entropy(net(x), y).item()

    def test_it_learns_in_fewer_steps_than_sgd(self, rng):
        x, y = self.data(rng)
        net, other = self.net(), self.net()
        ours = self.train(net, optim.KFAC(net, "categorical", lr=0.1, damping=1e-2, kl_clip=1e-2), x, y, 15)
        best = min(
            self.train(twin := copy.deepcopy(other), optim.SGD(twin.parameters(), lr=lr, momentum=0.9), x, y, 15)
            for lr in (0.01, 0.03, 0.1, 0.3)
        )
        assert ours < best

    def test_going_on_from_a_state_dict_bit_for_bit(self, rng):
        x, y = self.data(rng)
        net = self.net()
        options = {"lr": 0.01, "damping": 1e-2, "inverse_every": 3, "fisher": "exact"}
        first = optim.KFAC(net, "categorical", **options)
        self.train(net, first, x, y, 4)
        twin = copy.deepcopy(net)
        second = optim.KFAC(twin, "categorical", fisher="exact")
        second.load_state_dict(copy.deepcopy(first.state_dict()))
        self.train(net, first, x, y, 4)
        self.train(twin, second, x, y, 4)
        for p, q in zip(net.parameters(), twin.parameters(), strict=True):
            assert_same(p.detach(), host(q.detach()))

    def test_others_take_plain_steps(self, rng):
        net, (x, y) = self.net(), self.data(rng)
        optimizer = optim.KFAC(net, "categorical", lr=0.5, momentum=0.0)
        outputs = net(x)
        optimizer.observe(outputs)
        F.cross_entropy(outputs, y).backward()
        norm = net[1].weight
        expected = host(norm.detach()) - 0.5 * host(norm.grad)
        optimizer.step()
        assert_close(norm.detach(), expected, rtol=1e-6)

    def test_momentum(self, rng):
        net, x = small_net(rng, 3, 2), tensor(rng.standard_normal((4, 3)))
        optimizer, outputs = observed(net, x, "gaussian", lr=1.0, momentum=0.5, damping=0.1)
        outputs.sum().backward()
        start = flat(net.parameters())
        optimizer.step()
        first = flat(net.parameters()) - start
        optimizer.step()  # the same gradient and matrix again
        np.testing.assert_allclose(flat(net.parameters()) - start, first + 1.5 * first, rtol=1e-9)

    def test_clipping_by_divergence(self, rng):
        net, x = small_net(rng, 3, 2), tensor(rng.standard_normal((4, 3)))
        optimizer, outputs = observed(net, x, "gaussian", lr=2.0, momentum=0.0, damping=0.0, kl_clip=1e-3)
        outputs.sum().backward()
        before, gradient = flat(net.parameters()), flat([p.grad for p in net.parameters()])
        optimizer.step()
        step = flat(net.parameters()) - before
        matrix = layer_fisher(optimizer, net[0])
        assert step @ matrix @ step == pytest.approx(1e-3, rel=1e-6)
        direction = -np.linalg.solve(matrix, gradient)
        np.testing.assert_allclose(step / np.linalg.norm(step), direction / np.linalg.norm(direction), atol=1e-9)


class TestInterface:
    def test_running_means_begin_as_plain_ones(self, rng):
        net = small_net(rng, 2, 1)
        optimizer = optim.KFAC(net, "gaussian", factor_decay=0.6, fisher="exact")
        batches = [rng.standard_normal((5, 2)) for _ in range(4)]
        for batch in batches:
            optimizer.observe(net(tensor(batch)))
        moments = [np.c_[b, np.ones(5)].T @ np.c_[b, np.ones(5)] / 5 for b in batches]
        expected = 0.6 * (0.6 * (moments[0] + moments[1]) / 2 + 0.4 * moments[2]) + 0.4 * moments[3]
        assert_close(optimizer.state[net[0].weight]["A"], expected, rtol=1e-12)

    def test_a_layer_along_a_sequence(self, rng):
        """Inputs are summed over places, gradients averaged."""
        net, x = small_net(rng, 3, 2), rng.standard_normal((4, 5, 3))
        optimizer, _ = observed(net, tensor(x), "gaussian")
        rows = np.concatenate([x, np.ones((4, 5, 1))], axis=-1).reshape(-1, 4)
        assert_close(optimizer.state[net[0].weight]["A"], rows.T @ rows / 4, rtol=1e-12)
        assert_close(optimizer.state[net[0].weight]["G"], np.eye(2), rtol=1e-12)

    def test_what_is_left_alone(self):
        net = nn.Sequential(
            nn.Conv2d(4, 4, 3, groups=2), nn.Conv2d(4, 4, 3, padding=1, padding_mode="reflect"), nn.Linear(2, 2)
        )
        assert [captured.layer for captured in optim.KFAC(net, "gaussian")._layers] == [net[2]]

    def test_frozen_layers(self, rng):
        net, x = small_net(rng, 3, 4, 2), tensor(rng.standard_normal((4, 3)))
        net[0].requires_grad_(False)
        net[2].bias.requires_grad = False
        optimizer, outputs = observed(net, x, "gaussian")
        outputs.sum().backward()
        before = [host(p.detach()).copy() for p in net.parameters()]
        optimizer.step()
        changed = [not np.array_equal(host(p.detach()), b) for p, b in zip(net.parameters(), before, strict=True)]
        assert changed == [False, False, True, False]

    def test_a_bias_that_is_not_learned(self, rng):
        """The weight's own block of the Fisher matrix: one step to the best weight for the bias as it is."""
        x, y = rng.standard_normal((20, 3)), rng.standard_normal((20, 1))
        net = small_net(rng, 3, 1)
        net[0].bias.requires_grad = False
        optimizer, outputs = observed(net, tensor(x), "gaussian", lr=1.0, momentum=0.0, damping=0.0)
        (0.5 * ((outputs - tensor(y)) ** 2).sum() / 20).backward()
        optimizer.step()
        expected = np.linalg.lstsq(x, y - host(net[0].bias.detach()), rcond=None)[0]
        assert_close(net[0].weight.detach(), expected.T, rtol=1e-9)

    def test_layers_that_compute_something_else(self):
        class Other(nn.Linear):
            def forward(self, x):
                return F.linear(x, 10 * self.weight, self.bias)

        tied = nn.Linear(2, 2)
        other = nn.Linear(2, 2)
        other.weight = tied.weight
        assert optim.KFAC(nn.Sequential(Other(2, 2), nn.DropConnectLinear(2, 2)), "gaussian")._layers == []
        assert optim.KFAC(nn.Sequential(tied, other), "gaussian")._layers == []

    def test_a_layer_that_is_called_twice(self, rng):
        net, x = small_net(rng, 2, 2), rng.standard_normal((5, 2))
        optimizer = optim.KFAC(net, "gaussian", fisher="exact")
        first = net(tensor(x))
        outputs = net(first)
        optimizer.observe(outputs)
        w = host(net[0].weight.detach())
        rows = np.r_[np.c_[x, np.ones(5)], np.c_[host(first.detach()), np.ones(5)]]
        state = optimizer.state[net[0].weight]
        assert_close(state["A"], rows.T @ rows / 5, rtol=1e-12)
        assert_close(state["G"], (w.T @ w + np.eye(2)) / 2, rtol=1e-12)

    def test_outputs_that_are_changed_in_place(self, rng):
        class Tripled(nn.Module):
            def __init__(self):
                super().__init__()
                self.layer = nn.Linear(2, 1).double()

            def forward(self, x):
                h = self.layer(input=x)
                h *= 3
                return h

        net = Tripled()
        optimizer, _ = observed(net, tensor(rng.standard_normal((4, 2))), "gaussian")
        assert_close(optimizer.state[net.layer.weight]["G"], [[9.0]])

    def test_rounds_without_a_look_keep_nothing(self, rng):
        net, x = small_net(rng, 3, 2), tensor(rng.standard_normal((4, 3)))
        optimizer = optim.KFAC(net, "gaussian")
        outputs = net(x)
        node = weakref.ref(outputs._node)
        outputs.sum().backward()
        optimizer.step()
        del outputs
        assert node() is None
        assert all(not layer.watch.calls for layer in optimizer._layers)

    def test_the_hook_goes_with_the_optimizer(self, rng):
        net = small_net(rng, 3, 2)
        optimizer = optim.KFAC(net, "gaussian")
        assert net[0]._hooks
        del optimizer
        gc.collect()
        assert not net[0]._hooks

    def test_deep_copies_go_their_own_way(self, rng):
        net, x = small_net(rng, 3, 2), tensor(rng.standard_normal((4, 3)))
        optimizer, _ = observed(net, x, "gaussian")
        twin, other = copy.deepcopy((net, optimizer))
        outputs = twin(x)
        other.observe(outputs)
        outputs.sum().backward()
        before = flat(net.parameters())
        other.step()
        assert other.state[twin[0].weight]["observed"] == 2
        np.testing.assert_array_equal(flat(net.parameters()), before)

    def test_a_batch_that_is_not_finite_is_not_taken_in(self, rng):
        net, x = small_net(rng, 3, 2), rng.standard_normal((4, 3))
        optimizer, _ = observed(net, tensor(x), "gaussian")
        before = host(optimizer.state[net[0].weight]["A"]).copy()
        optimizer.observe(net(tensor(x * np.nan)))
        assert_same(optimizer.state[net[0].weight]["A"], before)

    def test_eigenvectors_are_kept_for_some_steps(self, rng):
        net, x = small_net(rng, 3, 2), rng.standard_normal((4, 3))
        optimizer = optim.KFAC(net, "gaussian", lr=1e-3, inverse_every=3, fisher="exact")
        seen = []
        for step in range(7):
            outputs = net(tensor((1 + step) * x))
            optimizer.observe(outputs)
            optimizer.zero_grad()
            outputs.sum().backward()
            optimizer.step()
            seen.append(host(optimizer.state[net[0].weight]["A_values"])[-1])
        assert len(set(seen)) == 3 and seen[0] == seen[2] < seen[3] == seen[5] < seen[6]

    def test_state_of_another_model(self, rng):
        x = tensor(rng.standard_normal((4, 3)))
        one, other = small_net(rng, 3, 2), small_net(rng, 3, 2)
        optimizer, _ = observed(one, x, "gaussian")
        state = copy.deepcopy(optimizer.state_dict())
        state["state"][0]["A"] = tl.ones(7, 7)
        with pytest.raises(ValueError, match=r"A of '0.weight' has shape \(7, 7\)"):
            optim.KFAC(other, "gaussian").load_state_dict(state)

    def test_outputs_of_something_else(self, rng):
        net, x = small_net(rng, 3, 2), tensor(rng.standard_normal((4, 3)))
        optimizer = optim.KFAC(net, "gaussian")
        outputs = net(x)
        with pytest.raises(RuntimeError, match="for these outputs"):
            optimizer.observe(outputs.detach())

    def test_a_second_try(self, rng):
        net = small_net(rng, 3, 2)
        optimizer = optim.KFAC(net, "categorical")
        outputs = net(tensor(rng.standard_normal((4, 1, 3))))
        with pytest.raises(ValueError, match=r"\(batch, classes\)"):
            optimizer.observe(outputs)
        optimizer.observe(outputs[:, 0])
        assert optimizer.state[net[0].weight]["observed"] == 1

    def test_nothing_is_watched_without_recording_or_after_closing(self, rng):
        net, x = small_net(rng, 3, 2), tensor(rng.standard_normal((4, 3)))
        optimizer = optim.KFAC(net, "gaussian")
        with tl.no_grad():
            outputs = net(x)
        with pytest.raises(RuntimeError, match="no layer of the model was called"):
            optimizer.observe(outputs)
        optimizer.close()
        with pytest.raises(RuntimeError, match="no layer of the model was called"):
            optimizer.observe(net(x))

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"likelihood": "poisson"}, "likelihood must be 'categorical', 'bernoulli' or 'gaussian'"),
            ({"fisher": "true"}, "fisher must be 'sampled' or"),
            ({"damping": -1}, "damping"),
            ({"factor_decay": 1.0}, "factor_decay"),
            ({"inverse_every": 0}, "inverse_every"),
            ({"kl_clip": 0}, "kl_clip"),
        ],
    )
    def test_errors(self, options, message):
        with pytest.raises(ValueError, match=message):
            optim.KFAC(nn.Linear(2, 2), **{"likelihood": "gaussian", **options})

    def test_logits_of_another_shape(self):
        net = nn.Linear(2, 2)
        optimizer = optim.KFAC(net, "categorical")
        with pytest.raises(ValueError, match=r"\(batch, classes\), not \(3, 4, 2\)"):
            optimizer.observe(net(tl.ones(3, 4, 2)))
