"""The Jacobian of a chain is the product of the Jacobians of its links, and it tells how a motion passes through.

An arm of three links moves in the plane; the function gives the place of its hand by the angles of its joints. The
Jacobian maps velocities of the joints to those of the hand. Its singular values are the half axes of the ellipse of
velocities that joints reach with a speed of length one; the stretched arm cannot move along itself, and has a singular
value of zero. Newton's method with the Jacobian's pseudo-inverse finds angles for a place, and in the end each step
squares the error.
"""

import math
from itertools import pairwise

import tensorlab as tl
from tensorlab.viz.style import PALETTE

LENGTHS = tl.tensor([1.0, 0.8, 0.5], dtype="float64")
TARGET = tl.tensor([1.0, 1.2], dtype="float64")


def sum_of_angles(joints):
    """Return the direction of each link from the angles between them."""
    return tl.cumsum(joints, 0)


def links(directions):
    """Return the vector of each link, with shape ``(2, links)``."""
    return LENGTHS * tl.stack([directions.cos(), directions.sin()])


def hand(joints):
    """Return the place of the hand."""
    return links(sum_of_angles(joints)).sum(axis=1)


def joints_for(target, joints, steps=8):
    """Return the angles that Newton's method passes through on its way to a place, and the errors."""
    path, errors = [joints], []
    for _ in range(steps):
        error = target - hand(joints)
        errors.append(tl.linalg.vector_norm(error).item())
        joints = joints + tl.linalg.pinv(tl.jacobian(hand)(joints)) @ error
        path.append(joints)
    return path, errors


def draw_arm(ax, joints, **options):
    """Draw the links from the shoulder to the hand."""
    corners = tl.concat([tl.zeros(2, 1, dtype="float64"), tl.cumsum(links(sum_of_angles(joints)), 1)], axis=1)
    ax.plot(*corners.numpy(), "o-", markersize=4, **options)


def draw_ellipse(ax, joints, scale=0.25, **options):
    """Draw where the hand moves when the joints do, at a speed of length one in all directions."""
    angles = tl.linspace(0, 2 * math.pi, 100, dtype="float64")
    left, values, _ = tl.linalg.svd(tl.jacobian(hand)(joints), full_matrices=False)
    circle = tl.stack([angles.cos(), angles.sin()])
    ax.plot(*(hand(joints).reshape(2, 1) + scale * left @ (values.reshape(2, 1) * circle)).numpy(), **options)


def lesson(report, long):
    joints = 2 * tl.rand(3, dtype="float64") + 0.2
    jacobian, directions = tl.jacobian(hand)(joints), sum_of_angles(joints)
    product = tl.jacobian(lambda d: links(d).sum(axis=1))(directions) @ tl.jacobian(sum_of_angles)(joints)
    ends = tl.cumsum(links(directions), 1)
    levers = hand(joints).reshape(2, 1) - tl.concat([tl.zeros(2, 1, dtype="float64"), ends[:, :-1]], axis=1)
    turned = tl.stack([-levers[1], levers[0]])
    stretched = tl.tensor([0.6, 0.0, 0.0], dtype="float64")
    report.table(["velocity of the hand by that of", "joint 1", "joint 2", "joint 3"],
                 [(axis, *row.tolist()) for axis, row in zip("xy", jacobian, strict=True)])  # fmt: skip
    smallest = tl.linalg.svdvals(tl.jacobian(hand)(stretched))[-1].item()
    report.value("smallest singular value of the stretched arm", smallest)
    path, errors = joints_for(TARGET, tl.tensor([2.0, -1.0, 0.5], dtype="float64"))
    report.table(["step", "distance from the target"], enumerate(errors))

    report.claim("the Jacobian is the product of its links'", tl.allclose(jacobian, product, rtol=0, atol=1e-12))
    report.claim("its columns are the levers from the joints to the hand, turned by 90°",
                 tl.allclose(jacobian, turned, rtol=0, atol=1e-12))  # fmt: skip
    report.claim("the stretched arm cannot move along itself", smallest < 1e-12)
    pairs = [pair for pair in pairwise(errors) if 1e-6 < pair[0] < 0.1]
    report.claim("below 0.1 each step of Newton's method squares the error", pairs and all(b < a**2 for a, b in pairs))

    postures, way, chart = report.axes(columns=3, width=4, height=3.6)
    for angles, color in zip(([0.6, 0.0, 0.0], [1.2, 0.6, 0.6], [2.4, -1.2, 0.8]), PALETTE, strict=False):
        posture = tl.tensor(angles, dtype="float64")
        draw_arm(postures, posture, color=color)
        draw_ellipse(postures, posture, color=color, linestyle="--")
    for number, posture in enumerate(path[:6]):
        draw_arm(way, posture, color=PALETTE[0], alpha=0.2 + 0.8 * number / 5)
    way.plot(*TARGET.numpy(), "x", color=PALETTE[1], markersize=10, label="target")
    for ax, title in ((postures, "How the hand can move"), (way, "Newton's steps to a target")):
        ax.set(title=title, xlabel="x", ylabel="y", xlim=(-1.6, 2.6), ylim=(-0.4, 2.6), aspect="equal")
    chart.semilogy([max(error, 1e-17) for error in errors], "o-")
    chart.set(title="Distance from the target", xlabel="step", ylabel="distance")
