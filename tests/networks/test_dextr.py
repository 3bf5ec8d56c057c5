from __future__ import annotations

import pytest
import torch

from iog import networks
from iog.errors import ModelError
from iog.networks.dextr import DEXTR, DEXTRConfig
from tests.networks.conftest import constant


@pytest.mark.parametrize("stride", [8, 16])
def test_answers_at_the_size_of_the_input(stride: int) -> None:
    network = constant(lambda: DEXTR(DEXTRConfig(depth=50, output_stride=stride)))
    with torch.inference_mode():
        features = network.encode(torch.rand(2, 4, 64, 96) * 255)
        (logits,) = network.decode(features)
        probability = network.probability(features)
    assert features[0].shape == (2, 2048, 64 // stride, 96 // stride)
    assert logits.shape == (2, 1, 64, 96)
    assert torch.allclose(probability, logits.sigmoid()[:, 0])


def test_dilations_and_strides_follow_the_configuration() -> None:
    with torch.device("meta"):
        network = DEXTR(DEXTRConfig(depth=50, multi_grid=(1, 2, 4)))
        plain = DEXTR(DEXTRConfig(depth=50, output_stride=16, stride_on_conv1=False))
    assert {block.conv2.dilation for block in network.layer3} == {(2, 2)}
    assert [block.conv2.dilation[0] for block in network.layer4] == [4, 8, 16]
    assert network.layer2[0].conv1.stride == (2, 2) and network.layer2[0].conv2.stride == (1, 1)
    assert network.layer3[0].conv1.stride == network.layer3[0].conv2.stride == (1, 1)
    assert {block.conv2.dilation for block in plain.layer4} == {(2, 2)}
    assert plain.layer3[0].conv2.stride == (2, 2)


def test_layout() -> None:
    with torch.device("meta"):
        network = networks.create("dextr-resnet101")
    state = network.state_dict()
    assert state["conv1.weight"].shape == (64, 4, 7, 7)
    assert [key for key in state if key.startswith("layer5.") and not key.endswith("num_batches_tracked")][
        -7:
    ] == [
        "layer5.bottleneck.0.weight",
        "layer5.bottleneck.1.weight",
        "layer5.bottleneck.1.bias",
        "layer5.bottleneck.1.running_mean",
        "layer5.bottleneck.1.running_var",
        "layer5.final.weight",
        "layer5.final.bias",
    ]


def test_has_no_click_branch_and_four_channels() -> None:
    with torch.device("meta"):
        network = DEXTR(DEXTRConfig(depth=50)).eval()
        with pytest.raises(ModelError, match="no click branch"):
            network.decode(network.encode(torch.empty(1, 4, 64, 64)), torch.empty(1))  # type: ignore[arg-type]
        with pytest.raises(ModelError, match="4, height"):
            network.encode(torch.empty(1, 5, 64, 64))
