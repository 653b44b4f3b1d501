"""1. Learning machines

The first learning machines were linear: what they can learn, how surely, and at what price.
"""

LESSONS = ("perceptron", "adaboost", "logistic_loss", "descent", "losses", "modules", "backpropagation")
