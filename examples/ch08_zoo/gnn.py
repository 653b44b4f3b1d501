"""A graph network tells the factions of a karate club from one label each, for friends tend to agree.

All that is known of the 34 members is who met whom, and on which side the two leaders stand. A graph convolution mixes
XX
The same layers without the edges learn the two leaders and guess one side for the rest. Zachary predicted the split by
a minimal cut of the friendships, and missed the same member, number 8, who was for the officers yet stayed with Mr. Hi.
"""

import tensorlab as tl
from tensorlab import datasets, models, nn, optim
from tensorlab.viz.style import FAINT, PALETTE

CLUB = datasets.KarateClub()
LEADERS = tl.tensor([0, 33])


def trained(model, *edges):
    """Learn the sides of the leaders; return the scores of all members before and after."""
    optimizer = optim.Adam(model.parameters(), lr=0.02, weight_decay=5e-3)
    before = model(CLUB.x, *edges).detach()
    for _ in range(200):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(CLUB.x, *edges)[LEADERS], CLUB.targets[LEADERS]).backward()
        optimizer.step()
    return before, model(CLUB.x, *edges).detach()


def right(scores):
    """Return whether each member's side is the one with the larger score."""
    return scores.argmax(axis=1) == CLUB.targets


def draw(ax, places, sides, title):
    """Draw the club, its members at places and in the colours of sides."""
    for a, b in CLUB.edge_index.mT.tolist():
        ax.plot(*places[[a, b]].mT, color=FAINT, linewidth=0.4, zorder=1)
    ax.scatter(*places.mT, s=110, c=[PALETTE[side] for side in sides.tolist()], zorder=2)
    for member, place in enumerate(places.tolist()):
        ax.annotate(member, place, ha="center", va="center", color="white", fontsize=7)
    ax.set(title=title, xticks=[], yticks=[])


def lesson(report, long):
    runs = 50 if long else 5
    graph = [trained(models.GCN(34, 16, 2, 2, dropout=0.0), CLUB.edge_index) for _ in range(runs)]
    layers = [nn.Sequential(nn.Linear(34, 16), nn.ReLU(), nn.Linear(16, 2)) for _ in range(runs)]
    blind = [trained(model) for model in layers]
    counts = {
        name: [right(after).astype("int64").sum().item() for _, after in results]
        for name, results in (("with edges", graph), ("without", blind))
    }
    wrong = {member for _, after in graph for member in tl.flatnonzero(~right(after)).tolist()}
    report.table(["network", "least right of 34", "most right"],
                 [(name, min(count), max(count)) for name, count in counts.items()])  # fmt: skip
    report.value("members whose side the network misses", ", ".join(map(str, sorted(wrong))))
    report.claim("in every run the graph network misses two members at most", min(counts["with edges"]) >= 32)
    report.claim("member 8 is among them", 8 in wrong)
    report.claim("without the edges a quarter or more is missed", max(counts["without"]) <= 25)

    before, after = graph[0]
    panels = report.axes(columns=3, width=4.2, height=3.8)
    degrees = tl.diag(tl.bincount(CLUB.edge_index[0]).astype("float32"))
    adjacency = tl.zeros(34, 34)
    adjacency[CLUB.edge_index[0], CLUB.edge_index[1]] = 1.0
    _, modes = tl.linalg.eigh(degrees - adjacency)
    draw(panels[0], modes[:, 1:3], CLUB.targets, "The club, by its slowest modes")
    draw(panels[1], before, CLUB.targets, "Scores of random weights")
    draw(panels[2], after, CLUB.targets, "Scores after learning two labels")
    for ax in panels[1:]:
        ax.set(xlabel="score of Mr. Hi's side", ylabel="score of the officers' side")
