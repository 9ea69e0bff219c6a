"""Pictures of a training."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from training.epochs import Epoch
from training.faces import Array
from training.metrics import Pairs, cosines

BINS = np.linspace(-1, 1, 81)
DPI = 120


def draw_loss(epochs: Sequence[Epoch], rate: float, file: Path) -> None:
    """The loss, and the true acceptance rate of those held out, by epoch."""
    figure = Figure(figsize=(7, 4), layout="constrained")
    losses = figure.subplots()
    numbers = [each.number for each in epochs]
    losses.plot(numbers, [each.loss for each in epochs], color="tab:blue")
    losses.set(xlabel="Epoch", ylabel="Loss (blue)", title="Training")
    held_out = losses.twinx()
    held_out.plot(numbers, [each.held_out.tar[rate] for each in epochs], color="tab:orange")
    held_out.set(ylabel=f"Held out: TAR at FAR {rate:g} (orange)", ylim=(0, 1.02))
    _save(figure, file)


def draw_separation(before: Array, after: Array, pairs: Pairs, file: Path) -> None:
    """Cosines of one person's pairs and of different people's, held out, before and after."""
    figure = Figure(figsize=(9, 4), layout="constrained")
    for axes, vectors, when in zip(
        figure.subplots(1, 2, sharex=True, sharey=True),
        (before, after),
        ("Before", "After"),
        strict=True,
    ):
        for values, name in zip(cosines(vectors, pairs), ("one person", "two people"), strict=True):
            axes.hist(values, BINS, density=True, alpha=0.6, label=name)
        axes.set(title=when, xlabel="Cosine of a pair, held out")
        axes.legend()
    _save(figure, file)


def _save(figure: Figure, file: Path) -> None:
    FigureCanvasAgg(figure).print_figure(file, dpi=DPI)
