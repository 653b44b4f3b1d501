"""3. Optimisation

How far a step should go, in which direction, and what the shape of the loss has to do with it: from gradient descent to
the natural gradient.
"""

LESSONS = (
    "learning_rate", "edge_of_stability", "momentum", "valleys", "saddles", "natural_gradient", "network", "schedules",
    "skip_connections", "black_box",
)  # fmt: skip
