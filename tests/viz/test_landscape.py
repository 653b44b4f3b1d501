"""Loss landscapes of functions whose surface is known, and the networks afterwards."""

import numpy as np
import pytest

import tensorlab as tl
from tensorlab import ShapeError, nn
from tensorlab.nn import functional as F
from tensorlab.viz import direction_to, loss_landscape, loss_surface, principal_directions, random_directions


@pytest.fixture
def net():
    return nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten(), nn.Linear(108, 2))


@pytest.fixture
def vector():
    """A network that is a vector of three parameters, at (1, 2, 3)."""
    layer = nn.Linear(3, 1, bias=False, dtype=tl.float64)
    layer.weight.data = tl.tensor([[1.0, 2.0, 3.0]], dtype="float64")
    return layer


def direction(*elements):
    return {"weight": tl.tensor([elements], dtype="float64")}


def square(layer):
    return (layer.weight**2).sum()


# -- directions --------------------------------------------------------------------------------------------------------


def test_filters_have_the_norms_of_the_network(net):
    first, second = random_directions(net, generator=tl.Generator(5))
    for path, parameter in net.named_parameters():
        drawn, weight = first[path].numpy(), parameter.detach().numpy()
        if weight.ndim < 2:
            assert (drawn == 0).all()
            continue
        axes = tuple(range(1, weight.ndim))
        np.testing.assert_allclose((drawn**2).sum(axis=axes), (weight**2).sum(axis=axes), rtol=1e-5)
        assert abs(np.corrcoef(drawn.ravel(), second[path].numpy().ravel())[0, 1]) < 0.5
    again = random_directions(net, generator=tl.Generator(5))[1]
    assert all((again[path] == second[path]).all() for path in again)
    everything = random_directions(net, 1, ignore_vectors=False)[0]
    np.testing.assert_allclose(abs(everything["0.bias"]).numpy(), abs(net[0].bias.detach()).numpy(), rtol=1e-5)


def test_layers_and_plain_directions(net):
    layers = random_directions(net, 1, normalize="layer")[0]["4.weight"]
    assert float((layers**2).sum()) == pytest.approx(float((net[4].weight.detach() ** 2).sum()), rel=1e-5)
    plain = random_directions(net, 1, normalize="none")[0]["4.weight"]
    assert float(plain.std()) == pytest.approx(1.0, abs=0.2)


def test_surfaces_with_filter_normalisation_do_not_depend_on_the_scale_of_layers():
    net = nn.Sequential(nn.Linear(4, 8, bias=False), nn.ReLU(), nn.Linear(8, 1, bias=False)).to(dtype=tl.float64)
    x = tl.randn(16, 4, dtype="float64")
    surfaces = []
    for scale in (1.0, 10.0):
        net[0].weight.data, net[2].weight.data = net[0].weight.data * scale, net[2].weight.data / scale
        chosen = random_directions(net, generator=tl.Generator(0))
        surfaces.append(loss_landscape(net, lambda net: (net(x) ** 2).mean(), chosen, points=5).losses.numpy())
    np.testing.assert_allclose(*surfaces, rtol=1e-8)


def test_principal_directions_are_those_of_scikit_learn():
    sklearn = pytest.importorskip("sklearn.decomposition")
    net = nn.Linear(5, 3, dtype=tl.float64)
    states = [
        {key: x.detach() + (1 + n) * tl.randn(*x.shape, dtype="float64") for key, x in net.named_parameters()}
        for n in range(6)
    ]
    found = principal_directions(net, states, 3)
    rows = np.stack([np.concatenate([np.ravel(s[key].numpy()) for key in ("weight", "bias")]) for s in states])
    expected = sklearn.PCA(3).fit(rows)
    for mine, theirs in zip(found, expected.components_, strict=True):
        flat = np.concatenate([np.ravel(mine[key].numpy()) for key in ("weight", "bias")])
        np.testing.assert_allclose(abs(flat @ theirs), 1.0, rtol=1e-10)
    landscape = loss_landscape(net, lambda net: 0.0, found[:2], points=2, states=states)
    np.testing.assert_allclose(landscape.explained, expected.explained_variance_ratio_[:2], rtol=1e-8)
    without_bias = principal_directions(net, states, 1, ignore_vectors=True)[0]
    assert (without_bias["bias"] == 0).all()


def test_principal_directions_need_states_that_differ(vector):
    with pytest.raises(ValueError, match="2 directions need more than 2 states, not 2"):
        principal_directions(vector, [direction(1, 2, 3), direction(2, 2, 3)])
    with pytest.raises(ValueError, match="the states do not differ in 2 directions"):
        principal_directions(vector, [direction(n, 0, 0) for n in range(4)])


# -- surfaces ----------------------------------------------------------------------------------------------------------


def test_quadratics_have_the_known_surface(vector):
    found = loss_landscape(vector, square, [direction(1, 0, 0), direction(0, 2, 0)], points=7, span=((-3, 3), (-1, 2)))
    x, y = np.linspace(-3, 3, 7), np.linspace(-1, 2, 7)
    np.testing.assert_allclose(found.coordinates[0].numpy(), x)
    np.testing.assert_allclose(found.coordinates[1].numpy(), y)
    np.testing.assert_allclose(found.losses.numpy(), (1 + x) ** 2 + (2 + 2 * y[:, None]) ** 2 + 9)
    line = loss_landscape(vector, square, [direction(1, 1, 1)], points=3, span=(0, 2))
    np.testing.assert_allclose(line.losses.numpy(), [14, 29, 50])


def test_the_middle_is_the_loss_and_the_network_stays_bit_for_bit(net):
    x, y = tl.randn(8, 1, 8, 8), tl.randint(0, 2, (8,))
    net(x)  # running statistics of its own
    before = {key: value.numpy().tobytes() for key, value in net.state_dict().items()}
    arrays = [parameter._array for parameter in net.parameters()]
    with tl.no_grad():
        loss = float(F.cross_entropy(net.eval()(x), y))
    net.train()
    found = loss_landscape(net, lambda net: F.cross_entropy(net(x), y), points=3)
    assert float(found.losses[1, 1]) == pytest.approx(loss, rel=1e-6)
    assert {key: value.numpy().tobytes() for key, value in net.state_dict().items()} == before
    assert all(parameter._array is array for parameter, array in zip(net.parameters(), arrays, strict=True))
    assert all(module.training for module in net.modules())
    assert all(parameter.grad is None and parameter.requires_grad for parameter in net.parameters())


def test_losses_in_training_mode_do_not_leave_statistics_behind(net):
    x = tl.randn(8, 1, 8, 8)
    before = {key: value.numpy().tobytes() for key, value in net.state_dict().items()}
    losses = loss_landscape(net, lambda net: (net.train()(x) ** 2).mean(), points=3).losses
    assert {key: value.numpy().tobytes() for key, value in net.state_dict().items()} == before
    assert losses.shape == (3, 3)


def test_the_network_stays_after_an_error(net):
    before = {key: value.numpy().tobytes() for key, value in net.state_dict().items()}
    calls = []

    def fail(net):
        calls.append(1)
        if len(calls) == 3:
            raise RuntimeError("broken")
        return 1.0

    with pytest.raises(RuntimeError, match="broken"):
        loss_landscape(net, fail, points=3)
    assert {key: value.numpy().tobytes() for key, value in net.state_dict().items()} == before
    assert net.training


def test_an_optimizer_goes_on_as_if_nothing_had_happened():
    x, paths = tl.randn(16, 3), []
    for looks in (False, True):
        tl.manual_seed(1)
        layer = nn.Linear(3, 2)
        optimizer = tl.optim.Adam(layer.parameters(), lr=0.1)
        for _ in range(3):
            optimizer.zero_grad()
            (layer(x) ** 2).mean().backward()
            optimizer.step()
            if looks:
                loss_landscape(layer, lambda layer: (layer(x) ** 2).mean(), points=2)
        paths.append(layer.weight.detach().numpy().tobytes())
    assert paths[0] == paths[1]


def test_paths_are_projected_orthogonally(vector):
    states = [direction(1 + a, 2 + b, 3 + c) for a, b, c in ((4, 2, 9), (2, 2, 5), (0, 0, 0))]
    found = loss_landscape(vector, square, [direction(2, 0, 0), direction(1, 1, 0)], points=2, states=states)
    np.testing.assert_allclose(found.path.numpy(), [[1, 2], [0, 2], [0, 0]], atol=1e-12)
    assert found.explained is None
    low, high = (float(found.coordinates[1][n]) for n in (0, -1))
    assert low < 0
    assert high > 2
    orthogonal = loss_landscape(vector, square, [direction(2, 0, 0), direction(0, 1, 0)], points=2, states=states)
    changes = np.array([(4, 2, 9), (2, 2, 5), (0, 0, 0)]).var(axis=0)
    np.testing.assert_allclose(orthogonal.explained, changes[:2] / changes.sum())


def test_interpolation_between_two_solutions(vector):
    line = loss_landscape(vector, square, [direction_to(vector, direction(3, 2, 3))], points=3, span=(0, 1))
    np.testing.assert_allclose(line.losses.numpy(), [14, 17, 22])


def test_errors_name_what_is_wrong(vector):
    with pytest.raises(ValueError, match="directions must be one or two, not 3"):
        loss_landscape(vector, square, [direction(1, 0, 0)] * 3)
    with pytest.raises(KeyError, match=r"directions\[0\] has no parameter 'weight'"):
        loss_landscape(vector, square, [{"bias": tl.ones(1)}])
    with pytest.raises(ShapeError, match=r"directions\[0\] has shape \(2,\) for 'weight', which has shape \(1, 3\)"):
        loss_landscape(vector, square, [{"weight": tl.ones(2)}])
    with pytest.raises(ValueError, match=r"span must be a pair \(low, high\)"):
        loss_landscape(vector, square, span=(1, -1))
    with pytest.raises(ValueError, match="must not be zero or linearly dependent"):
        loss_landscape(vector, square, [direction(1, 0, 0), direction(2, 0, 0)], states=[direction(0, 0, 0)])
    with pytest.raises(TypeError, match=r"loss must return one number, not a tensor of shape \(1, 3\)"):
        loss_landscape(vector, lambda layer: layer.weight)
    with pytest.raises(TypeError, match="loss_landscape: loss must be callable"):
        loss_landscape(vector, 1.0)


# -- pictures ----------------------------------------------------------------------------------------------------------


def test_pictures_of_lines_planes_and_surfaces(vector):
    line = loss_landscape(vector, square, [direction(1, 0, 0)], points=5)
    (curve, _) = loss_surface(line).axes[0].lines
    np.testing.assert_allclose(curve.get_ydata(), line.losses.numpy())
    np.testing.assert_allclose(curve.get_xdata(), line.coordinates[0].numpy())
    states = [direction(1 + a, 2 + b, 3) for a, b in ((4, 2), (2, 2), (0, 0))]
    plane = loss_landscape(vector, square, principal_directions(vector, states), points=6, states=states)
    figure = loss_surface(plane)
    ax = figure.axes[0]
    assert "of the path's variance" in ax.get_xlabel()
    np.testing.assert_allclose(ax.lines[0].get_xdata(), plane.path[:, 0].numpy())
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["training", "start", "network"]
    figure.draw_without_rendering()
    surface = loss_surface(plane, kind="surface", log=False)
    assert surface.axes[0].get_zlabel() == "loss"
    surface.draw_without_rendering()


def test_pictures_of_flat_surfaces_and_of_losses_that_are_not_finite(vector):
    flat = loss_landscape(vector, lambda layer: 1.0, [direction(1, 0, 0), direction(0, 1, 0)], points=4)
    loss_surface(flat).draw_without_rendering()
    walls = loss_landscape(
        vector,
        lambda layer: float("inf") if layer.weight[0, 0] > 1.5 else 1.0 + float(layer.weight[0, 1]) ** 2,
        [direction(1, 0, 0), direction(0, 1, 0)],
        points=4,
    )
    loss_surface(walls).draw_without_rendering()
    with pytest.raises(ValueError, match="must have finite losses"):
        loss_surface(loss_landscape(vector, lambda layer: float("nan"), [direction(1, 0, 0)], points=3))
    with pytest.raises(ValueError, match="log needs positive losses"):
        loss_surface(loss_landscape(vector, lambda layer: -1.0, [direction(1, 0, 0)], points=3), log=True)
