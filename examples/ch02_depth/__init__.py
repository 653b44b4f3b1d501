"""2. Why deep

What linear machines cannot do, what one hidden layer can, and what each further layer multiplies.
"""

LESSONS = ("cover", "xor", "parity", "universal", "linear_regions", "folding", "manifold", "invariant_embedding")
