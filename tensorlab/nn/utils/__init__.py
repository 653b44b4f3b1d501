"""What is done to modules from outside: parametrised weights, clipped gradients, parameters as one vector."""
