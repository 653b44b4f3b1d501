"""5. Convolution

One small set of weights, applied everywhere: what that means as a matrix, how much of an image a unit sees, what the
layers of a network look for, and how deep such networks can be.
"""

LESSONS = ()
