"""10. A playground

``python -m tensorlab playground`` opens a page on which a network learns while you change it. Its experiments are
objects, so that what is seen there can be measured.
"""

LESSONS = ("features_or_layers",)
