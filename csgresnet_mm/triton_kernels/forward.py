"""The forward kernel.

A program computes a tile of output positions and planes. The products of a
pair of opposite taps are summed over the input channels in one float32
accumulator (the bank is point-symmetric), which is then mixed, in registers,
into the M orientations of the tile.

Letters: B batch, C input channels, O planes, M orientations, K kernel size,
H, W input size, OH, OW output size. Features are (B, H, W, C) in memory,
channel o*M + u of the output is orientation u of plane o.
"""

import triton
import triton.language as tl


@triton.jit
def _products(
    x,
    weight,
    batch,
    top,
    left,
    is_position,
    plane,
    H,
    W,
    C,
    O,  # noqa: E741
    q,
    K: tl.constexpr,
    BLOCK_P: tl.constexpr,
    BLOCK_O: tl.constexpr,
    BLOCK_C: tl.constexpr,
    PRECISION: tl.constexpr,
    WIDEN: tl.constexpr,
):
    """Products (P, O) of tap q and of the opposite one, x (P, C) w (C, O)."""
    products = tl.zeros((BLOCK_P, BLOCK_O), tl.float32)
    is_plane = plane < O
    blocks = tl.cdiv(C, BLOCK_C)
    opposite = K * K - 1 - q
    # one loop over both taps, so that loads are under way longer
    for step in range(0, tl.where(opposite == q, blocks, 2 * blocks)):
        tap = tl.where(step < blocks, q, opposite)
        row = top + tap // K
        column = left + tap % K
        inside = is_position & (row >= 0) & (row < H)
        inside &= (column >= 0) & (column < W)
        start = ((batch * H + row) * W + column).to(tl.int64) * C
        channel = step % blocks * BLOCK_C + tl.arange(0, BLOCK_C)
        is_channel = channel < C
        features = tl.load(
            x + start[:, None] + channel[None, :],
            mask=inside[:, None] & is_channel[None, :],
            other=0.0,
        )
        kernel = tl.load(
            weight + (tap * C + channel)[:, None] * O + plane[None, :],
            mask=is_channel[:, None] & is_plane[None, :],
            other=0.0,
        )
        if WIDEN:
            features, kernel = features.to(tl.float32), kernel.to(tl.float32)
        products = tl.dot(
            features, kernel, products, input_precision=PRECISION
        )
    return products


@triton.jit
def _weave(y0, y1, y2, y3):
    """(P, O) of four orientations to (P, O*4), the orientation fastest."""
    return tl.interleave(tl.interleave(y0, y2), tl.interleave(y1, y3))


@triton.jit
def _finish(
    y,
    scale,
    bias,
    residual,
    at,
    is_out,
    channel,
    is_channel,
    HAS_SCALE: tl.constexpr,
    HAS_BIAS: tl.constexpr,
    HAS_RESIDUAL: tl.constexpr,
    RELU: tl.constexpr,
):
    """Give relu(scale * y + bias + residual), each part optional."""
    if HAS_SCALE:
        y *= tl.load(scale + channel, mask=is_channel, other=0.0)[None, :]
    if HAS_BIAS:
        y += tl.load(bias + channel, mask=is_channel, other=0.0)[None, :]
    if HAS_RESIDUAL:
        y += tl.load(residual + at, mask=is_out, other=0.0).to(tl.float32)
    if RELU:
        y = tl.where(y < 0, 0.0, y)  # not maximum, which may drop a NaN
    return y


@triton.jit
def forward_kernel(
    x,
    weight,
    bank,
    scale,
    bias,
    residual,
    y,
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
    HAS_SCALE: tl.constexpr,
    HAS_BIAS: tl.constexpr,
    HAS_RESIDUAL: tl.constexpr,
    RELU: tl.constexpr,
    BLOCK_P: tl.constexpr,
    BLOCK_O: tl.constexpr,
    BLOCK_C: tl.constexpr,
    PRECISION: tl.constexpr,
    WIDEN: tl.constexpr,
):
    """Compute BLOCK_P positions of BLOCK_O planes, all M orientations.

    x (B, H, W, C); weight (K*K, C, O), dtype of x; bank (M, K*K) float32,
    point-symmetric; scale, bias (O*M,) float32; residual and y
    (B, OH, OW, O*M), dtype of x. Grid: positions, planes.
    """
    position = tl.program_id(0) * BLOCK_P + tl.arange(0, BLOCK_P)
    plane = tl.program_id(1) * BLOCK_O + tl.arange(0, BLOCK_O)
    is_position = position < positions
    batch = position // (OH * OW)
    top = position // OW % OH * STRIDE - PADDING
    left = position % OW * STRIDE - PADDING
    where = (x, weight, batch, top, left, is_position, plane, H, W, C, O)
    zeros = tl.zeros((BLOCK_P, BLOCK_O), tl.float32)
    y0, y1, y2, y3 = zeros, zeros, zeros, zeros
    y4, y5, y6, y7 = zeros, zeros, zeros, zeros
    TAPS: tl.constexpr = K * K
    for q in range(TAPS // 2 + 1):
        t = _products(
            *where, q, K, BLOCK_P, BLOCK_O, BLOCK_C, PRECISION, WIDEN
        )
        y0 += t * tl.load(bank + q)
        y1 += t * tl.load(bank + TAPS + q)
        if M > 2:
            y2 += t * tl.load(bank + 2 * TAPS + q)
            y3 += t * tl.load(bank + 3 * TAPS + q)
        if M > 4:
            y4 += t * tl.load(bank + 4 * TAPS + q)
            y5 += t * tl.load(bank + 5 * TAPS + q)
            y6 += t * tl.load(bank + 6 * TAPS + q)
            y7 += t * tl.load(bank + 7 * TAPS + q)
    if M == 2:
        out = tl.interleave(y0, y1)
    elif M == 4:
        out = _weave(y0, y1, y2, y3)
    else:
        out = tl.interleave(_weave(y0, y2, y4, y6), _weave(y1, y3, y5, y7))
    channel = tl.program_id(1) * BLOCK_O * M + tl.arange(0, BLOCK_O * M)
    is_channel = channel < O * M
    is_out = is_position[:, None] & is_channel[None, :]
    at = position.to(tl.int64)[:, None] * (O * M) + channel[None, :]
    out = _finish(
        out,
        scale,
        bias,
        residual,
        at,
        is_out,
        channel,
        is_channel,
        HAS_SCALE,
        HAS_BIAS,
        HAS_RESIDUAL,
        RELU,
    )
    tl.store(y + at, out.to(y.dtype.element_ty), mask=is_out)
