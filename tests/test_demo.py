"""The LeNet-5 example: that it learns, writes its files, and says plainly when a backend is missing."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

import tensorlab as tl

for package in ("sklearn", "matplotlib", "tqdm", "safetensors"):
    pytest.importorskip(package)

SCRIPT = Path(__file__).parents[1] / "examples" / "lenet_digits.py"


@pytest.fixture(scope="module")
def demo():
    spec = importlib.util.spec_from_file_location("lenet_digits", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


needs_numpy = pytest.mark.skipif(tl.active_backend().name == "strict", reason="minutes on the strict backend")


def test_data(demo):
    images, labels, test_images, test_labels = demo.digits(seed=0)
    assert images.shape == (1437, 1, 32, 32)
    assert test_images.shape == (360, 1, 32, 32)
    assert images.mean().item() == pytest.approx(0, abs=1e-5)
    assert images.std().item() == pytest.approx(1, abs=1e-5)
    share = [(test_labels == digit).sum().item() / (labels == digit).sum().item() for digit in range(10)]
    assert share == pytest.approx([0.25] * 10, abs=0.02)


def test_shifts_move_images_whole(demo):
    image = tl.zeros(50, 1, 32, 32)
    image[:, :, 16, 16] = 1.0
    places = demo.shifted(image).view(50, -1).argmax(axis=1)
    rows, columns = (places // 32).tolist(), (places % 32).tolist()
    assert set(rows) == set(columns) == set(range(13, 20))


@needs_numpy
def test_two_epochs_learn(demo):
    net, history, counts = demo.train(seed=0, epochs=2, progress=False)
    assert history["loss"][1] < history["loss"][0]
    assert history["test"][-1] > 0.8
    assert sum(map(sum, counts)) == 360
    assert sum(counts[digit][digit] for digit in range(10)) / 360 == pytest.approx(history["test"][-1])
    assert sum(parameter.nelement() for parameter in net.parameters()) == 61706


@needs_numpy
def test_seeds_repeat(demo):
    first, second = (demo.train(seed=3, epochs=1, progress=False)[1] for _ in range(2))
    assert first == second


@pytest.mark.slow
@needs_numpy
def test_accuracy_over_five_seeds(demo):
    accuracies = [demo.train(seed, progress=False)[1]["test"][-1] for seed in range(5)]
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
    assert {file.name for file in folder.iterdir()} == {"model.safetensors", "curves.png", "filters.png"}
    assert tl.load(folder / "model.safetensors")["features.0.weight"].shape == (6, 1, 5, 5)


def test_a_missing_backend_is_one_clear_error(tmp_path):
    result = run(tmp_path, TENSORLAB_BACKEND="nowhere")
    assert result.returncode == 1
    assert result.stderr.startswith("there is no backend 'nowhere'.\nInstalled backends:\n")
    assert "Traceback" not in result.stderr
