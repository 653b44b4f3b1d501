"""The base class of schedules that also change the momentum."""

from __future__ import annotations

from .arguments import OptimizerLike
from .base import LRScheduler
from .per_group import numbers_per_group, of_group


class MomentumLR(LRScheduler):
    """A schedule that changes the momentum inversely: it is lowest where the learning rate is highest."""

    cycle_momentum: bool
    base_momentums: list[float]
    max_momentums: list[float]

    def _keep_momenta(
        self,
        optimizer: OptimizerLike,
        cycle_momentum: bool,
        base_momentum: float | list[float],
        max_momentum: float | list[float],
    ) -> None:
        """Check and keep the options."""
        self.base_momentums = numbers_per_group(self, optimizer, "base_momentum", base_momentum)
        self.max_momentums = numbers_per_group(self, optimizer, "max_momentum", max_momentum)
        self.cycle_momentum = cycle_momentum
        for number, group in enumerate(optimizer.param_groups):
            if cycle_momentum and "betas" not in group and "momentum" not in group:
                raise ValueError(
                    f"{type(self).__name__}: cycle_momentum=True needs an optimizer with momentum or betas, and group "
                    f"{number} has neither; give cycle_momentum=False"
                )

    def _momenta(self, group: int) -> tuple[float, float]:
        """Return the lowest and the highest momentum of a group."""
        return (
            of_group(self.base_momentums, group, "base_momentum"),
            of_group(self.max_momentums, group, "max_momentum"),
        )
