"""9. Differentiation

What a program's derivative costs, forwards and backwards, how to trust it, and how to differentiate through a solution.
"""

LESSONS = ("forward_and_reverse", "jacobians", "gradient_check", "hessian_vector_products", "implicit_differentiation")
