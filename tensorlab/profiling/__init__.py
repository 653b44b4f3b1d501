"""Where a program spends its time and its memory.

`recorder` notes what runs, `memory` which arrays live, `places` the layer and the user's line; `report` holds the
results and writes tables and traces. `peaks` measures what the machine can do, and `plan` predicts the memory of a
training step.
"""

from .peaks import Peak, peak
from .plan import Checkpoint, MemoryPlan, memory_plan
from .recorder import profile
from .report import Event, Holder, Profile, Row

__all__ = ["Checkpoint", "Event", "Holder", "MemoryPlan", "Peak", "Profile", "Row", "memory_plan", "peak", "profile"]
