"""Names of the operands that composite functions are tried on, and their shapes; entries are normally distributed."""

A, B, M, V, T3, V4 = "A", "B", "M", "V", "T3", "V4"
SHAPES = {A: (2, 3), B: (3, 4), M: (3, 3), V: (3,), T3: (2, 3, 4), V4: (4,), "K": (4, 2), "C": (4, 2), "D": (3, 3, 3)}
