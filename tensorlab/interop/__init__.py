"""Adapters for libraries that need more than the Array API standard to work on tensors.

They are not imported with tensorlab, as each module imports the library that it supports.
"""
