"""Train LeNet-5 on the handwritten digits that come with scikit-learn: 1,797 images of the UCI set.

python examples/lenet_digits.py                          # one seed
python examples/lenet_digits.py --seeds 0 1 2 3 4        # several, and their mean
TENSORLAB_BACKEND=cupy python examples/lenet_digits.py   # the same on a GPU
"""

import argparse
import sys
import time
from pathlib import Path

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from tqdm import tqdm

import tensorlab as tl
from tensorlab import nn
from tensorlab.data import DataLoader, TensorDataset
from tensorlab.optim import AdamW
from tensorlab.optim.lr_scheduler import CosineAnnealingLR

EPOCHS, BATCH, LEARNING_RATE, WEIGHT_DECAY, SHIFT = 40, 64, 3e-3, 0.05, 3


class LeNet5(nn.Module):
    """The network of LeCun, Bottou, Bengio and Haffner (1998), with a linear output layer and softmax."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 6, 5),
            nn.Tanh(),
            nn.AvgPool2d(2),
            nn.Conv2d(6, 16, 5),
            nn.Tanh(),
            nn.AvgPool2d(2),
            nn.Conv2d(16, 120, 5),
            nn.Tanh(),
        )
        self.classifier = nn.Sequential(nn.Flatten(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10))

    def forward(self, images):
        return self.classifier(self.features(images))


def digits(seed):
    """Return the training and the held-out images, 32×32 and normalised, with their labels."""
    images, labels = load_digits(return_X_y=True)
    split = train_test_split(images, labels, test_size=0.2, stratify=labels, random_state=seed)
    train_images, test_images = (enlarged(tl.asarray(part, dtype=tl.float32).view(-1, 8, 8)) for part in split[:2])
    mean, std = train_images.mean(), train_images.std()
    train_labels, test_labels = (tl.asarray(part, dtype=tl.int64) for part in split[2:])
    return (train_images - mean) / std, train_labels, (test_images - mean) / std, test_labels


def enlarged(images):
    """Return 8×8 images as 32×32 ones, with a channel axis, interpolated linearly between the pixels' centres."""
    centres = (tl.arange(32, dtype=tl.float32) + 0.5) / 4 - 0.5
    weights = tl.relu(1 - abs(centres.unsqueeze(1) - tl.arange(8, dtype=tl.float32)))
    weights = weights / weights.sum(axis=1, keepdims=True)
    return (weights @ images @ weights.T).unsqueeze(1)


def shifted(images):
    """Return the images, each shifted randomly by up to `SHIFT` pixels in both directions."""
    count, _, height, width = images.shape
    rows = tl.randint(0, 2 * SHIFT + 1, (count, 1)) + tl.arange(height)
    columns = tl.randint(0, 2 * SHIFT + 1, (count, 1)) + tl.arange(width)
    padded = nn.functional.pad(images[:, 0], (SHIFT,) * 4, value=images.min().item())
    moved = padded[tl.arange(count).view(-1, 1, 1), rows.unsqueeze(2), columns.unsqueeze(1)]
    return moved.unsqueeze(1)


def train(seed=0, epochs=EPOCHS, progress=True):
    """Train a network; return it, its history, and the confusion matrix of the held-out images."""
    tl.manual_seed(seed)
    images, labels, test_images, test_labels = digits(seed)
    net = LeNet5()
    loader = DataLoader(TensorDataset(images, labels), batch_size=BATCH, shuffle=True)
    optimizer = AdamW(net.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    schedule = CosineAnnealingLR(optimizer, T_max=epochs * len(loader))
    history = {"loss": [], "train": [], "test": []}
    bar = tqdm(range(epochs), desc=f"seed {seed}", unit="epoch", disable=not progress)
    for _ in bar:
        net.train()
        losses, correct = [], 0
        for batch, targets in loader:
            logits = net(shifted(batch))
            loss = nn.functional.cross_entropy(logits, targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
            correct += int((logits.argmax(axis=1) == targets).sum())
        predicted = predict(net, test_images)
        history["loss"].append(sum(losses) / len(losses))
        history["train"].append(correct / len(labels))
        history["test"].append((predicted == test_labels).astype(tl.float32).mean().item())
        bar.set_postfix(loss=f"{history['loss'][-1]:.4f}", held_out=f"{history['test'][-1]:.2%}")
    return net, history, confusion(predicted, test_labels)


@tl.no_grad()
def predict(net, images):
    """Return the most likely digit of each image."""
    return net.eval()(images).argmax(axis=1)


def confusion(predicted, labels):
    """Return how often each digit (row) was classified as each (column)."""
    counts = [[0] * 10 for _ in range(10)]
    for label, guess in zip(labels.tolist(), predicted.tolist(), strict=True):
        counts[label][guess] += 1
    return counts


def report(accuracy, counts):
    """Print the accuracy and the confusion matrix."""
    print(f"\nheld-out accuracy: {accuracy:.2%}\n\nconfusion matrix (rows: digit, columns: prediction)")
    print("    " + "".join(f"{digit:4}" for digit in range(10)))
    for digit, row in enumerate(counts):
        print(f"{digit:4}" + "".join(f"{count or '·':>4}" for count in row))


def plot(history, net, folder):
    """Draw the learning curves and the first layer's filters."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    epochs = range(1, len(history["loss"]) + 1)
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
    left.semilogy(epochs, history["loss"], color="tab:blue")
    left.set(title="Training loss", xlabel="epoch", ylabel="cross entropy (log scale)")
    right.plot(epochs, [100 * x for x in history["train"]], color="tab:blue", label="training, shifted images")
    right.plot(epochs, [100 * x for x in history["test"]], color="tab:orange", label="held out")
    right.set(title=f"Accuracy (held out at the end: {history['test'][-1]:.2%})", xlabel="epoch", ylabel="%")
    right.set_ylim(90, 100.3)
    right.legend(loc="lower right")
    for axes in (left, right):
        axes.grid(alpha=0.3)
    figure.savefig(folder / "curves.png", dpi=150)
    plt.close(figure)

    filters = net.features[0].weight.detach().cpu().numpy()[:, 0]
    limit = abs(filters).max()
    figure, grid = plt.subplots(1, len(filters), figsize=(10, 2.4), layout="constrained")
    for number, (axes, image) in enumerate(zip(grid, filters, strict=True), 1):
        shown = axes.imshow(image, cmap="RdBu_r", vmin=-limit, vmax=limit)
        axes.set_title(f"filter {number}", fontsize=10)
        axes.set_axis_off()
    figure.colorbar(shown, ax=grid, shrink=0.8, label="weight")
    figure.suptitle("First layer: six learned 5×5 filters")
    figure.savefig(folder / "filters.png", dpi=150)
    plt.close(figure)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0, help="for the split, the weights and the order (default 0)")
    parser.add_argument("--seeds", type=int, nargs="+", help="several seeds, in sequence")
    parser.add_argument("--epochs", type=int, default=EPOCHS, help=f"passes through the data (default {EPOCHS})")
    parser.add_argument("--out", type=Path, default=Path("runs/lenet_digits"), help="folder for the results")
    options = parser.parse_args()

    start, backend, accuracies = time.perf_counter(), tl.active_backend().name, []
    seeds = options.seeds or [options.seed]
    print(f"LeNet-5 on handwritten digits, {backend} backend")
    for seed in seeds:
        net, history, counts = train(seed, options.epochs)
        accuracies.append(history["test"][-1])
    report(accuracies[-1], counts)
    if len(seeds) > 1:
        listed = ", ".join(f"{accuracy:.2%}" for accuracy in accuracies)
        print(f"\nseeds {seeds}: {listed}; mean {sum(accuracies) / len(accuracies):.2%}")
    options.out.mkdir(parents=True, exist_ok=True)
    tl.save(net.state_dict(), options.out / "model.safetensors", metadata={"accuracy": f"{accuracies[-1]:.4f}"})
    plot(history, net, options.out)
    print(f"\n{time.perf_counter() - start:.0f} s; model, curves and filters are in {options.out}/")


if __name__ == "__main__":
    try:
        main()
    except tl.BackendUnavailable as error:
        sys.exit(str(error))
