"""DCGAN, variational autoencoders and inverse graphics: closed forms, the clamped training, and what they learn."""

from itertools import pairwise

import numpy as np
import pytest
from helpers import assert_close, assert_same, host, seeded, tensor

import tensorlab as tl
from tensorlab import datasets, models, nn, optim
from tensorlab.models.classic.gan import stepped


def count(module):
    return sum(parameter.size for parameter in module.parameters())


@pytest.mark.parametrize("name", ["vae", "conv_vae", "dcign"])
def test_numbers_of_parameters(name, undrawn):
    assert f"{count(models.get_model(name)):,}" in getattr(models, name).__doc__


def test_numbers_of_parameters_of_dcgan(undrawn):
    model = models.dcgan()
    widths = [1024, 512, 256, 128]
    steps = sum(16 * before * after for before, after in pairwise(widths))
    assert count(model.generator) == 16 * 100 * 1024 + steps + 16 * 128 * 3 + 2 * sum(widths) == 12_658_432
    assert count(model.discriminator) == 16 * 3 * 128 + steps + 16 * 1024 + 2 * sum(widths[:-1]) == 11_036_160
    assert "12,658,432" in models.dcgan.__doc__ and "11,036,160" in models.dcgan.__doc__


class TestDCGAN:
    @pytest.mark.parametrize("size", [8, 16, 32, 64])
    def test_sizes(self, size, undrawn):
        generator, discriminator = models.DCGANGenerator(7, 2, size, 2), models.DCGANDiscriminator(2, size, 2)
        images = generator(tl.zeros(3, 7))
        assert images.shape == (3, 2, size, size)
        assert discriminator(images).shape == (3,)
        assert generator(tl.zeros(3, 7, 1, 1)).shape == images.shape

    def test_initial_weights(self):
        generator = models.DCGANGenerator(image_size=16, features=32)
        for module in generator.modules():
            if isinstance(module, nn.ConvTranspose2d):
                assert host(module.weight.detach()).std() == pytest.approx(0.02, rel=0.1)
            if isinstance(module, nn.BatchNorm2d):
                assert abs(host(module.weight.detach()).mean() - 1) < 0.02 and not host(module.bias.detach()).any()

    def test_images_are_bounded_and_scores_are_not(self):
        generator, discriminator = models.DCGANGenerator(5, 1, 8, 4), models.DCGANDiscriminator(1, 8, 4)
        images = generator(100 * tl.randn(6, 5))
        assert abs(images).max() <= 1
        scores = discriminator(1000 * images)
        assert scores.min() < 0 or scores.max() > 1

    @pytest.mark.slow
    def test_adversarial_training_brings_the_drawn_images_closer(self):
        """To digits: their mean and deviation at each pixel."""
        tl.manual_seed(0)
        digits = datasets.Digits().data[:256].astype("float32") / 8 - 1
        model = models.dcgan(1, 8, 8, 16, random=tl.Generator(0))
        d, g = (
            optim.Adam(part.parameters(), lr=2e-3, betas=(0.5, 0.999))
            for part in (model.discriminator, model.generator)
        )

        def distance():
            drawn = model.sample(256)
            return float(abs(drawn.mean(axis=0) - digits.mean(axis=0)).mean())

        before = distance()
        for step in range(40):
            model.discriminator_step(digits[step % 4 * 64 : step % 4 * 64 + 64], d)
            model.generator_step(64, g)
        assert distance() < 0.5 * before

    @pytest.mark.parametrize("size", [4, 12, 100])
    def test_wrong_sizes(self, size):
        with pytest.raises(
            ValueError, match=f"DCGANGenerator: image_size must be a power of two, 8 or more, not {size}"
        ):
            models.DCGANGenerator(image_size=size)
        with pytest.raises(ValueError, match="conv_vae: image_size must be a power of two"):
            models.conv_vae(image_size=size)
        with pytest.raises(tl.ShapeError, match=r"images must have shape \(n, 1, 8, 8\), not \(2, 1, 9, 8\)"):
            models.DCGANDiscriminator(1, 8, 2)(tl.zeros(2, 1, 9, 8))


def linear_gaussian(scale=0.5, seed=0):
    """Return a VAE with a linear decoder of orthogonal columns whose encoder is the exact posterior, and p(x)."""
    rng = seeded("vae", seed)
    weight = np.linalg.qr(rng.standard_normal((4, 2)))[0] * [1.5, 0.7]
    bias = rng.standard_normal(4)
    precision = (weight**2).sum(axis=0) / scale**2 + 1  # a diagonal, as the columns are orthogonal
    gain = (weight / scale**2 / precision).T
    encoder, decoder = nn.Linear(4, 4).double(), nn.Linear(2, 4).double()
    decoder.weight.data, decoder.bias.data = tensor(weight), tensor(bias)
    encoder.weight.data = tensor(np.concatenate([gain, np.zeros((2, 4))]))
    encoder.bias.data = tensor(np.concatenate([-gain @ bias, -np.log(precision)]))
    model = models.VAE(encoder, decoder, 2, "gaussian", scale, generator=tl.Generator(0))
    covariance = weight @ weight.T + scale**2 * np.eye(4)

    def log_prob(x):
        centred = x - bias
        squares = np.einsum("ni,ij,nj->n", centred, np.linalg.inv(covariance), centred)
        return -0.5 * (squares + np.linalg.slogdet(2 * np.pi * covariance)[1])

    return model, log_prob


class TestVAE:
    def test_the_exact_posterior_makes_the_bound_tight(self):
        """Every single code then gives the same importance weight, the probability itself."""
        model, log_prob = linear_gaussian()
        x = seeded("x").standard_normal((5, 4))
        assert_close(model.log_prob(tensor(x), 3), log_prob(x))
        bounds = host(model.elbo(tensor(x.repeat(4000, axis=0))).detach()).reshape(5, 4000)
        assert_close(bounds.mean(axis=1), log_prob(x), atol=0.1)

    def test_another_posterior_makes_it_a_bound(self):
        model, log_prob = linear_gaussian()
        model.encoder.bias.data += 0.5
        x = seeded("x").standard_normal((5, 4))
        elbo = host(model.elbo(tensor(x.repeat(500, axis=0))).detach()).reshape(5, 500).mean(axis=1)
        weighted = host(model.log_prob(tensor(x), 50))
        assert (elbo < log_prob(x) - 0.1).all()
        assert (elbo < weighted).all() and abs(weighted - log_prob(x)).max() < 0.3

    def test_terms_of_the_loss(self):
        """Codes without variance: the loss is then the likelihood and the divergence in closed form."""
        encoder = nn.Linear(3, 4).double()
        encoder.weight.data[2:] = 0.0
        encoder.bias.data[2:] = -60.0
        model = models.VAE(encoder, nn.Linear(2, 3).double(), 2, beta=0.25)
        x = seeded("x").uniform(size=(6, 3))
        mean = host(model.encode(tensor(x))[0].detach())
        p = host(model(tensor(x)).detach())
        likelihood = (x * np.log(p) + (1 - x) * np.log(1 - p)).sum(axis=1)
        divergence = 0.5 * (mean**2 + np.exp(-60.0) - 1 + 60).sum(axis=1)
        assert_close(model.elbo(tensor(x)).detach(), likelihood - divergence, rtol=1e-10)
        assert_close(model.loss(tensor(x)).detach(), (0.25 * divergence - likelihood).mean(), rtol=1e-10)
        assert_close(model.log_likelihood(tensor(x), tensor(mean)).detach(), likelihood, rtol=1e-10)

    def test_gradients_reach_both_networks(self):
        networks = nn.Linear(3, 4).double(), nn.Linear(2, 3).double()
        model = models.VAE(*networks, 2, "gaussian", 0.3, generator=tl.Generator(5))
        x, noise = tensor(seeded("x").standard_normal((4, 3))), tl.Generator(5).normal((4, 2), dtype=tl.float64)
        names, values = zip(*model.named_parameters(), strict=True)

        def loss(*values):
            encoder, decoder = values[:2], values[2:]
            code = nn.functional.linear(x, *encoder)
            mean, log_variance = code[:, :2], code[:, 2:]
            decoded = nn.functional.linear(mean + (log_variance / 2).exp() * noise, *decoder)
            divergence = (mean**2 + log_variance.exp() - log_variance - 1).sum() / 2
            return (((x - decoded) / 0.3) ** 2).sum() / 8 + divergence / 4

        model.loss(x).backward()
        expected = tl.grad(loss, argnums=(0, 1, 2, 3))(*(value.detach() for value in values))
        for name, parameter, gradient in zip(names, values, expected, strict=True):
            assert_close(parameter.grad, host(gradient), rtol=1e-9), name

    @pytest.mark.parametrize(("channels", "size"), [(1, 8), (3, 32)])
    def test_convolutional_networks(self, channels, size):
        model = models.conv_vae(channels, size, latent_features=3, features=2)
        x = tl.rand(4, channels, size, size)
        assert model(x).shape == x.shape
        assert model.sample(2).shape == (2, *x.shape[1:])
        model.loss(x).backward()
        assert all(parameter.grad is not None for parameter in model.parameters())

    @pytest.mark.parametrize("hidden", [(), (5,), (5, 4)])
    def test_dense_networks(self, hidden):
        model = models.vae((1, 4, 4), hidden, 2, likelihood="gaussian")
        assert model(tl.rand(3, 1, 4, 4)).shape == (3, 1, 4, 4)
        sizes = [layer.out_features for layer in model.decoder if isinstance(layer, nn.Linear)]
        assert sizes == [*hidden[::-1], 16]

    @pytest.mark.parametrize("likelihood", ["bernoulli", "continuous_bernoulli", "gaussian"])
    def test_distributions_of_data(self, likelihood):
        model = models.vae((1, 2, 3), (5,), 2, likelihood=likelihood)
        x, z = tl.rand(4, 1, 2, 3), model.posterior(tl.rand(4, 1, 2, 3)).sample()
        given = model.conditional(z)
        assert (given.batch_shape, given.event_shape) == ((4,), (1, 2, 3))
        assert_same(model.decode(z).detach(), host(given.mean.detach()))
        assert_same(model.log_likelihood(x, z).detach(), host(given.log_prob(x).detach()))
        assert model.elbo(x).shape == (4,)

    def test_traversals(self):
        model = models.vae((6,), (5,), 3)
        x = tl.rand(2, 6)
        found = model.traverse(x, 1, tl.tensor([-1.0, 0.5]))
        assert found.shape == (2, 2, 6)
        codes = host(model.encode(x)[0].detach())
        codes[:, 1] = 0.5
        assert_close(found[:, 1], host(model.decode(tensor(codes)).detach()), rtol=1e-6)
        with pytest.raises(tl.ShapeError, match="unit must be below 3 and values a vector, not 3"):
            model.traverse(x, 3, tl.zeros(2))

    @pytest.mark.slow
    def test_it_learns_digits(self):
        """Better than independent pixels; drawn digits are like real ones."""
        tl.manual_seed(0)
        digits = (datasets.Digits().data > 7).astype("float32")
        training, held_out = digits[:500], digits[500:700]
        model = models.vae((1, 8, 8), (64,), 8, generator=tl.Generator(0))
        optimizer = optim.Adam(model.parameters(), lr=5e-3)
        for step in range(300):
            stepped(model.loss(training[step % 5 * 100 : step % 5 * 100 + 100]), optimizer)
        p = host(training.mean(axis=0)).clip(0.01, 0.99)
        x = host(held_out)
        independent = (x * np.log(p) + (1 - x) * np.log(1 - p)).sum(axis=(1, 2, 3)).mean()
        elbo, weighted = (float(f(held_out, 20).mean()) for f in (model.elbo, model.log_prob))
        assert independent + 2 < elbo < weighted

    @pytest.mark.parametrize(
        ("call", "message"),
        [
            (lambda m: m.loss(tl.zeros(2, 5)), "5"),
            (lambda m: models.VAE(m.encoder, m.decoder, 3).loss(tl.zeros(2, 4)), r"encoder must return shape \(2, 6\)"),
            (
                lambda m: m.log_likelihood(tl.zeros(2, 3), tl.zeros(2, 2)),
                r"decoder must .* \(2, 3\), for z of shape \(2, 2\), not",
            ),
        ],
    )
    def test_wrong_shapes(self, call, message):
        with pytest.raises(tl.ShapeError, match=message):
            call(models.VAE(nn.Linear(4, 4), nn.Linear(2, 4), 2))


def scenes(factor, source, count=16):
    """Return mixtures of three factors, of which one varies."""
    mixing = tensor(seeded("mixing").standard_normal((3, 12)), "float32")
    factors = [source.normal((count if number == factor else 1, 1)) + tl.zeros(count, 1) for number in range(3)]
    return tl.concat(factors, axis=1) @ mixing


class TestDCIGN:
    def model(self, **options):
        return models.DCIGN(nn.Linear(6, 8), nn.Linear(4, 6), 4, factors=(1, 1, 2), **options).double()

    def test_clamped_codes(self):
        z = seeded("z").standard_normal((5, 4))
        for factor, active in enumerate(([0], [1], [2, 3])):
            expected = np.broadcast_to(z.mean(axis=0), z.shape).copy()
            expected[:, active] = z[:, active]
            assert_close(self.model().clamp(tensor(z), factor), expected)

    def test_gradients_of_clamped_codes(self):
        """That of the active unit is the reconstruction's; those of the others are differences from the mean."""
        model = self.model(likelihood="gaussian", beta=0.0, invariance=0.3)
        code = tl.tensor(seeded("z").standard_normal((5, 4)), requires_grad=True)
        x = seeded("x").standard_normal((5, 6))
        model.encode = lambda _: (code, tl.full((5, 4), -80.0, dtype=tl.float64))
        model.clamped_loss(tensor(x), 1).backward()
        z, weight = host(code.detach()), host(model.decoder.weight.detach())
        clamped = np.broadcast_to(z.mean(axis=0), z.shape).copy()
        clamped[:, 1] = z[:, 1]
        expected = 0.3 * (z - z.mean(axis=0)) / 5
        expected[:, 1] = ((clamped @ weight.T + host(model.decoder.bias.detach()) - x) @ weight)[:, 1] / 5
        assert_close(code.grad, expected, rtol=1e-9)

    def test_networks_for_images(self):
        model = models.dcign(2, 16, (1, 3))
        x = tl.rand(2, 2, 16, 16)
        assert model(x).shape == x.shape
        assert model.encode(x)[0].shape == (2, 4)

    @pytest.mark.slow
    def test_each_factor_gets_units_of_its_own(self):
        """A unit moves with its own factor at least four times as much as with another; not so without clamping."""

        def moved(model):
            """Return how much each unit (column) moves with each factor (row)."""
            return np.array([host(model.encode(scenes(f, source, 64))[0].detach()).std(axis=0) for f in range(3)])

        def build(kind, **options):
            return kind(nn.Linear(12, 6), nn.Linear(3, 12), 3, "gaussian", 0.3, generator=tl.Generator(0), **options)

        tl.manual_seed(0)
        source = tl.Generator(1)
        model = build(models.DCIGN, factors=(1, 1, 1), invariance=10.0)
        model.fit(lambda factor: scenes(factor, source), optim.Adam(model.parameters(), lr=1e-2), 300)
        found = moved(model)
        assert (found.diagonal() > 4 * (found - np.diag(found.diagonal())).max(axis=1)).all()
        plain = build(models.VAE)
        optimizer = optim.Adam(plain.parameters(), lr=1e-2)
        for step in range(300):
            stepped(plain.loss(scenes(step % 3, source)), optimizer)
        assert np.sort(moved(plain), axis=1)[:, 1].max() > 0.4

    def test_how_often_factors_are_drawn(self):
        model, seen = self.model(generator=tl.Generator(0)), []

        def batch_of(factor):
            seen.append(factor)
            return tl.zeros(2, 6, dtype=tl.float64)

        losses = model.fit(batch_of, optim.SGD(model.parameters(), lr=0.0), 100, (1.0, 8.0, 1.0))
        assert len(losses) == len(seen) == 100
        assert 65 < seen.count(1) < 95 and set(seen) == {0, 1, 2}

    @pytest.mark.parametrize(
        ("call", "message"),
        [
            (lambda m: models.DCIGN(m.encoder, m.decoder, 4), "DCIGN: factors must have 4 units together"),
            (lambda m: m.clamp(tl.zeros(2, 4), 3), "factor must be below 3, the number of factors, not 3"),
            (
                lambda m: m.fit(print, optim.SGD(m.parameters(), 0.1), 3, (1.0,)),
                "ratios must have an entry for each",
            ),
            (lambda m: models.dcign(image_size=150), "dcign: image_size must be a multiple of 8, not 150"),
        ],
    )
    def test_wrong_options(self, call, message):
        with pytest.raises(ValueError, match=message):
            call(self.model())
