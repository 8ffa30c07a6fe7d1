"""Peak memory of a training step, against what it must hold at least."""

from csgresnet_mm.apis.measuring.compared_networks import (
    STOCK,
    ComparedNetwork,
    NetworkForm,
)
from csgresnet_mm.apis.measuring.memory import is_supported, peak_of_step
from csgresnet_mm.apis.measuring.steps import NetworkArm
from tests.oracle.counts import Network as ByHand

MIB = 2**20


def test_peak_holds_state_and_activations() -> None:
    assert is_supported('cpu')
    image, batches = 64, (2, 34)
    peaks = []
    for batch in batches:
        arm = NetworkArm(
            ComparedNetwork(STOCK), NetworkForm(), batch, image, training=True
        )
        peaks.append(peak_of_step(arm, 'cpu'))
    by_hand = ByHand(18, 7, max_pool=True, image=image)
    state = 12 * by_hand.parameters() / MIB
    assert state < peaks[0]
    # each convolution's and each norm's output is kept for the backward
    kept = 2 * sum(c.channels_out * c.out**2 for c in by_hand.convs)
    added = 4 * kept * (batches[1] - batches[0]) / MIB
    assert 0.9 * added < peaks[1] - peaks[0] < 3 * added
