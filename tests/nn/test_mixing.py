"""Mixup and CutMix against their formulas."""

import numpy as np
import pytest
from helpers import assert_close, assert_same, host, tensor

import tensorlab as tl
from tensorlab import nn

F = nn.functional


def hot(target, classes):
    return np.eye(classes)[target]


class TestMixup:
    @pytest.mark.parametrize("soft", [False, True])
    def test_samples_and_targets_are_mixed_alike(self, soft, rng):
        x = rng.standard_normal((6, 2, 3))
        target = rng.integers(0, 4, 6)
        probabilities = hot(target, 4)
        given = tensor(probabilities) if soft else tensor(target)
        mixed, targets = F.mixup(tensor(x), given, 0.7, None if soft else 4, generator=tl.Generator(1))
        replay = tl.Generator(1)
        ratio = replay.beta(0.7, 0.7, (), dtype=tl.float64).item()
        order = host(replay.permutation(6))
        assert 0 < ratio < 1
        assert_close(mixed, ratio * x + (1 - ratio) * x[order])
        assert_close(targets, ratio * probabilities + (1 - ratio) * probabilities[order])
        assert targets.dtype == tl.float64

    @pytest.mark.parametrize("alpha", [0.3, 1.0, 4.0])
    def test_distribution_of_the_ratio(self, alpha):
        generator = tl.Generator(0)
        x, target = tl.tensor([[1.0], [0.0]]), tl.tensor([0, 1])
        found = []
        for _ in range(600):
            mixed = host(F.mixup(x, target, alpha, 2, generator=generator)[0])[:, 0]
            if mixed[0] + mixed[1] < 1.0001 and not (mixed[0] == 1.0 and mixed[1] == 0.0):
                found.append(mixed[0])  # the two were exchanged
        assert 220 < len(found) < 380
        assert abs(np.mean(found) - 0.5) < 0.06
        assert abs(np.var(found) - 1 / (4 * (2 * alpha + 1))) < 0.03

    def test_the_default_generator(self):
        tl.manual_seed(3)
        first = host(F.mixup(tl.randn(4, 2), tl.tensor([0, 1, 1, 0]), num_classes=2)[0])
        tl.manual_seed(3)
        assert_same(F.mixup(tl.randn(4, 2), tl.tensor([0, 1, 1, 0]), num_classes=2)[0], first)

    def test_targets_fit_the_loss(self):
        x, y = F.mixup(tl.randn(4, 3), tl.tensor([0, 1, 2, 0]), num_classes=3)
        assert F.cross_entropy(x, y).shape == ()

    @pytest.mark.parametrize(
        ("args", "options", "error", "message"),
        [
            ((tl.ones(2, 3), tl.tensor([0, 1])), {}, ValueError, "need num_classes"),
            ((tl.ones(2, 3), tl.tensor([0, 1]), 0.0), {"num_classes": 2}, ValueError, "alpha must be greater than 0"),
            ((tl.ones(2, 3), tl.tensor([0, 1, 1])), {"num_classes": 2}, tl.ShapeError, r"not \(3,\)"),
            ((tl.ones(2, 3), tl.ones(2)), {}, tl.ShapeError, r"target must have shape \(batch,\)"),
        ],
    )
    @pytest.mark.parametrize("name", ["mixup", "cutmix"])
    def test_errors(self, name, args, options, error, message):
        image = (tl.ones(2, 3, 4, 4), *args[1:])
        with pytest.raises(error, match=f"{name}: .*{message}"):
            getattr(F, name)(*image, **options)


class TestCutMix:
    def test_box_and_targets(self):
        generator, seen = tl.Generator(0), set()
        numbers = np.arange(4.0)
        x = tensor(np.broadcast_to(numbers[:, None, None, None], (4, 2, 9, 7)).copy())
        target = tl.tensor([0, 1, 2, 3])
        for _ in range(30):
            mixed, targets = (host(y) for y in F.cutmix(x, target, 1.0, 4, generator=generator))
            areas = []
            for i in range(4):
                assert (mixed[i, 0] == mixed[i, 1]).all()
                changed = mixed[i, 0] != i
                other = np.unique(mixed[i, 0][changed])
                assert len(other) <= 1
                rows, columns = changed.any(1), changed.any(0)
                assert (changed == rows[:, None] & columns).all()
                assert (np.diff(np.flatnonzero(rows)) == 1).all()
                assert (np.diff(np.flatnonzero(columns)) == 1).all()
                if len(other):
                    areas.append(changed.mean())
                    assert targets[i, int(other[0])] == pytest.approx(changed.mean())
                assert targets[i].sum() == pytest.approx(1)
                assert targets[i, i] == pytest.approx(1 - changed.mean())
            assert len({round(area, 9) for area in areas}) <= 1
            seen.update(round(area, 9) for area in areas)
        assert len(seen) > 10

    def test_formula_of_the_box(self):
        x, target = tensor(np.arange(2.0).reshape(2, 1, 1, 1) * np.ones((2, 1, 12, 10))), tl.tensor([0, 1])
        for seed in range(8):
            found = host(F.cutmix(x, target, 0.8, 2, generator=tl.Generator(seed))[0])
            replay = tl.Generator(seed)
            ratio = replay.beta(0.8, 0.8, (), dtype=tl.float64).item()
            order = host(replay.permutation(2))
            box = np.zeros((12, 10), bool)
            spans = []
            for length in (12, 10):
                half = int(length * np.sqrt(1 - ratio)) // 2
                centre = int(replay.integers(length, shape=()).item())
                spans.append(slice(max(centre - half, 0), min(centre + half, length)))
            box[tuple(spans)] = True
            assert_same(tensor(found), np.where(box, host(x)[order], host(x)))

    def test_without_images(self):
        with pytest.raises(tl.ShapeError, match="cutmix: input must have shape"):
            F.cutmix(tl.ones(2, 3), tl.tensor([0, 1]), num_classes=2)


class TestLayers:
    @pytest.mark.parametrize(("layer", "function"), [(nn.Mixup, F.mixup), (nn.CutMix, F.cutmix)])
    def test_layer(self, layer, function):
        x, y = tl.randn(4, 1, 6, 6), tl.tensor([0, 1, 2, 0])
        mix = layer(0.5, 3, generator=tl.Generator(2))
        for found, expected in zip(mix(x, y), function(x, y, 0.5, 3, generator=tl.Generator(2)), strict=True):
            assert_same(found, host(expected))
        kept, target = mix.eval()(x, y)
        assert kept is x
        assert target is y
        assert repr(mix) == f"{layer.__name__}(alpha=0.5, num_classes=3)"
        with pytest.raises(ValueError, match=f"{layer.__name__}: alpha must be a positive number"):
            layer(-1.0)
