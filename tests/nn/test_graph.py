"""Graph convolutions against dense adjacency matrices in NumPy."""

import numpy as np
import pytest
from helpers import assert_close, assert_same, host, leaf, tensor

import tensorlab as tl
from tensorlab import nn

F = nn.functional
NODES = 5
EDGES = np.array([[0, 1, 1, 2, 4, 3, 0], [1, 0, 2, 1, 2, 3, 2]])  # one loop; node 4 has no edge that leads to it


def adjacency(weights=None, edges=EDGES):
    """Return the matrix whose row is an edge's target and whose column its source."""
    a = np.zeros((NODES, NODES))
    for i, (source, target) in enumerate(edges.T):
        a[target, source] += 1.0 if weights is None else weights[i]
    return a


def float64(layer):
    layer = layer.double()
    for parameter in layer.parameters():
        parameter.data = tl.randn(*parameter.shape, dtype=tl.float64)
    return layer


def arrays(layer):
    return {name: host(parameter.detach()) for name, parameter in layer.named_parameters()}


def check_layer(layer, x, edges=EDGES):
    """Check gradients in the nodes' features and in all parameters."""
    names = [name for name, _ in layer.named_parameters()]

    def call(x, *values):
        return nn.functional_call(layer, dict(zip(names, values, strict=True)), (x, tensor(edges)))

    tl.check_gradients(call, (leaf(x), *[leaf(v) for v in arrays(layer).values()]))


class TestScatter:
    index = np.array([2, 0, 2, 2, 3])

    @pytest.mark.parametrize(
        ("function", "reduce"),
        [(F.scatter_sum, np.sum), (F.scatter_mean, np.mean), (F.scatter_max, np.max)],
        ids=["sum", "mean", "max"],
    )
    @pytest.mark.parametrize("shape", [(5,), (5, 3), (5, 2, 2)])
    def test_reductions(self, function, reduce, shape, rng):
        x = rng.standard_normal(shape)
        expected = np.zeros((6, *shape[1:]))
        for place in (0, 2, 3):
            expected[place] = reduce(x[self.index == place], axis=0)
        assert_close(function(tensor(x), tensor(self.index), 6), expected)
        assert_close(function(tensor(x), tensor(self.index)), expected[:4])
        tl.check_gradients(lambda x: function(x, tensor(self.index), 6) ** 2, (leaf(x),))

    @pytest.mark.parametrize("shape", [(5,), (5, 2)])
    def test_softmax(self, shape, rng):
        x = 100 * rng.standard_normal(shape)
        expected = np.empty_like(x)
        for place in (0, 2, 3):
            part = np.exp(x[self.index == place] - x[self.index == place].max(0))
            expected[self.index == place] = part / part.sum(0)
        assert_close(F.scatter_softmax(tensor(x), tensor(self.index)), expected)
        x = leaf(x / 100)
        tl.check_gradients(lambda x: F.scatter_softmax(x, tensor(self.index), 4), (x,))

    def test_ties_share_the_gradient(self):
        x = tl.tensor([1.0, 3.0, 3.0, 0.0], requires_grad=True)
        F.scatter_max(x, tl.tensor([0, 0, 0, 1])).sum().backward()
        assert_same(x.grad, [0, 0.5, 0.5, 1])

    @pytest.mark.parametrize("function", [F.scatter_sum, F.scatter_mean, F.scatter_max, F.scatter_softmax])
    def test_nothing(self, function):
        none = tl.zeros(0, dtype=tl.int64)
        found = function(tl.zeros(0, 3), none, 2)
        assert found.shape == ((0, 3) if function is F.scatter_softmax else (2, 3))
        assert function(tl.zeros(0, 3), none).shape == (0, 3)

    @pytest.mark.parametrize("function", [F.scatter_sum, F.scatter_mean, F.scatter_max, F.scatter_softmax])
    def test_errors(self, function):
        with pytest.raises(
            tl.ShapeError, match=rf"{function.__name__}: index must have one number .* not shape \(3,\)"
        ):
            function(tl.ones(2, 2), tl.tensor([0, 1, 1]))
        with pytest.raises(TypeError, match=f"{function.__name__}: index is float32"):
            function(tl.ones(2, 2), tl.ones(2), 2)


class TestGCN:
    @pytest.mark.parametrize("improved", [False, True])
    @pytest.mark.parametrize("loops", [False, True])
    @pytest.mark.parametrize("weighted", [False, True])
    def test_value(self, improved, loops, weighted, rng):
        layer = float64(nn.GCNConv(4, 3, improved=improved, add_self_loops=loops))
        x = rng.standard_normal((NODES, 4))
        weights = rng.uniform(0.5, 2, EDGES.shape[1]) if weighted else None
        a = adjacency(weights)
        if loops:
            a[range(NODES), range(NODES)] = np.where(np.diag(a) != 0, np.diag(a), 2.0 if improved else 1.0)
        degree = a.sum(1)
        scale = np.divide(1, np.sqrt(degree), where=degree > 0, out=np.zeros(NODES))
        p = arrays(layer)
        expected = (scale[:, None] * a * scale) @ x @ p["lin.weight"].T + p["bias"]
        given = () if weights is None else (tensor(weights),)
        assert_close(layer(tensor(x), tensor(EDGES), *given).detach(), expected)

    def test_without_normalisation(self, rng):
        layer = float64(nn.GCNConv(4, 3, normalize=False, bias=False))
        x, weights = rng.standard_normal((NODES, 4)), rng.standard_normal(EDGES.shape[1])
        w = arrays(layer)["lin.weight"]
        assert_close(layer(tensor(x), tensor(EDGES)).detach(), adjacency() @ x @ w.T)
        assert_close(layer(tensor(x), tensor(EDGES), tensor(weights)).detach(), adjacency(weights) @ x @ w.T)

    def test_gradients(self, rng):
        layer = float64(nn.GCNConv(2, 2))
        check_layer(layer, rng.standard_normal((NODES, 2)))
        weights = leaf(rng.uniform(0.5, 2, EDGES.shape[1]))
        x = tensor(rng.standard_normal((NODES, 2)))
        tl.check_gradients(lambda w: layer(x, tensor(EDGES), w), (weights,))

    def test_parameters(self):
        layer = nn.GCNConv(300, 200)
        assert list(layer.state_dict()) == ["bias", "lin.weight"]
        assert repr(layer).startswith("GCNConv(\n  300, 200\n  (lin)")
        assert not host(layer.bias.detach()).any()
        bound = np.sqrt(6 / 500)
        weight = host(layer.lin.weight.detach())
        assert 0.99 * bound < np.abs(weight).max() <= bound
        assert abs(weight.std() - bound / np.sqrt(3)) < 0.01 * bound

    def test_errors(self):
        layer, x = nn.GCNConv(2, 3), tl.ones(4, 2)
        with pytest.raises(tl.ShapeError, match=r"GCNConv: edge_index must have shape \(2, edges\).* edge_index.mT"):
            layer(x, tl.zeros(5, 2, dtype=tl.int64))
        with pytest.raises(tl.ShapeError, match=r"GCNConv: x must have shape \(nodes, 2\), not \(4, 3\)"):
            layer(tl.ones(4, 3), tensor(EDGES))
        with pytest.raises(tl.ShapeError, match=r"edge_weight must have shape \(7,\), not \(3,\)"):
            layer(tl.ones(5, 2), tensor(EDGES), tl.ones(3))


class TestSAGE:
    @pytest.mark.parametrize("aggr", ["mean", "max", "sum"])
    @pytest.mark.parametrize("options", [{}, {"normalize": True}, {"root_weight": False}, {"bias": False}], ids=str)
    def test_value(self, aggr, options, rng):
        layer = float64(nn.SAGEConv(4, 3, aggr, **options))
        x = rng.standard_normal((NODES, 4))
        gathered = np.zeros((NODES, 4))
        for node in range(NODES):
            rows = x[EDGES[0][EDGES[1] == node]]
            if len(rows):
                gathered[node] = {"mean": np.mean, "max": np.max, "sum": np.sum}[aggr](rows, 0)
        p = arrays(layer)
        expected = gathered @ p["lin_l.weight"].T + p.get("lin_l.bias", 0)
        if "lin_r.weight" in p:
            expected += x @ p["lin_r.weight"].T
        if options.get("normalize"):
            expected /= np.linalg.norm(expected, axis=1, keepdims=True)
        assert_close(layer(tensor(x), tensor(EDGES)).detach(), expected)

    @pytest.mark.parametrize("aggr", ["mean", "max"])
    def test_gradients(self, aggr, rng):
        check_layer(float64(nn.SAGEConv(2, 2, aggr, normalize=True)), rng.standard_normal((NODES, 2)))

    def test_parameters(self):
        layer = nn.SAGEConv(4, 3)
        assert list(layer.state_dict()) == ["lin_l.weight", "lin_l.bias", "lin_r.weight"]
        before = host(layer.lin_r.weight.detach()).copy()
        layer.reset_parameters()
        assert (host(layer.lin_r.weight.detach()) != before).all()
        with pytest.raises(ValueError, match="aggr must be 'mean', 'max', 'sum' or 'add'"):
            nn.SAGEConv(4, 3, "median")


def attend(x, a, p, heads, slope):
    """Attend densely: one matrix of weights per head, over the edges that a matrix of zeros and ones names."""
    channels = p["att_src"].shape[2]
    mapped = (x @ p["lin.weight"].T).reshape(NODES, heads, channels)
    out = np.zeros((NODES, heads, channels))
    for head in range(heads):
        scores = (mapped[:, head] @ p["att_dst"][0, head])[:, None] + mapped[:, head] @ p["att_src"][0, head]
        scores = np.where(scores > 0, scores, slope * scores)
        powers = np.exp(scores) * a
        total = powers.sum(1, keepdims=True)
        out[:, head] = np.divide(powers, total, where=total > 0, out=np.zeros_like(powers)) @ mapped[:, head]
    return out


class TestGAT:
    @pytest.mark.parametrize("heads", [1, 3])
    @pytest.mark.parametrize("side_by_side", [True, False])
    @pytest.mark.parametrize("loops", [True, False])
    def test_value(self, heads, side_by_side, loops, rng):
        layer = float64(nn.GATConv(4, 2, heads, side_by_side, negative_slope=0.1, add_self_loops=loops))
        x, a, p = rng.standard_normal((NODES, 4)), adjacency(), arrays(layer)
        if loops:
            a[range(NODES), range(NODES)] = 1
        expected = attend(x, a, p, heads, 0.1)
        expected = expected.reshape(NODES, -1) if side_by_side else expected.mean(1)
        assert_close(layer(tensor(x), tensor(EDGES)).detach(), expected + p["bias"])

    def test_gradients(self, rng):
        check_layer(float64(nn.GATConv(2, 2, heads=2)), rng.standard_normal((NODES, 2)))

    def test_dropout_of_edges(self, rng):
        layer = nn.GATConv(2, 1, dropout=0.5, bias=False, add_self_loops=False)
        edges = tl.tensor([[0] * 400, list(range(400))])  # each node has one edge, of weight one
        x = tl.ones(400, 2)
        found = host(layer(x, edges).detach())
        whole = host(layer.eval()(x, edges).detach())
        kept = found != 0
        assert 150 < kept.sum() < 250
        assert_close(tensor(found[kept]), 2 * whole[kept], rtol=1e-6)

    def test_without_edges(self):
        layer = nn.GATConv(2, 3)
        none = tl.zeros(2, 0, dtype=tl.int64)
        x = tl.ones(4, 2)
        assert_close(layer(x, none).detach(), host(layer.lin(x).detach()), rtol=1e-6)

    def test_parameters(self):
        layer = nn.GATConv(4, 200, heads=3, concat=False)
        assert list(layer.state_dict()) == ["att_src", "att_dst", "bias", "lin.weight"]
        assert layer.bias.shape == (200,)
        assert repr(layer).startswith("GATConv(\n  4, 200, heads=3\n")
        bound = np.sqrt(6 / 203)
        assert 0.97 * bound < np.abs(host(layer.att_src.detach())).max() <= bound
        with pytest.raises(ValueError, match="heads must be a positive integer"):
            nn.GATConv(2, 2, heads=0)
        with pytest.raises(ValueError, match="dropout must be a number in"):
            nn.GATConv(2, 2, dropout=1.5)


class TestSeveralGraphs:
    def test_batch(self, rng):
        xs = [rng.standard_normal((n, 2)) for n in (3, 1, 2)]
        edges = [np.array([[0, 1], [1, 2]]), np.zeros((2, 0), np.int64), np.array([[0], [1]])]
        x, edge_index, batch = F.batch_graphs([(tensor(a), tensor(e)) for a, e in zip(xs, edges, strict=True)])
        assert_same(x, np.concatenate(xs))
        assert_same(edge_index, [[0, 1, 4], [1, 2, 5]])
        assert_same(batch, [0, 0, 0, 1, 2, 2])

    def test_a_batch_computes_as_its_graphs(self, rng):
        layer = float64(nn.GATConv(2, 3))
        graphs = [(tensor(rng.standard_normal((NODES, 2))), tensor(EDGES)) for _ in range(2)]
        x, edge_index, _ = F.batch_graphs(graphs)
        alone = np.concatenate([host(layer(*graph).detach()) for graph in graphs])
        assert_close(layer(x, edge_index).detach(), alone)

    def test_no_graphs(self):
        with pytest.raises(ValueError, match="there are no graphs"):
            F.batch_graphs([])

    @pytest.mark.parametrize(
        ("function", "reduce"),
        [(F.global_sum_pool, np.sum), (F.global_mean_pool, np.mean), (F.global_max_pool, np.max)],
        ids=["sum", "mean", "max"],
    )
    def test_pooling(self, function, reduce, rng):
        x = rng.standard_normal((5, 3))
        expected = np.stack([reduce(x[:2], axis=0), reduce(x[2:], axis=0)])
        batch = tensor(np.array([0, 0, 1, 1, 1]))
        assert_close(function(tensor(x), batch), expected)
        assert_close(function(tensor(x), batch, 3), np.concatenate([expected, np.zeros((1, 3))]))
        assert_close(function(tensor(x)), reduce(x, axis=0, keepdims=True))
        tl.check_gradients(lambda x: function(x, batch, 2), (leaf(x),))


@pytest.mark.parametrize("layer", ["GCNConv", "SAGEConv", "GATConv"])
@pytest.mark.parametrize("edges", [[[0, -1], [1, 1]], [[0, 1], [1, 5]]])
def test_edges_to_nodes_that_are_not_there(layer, edges):
    with pytest.raises(IndexError, match=f"{layer}: edge_index names nodes outside the 5 nodes 0 to 4"):
        getattr(nn, layer)(3, 4)(tl.ones(5, 3), tl.tensor(edges))
