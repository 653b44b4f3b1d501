"""Zachary's karate club."""

from __future__ import annotations

from ..data.dataset import Dataset
from ..ops.creation import asarray, eye
from ..tensor import Tensor

FRIENDS = """
1 2 3 4 5 6 7 8 10 11 12 13 17 19 21 31;2 3 7 13 17 19 21 30;3 7 8 9 13 27 28 32;7 12 13;6 10;6 10 16;16;;30 32 33;33;;;
;33;32 33;32 33;;;32 33;33;32 33;;32 33;25 27 29 32 33;25 27 31;31;29 33;33;31 33;32 33;32 33;32 33;33;
"""
"""For each member, those with greater numbers whom he met outside the club."""

OFFICERS = (9, *range(14, 16), 18, 20, *range(22, 34))
"""The members who stayed in the club with its officers; the others went with the instructor, Mr. Hi."""


class KarateClub(Dataset):
    """Zachary's karate club: a graph of 34 members and 78 friendships, which split into two factions.

    Attributes
    ----------
    edge_index : Tensor, shape (2, 156)
        The friendships, int64: sources and targets, once in each direction, sorted by source.
    x : Tensor, shape (34, 34)
        The features of the members: one-hot vectors, as nothing else is known about them; float32.
    targets : Tensor, shape (34,)
        The faction of each member after the split, int64: 0 for Mr. Hi's, 1 for the officers'.
    classes : list of str
        The names of the factions.

    Notes
    -----
    Member 0 is the instructor, Mr. Hi, and member 33 the administrator, John A. The whole graph is the only sample:
    ``KarateClub()[0]`` is ``(x, edge_index, targets)``. Member 8 supported the officers but joined Mr. Hi, and counts
    as his.

    Licence: none is needed for these facts. Source: W. W. Zachary, "An information flow model for conflict and fission
    in small groups", Journal of Anthropological Research 33, 1977, figure 1 and table 1.

    Examples
    --------
    >>> club = tl.datasets.KarateClub()
    >>> club.edge_index.shape, club.targets.sum()
    ((2, 156), tensor(17))
    >>> layer = tl.nn.GCNConv(34, 2)
    >>> layer(club.x, club.edge_index).shape
    (34, 2)
    """

    def __init__(self) -> None:
        neighbours = [[int(other) for other in row.split()] for row in FRIENDS.replace("\n", "").split(";")]
        pairs = [(member, other) for member, row in enumerate(neighbours) for other in row]
        both = sorted(pairs + [(other, member) for member, other in pairs])
        self.edge_index = asarray(both, dtype="int64").mT
        self.targets = asarray([int(member in OFFICERS) for member in range(34)], dtype="int64")
        self.classes = ["Mr. Hi", "Officer"]
        self.x = eye(34)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor, Tensor]:
        if index not in (0, -1):
            raise IndexError(f"KarateClub: index must be 0, as the graph is the only sample, not {index}")
        return self.x, self.edge_index, self.targets

    def __len__(self) -> int:
        return 1

    def __repr__(self) -> str:
        return "KarateClub(34 nodes, 78 edges, 2 classes)"
