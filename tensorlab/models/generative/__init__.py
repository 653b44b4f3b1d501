"""Networks that draw images: adversarial ones, and variational autoencoders. More are in `classic`."""

from .dcgan import DCGANDiscriminator, DCGANGenerator, dcgan
from .dcign import DCIGN, dcign
from .vae import VAE, conv_vae, vae

__all__ = ["DCIGN", "VAE", "DCGANDiscriminator", "DCGANGenerator", "conv_vae", "dcgan", "dcign", "vae"]
