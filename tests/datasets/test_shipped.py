"""The digits and the karate club, against scikit-learn and NetworkX."""

import hashlib

import numpy as np
import pytest
from helpers import assert_same, host

import tensorlab as tl
from tensorlab import nn, optim
from tensorlab.datasets import Digits, KarateClub


def test_digits_are_scikit_learns():
    sklearn = pytest.importorskip("sklearn.datasets")
    expected, data = sklearn.load_digits(), Digits()
    assert_same(data.data, expected.images[:, None].astype("uint8"))
    assert_same(data.targets, expected.target.astype("int64"))
    assert data.classes == [str(name) for name in expected.target_names]


def test_digits_are_those_of_the_published_file():
    """The digest of the 1,797 lines of UCI's ``optdigits.tes``, without scikit-learn: 64 pixels and the digit."""
    data = Digits()
    rows = np.concatenate([host(data.data).reshape(-1, 64), host(data.targets)[:, None]], axis=1)
    assert rows.shape == (1797, 65)
    assert np.bincount(rows[:, 64]).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert hashlib.sha256(rows.astype("uint8").tobytes()).hexdigest() == DIGEST


DIGEST = "68aea062d35a127749050fa0e52dca09d6569ac08092c925610e0954e172dde2"


def test_the_club_is_networkxs():
    networkx = pytest.importorskip("networkx")
    graph, club = networkx.karate_club_graph(), KarateClub()
    edges = host(club.edge_index).T.tolist()
    assert edges == sorted([list(edge) for edge in graph.edges] + [[b, a] for a, b in graph.edges])
    assert [club.classes[target] for target in club.targets.tolist()] == [graph.nodes[n]["club"] for n in graph]


def test_the_club_by_zacharys_numbers():
    club = KarateClub()
    degrees = np.bincount(host(club.edge_index)[0])
    assert (club.edge_index.shape, degrees[0], degrees[33], degrees[11]) == ((2, 156), 16, 17, 1)
    assert (host(club.edge_index)[0] != host(club.edge_index)[1]).all()
    assert club.targets.sum().item() == 17
    assert (club.targets[0].item(), club.targets[33].item(), club.targets[8].item()) == (0, 1, 0)
    assert_same(club.x, np.eye(34, dtype="float32"))
    assert len(club) == 1
    assert [part.shape for part in club[0]] == [(34, 34), (2, 156), (34,)]
    assert len(list(club)) == 1


@pytest.mark.skipif(tl.active_backend().name == "strict", reason="a training takes long on the strict backend")
def test_a_graph_network_finds_the_factions_from_two_members():
    """As T. Kipf and M. Welling show: with one label of each faction a graph network tells the others apart."""
    tl.manual_seed(0)
    club = KarateClub()
    first, second = nn.GCNConv(34, 8), nn.GCNConv(8, 2)
    optimizer = optim.Adam([*first.parameters(), *second.parameters()], lr=0.05)
    known = tl.tensor([0, 33])
    for _ in range(60):
        outputs = second(tl.tanh(first(club.x, club.edge_index)), club.edge_index)
        loss = nn.functional.cross_entropy(outputs[known], club.targets[known])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    right = host(outputs).argmax(axis=1) == host(club.targets)
    assert right.sum() >= 31
