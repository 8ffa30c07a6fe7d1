"""get_layer_depth against MMPretrain's, and for the depths it lacks."""

import pytest

from ..builders import backbone

KINDS = ['GResNet', 'CSResNet']


@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize('depth', [34, 50, 101, 152])
def test_equals_resnet(depth: int, kind: str) -> None:
    net, plain = backbone(depth, kind), backbone(depth, 'ResNet')
    names = [f'backbone.{name}' for name, _ in net.named_parameters()]
    assert len(names) > 100
    for name in [*names, 'head.fc.weight', 'neck.0.weight']:
        found = net.get_layer_depth(name, prefix='backbone.')
        assert found == plain.get_layer_depth(name, prefix='backbone.'), name


@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize('depth', [18, 34, 50, 101, 152])
@pytest.mark.parametrize('prefix', ['', 'backbone.', 'model.backbone.'])
def test_the_prefix_does_not_matter(
    depth: int, prefix: str, kind: str
) -> None:
    net = backbone(depth, kind)
    for name, _ in net.named_parameters():
        expected = net.get_layer_depth(f'x.{name}', prefix='x.')
        assert net.get_layer_depth(prefix + name, prefix=prefix) == expected


@pytest.mark.parametrize('kind', KINDS)
def test_depth_18(kind: str) -> None:
    net = backbone(18, kind)
    expected = {
        'conv1.weight': 0,
        'bn1.bias': 0,
        'layer1.0.conv1.weight': 1,
        'layer1.1.bn2.weight': 1,
        'layer2.0.conv1.weight': 2,
        'layer2.0.downsample.0.weight': 2,
        'layer2.1.conv2.weight': 2,
        'layer3.0.conv1.weight': 3,
        'layer3.1.conv2.weight': 3,
        'layer4.0.conv1.weight': 4,
        'layer4.1.bn2.bias': 4,
    }
    for name, depth in expected.items():
        assert net.get_layer_depth(name) == (depth, 6), name
    head = net.get_layer_depth('head.fc.weight', prefix='backbone.')
    assert head == (5, 6)


@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize('depth', [18, 34, 50, 101, 152])
def test_depths_never_fall_and_leave_none_out(depth: int, kind: str) -> None:
    net = backbone(depth, kind)
    results = [net.get_layer_depth(name) for name, _ in net.named_parameters()]
    numbers = [number for number, _ in results]
    layers = {count for _, count in results}
    assert layers == {max(numbers) + 2}  # the head is the last
    assert numbers == sorted(numbers)
    assert set(numbers) == set(range(max(numbers) + 1))


@pytest.mark.parametrize('deep_stem', [True, False])
def test_the_stem_is_layer_0(deep_stem: bool) -> None:
    net = backbone(deep_stem=deep_stem)
    for name, _ in net.named_parameters():
        if not name.startswith('layer'):
            assert net.get_layer_depth(name)[0] == 0
