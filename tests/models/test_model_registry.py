"""Models by name, and weights from files."""

import hashlib
import inspect

import pytest
from helpers import assert_same, host

import tensorlab as tl
from tensorlab import models, nn


@pytest.fixture
def tiny():
    """A registered model with an option."""

    @models.register_model
    def tiny_linear(features: int = 2) -> nn.Linear:
        return nn.Linear(features, 1)

    yield tiny_linear
    del models.registry.MODELS["tiny_linear"]


@pytest.fixture
def saved(tmp_path):
    """A file of weights, and the model whose weights they are."""
    model = nn.Linear(3, 1)
    path = tmp_path / "weights.safetensors"
    tl.save(model.state_dict(), path)
    return model, path


def test_names(tiny):
    assert "lenet5" in models.list_models()
    assert models.list_models("tiny*") == ["tiny_linear"]
    assert "tiny_linear" not in models.list_models(exclude="tiny*")
    assert models.get_model("tiny_linear", features=5).in_features == 5


def test_every_model_has_the_argument_weights():
    for name in models.list_models():
        builder = getattr(models, name)
        assert inspect.signature(builder).parameters["weights"].default is None
        assert "weights" in builder.__doc__


@pytest.mark.parametrize(("name", "hint"), [("LeNet5", "did you mean lenet5"), ("zzz", "list_models")])
def test_an_unknown_name(name, hint):
    with pytest.raises(ValueError, match=rf"get_model: name must be .*, not '{name}'; .*{hint}"):
        models.get_model(name)


def test_weights_from_a_file(tiny, saved):
    model, path = saved
    found = tiny(features=3, weights=path)
    assert_same(found.weight.detach(), host(model.weight.detach()))
    with pytest.raises(FileNotFoundError, match=r"tiny_linear: weights must be .* nothing is downloaded, not 'n"):
        tiny(weights="nothing.pth")


def test_the_hash_in_the_name_of_a_file(tiny, saved):
    _, path = saved
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    tiny(features=3, weights=path.rename(path.with_stem(f"tiny-{digest[:8]}")))
    wrong = path.with_stem("tiny-00000000")
    path.with_stem(f"tiny-{digest[:8]}").rename(wrong)
    with pytest.raises(ValueError, match=rf"its SHA-256 begins with {digest[:8]}, not 00000000"):
        tiny(features=3, weights=wrong)


def test_weights_without_counts_of_batches(tmp_path):
    model, path = nn.BatchNorm1d(2), tmp_path / "old.safetensors"
    tl.save({"weight": tl.ones(2), "bias": tl.ones(2), "running_mean": tl.ones(2), "running_var": tl.ones(2)}, path)
    models.load_weights(model, path)
    assert_same(model.bias.detach(), [1.0, 1.0])
    assert int(model.num_batches_tracked) == 0


def test_options_are_checked():
    with pytest.raises(ValueError, match="lenet5: num_classes must be a positive integer, not 0"):
        models.lenet5(num_classes=0)
