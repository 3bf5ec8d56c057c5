import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from iog import ModelError
from iog.networks.backbones import create_backbone
from iog.networks.blocks import PyramidPooling, adaptive_average_pool, fold_batch_norms
from iog.networks.checkpoints import averaged_state, load, read, save
from iog.networks.lite import Lite, LiteConfig


@pytest.fixture(scope="module")
def network() -> Lite:
    torch.manual_seed(0)
    return Lite().eval()


@pytest.mark.parametrize("size", [64, 96])
def test_shapes(network: Lite, size: int) -> None:
    with torch.no_grad():
        features = network.encode(torch.zeros(2, 3, size, size))
        logits, sides = network.decoder(features, torch.zeros(2, 5, size, size))
    widths = network.config.widths
    strides = (2, 4, 8, 16, 32)
    expected = [(2, w, size // s, size // s) for w, s in zip(widths, strides, strict=True)]
    assert [tuple(level.shape) for level in features] == expected
    assert tuple(logits.shape) == (2, 1, size, size)
    assert [tuple(side.shape) for side in sides] == [(2, 1, size // s, size // s) for s in strides[1:]]


def test_features_do_not_depend_on_clicks_and_logits_do(network: Lite) -> None:
    crop = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        features = network.encode(crop)
        first = network.decode(features, torch.zeros(1, 5, 64, 64))
        for channel in range(5):
            maps = torch.zeros(1, 5, 64, 64)
            maps[0, channel, 20:30, 20:30] = 1
            assert not torch.allclose(network.decode(features, maps), first), channel


def test_every_parameter_learns() -> None:
    torch.manual_seed(0)
    network = Lite().train()
    features = network.encode(torch.randn(2, 3, 64, 64))
    logits, sides = network.decoder(features, torch.rand(2, 5, 64, 64))
    (logits.square().mean() + sum(side.square().mean() for side in sides)).backward()
    without = [name for name, p in network.named_parameters() if p.grad is None]
    assert without == []


@pytest.mark.parametrize("bins", [1, 2, 3, 6])
@pytest.mark.parametrize("size", [8, 10, 13])
def test_pooling_by_products_is_adaptive_pooling(bins: int, size: int) -> None:
    x = torch.randn(2, 3, size, size + 2)
    torch.testing.assert_close(adaptive_average_pool(x, bins), F.adaptive_avg_pool2d(x, bins))
    assert PyramidPooling(3, 2, 5)(x).shape == (2, 5, size, size + 2)


def test_folding_batch_norms_changes_no_answer(network: Lite) -> None:
    torch.manual_seed(1)
    trained = Lite()
    for module in trained.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    trained.eval()
    crop, maps = torch.randn(1, 3, 64, 64), torch.rand(1, 5, 64, 64)
    with torch.no_grad():
        before = trained(crop, maps)
        after = fold_batch_norms(trained)(crop, maps)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in trained.modules())
    torch.testing.assert_close(after, before, atol=1e-4, rtol=1e-4)


def test_imagenet_weights_are_in_the_backbone() -> None:
    """A trained filter bank has structure: neighbouring taps of the stem agree far more than noise does."""
    stem = create_backbone("tf_efficientnet_lite2", pretrained=True).conv_stem.weight.detach().numpy()
    noise = create_backbone("tf_efficientnet_lite2", pretrained=False).conv_stem.weight.detach().numpy()

    def agreement(filters: np.ndarray) -> float:
        return float(abs(np.corrcoef(filters[:, :, 1, 1].ravel(), filters[:, :, 1, 0].ravel())[0, 1]))

    assert agreement(noise) < 0.3
    assert agreement(stem) > agreement(noise) + 0.05
    with pytest.raises(ModelError, match="unknown backbone"):
        create_backbone("resnet1000", pretrained=False)


def test_checkpoints_round_trip(network: Lite, tmp_path) -> None:
    path = tmp_path / "net.pt"
    save(path, network, step=7)
    loaded = load(path)
    assert loaded.config == network.config
    assert read(path)["step"] == 7
    for (name, one), other in zip(network.state_dict().items(), loaded.state_dict().values(), strict=True):
        assert torch.equal(one, other), name
    assert set(averaged_state(read(path))) == set(network.state_dict())


def test_a_checkpoint_carries_its_configuration(tmp_path) -> None:
    small = Lite(LiteConfig(backbone="tf_efficientnet_lite0", widths=(8, 16, 24, 32, 40), fine_width=8))
    save(tmp_path / "small.pt", small)
    assert load(tmp_path / "small.pt").config == small.config
