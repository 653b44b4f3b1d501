"""A small convolutional network on the whole of Fashion-MNIST."""

import pytest

import tensorlab as tl
from tensorlab import nn, optim
from tensorlab.data import DataLoader
from tensorlab.datasets import FashionMNIST
from tensorlab.datasets.mnist import DEBIAN

EPOCHS, BATCH, LEARNING_RATE = 5, 128, 4e-3

needs_fashion = pytest.mark.skipif(
    not DEBIAN.is_dir(), reason="Debian's package dataset-fashion-mnist is not installed"
)


def network():
    """Return a network of two convolutional and two linear layers, with 302,538 parameters."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(16, 32, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Dropout(0.25),
        nn.Linear(32 * 6 * 6, 256),
        nn.ReLU(),
        nn.Dropout(0.25),
        nn.Linear(256, 10),
    )


def normalised(images):
    return (images.astype("float32") / 255 - 0.286) / 0.353


def mirrored(images):
    return tl.flip(images, axis=-1)


def train(model, seed):
    """Train on the 60,000 images, half of the batches mirrored."""
    tl.manual_seed(seed)
    loader = DataLoader(FashionMNIST(), batch_size=BATCH, shuffle=True, drop_last=True)
    optimizer = optim.AdamW(model.parameters(), lr=LEARNING_RATE, weight_decay=0.01)
    schedule = optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, EPOCHS * len(loader), pct_start=0.2)
    for _ in range(EPOCHS):
        for images, labels in loader:
            images = mirrored(images) if tl.rand(()).item() < 0.5 else images
            loss = nn.functional.cross_entropy(model(normalised(images)), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()


@tl.no_grad()
def accuracy(model):
    """Return the part of the 10,000 test images that are classified correctly, by the mean of both mirrorings."""
    model.eval()
    right = 0
    for images, labels in DataLoader(FashionMNIST(train=False), batch_size=1000):
        x = normalised(images)
        guesses = (model(x).softmax(axis=1) + model(mirrored(x)).softmax(axis=1)).argmax(axis=1)
        right += int((guesses == labels).sum())
    return right / 10_000


@pytest.mark.slow
@pytest.mark.skipif(tl.active_backend().name == "strict", reason="a training takes long on the strict backend")
@needs_fashion
def test_a_small_network_reaches_91_percent():
    tl.manual_seed(0)
    model = network()
    train(model, seed=0)
    assert accuracy(model) >= 0.91
