"""The backward kernels: gradients of the input and of the weight.

Both need S[q] = sum over u of bank[u, q] * gradient[o*M + u], which is
computed where it is used and never stored. Letters as in ``forward``; G is
the gradient of the output, (B, OH, OW, O*M) in memory.
"""

import triton
import triton.language as tl


@triton.jit
def _shared_gradient(
    grad,
    bank,
    at,
    is_at,
    first_plane,
    O,  # noqa: E741
    q,
    M: tl.constexpr,
    K: tl.constexpr,
    BLOCK_O: tl.constexpr,
):
    """S[q] (P, O), float32, at output positions ``at`` (P,)."""
    plane = first_plane + tl.arange(0, BLOCK_O)
    u = tl.arange(0, M)
    channel = plane[:, None] * M + u[None, :]
    values = tl.load(
        grad + at.to(tl.int64)[:, None, None] * (O * M) + channel[None, :, :],
        mask=is_at[:, None, None] & (plane < O)[None, :, None],
        other=0.0,
    )
    factors = tl.load(bank + u * (K * K) + q)
    return tl.sum(values.to(tl.float32) * factors[None, None, :], axis=2)


@triton.jit
def input_kernel(
    grad,
    weight,
    bank,
    grad_x,
    positions,
    H,
    W,
    OH,
    OW,
    C,
    O,  # noqa: E741
    STRIDE: tl.constexpr,
    PADDING: tl.constexpr,
    M: tl.constexpr,
    K: tl.constexpr,
    BLOCK_P: tl.constexpr,
    BLOCK_O: tl.constexpr,
    BLOCK_C: tl.constexpr,
    PRECISION: tl.constexpr,
    WIDEN: tl.constexpr,
):
    """Compute BLOCK_P input positions of BLOCK_C channels.

    grad G; weight (K*K, O, C), dtype of G; grad_x (B, H, W, C). The positions
    of one program have the same remainders of row and column by the stride,
    so that the same taps reach them all. Grid: positions, channels,
    remainders.
    """
    remainder = tl.program_id(2)
    rows = tl.cdiv(H, STRIDE)
    columns = tl.cdiv(W, STRIDE)
    position = tl.program_id(0) * BLOCK_P + tl.arange(0, BLOCK_P)
    batch = position // (rows * columns)
    row = position // columns % rows * STRIDE + remainder // STRIDE
    column = position % columns * STRIDE + remainder % STRIDE
    is_position = (position < positions) & (row < H) & (column < W)
    channel = tl.program_id(1) * BLOCK_C + tl.arange(0, BLOCK_C)
    is_channel = channel < C
    found = tl.zeros((BLOCK_P, BLOCK_C), tl.float32)
    for q in range(K * K):
        down = remainder // STRIDE + PADDING - q // K
        right = remainder % STRIDE + PADDING - q % K
        # a multiple of the stride is added: remainders are not negative
        reaches = (down + STRIDE * K) % STRIDE == 0
        reaches &= (right + STRIDE * K) % STRIDE == 0
        if reaches:
            out_row = row + PADDING - q // K
            out_column = column + PADDING - q % K
            inside = is_position & (out_row >= 0) & (out_column >= 0)
            out_row = out_row // STRIDE
            out_column = out_column // STRIDE
            inside &= (out_row < OH) & (out_column < OW)
            at = (batch * OH + out_row) * OW + out_column
            for first in range(0, O, BLOCK_O):
                shared = _shared_gradient(
                    grad, bank, at, inside, first, O, q, M, K, BLOCK_O
                )
                plane = first + tl.arange(0, BLOCK_O)
                kernel = tl.load(
                    weight + (q * O + plane)[:, None] * C + channel[None, :],
                    mask=(plane < O)[:, None] & is_channel[None, :],
                    other=0.0,
                )
                if WIDEN:
                    kernel = kernel.to(tl.float32)
                found = tl.dot(
                    shared.to(kernel.dtype),
                    kernel,
                    found,
                    input_precision=PRECISION,
                )
    start = ((batch * H + row) * W + column).to(tl.int64) * C
    tl.store(
        grad_x + start[:, None] + channel[None, :],
        found.to(grad_x.dtype.element_ty),
        mask=is_position[:, None] & is_channel[None, :],
    )


@triton.jit
def weight_kernel(
    grad,
    x,
    bank,
    parts,
    positions,
    H,
    W,
    OH,
    OW,
    C,
    O,  # noqa: E741
    part_size,
    STRIDE: tl.constexpr,
    PADDING: tl.constexpr,
    M: tl.constexpr,
    K: tl.constexpr,
    BLOCK_P: tl.constexpr,
    BLOCK_O: tl.constexpr,
    BLOCK_C: tl.constexpr,
    PRECISION: tl.constexpr,
    WIDEN: tl.constexpr,
):
    """Sum over ``part_size`` output positions, for one tap.

    grad G; x (B, H, W, C); parts (parts, K*K, O, C) float32, to be summed by
    the caller, in an order that is always the same. Grid: blocks of planes
    and channels, taps, parts.
    """
    blocks = tl.cdiv(C, BLOCK_C)
    first_plane = tl.program_id(0) // blocks * BLOCK_O
    channel = tl.program_id(0) % blocks * BLOCK_C + tl.arange(0, BLOCK_C)
    is_channel = channel < C
    q = tl.program_id(1)
    first = tl.program_id(2) * part_size
    last = tl.minimum(first + part_size, positions)
    found = tl.zeros((BLOCK_O, BLOCK_C), tl.float32)
    for start in range(first, last, BLOCK_P):
        at = start + tl.arange(0, BLOCK_P)
        is_at = at < last
        row = at // OW % OH * STRIDE - PADDING + q // K
        column = at % OW * STRIDE - PADDING + q % K
        inside = is_at & (row >= 0) & (row < H)
        inside &= (column >= 0) & (column < W)
        where = ((at // (OH * OW) * H + row) * W + column).to(tl.int64) * C
        features = tl.load(
            x + where[:, None] + channel[None, :],
            mask=inside[:, None] & is_channel[None, :],
            other=0.0,
        )
        shared = _shared_gradient(
            grad, bank, at, inside, first_plane, O, q, M, K, BLOCK_O
        )
        if WIDEN:
            features = features.to(tl.float32)
        found = tl.dot(
            tl.trans(shared.to(features.dtype)),
            features,
            found,
            input_precision=PRECISION,
        )
    plane = first_plane + tl.arange(0, BLOCK_O)
    part = tl.program_id(2) * (K * K) + q
    to = (part * O + plane).to(tl.int64)[:, None] * C + channel[None, :]
    tl.store(
        parts + to, found, mask=(plane < O)[:, None] & is_channel[None, :]
    )
