"""Networks for graphs: against dense matrices in NumPy, symmetries, batches of graphs, and what they learn."""

import numpy as np
import pytest
from helpers import assert_close, assert_same, host, seeded, tensor

import tensorlab as tl
from tensorlab import datasets, models, nn, optim

EDGES = np.array([[0, 1, 1, 2, 4, 3, 0, 3], [1, 0, 2, 1, 2, 3, 2, 4]])  # one loop; node 5 has no edge
NODES = 6

NETWORKS = {
    "gcn": lambda outputs=3: models.GCN(4, 6, 2, outputs),
    "sage": lambda outputs=3: models.GraphSAGE(4, 6, 3, outputs, dropout=0.5),
    "sage-max": lambda outputs=3: models.GraphSAGE(4, 6, 2, outputs, aggr="max", normalize=True),
    "gat": lambda outputs=3: models.GAT(4, 6, 2, outputs, heads=2, output_heads=3),
}


def adjacency(loops):
    """Return the matrix whose row is an edge's target and whose column its source, with each loop once if wanted."""
    a = np.zeros((NODES, NODES))
    a[EDGES[1], EDGES[0]] = 1
    if loops:
        a[range(NODES), range(NODES)] = 1
    return a


def arrays(layer):
    return {name: host(parameter.detach()) for name, parameter in layer.named_parameters()}


def dense_gcn(x, layers):
    a = adjacency(loops=True)
    scale = 1 / np.sqrt(a.sum(axis=1))
    a = scale[:, None] * a * scale
    for number, p in enumerate(layers):
        x = a @ (np.maximum(x, 0) if number else x) @ p["lin.weight"].T + p["bias"]
    return x


def dense_sage(x, layers):
    a = adjacency(loops=False)
    a = a / np.maximum(a.sum(axis=1, keepdims=True), 1)
    for number, p in enumerate(layers):
        x = np.maximum(x, 0) if number else x
        x = a @ x @ p["lin_l.weight"].T + p["lin_l.bias"] + x @ p["lin_r.weight"].T
    return x


def dense_gat(x, layers):
    allowed = adjacency(loops=True) > 0
    for number, p in enumerate(layers):
        x = np.where(x > 0, x, np.exp(x) - 1) if number else x
        heads, width = p["att_src"].shape[1:]
        mapped = (x @ p["lin.weight"].T).reshape(NODES, heads, width)
        found = []
        for head in range(heads):
            score = (mapped[:, head] @ p["att_dst"][0, head])[:, None] + (mapped[:, head] @ p["att_src"][0, head])
            score = np.where(allowed, np.where(score > 0, score, 0.2 * score), -np.inf)
            weights = np.exp(score - score.max(axis=1, keepdims=True))
            found.append(weights / weights.sum(axis=1, keepdims=True) @ mapped[:, head])
        is_last = number == len(layers) - 1
        x = (np.mean(found, axis=0) if is_last else np.concatenate(found, axis=1)) + p["bias"]
    return x


def drawn(name, outputs=3):
    """Return a network of float64 with random parameters, biases too."""
    model = NETWORKS[name](outputs).double().eval()
    for parameter in model.parameters():
        parameter.data = tl.randn(*parameter.shape, dtype=tl.float64)
    return model


@pytest.mark.parametrize(("name", "dense"), [("gcn", dense_gcn), ("sage", dense_sage), ("gat", dense_gat)])
def test_networks_are_what_dense_matrices_compute(name, dense):
    model, x = drawn(name), seeded(name).standard_normal((NODES, 4))
    found = model(tensor(x), tensor(EDGES))
    assert_close(found.detach(), dense(x, [arrays(layer) for layer in model.convs]))
    found.square().sum().backward()
    assert all(np.isfinite(host(parameter.grad)).all() for parameter in model.parameters())


def test_weights_of_edges():
    model, x = drawn("gcn"), tensor(seeded("x").standard_normal((NODES, 4)))
    twice = np.concatenate([EDGES, EDGES], axis=1)
    found = model(x, tensor(EDGES), tl.full(EDGES.shape[1], 2.0, dtype=tl.float64))
    assert_close(found.detach(), host(model(x, tensor(twice)).detach()))


@pytest.mark.parametrize("name", NETWORKS)
def test_renumbered_nodes_get_the_same_scores(name):
    model, x, order = drawn(name), seeded(name).standard_normal((NODES, 4)), seeded(name).permutation(NODES)
    scores = host(model(tensor(x), tensor(EDGES)).detach())
    edges = np.argsort(order)[EDGES][:, seeded("edges").permutation(EDGES.shape[1])]
    assert_close(model(tensor(x[order]), tensor(edges)).detach(), scores[order])


@pytest.mark.parametrize("readout", ["mean", "sum", "max"])
@pytest.mark.parametrize("name", NETWORKS)
def test_graphs_of_a_batch_do_not_mix(name, readout):
    model = models.GraphClassifier(drawn(name, 5), 3, readout).double().eval()
    rng = seeded(name)
    graphs = [
        (tensor(rng.standard_normal((NODES, 4))), tensor(EDGES)),
        (tensor(rng.standard_normal((2, 4))), tensor(np.array([[0, 1], [1, 0]]))),
        (tensor(rng.standard_normal((1, 4))), tl.zeros(2, 0, dtype=tl.int64)),
    ]
    single = np.concatenate([host(model(x, edges).detach()) for x, edges in graphs])
    assert_close(model(*nn.functional.batch_graphs(graphs)).detach(), single)
    assert_close(model(*nn.functional.batch_graphs(graphs[::-1])).detach(), single[::-1])
    order = rng.permutation(NODES)
    renumbered = model(tensor(host(graphs[0][0])[order]), tensor(np.argsort(order)[EDGES]))
    assert_close(renumbered.detach(), single[:1])


def test_readouts_of_graphs_without_nodes():
    model = models.GraphClassifier(drawn("sage", 5), 3, "sum").double().eval()
    x, edges = tl.ones(2, 4, dtype=tl.float64), tensor(np.array([[0, 1], [1, 0]]))
    found = model(x, edges, tl.zeros(2, dtype=tl.int64), 3)
    assert found.shape == (3, 3)
    assert_same(found[1:].detach(), host(model.head.bias.detach())[None].repeat(2, axis=0))


def fit(model, loss, steps, lr=0.02):
    optimizer = optim.Adam(model.parameters(), lr=lr)
    for _ in range(steps):
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()
    return model.eval()


@pytest.mark.parametrize(
    ("build", "known", "least"),
    [
        (lambda: models.GCN(34, 16, 2, 2), [0, 33], 32),
        (lambda: models.GAT(34, 16, 2, 2, dropout=0.2, heads=4), [0, 33], 30),
        (lambda: models.GraphSAGE(34, 16, 2, 2), [0, 1, 2, 3, 33, 32, 31, 30], 30),
    ],
    ids=["gcn", "gat", "sage"],
)
def test_the_factions_of_the_karate_club(build, known, least):
    """Few members' factions are known; those of the others follow from their friendships."""
    club = datasets.KarateClub()
    tl.manual_seed(0)
    model, known = build(), tensor(np.array(known))

    def loss():
        return nn.functional.cross_entropy(model(club.x, club.edge_index)[known], club.targets[known])

    found = fit(model, loss, 25, lr=0.05)(club.x, club.edge_index).argmax(axis=1)
    assert int((found == club.targets).sum()) >= least


def ring(size):
    nodes = np.arange(size)
    return np.stack([np.concatenate([nodes, (nodes + 1) % size]), np.concatenate([(nodes + 1) % size, nodes])])


def star(size):
    others, hub = np.arange(1, size), np.zeros(size - 1, dtype="int64")
    return np.stack([np.concatenate([others, hub]), np.concatenate([hub, others])])


@pytest.mark.parametrize("readout", ["mean", "sum", "max"])
def test_rings_and_stars_are_told_apart(readout):
    """By their edges alone: the nodes have no features. Larger graphs are held out."""
    tl.manual_seed(0)
    model = models.GraphClassifier(models.GraphSAGE(1, 8, 2, 8, aggr="sum"), 2, readout, dropout=0.0)

    def batch(sizes):
        graphs = [(tl.ones(size, 1), tensor(make(size))) for size in sizes for make in (ring, star)]
        return nn.functional.batch_graphs(graphs), tensor(np.array([0, 1] * len(sizes)))

    graphs, labels = batch(range(5, 12))
    fit(model, lambda: nn.functional.cross_entropy(model(*graphs), labels), 30, lr=0.05)
    larger, labels = batch(range(12, 16))
    assert (model(*larger).argmax(axis=1) == labels).all()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: models.GAT(4, 6, 2, 3, heads=4), ValueError, "GAT: hidden_channels must be a multiple of heads 4"),
        (lambda: models.GCN(4, 6, 0, 3), ValueError, "GCN: num_layers must be"),
        (
            lambda: models.GraphClassifier(nn.ReLU(), 2),
            TypeError,
            "GraphClassifier: network must have the attribute out_channels, .* as ReLU has not",
        ),
        (
            lambda: models.GraphSAGE(4, 6, 2, 3)(tl.ones(5, 3), tensor(EDGES)),
            tl.ShapeError,
            r"GraphSAGE: x must have shape \(nodes, 4\), not \(5, 3\)",
        ),
        (
            lambda: models.GCN(4, 6, 2, 3)(tl.ones(4, 4), tensor(EDGES)),
            IndexError,
            "GCN: edge_index names nodes outside the 4 nodes 0 to 3",
        ),
    ],
)
def test_wrong_arguments(call, error, message):
    with pytest.raises(error, match=message):
        call()
