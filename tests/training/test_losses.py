import pytest
import torch

from iog.training.losses import edge_weights, soft_iou_loss, thin_weights, weighted_bce, worsening


def square(size: int = 32) -> torch.Tensor:
    target = torch.zeros(1, 1, size, size)
    target[..., 8:24, 8:24] = 1
    return target


def test_perfect_and_opposite_answers() -> None:
    target, ones = square(), torch.ones(1, 1, 32, 32)
    logits = 20 * (2 * target - 1)
    assert weighted_bce(logits, target, ones) < 1e-6
    assert soft_iou_loss(logits, target, ones) < 1e-3
    assert weighted_bce(-logits, target, ones) == pytest.approx(20, rel=1e-3)
    assert soft_iou_loss(-logits, target, ones) > 0.99


def test_void_pixels_do_not_count() -> None:
    target, valid = square(), torch.ones(1, 1, 32, 32)
    valid[..., :8] = 0
    logits = 20 * (2 * target - 1)
    spoiled = torch.where(valid > 0, logits, -logits)
    for loss in (weighted_bce, soft_iou_loss):
        assert torch.equal(loss(spoiled, target, valid), loss(logits, target, valid))
    spoiled.requires_grad_()
    (weighted_bce(spoiled, target, valid) + soft_iou_loss(spoiled, target, valid)).backward()
    assert spoiled.grad is not None
    assert not spoiled.grad[valid == 0].any()


def test_edges_weigh_more() -> None:
    weights = edge_weights(square(), torch.ones(1, 1, 32, 32), strength=2, radius=2)[0, 0]
    assert weights[16, 16] == weights[0, 0] == 1
    assert weights[16, 8] == weights[16, 7] == weights[16, 6] == 3
    assert weights[16, 5] == 1


def test_the_edge_has_square_surroundings() -> None:
    target = torch.zeros(1, 1, 32, 32)
    target[..., 16, 16] = 1
    near = edge_weights(target, torch.ones(1, 1, 32, 32), strength=2, radius=3)[0, 0] > 1
    assert near[13:20, 13:20].all()
    assert near.sum() == 49


def test_thin_parts_gaps_and_small_parts_weigh_more() -> None:
    target = torch.zeros(1, 1, 256, 256)
    target[..., 40:200, 40:200] = 1
    target[..., 20:24, 40:200] = 1  # a bar above the square
    target[..., 100:112, 100:112] = 0  # a hole
    target[..., 210:240, 50:80] = 1  # a small part
    valid = torch.ones_like(target)
    valid[..., 22, 100] = 0
    weights = thin_weights(target, valid, 2)[0, 0]
    assert weights[150, 60] == weights[120, 150] == weights[128, 245] == 1
    assert weights[22, 60] == weights[32, 100] == weights[106, 106] == 3
    assert weights[225, 65] == 2  # below a sixth of the side, but not below a sixteenth
    assert weights[22, 100] == 0
    assert torch.equal(thin_weights(target, valid, 0), valid)


def test_a_correction_that_spoils_nothing_costs_nothing() -> None:
    target, valid = square(), torch.ones(1, 1, 32, 32)
    before = torch.where(target > 0, 2.0, -2.0)
    before[..., :4, :4] = 3  # an error
    better = before.clone()
    better[..., :4, :4] = -3
    better[..., 12, 12] = 9
    assert worsening(better, before, target, valid) == 0
    spoiled = better.clone()
    spoiled[..., 20, 20] = -2  # one pixel of 1024, from 0.88 to 0.12
    assert worsening(spoiled, before, target, valid).item() == pytest.approx(0.7616 / 1024, rel=1e-3)
    valid[..., 20, 20] = 0
    assert worsening(spoiled, before, target, valid) == 0
