import torch
from torch import nn

from iog.networks.blocks import depthwise_in_fp32


def test_depthwise_convolutions_stay_exact_under_autocast() -> None:
    torch.manual_seed(0)
    dense, depthwise = nn.Conv2d(8, 8, 1), nn.Conv2d(8, 8, 3, padding=1, groups=8)
    network = nn.Sequential(dense, depthwise)
    names = list(network.state_dict())
    x = torch.rand(2, 8, 6, 6)
    with torch.autocast("cpu", torch.bfloat16):
        before = network(x)
        depthwise_in_fp32(network)
        between, after = dense(x), network(x)
    assert (before.dtype, between.dtype, after.dtype) == (torch.bfloat16, torch.bfloat16, torch.float32)
    assert torch.equal(after, depthwise(between))
    assert not torch.equal(after, before.float())
    assert list(network.state_dict()) == names
    after.sum().backward()
    assert depthwise.weight.grad is not None
    assert depthwise.weight.grad.any()
