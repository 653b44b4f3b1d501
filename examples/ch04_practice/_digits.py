"""What the lessons of this chapter share: the digits in two parts, a training of a few lines, and a deep network."""

import tensorlab as tl
from tensorlab import data, datasets, metrics, nn, optim
from tensorlab.train import Trainer


def digits(count, wrong=0.0, flat=True):
    """Return `count` digits to train with, and the others, held out: pixels from 0 to 1, and labels.

    Images are vectors unless `flat` is False. The share `wrong` of the labels to train with is replaced by random ones.
    """
    loaded = datasets.Digits()
    order = tl.randperm(len(loaded))
    x, y = loaded.data[order] / 16, loaded.targets[order]
    x = x.flatten(1) if flat else x
    replaced = tl.where(tl.rand(count) < wrong, tl.randint(0, 10, (count,)), y[:count])
    return data.TensorDataset(x[:count], replaced), data.TensorDataset(x[count:], y[count:])


def fit(model, training, held_out, epochs, lr=0.1, batch_size=64, loss=None, **options):
    """Train a model by SGD with momentum; return the trainer, which has the history."""
    loader = data.DataLoader(training, batch_size, shuffle=True)
    optimizer = optim.SGD(model.parameters(), lr=lr, momentum=0.9)
    options = {"metrics": {"accuracy": metrics.Accuracy()}, "progress": False, **options}
    trainer = Trainer(model, loss or nn.CrossEntropyLoss(), optimizer, **options)
    trainer.fit(loader, whole(held_out), epochs=epochs)
    return trainer


def whole(samples):
    """Return a loader whose only batch is the whole set."""
    return data.DataLoader(samples, len(samples))


def six_convolutions(norm):
    """Return a network of six convolutions with a normalisation of 16 channels after each."""
    layers = []
    for number, channels in enumerate((1, 16, 16, 16, 16, 16)):
        pool = [nn.MaxPool2d(2)] if number in (1, 3) else []
        layers += [nn.Conv2d(channels, 16, 3, padding=1), norm(16), nn.ReLU(), *pool]
    return nn.Sequential(*layers, nn.GlobalAvgPool2d(), nn.Flatten(), nn.Linear(16, 10))
