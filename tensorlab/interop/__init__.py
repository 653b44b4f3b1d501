"""Making other libraries work on tensors, where the Array API standard alone is not enough for them.

Nothing here is imported with tensorlab: each module needs the library that it is for.
"""
