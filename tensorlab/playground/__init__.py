"""A page to try small networks on, as TensorFlow's playground is; this library trains them.

``python -m tensorlab playground`` serves the page on this machine, `serve` does so from a program. An `Experiment` is
what the page shows, and can be used without it.
"""

from .experiment import Experiment, Scores
from .server import serve
from .settings import Settings

__all__ = ["Experiment", "Scores", "Settings", "serve"]
