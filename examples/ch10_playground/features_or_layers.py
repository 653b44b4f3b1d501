"""What a feature shows at once, hidden layers have to learn; the spiral is easiest with both.

These are experiments of the playground, run without its page. Three data sets are given to a network without hidden
layers, with the coordinates alone and with features that may help; then to one with hidden layers. Squares and the
product of the coordinates make circle and XOR separable by a line. The sines do not unwind the spiral, but they help
the layers that do.
"""

from tensorlab.playground import Experiment, Settings

FEATURES = {"circle": ("x1_squared", "x2_squared"), "xor": ("x1x2",), "spiral": ("sin_x1", "sin_x2")}
HIDDEN = {"circle": (4,), "xor": (8,), "spiral": (8, 8)}
"""The features that may help, and the hidden layers that the data need."""

NETWORKS = ("line", "line, features", "layers", "layers, features")


def trained(data, layers, features, epochs):
    """Return an experiment after some epochs."""
    inputs = ("x1", "x2", *features)
    settings = Settings(dataset=data, layers=layers, features=inputs, optimizer="adam", learning_rate=0.03)
    experiment = Experiment(settings)
    experiment.step(epochs)
    return experiment


def lesson(report, long):
    epochs = 400 if long else 120
    found = {
        data: [trained(data, layers, chosen, epochs) for layers in ((), HIDDEN[data]) for chosen in ((), features)]
        for data, features in FEATURES.items()
    }
    accuracy = {data: [one.scores().test_accuracy for one in row] for data, row in found.items()}
    report.table(["held-out accuracy", *NETWORKS], [(data, *row) for data, row in accuracy.items()])
    for data in ("circle", "xor"):
        line, featured, layers, _ = accuracy[data]
        claim = f"a line cannot separate {data}, and the right feature or a hidden layer does"
        report.claim(claim, line < 0.75 < 0.93 < min(featured, layers))
    line, featured, layers, both = accuracy["spiral"]
    report.claim("no line separates the spiral, not even with the sines", max(line, featured) < 0.75)
    report.claim("two hidden layers do, and with the sines to the last few points", 0.78 < layers < both > 0.96)

    panels = report.axes(len(found), len(NETWORKS), width=2.3, height=2.3)
    for number, (data, row) in enumerate(found.items()):
        for place, (name, experiment) in enumerate(zip(NETWORKS, row, strict=True)):
            ax = panels[len(NETWORKS) * number + place]
            output = experiment.responses(60)[-1].reshape(60, 60)
            ax.imshow(output, extent=(-6, 6, -6, 6), cmap="RdBu_r", vmin=-1, vmax=1, alpha=0.7)
            held_out = slice(experiment.train_size, None)
            ax.scatter(*experiment.points[held_out].T, c=experiment.targets[held_out], cmap="coolwarm", s=3)
            ax.set(title=f"{data}: {name}", xticks=[], yticks=[])
