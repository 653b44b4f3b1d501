"""8. The zoo

Networks that store, that sample and that invent: energies, latent codes, games, noise and graphs.
"""

LESSONS = (
    "markov_chain",
    "hopfield",
    "boltzmann",
    "rbm",
    "dbn",
    "autoencoders",
    "vae",
    "dcign",
    "gan",
    "diffusion",
    "flow",
    "gnn",
)
