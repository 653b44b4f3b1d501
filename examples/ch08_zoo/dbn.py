"""Greedy pre-training carries a deep belief network past the plateau on which back-propagation gets stuck.

Three layers of sigmoids from small random weights hardly let gradients through, and descent stays near chance. A stack
of restricted Boltzmann machines, each of which learns the hidden units of the one below without any label, begins where
layers already tell digits apart (Hinton, Osindero and Teh, 2006). Better initial weights, rectified units and adaptive
steps have since made it unnecessary. The stack is a generative model as well.
"""

import tensorlab as tl
from tensorlab import data, datasets, metrics, nn, optim, train, viz
from tensorlab.data import transforms
from tensorlab.models.classic import DBN

SIZES = (64, 100, 100, 100)
PREPARED = transforms.Compose([transforms.ToDtype(tl.float32), transforms.Normalize([0.0], [16.0]), nn.Flatten(-3)])


def random_network():
    """Return a network of the same layers with random weights."""
    hidden = [layer for size in SIZES[1:] for layer in (nn.LazyLinear(size), nn.Sigmoid())]
    return nn.Sequential(*hidden, nn.LazyLinear(10))


def tuned(network, training, held_out, epochs):
    """Train a classifier by stochastic gradient descent; return its held-out accuracy after each epoch."""
    optimizer = optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
    scores = {"accuracy": metrics.Accuracy()}
    trainer = train.Trainer(network, nn.CrossEntropyLoss(), optimizer, metrics=scores, progress=False)
    loader = data.DataLoader(training, batch_size=50, shuffle=True)
    history = trainer.fit(loader, data.DataLoader(held_out, batch_size=400), epochs=epochs)
    return [row["valid_accuracy"] for row in history]


def lesson(report, long):
    epochs = 60 if long else 12
    training, held_out = data.random_split(datasets.Digits(transform=PREPARED), [0.8, 0.2])
    images, _ = next(iter(data.DataLoader(training, batch_size=len(training))))
    stack = DBN(SIZES, epochs=60 if long else 20).fit(images)
    runs = {
        "pre-trained": tuned(stack.classifier(10), training, held_out, epochs),
        "random weights": tuned(random_network(), training, held_out, epochs),
    }
    report.table(["network", "held-out accuracy"], [(name, run[-1]) for name, run in runs.items()])
    best = max(runs["random weights"])
    report.claim("the pre-trained network tells more than 60 % of the digits", runs["pre-trained"][-1] > 0.6)
    if not long:
        report.claim(f"the other is still near chance after {epochs} epochs", best < 0.3)

    curves, dreams, filters = report.axes(columns=3, width=4.2)
    for name, run in runs.items():
        curves.plot(range(1, epochs + 1), run, label=name)
    curves.axhline(0.1, color=viz.style.FAINT, linestyle=":", label="chance")
    curves.set(title="Fine-tuning", xlabel="epoch", ylabel="held-out accuracy", ylim=(0, 1))
    viz.image_grid(-stack.sample(20, steps=500).reshape(-1, 8, 8), columns=5, ax=dreams)
    dreams.set_title("Dreams of the stack")
    weights = stack.layers[0].weight.detach()[:20].reshape(-1, 8, 8)
    bound = abs(weights).max().item()
    viz.image_grid(weights, columns=5, cmap=viz.style.DIVERGING, value_range=(-bound, bound), ax=filters)
    filters.set_title("Weights of the first layer")
