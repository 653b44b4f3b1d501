"""Diffusion, flows and adversarial networks against closed forms."""

import numpy as np
import pytest
from helpers import assert_close, assert_same, host, seeded, tensor

import tensorlab as tl
from tensorlab import nn, optim
from tensorlab.models import classic


def moons(count=256, seed=0):
    """Return points near two half circles."""
    rng = seeded("moons", seed)
    angle, second = rng.uniform(0, np.pi, count), rng.integers(0, 2, count)
    x = np.stack([np.cos(angle), np.sin(angle)], axis=1) * np.where(second, -1, 1)[:, None] + second[:, None] * [1, 0.5]
    return tensor(x + 0.05 * rng.standard_normal(x.shape), "float32")


def train(model, loss, steps, lr=1e-2):
    optimizer = optim.Adam(model.parameters(), lr=lr)
    for _ in range(steps):
        optimizer.zero_grad()
        value = loss()
        value.backward()
        optimizer.step()


class Exact(nn.Module):
    """The noise predictor that is right for data of which each element is N(mean, std**2)."""

    def __init__(self, mean, std):
        super().__init__()
        self.mean, self.std, self.diffusion = mean, std, None

    def forward(self, x, t):
        signal = self.diffusion[t].reshape(-1, 1)
        variance = signal * self.std**2 + 1 - signal
        return (1 - signal).sqrt() * (x - signal.sqrt() * self.mean) / variance


class TestDiffusion:
    def test_schedules(self):
        linear = classic.DDPM(nn.Identity())
        assert_close(linear.betas[::999], [1e-4, 0.02], rtol=1e-6)
        assert linear.alphas_cumprod[-1] < 1e-4
        assert_close(linear.alphas_cumprod, np.cumprod(1 - np.linspace(1e-4, 0.02, 1000)), rtol=1e-4)
        cosine = classic.DDPM(nn.Identity(), 100, "cosine")
        f = np.cos((np.arange(101) / 100 + 0.008) / 1.008 * np.pi / 2) ** 2
        assert_close(cosine.alphas_cumprod[:-1], (f / f[0])[1:-1], rtol=1e-4)
        for steps in (1, 10, 50):
            betas = classic.DDPM(nn.Identity(), steps).betas
            assert ((betas > 0) & (betas < 1)).all()

    def test_the_moments_of_noisy_samples(self):
        diffusion = classic.DDPM(nn.Identity(), 100, generator=tl.Generator(0))
        x, t = tl.full((20000, 1), 2.0), tl.full((20000,), 40)
        signal = diffusion.alphas_cumprod[40].item()
        noisy = diffusion.q_sample(x, t)
        assert noisy.mean().item() == pytest.approx(2 * signal**0.5, abs=0.03)
        assert noisy.var().item() == pytest.approx(1 - signal, rel=0.05)
        exact = diffusion.q_sample(x[:3], t[:3], tl.ones(3, 1))
        assert_close(exact, np.full((3, 1), 2 * signal**0.5 + (1 - signal) ** 0.5), rtol=1e-5)

    def test_steps_compose_to_the_marginal(self):
        """Noise of step t - 1, then one more step: the same mean and variance as noise of step t at once."""
        diffusion = classic.DDPM(nn.Identity(), 50)
        betas, signal = host(diffusion.betas).astype("float64"), host(diffusion.alphas_cumprod).astype("float64")
        for t in range(1, 50):
            mean, variance = diffusion.posterior(tl.tensor([[0.7]]), tl.tensor([[-1.2]]), t)
            # Bayes: precision and precision-weighted mean of N(x0 sqrt(abar), 1 - abar) and the step's likelihood.
            precision = 1 / (1 - signal[t - 1]) + (1 - betas[t]) / betas[t]
            weighted = -1.2 * signal[t - 1] ** 0.5 / (1 - signal[t - 1]) + 0.7 * (1 - betas[t]) ** 0.5 / betas[t]
            assert variance.item() == pytest.approx(1 / precision, rel=1e-3)
            assert mean.item() == pytest.approx(weighted / precision, rel=1e-3, abs=1e-4)

    def test_sampling_with_the_right_noise_gives_the_data(self):
        model = Exact(mean=3.0, std=0.5)
        diffusion = classic.DDPM(model, 200, generator=tl.Generator(0))
        model.diffusion = diffusion.alphas_cumprod
        samples = diffusion.sample((3000, 1))
        assert samples.mean().item() == pytest.approx(3.0, abs=0.05)
        assert samples.std().item() == pytest.approx(0.5, rel=0.05)

    def test_estimates_of_the_data_can_be_limited(self):
        diffusion = classic.DDPM(Still(), 5, clip=0.5, generator=tl.Generator(3))
        x = tl.tensor([[8.0], [-8.0], [0.1]])
        start = np.clip(host(x) / host(diffusion.alphas_cumprod[0]) ** 0.5, -0.5, 0.5)
        assert_close(diffusion.p_sample(x, 0), start, rtol=1e-6)

    @pytest.mark.slow
    def test_it_learns_two_moons(self):
        tl.manual_seed(0)
        diffusion = classic.DDPM(classic.NoisePredictor(2, 64), 50, generator=tl.Generator(0))
        x = moons()
        train(diffusion, lambda: diffusion.loss(x), 1500, lr=5e-3)
        samples = diffusion.sample((256, 2))
        nearest = tl.cdist(samples, x).min(axis=1)
        assert nearest.mean() < 0.2 and abs(samples.mean(axis=0) - x.mean(axis=0)).max() < 0.15
        assert (tl.cdist(x, samples).min(axis=1) < 0.3).astype("float32").mean() > 0.9

    def test_the_seed(self):
        samples = [classic.DDPM(Still(), 5, generator=tl.Generator(3)).sample((2, 2)) for _ in range(2)]
        assert_same(samples[0], host(samples[1]))


class Still(nn.Module):
    def forward(self, x, t):
        return 0 * x


class TestRealNVP:
    @pytest.mark.parametrize("features", [2, 5])
    def test_inverse_and_determinant(self, features):
        tl.manual_seed(0)
        model = classic.RealNVP(features, depth=3, hidden=8).double()
        x = tensor(seeded("flow").standard_normal((4, features)))
        z, log_det = model(x)
        assert_close(model.inverse(z).detach(), host(x), rtol=1e-10)
        for i in range(4):
            jacobian = host(tl.jacobian(lambda row: model(row[None])[0][0])(x[i]))
            assert log_det[i].item() == pytest.approx(np.linalg.slogdet(jacobian)[1], abs=1e-10)
        assert abs(host(log_det)).max() > 1e-3

    def test_the_density_integrates_to_one(self):
        tl.manual_seed(1)
        model = classic.RealNVP(2, depth=2, hidden=8)
        grid = np.linspace(-8, 8, 201)
        x = np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2)
        density = host(model.log_prob(tensor(x, "float32")).detach().exp())
        assert density.sum() * (grid[1] - grid[0]) ** 2 == pytest.approx(1, abs=0.02)

    @pytest.mark.slow
    def test_it_learns_two_moons(self):
        tl.manual_seed(0)
        model, x = classic.RealNVP(2, 6, 32, generator=tl.Generator(0)), moons()
        train(model, lambda: -model.log_prob(x).mean(), 500, lr=5e-3)
        gaussian = -0.5 * np.log(np.linalg.det(2 * np.pi * np.e * np.cov(host(x).T)))
        assert model.log_prob(moons(seed=1)).mean().item() > gaussian + 0.4
        assert tl.cdist(model.sample(200), x).min(axis=1).mean() < 0.15

    def test_wrong_shapes(self):
        with pytest.raises(ValueError, match="RealNVP: features must be at least 2, not 1"):
            classic.RealNVP(1)
        with pytest.raises(tl.ShapeError, match=r"vectors must be \(n, 2\), not of shape \(3, 4\)"):
            classic.RealNVP(2)(tl.ones(3, 4))


def networks(loss, **options):
    tl.manual_seed(0)
    generator = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 2))
    critic = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))
    return classic.GAN(generator, critic, 2, loss, random=tl.Generator(0), **options)


class TestAdversarialNetworks:
    def test_losses(self):
        real, fake = seeded("scores").standard_normal((2, 9))
        real_p, fake_p = (1 / (1 + np.exp(-x)) for x in (real, fake))
        expected = -np.log(real_p).mean() - np.log(1 - fake_p).mean()
        assert_close(classic.discriminator_loss(tensor(real), tensor(fake)), expected)
        assert_close(classic.generator_loss(tensor(fake)), -np.log(fake_p).mean())

    def test_the_gradient_penalty(self):
        real, fake = tensor(seeded("x").standard_normal((7, 3))), tensor(seeded("y").standard_normal((7, 3)))
        place = host(tl.Generator(5).uniform((7, 1), dtype="float64"))
        points = host(fake) + place * (host(real) - host(fake))
        matrix = tensor(seeded("m").standard_normal((3, 3)))
        slopes = points @ (host(matrix) + host(matrix).T)
        norms = np.linalg.norm(slopes, axis=1)
        module = Quadratic(matrix)
        penalty = classic.gradient_penalty(module, real, fake, tl.Generator(5))
        assert_close(penalty.detach(), ((norms - 1) ** 2).mean())
        penalty.backward()
        half = np.einsum("n,ni,nj->ij", 2 * (norms - 1) / norms / 7, points, slopes)
        assert_close(module.matrix.grad, half + half.T)
        with pytest.raises(tl.ShapeError, match="gradient_penalty: real and fake must be"):
            classic.gradient_penalty(module, real, fake[:3])

    @pytest.mark.parametrize("loss", ["gan", "wgan-gp"])
    def test_steps_change_the_network_that_they_train(self, loss):
        model, x = networks(loss), moons(32)
        before = {name: host(p.detach() + 0) for name, p in model.named_parameters()}
        model.discriminator_step(x, optim.SGD(model.discriminator.parameters(), lr=0.1))
        changed = {name for name, p in model.named_parameters() if (host(p.detach()) != before[name]).any()}
        assert changed and all(name.startswith("discriminator") for name in changed)
        before = {name: host(p.detach() + 0) for name, p in model.named_parameters()}
        model.generator_step(32, optim.SGD(model.generator.parameters(), lr=0.1))
        changed = {name for name, p in model.named_parameters() if (host(p.detach()) != before[name]).any()}
        assert changed and all(name.startswith("generator") for name in changed)

    @pytest.mark.slow
    @pytest.mark.parametrize("loss", ["gan", "wgan-gp"])
    def test_samples_move_to_the_data(self, loss):
        model, x = networks(loss), moons() * 0.3 + tl.tensor([2.0, -1.0])
        critic = optim.Adam(model.discriminator.parameters(), lr=5e-3, betas=(0.5, 0.9))
        generator = optim.Adam(model.generator.parameters(), lr=2e-3, betas=(0.5, 0.9))
        for _ in range(300):
            for _ in range(3 if loss == "wgan-gp" else 1):
                model.discriminator_step(x, critic)
            model.generator_step(256, generator)
        assert abs(model.sample(500).mean(axis=0) - x.mean(axis=0)).max() < 0.3


class Quadratic(nn.Module):
    def __init__(self, matrix):
        super().__init__()
        self.matrix = nn.Parameter(matrix)

    def forward(self, x):
        return ((x @ self.matrix) * x).sum(axis=1)
