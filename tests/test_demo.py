"""The LeNet-5 example: that it learns, writes its files, and says plainly when a backend is missing."""

import importlib.util
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

import tensorlab as tl

pytest.importorskip("matplotlib")

SCRIPT = Path(__file__).parents[1] / "examples" / "lenet_digits.py"


@pytest.fixture(scope="module")
def demo():
    spec = importlib.util.spec_from_file_location("lenet_digits", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


needs_numpy = pytest.mark.skipif(tl.active_backend().name == "strict", reason="minutes on the strict backend")


def batch(dataset):
    """Return all samples of a data set."""
    return dataset.batch(range(len(dataset)))


def test_data(demo):
    training, held_out = demo.digits(seed=0)
    (images, labels), (test_images, test_labels) = batch(training), batch(held_out)
    assert images.shape == (1438, 1, 32, 32)
    assert test_images.shape == (359, 1, 32, 32)
    assert test_images.mean().item() == pytest.approx(0, abs=0.1)
    assert test_images.std().item() == pytest.approx(1, abs=0.1)
    share = [(test_labels == digit).sum().item() / (labels == digit).sum().item() for digit in range(10)]
    assert share == pytest.approx([0.25] * 10, abs=0.02)
    assert not set(training.indices) & set(held_out.indices)


def test_training_images_are_shifted_whole(demo):
    """The plain image, moved by up to 3 pixels and filled with the background, is the training image."""
    training, held_out = demo.digits(seed=0)
    plain = held_out.dataset.batch(training.indices[:20])[0]
    shifted, background = training.batch(range(20))[0], plain.min().item()
    padded = tl.nn.functional.pad(plain, (3, 3, 3, 3), value=background)
    for image, moved in zip(padded, shifted, strict=True):
        places = [(y, x) for y in range(7) for x in range(7)]
        errors = [abs(image[:, y : y + 32, x : x + 32] - moved).max().item() for y, x in places]
        assert min(errors) < 1e-5


@needs_numpy
def test_two_epochs_learn(demo):
    net, (untrained, first, last), (images, labels) = demo.train(seed=0, epochs=2, progress=False)
    assert untrained["valid_loss"] == pytest.approx(math.log(10), rel=0.05)
    assert first["loss"] > last["loss"]
    assert last["valid_accuracy"] > 0.8
    accuracy = (net(images).argmax(axis=1) == labels).astype("float64").mean().item()
    assert accuracy == pytest.approx(last["valid_accuracy"])
    assert sum(parameter.nelement() for parameter in net.parameters()) == 61706


@needs_numpy
def test_seeds_repeat(demo):
    first, second = (demo.train(seed=3, epochs=1, progress=False)[1][-1] for _ in range(2))
    timed = {"seconds", "samples_per_second"}
    assert {k: first[k] for k in first if k not in timed} == {k: second[k] for k in second if k not in timed}


@pytest.mark.slow
@needs_numpy
def test_accuracy_over_five_seeds(demo):
    accuracies = [demo.train(seed, progress=False)[1][-1]["valid_accuracy"] for seed in range(5)]
    assert sum(accuracies) / 5 >= 0.985
    assert min(accuracies) >= 0.975


def run(folder, *arguments, **environment):
    return subprocess.run(
        [sys.executable, str(SCRIPT), *arguments],
        env={**os.environ, "TENSORLAB_BACKEND": "numpy", **environment},
        cwd=folder,
        capture_output=True,
        text=True,
    )


def test_command(tmp_path):
    result = run(tmp_path, "--epochs", "1", "--seeds", "0", "1")
    assert result.returncode == 0, result.stderr
    assert "held-out accuracy" in result.stdout
    assert "mean" in result.stdout
    folder = tmp_path / "runs" / "lenet_digits"
    assert {file.name for file in folder.iterdir() if file.is_file()} == {
        "model.safetensors", "curves.png", "confusion.png", "misclassified.png", "filters.png",
    }  # fmt: skip
    assert (folder / "seed1" / "log.jsonl").exists()
    assert tl.load(folder / "model.safetensors")["features.0.weight"].shape == (6, 1, 5, 5)


def test_a_missing_backend_is_one_clear_error(tmp_path):
    result = run(tmp_path, TENSORLAB_BACKEND="nowhere")
    assert result.returncode == 1
    assert result.stderr.startswith("there is no backend 'nowhere'.\nInstalled backends:\n")
    assert "Traceback" not in result.stderr
