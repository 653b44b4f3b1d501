"""Classical systems: what a course teaches before and beside deep networks.

Those that learn from samples have `fit`, `predict` and `score`, as in scikit-learn. `fit` returns the system itself,
and what was learned are buffers of a module. Labels of two classes are -1 and 1, as in the theory; those of several
are 0, 1, 2 and so on. Whatever is random takes a `generator`.
"""

from .autoencoders import Autoencoder, DenoisingAutoencoder, SparseAutoencoder
from .boltzmann import BoltzmannMachine
from .boosting import AdaBoost, DecisionStump
from .dbn import DBN
from .deconvolution import DeconvolutionalNetwork
from .diffusion import DDPM, NoisePredictor
from .flow import AffineCoupling, RealNVP
from .gan import GAN, discriminator_loss, generator_loss, gradient_penalty
from .hopfield import HopfieldNetwork
from .linear import LinearRegression, LogisticRegression, SoftmaxRegression
from .markov import MarkovChain
from .pca import PCA, KernelPCA
from .perceptron import ADALINE, KernelPerceptron, Perceptron, perceptron_bound
from .rbm import RBM, GaussianRBM
from .regression import KernelRidge, KNeighborsClassifier, RBFNetwork

__all__ = [
    "ADALINE", "AdaBoost", "AffineCoupling", "Autoencoder", "BoltzmannMachine", "DBN", "DDPM", "DecisionStump",
    "DeconvolutionalNetwork", "DenoisingAutoencoder", "GAN", "GaussianRBM", "HopfieldNetwork", "KNeighborsClassifier",
    "KernelPCA", "KernelPerceptron", "KernelRidge", "LinearRegression", "LogisticRegression", "MarkovChain",
    "NoisePredictor", "PCA", "Perceptron", "RBFNetwork", "RBM", "RealNVP", "SoftmaxRegression", "SparseAutoencoder",
    "discriminator_loss", "generator_loss", "gradient_penalty", "perceptron_bound",
]  # fmt: skip
