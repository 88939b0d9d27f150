from __future__ import annotations

from pathlib import Path

import pytest
import torch
from defectkit_detectron2.progress import LOG_EVERY, Progress, result
from torch import nn

from defectkit.errors import DetectorError


def progress(folder: Path, *, monitor: str = "validation_f1", patience: int = 0) -> Progress:
    torch.manual_seed(0)
    network = nn.Linear(2, 1)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.5)
    return Progress(
        network=network,
        optimizer=optimizer,
        scheduler=torch.optim.lr_scheduler.ConstantLR(optimizer),
        scaler=torch.amp.GradScaler("cuda", enabled=False),
        workspace=folder,
        monitor=monitor,
        patience=patience,
        is_main=True,
        tensorboard=False,
    )


def judged(of: Progress, value: float, name: str = "validation_f1") -> None:
    with torch.no_grad():
        of.network.weight.fill_(value)  # type: ignore[operator]  # a Linear's
    of.count({"loss": 1.0})
    of.judge({name: value})


@pytest.mark.parametrize(("monitor", "best"), [("validation_f1", 0.6), ("validation_loss", 0.2)])
def test_the_best_state_is_the_result(tmp_path: Path, monitor: str, best: float) -> None:
    running = progress(tmp_path, monitor=monitor)
    for value in (0.4, 0.6, 0.2, 0.6):
        judged(running, value, monitor)
    running.save()
    weights, history = result(tmp_path)
    assert weights["weight"].unique().tolist() == pytest.approx([best])
    assert [row[monitor] for row in history.rows if monitor in row] == [0.4, 0.6, 0.2, 0.6]


def test_without_validation_the_last_state_is_the_result(tmp_path: Path) -> None:
    running = progress(tmp_path)
    with torch.no_grad():
        running.network.weight.fill_(0.7)  # type: ignore[operator]  # a Linear's
    running.save()
    assert result(tmp_path)[0]["weight"].unique().tolist() == pytest.approx([0.7])


def test_it_stops_after_looks_without_an_improvement(tmp_path: Path) -> None:
    running = progress(tmp_path, patience=2)
    stopped = []
    for value in (0.4, 0.5, 0.5, 0.3):
        judged(running, value)
        stopped.append(running.stopped)
    assert stopped == [False, False, False, True]


def test_losses_are_means_of_what_was_seen_since(tmp_path: Path) -> None:
    running = progress(tmp_path)
    for k in range(LOG_EVERY + 2):
        running.count({"loss": float(k)})
    running.save()
    rows = running.history.rows
    assert [(row["iteration"], row["loss"]) for row in rows] == [
        (LOG_EVERY, pytest.approx((LOG_EVERY - 1) / 2)),
        (LOG_EVERY + 2, pytest.approx(LOG_EVERY + 0.5)),
    ]


def test_it_goes_on_where_it_was(tmp_path: Path) -> None:
    first = progress(tmp_path)
    judged(first, 0.3)
    first.save()
    second = progress(tmp_path)
    second.resume()
    assert second.iteration == 1
    assert second.history.rows == first.history.rows
    assert torch.equal(second.network.weight, first.network.weight)  # type: ignore[arg-type]  # a Linear's


def test_a_loss_that_is_not_finite_ends_the_training(tmp_path: Path) -> None:
    with pytest.raises(DetectorError, match="diverged"):
        progress(tmp_path).count({"loss": float("nan")})
