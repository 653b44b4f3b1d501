"""Train LeNet-5 on the handwritten digits that come with tensorlab, with one seed or several."""

import argparse
from pathlib import Path

import tensorlab as tl
from tensorlab import data, datasets, metrics, models, nn, optim, viz
from tensorlab.data import transforms as T
from tensorlab.train import LRSchedule, Trainer


def digits(seed):
    """Return training digits, shifted at random by up to 3 pixels, and a fifth held out: 32×32, normalised."""
    prepared = [T.Resize(32), T.ToDtype(tl.float32), T.Normalize([4.88], [5.62])]
    shift = T.RandomAffine(0, translate=(0.1, 0.1), fill=-4.88 / 5.62)
    shifted, plain = datasets.Digits(T.Compose([*prepared, shift])), datasets.Digits(T.Compose(prepared))
    training, held_out = data.stratified_split(plain, [0.8, 0.2], generator=tl.Generator(seed))
    return data.Subset(shifted, training.indices), held_out


def train(seed, epochs=40, folder=None, progress=None):
    """Train a network; return it, the values of each epoch, and the held-out digits with their labels."""
    tl.seed_everything(seed)
    training, held_out = digits(seed)
    loader, test = data.DataLoader(training, 64, shuffle=True), data.DataLoader(held_out, len(held_out))
    model = models.lenet5()
    print(f"{len(training)} digits, {len(held_out)} held out; {model.summary((1, 1, 32, 32)).parameters:,} parameters")
    optimizer = optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.05)
    schedule = LRSchedule(optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * len(loader)), interval="step")
    options = {"schedule": schedule, "metrics": {"accuracy": metrics.Accuracy()}, "progress": progress}
    trainer = Trainer(model, nn.CrossEntropyLoss(), optimizer, folder=folder, **options)
    untrained = {"epoch": 0, **trainer.evaluate(test)}
    return model, [untrained, *trainer.fit(loader, test, epochs=epochs)], next(iter(test))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="of the split, the weights and the order")
    parser.add_argument("--epochs", type=int, default=40, help="passes through the data (default 40)")
    parser.add_argument("--out", type=Path, default=Path("runs/lenet_digits"), help="folder for the results")
    options = parser.parse_args()
    runs = [train(seed, options.epochs, options.out / f"seed{seed}") for seed in options.seeds]
    found = [history[-1]["valid_accuracy"] for _, history, _ in runs]
    print(f"held-out accuracy: {', '.join(map('{:.2%}'.format, found))}; mean {sum(found) / len(found):.2%}")
    model, history, (images, labels) = runs[-1]
    scores = model(images).detach()
    tl.save(model.state_dict(), options.out / "model.safetensors")
    viz.training_curves(history, metrics=["loss", "accuracy"]).savefig(options.out / "curves.png", dpi=150)
    viz.confusion_matrix(labels, scores).savefig(options.out / "confusion.png", dpi=150)
    viz.misclassified(images, labels, scores).savefig(options.out / "misclassified.png", dpi=150)
    viz.filters(model).savefig(options.out / "filters.png", dpi=150)
    print(f"curves, confusion matrix, misclassified digits and filters are in {options.out}/")
    print(f"load the model: tensorlab.models.lenet5(weights='{options.out}/model.safetensors'); next: --seeds 0 1 2")


if __name__ == "__main__":
    try:
        main()
    except tl.BackendUnavailable as error:
        raise SystemExit(str(error)) from None
