"""Linear algebra, one file per family; `tensorlab.linalg` is the public namespace."""
