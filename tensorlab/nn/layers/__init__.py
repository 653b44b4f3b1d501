"""The layers, one file per family; the functions that they compute stand in `functional` under the same file names."""
