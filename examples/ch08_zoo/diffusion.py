"""A diffusion model turns noise into digits, step by step, by predicting the noise.

A digit is mixed with ever more noise until nothing of it is left; a network learns to tell the noise from the mixture
and the step (Ho, Jain and Abbeel, 2020). Sampling goes back from pure noise. Whether the samples are digits is judged by
a network that learned real ones: it knows far more of them for certain than of images with the same means and
covariances, which are what a normal distribution has to offer.
"""
