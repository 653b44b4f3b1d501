"""A graph network tells the factions of a karate club from one label each, for friends tend to agree.

All that is known of the 34 members is who met whom, and on which side the two leaders stand. A graph convolution mixes
XX The same layers without the edges learn the two leaders and guess one side for the rest. Zachary predicted the split
by a minimal cut of the friendships, and missed the same member, number 8, who was for the officers yet stayed with Mr.
Hi.
"""

import tensorlab as tl
from tensorlab import datasets, models, nn, optim
from tensorlab.viz.style import DIVERGING, FAINT, INK

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


def layout():
    """Return places, (34, 2), whose distances are those along friendships as nearly as possible."""
    near, reached, hops = tl.eye(34), tl.eye(34), tl.zeros(34, 34)
    near[CLUB.edge_index[0], CLUB.edge_index[1]] = 1.0
    for _ in range(5):
        hops += reached == 0
        reached = reached @ near
    wanted = hops + tl.eye(34)

    def stress(places):
        distances = ((places[:, None] - places).square().sum(axis=2) + 1e-6).sqrt()
        return (distances / wanted - 1).square().sum()

    return optim.minimize(stress, tl.randn(34, 2), "Adam", lr=0.05, max_steps=400).x


def draw(ax, places, scores, title):
    """Draw the club; colours say how sure a side is."""
    for pair in CLUB.edge_index.mT.tolist():
        ax.plot(*places[pair].mT, color=FAINT, linewidth=0.4, zorder=1)
    sides = scores.softmax(axis=1)[:, 1]
    ax.scatter(*places.mT, s=130, c=sides, cmap=DIVERGING, vmin=0, vmax=1, edgecolors=INK, linewidths=0.6, zorder=2)
    for member, (x, y) in enumerate(places.tolist()):
        dark = abs(sides[member] - 0.5) > 0.3
        ax.annotate(member, (x, y), ha="center", va="center", color="white" if dark else INK, fontsize=7)
    ax.set_title(title)
    ax.axis("off")


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

    places = layout()
    truth = 50.0 * nn.functional.one_hot(CLUB.targets)
    panels = report.axes(columns=4, width=3.6, height=3.8)
    draw(panels[0], places, truth, "The split")
    draw(panels[1], places, graph[0][0], "Random weights")
    draw(panels[2], places, graph[0][1], "Two labels, with edges")
    draw(panels[3], places, blind[0][1], "Two labels, without edges")
