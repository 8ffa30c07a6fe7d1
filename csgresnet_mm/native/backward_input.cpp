// The gradient of the input, from the maps of backward.h:
// gx[c](r) = sum over o, q of
//            weight[o,c,q] S[o,|q|]((r + padding - q) / stride).
//
// A register tile is N input columns of NB images by NV vectors of input
// channels.
// Packed weight: [ceil(C/VW)][k][O, to whole vectors][k][VW channels], where
// bfloat16 has two planes beside each other: [O/2][k][VW channels][2].

#include "backward.h"
#include "pack.h"

namespace {

// Terms of a sum in registers, about: a longer one would lose digits, which
// bfloat16 does not have.
template <class A>
constexpr int TERMS = A::step == 1 ? 150 : 1200;

template <class E>
struct Tile {
  const E* maps;    // of the first image
  const E* packed;  // of the tile's first vector of channels
  int64_t row, x0;      // input position of the first column
};

template <class A, int STRIDE>
constexpr auto& tiles_of() {
  if constexpr (STRIDE == 2)
    return EVEN_TILES;
  else if constexpr (A::step == 2)
    return HALF_TILES;
  else
    return TILES;
}

constexpr int MAX_TAPS = 25;
constexpr int WIDE = 8;  // columns, of which two taps do not matter

// Numbers between two vectors of channels in the packed weight; one vector
// more, so that those of a tile do not compete for the same part of the cache.
int64_t vector_size(const Backward& s) {
  return int64_t(s.taps()) * s.blocks() * VW * VW + VW;
}

// A part of the terms of a sum: blocks of planes and rows of the kernel.
struct Part {
  int64_t from, to;  // blocks
  int top, bottom;   // rows
};

// Sums the terms of the first part into `sums`, of others onto them. LEFT and
// RIGHT: the tile begins or ends the row, and the tap of a 3x3 kernel beside
// the maps is left out. Not inlined: GCC would spill the accumulators.
template <class A, int K, int STRIDE, int PHASE, int N, int NV, int NB,
          bool LEFT, bool RIGHT>
__attribute__((noinline)) void multiply(const Backward& s,
                                        const Tile<typename A::elem>& t,
                                        const Part part, vf* sums) {
  using E = typename A::elem;
  constexpr int STEP = (K * K + 1) / 2 * VW;  // numbers between columns
  const int64_t next = vector_size(s);
  vf acc[NV][NB * N] = {};
  for (int dy = part.top; dy < part.bottom; dy++) {
    const int64_t y = t.row + s.padding - dy;
    if (y < 0 || y % STRIDE || y / STRIDE >= s.OH) continue;
    for (int64_t block = part.from; block < part.to; block++) {
      const E* maps =
          t.maps + (y / STRIDE * s.blocks() + block) * s.panel() +
          (s.left + t.x0 / STRIDE + s.padding / STRIDE) * STEP;
      const E* tap[NB][K];
      CSG_UNROLL for (int b = 0; b < NB; b++)
        CSG_UNROLL for (int d = 0; d < K; d++)
          tap[b][d] = maps + b * s.image() + s.pair(dy, d) * VW;
      const E* w = t.packed + (dy * s.blocks() + block) * VW * K * VW;
      for (int o = 0; o < VW; o += A::step, w += K * VW * A::step) {
        CSG_UNROLL for (int d = 0; d < K; d++) {
          decltype(A::w(w)) wv[NV];
          CSG_UNROLL for (int v = 0; v < NV; v++)
            wv[v] = A::w(w + v * next + d * VW * A::step);
          CSG_UNROLL for (int at = 0; at < NB * N; at++) {
            const int i = at % N;
            const bool beside = (LEFT && i == 0 && d == K - 1) ||
                                (RIGHT && i == N - 1 && d == 0);
            if ((i + PHASE - d) % STRIDE == 0 && !beside) {
              const int step = (i + PHASE - d) / STRIDE * STEP;
              auto m = A::x(tap[at / N][d] + step + o);
              CSG_UNROLL for (int v = 0; v < NV; v++)
                acc[v][at] = A::mac(acc[v][at], wv[v], m);
            }
          }
        }
      }
    }
  }
  CSG_UNROLL for (int v = 0; v < NV; v++) {
    CSG_UNROLL for (int i = 0; i < NB * N; i++) {
      vf& sum = sums[v * NB * N + i];
      sum = part.from || part.top ? sum + acc[v][i] : acc[v][i];
    }
  }
}

template <class A, int K, int STRIDE, int PHASE, int N, int NV, int NB>
CSG_INLINE void multiply_at(const Backward& s,
                            const Tile<typename A::elem>& t, const Part& part,
                            vf* sums) {
  if constexpr (K == 3 && STRIDE == 1 && N < WIDE && NV > 1) {
    const bool same = s.padding == 1, left = same && t.x0 == 0;
    const bool right = same && t.x0 + N == s.W;
    if (left && right)
      return multiply<A, 3, 1, 0, N, NV, NB, true, true>(s, t, part, sums);
    if (left)
      return multiply<A, 3, 1, 0, N, NV, NB, true, false>(s, t, part, sums);
    if (right)
      return multiply<A, 3, 1, 0, N, NV, NB, false, true>(s, t, part, sums);
  }
  multiply<A, K, STRIDE, PHASE, N, NV, NB, false, false>(s, t, part, sums);
}

template <class E, int N, int NV, int NB>
void store_tile(const Backward& s, const vf* sums, int64_t x0, int64_t c,
                E* gx) {
  for (int b = 0; b < NB; b++) {
    E* to = gx + b * s.H * s.W * s.C;
    for (int i = 0; i < N && x0 + i < s.W; i++, to += s.C) {
      for (int v = 0; v < NV; v++) {
        const vf sum = sums[(v * NB + b) * N + i];
        const int64_t left = s.C - c - v * VW;
        if (left >= VW)
          store(to + v * VW, sum);
        else
          store_n(to + v * VW, sum, int(left));
      }
    }
  }
}

// A row of NB images from image b on, NV vectors of channels from `vector` on.
template <class A, int K, int STRIDE, int PHASE, int N, int NV, int NB>
void input_row(const Backward& s, Tile<typename A::elem> t, int64_t b,
               int64_t vector, void* gx) {
  constexpr int ROWS = K == 5 ? 2 : K;
  constexpr int RUN = TERMS<A> / (K * ROWS * VW);
  constexpr int64_t BLOCKS = RUN > 0 ? RUN : 1;
  t.packed += vector * vector_size(s);
  const int64_t c = vector * VW;
  for (t.x0 = 0; t.x0 < s.W; t.x0 += N) {
    vf sums[NV * NB * N];
    for (int64_t block = 0; block < s.blocks(); block += BLOCKS) {
      const int64_t end = block + BLOCKS;
      for (int dy = 0; dy < K; dy += ROWS) {
        const Part part{block, end < s.blocks() ? end : s.blocks(), dy,
                        dy + ROWS < K ? dy + ROWS : K};
        multiply_at<A, K, STRIDE, PHASE, N, NV, NB>(s, t, part, sums);
      }
    }
    const int64_t at = ((b * s.H + t.row) * s.W + t.x0) * s.C + c;
    if (s.is_bf16)
      store_tile<bf16, N, NV, NB>(s, sums, t.x0, c,
                                  static_cast<bf16*>(gx) + at);
    else
      store_tile<float, N, NV, NB>(s, sums, t.x0, c,
                                   static_cast<float*>(gx) + at);
  }
}

template <class A, int K, int STRIDE, int PHASE, int N, int NV, int NB>
void input_rows(const Backward& s, int64_t n, const typename A::elem* maps,
                const typename A::elem* packed, void* gx) {
  const int64_t groups = (s.vectors() + NV - 1) / NV;
  const int64_t batches = (n + NB - 1) / NB;
  s.share(groups * batches * s.H, [&](int64_t item) {
    int64_t b = item / s.H % batches * NB;
    int64_t v = item / s.H / batches * NV;
    Tile<typename A::elem> t{maps + b * s.image(), packed, item % s.H, 0};
    if (b + NB <= n && v + NV <= s.vectors()) {
      input_row<A, K, STRIDE, PHASE, N, NV, NB>(s, t, b, v, gx);
      return;
    }
    for (const int64_t end = b + NB < n ? b + NB : n; b < end; b++) {
      if (v + NV <= s.vectors())
        input_row<A, K, STRIDE, PHASE, N, NV, 1>(s, t, b, v, gx);
      else
        for (int64_t one = v; one < s.vectors(); one++)
          input_row<A, K, STRIDE, PHASE, N, 1, 1>(s, t, b, one, gx);
      t.maps += s.image();
    }
  });
}

template <class A, int K, int STRIDE, int PHASE, int INDEX = 0>
void choose_tile(const Backward& s, int64_t n, const typename A::elem* maps,
                 const typename A::elem* packed, void* gx) {
  constexpr auto& tiles = tiles_of<A, STRIDE>();
  constexpr InputTile T = tiles[INDEX];
  if constexpr (INDEX + 1 < sizeof(tiles) / sizeof(InputTile))
    if (s.tile() != INDEX)
      return choose_tile<A, K, STRIDE, PHASE, INDEX + 1>(s, n, maps, packed,
                                                         gx);
  input_rows<A, K, STRIDE, PHASE, T.columns, T.vectors, T.images>(
      s, n, maps, packed, gx);
}

template <class A, int K>
void choose_stride(const Backward& s, int64_t n, const void* maps,
                   const void* packed, void* gx) {
  const auto* from = static_cast<const typename A::elem*>(maps);
  const auto* weight = static_cast<const typename A::elem*>(packed);
  if (s.stride == 1)
    choose_tile<A, K, 1, 0>(s, n, from, weight, gx);
  else if (s.padding % 2 == 0)
    choose_tile<A, K, 2, 0>(s, n, from, weight, gx);
  else if constexpr (K > 1)
    choose_tile<A, K, 2, 1>(s, n, from, weight, gx);
}

template <class E>
void pack(const Backward& s, const float* weight, int step, E* packed) {
  const int64_t planes = s.blocks() * VW, taps = s.taps();
  s.share(s.vectors() * s.blocks(), [&](int64_t item) {
    const int64_t vector = item / s.blocks(), c0 = vector * VW;
    const int64_t first = item % s.blocks() * VW;
    E* to = packed + vector * vector_size(s);
    for (int64_t o = first; o < first + VW; o += step) {
      float channels[2][MAX_TAPS * VW];
      for (int64_t beside = 0; beside < step; beside++) {
        const float* rows[VW] = {};
        for (int64_t c = 0; c < VW && c0 + c < s.C && o + beside < s.O; c++)
          rows[c] = weight + ((o + beside) * s.C + c0 + c) * taps;
        transpose(channels[beside], rows, taps);
      }
      for (int64_t q = 0; q < taps; q++) {
        const int64_t row = q / s.k * planes + o;
        store_terms(to + (row * s.k + q % s.k * step) * VW,
                    channels[0] + q * VW, channels[1] + q * VW);
      }
    }
  });
}

}  // namespace

int64_t packed_input_size(const Backward& s) {
  return s.vectors() * vector_size(s);
}

void pack_input(const Backward& s, const float* weight, void* packed) {
  if (s.half_maps())
    pack(s, weight, 2, static_cast<bf16*>(packed));
  else
    pack(s, weight, 1, static_cast<float*>(packed));
}

void backward_input(const Backward& s, int64_t n, const void* maps,
                    const void* packed, void* gx) {
#if defined(__AVX512BF16__)
  if (s.half_maps()) {
    if (s.k == 1) choose_stride<Bf16, 1>(s, n, maps, packed, gx);
    if (s.k == 3) choose_stride<Bf16, 3>(s, n, maps, packed, gx);
    return;
  }
#endif
  switch (s.k) {
    case 1: choose_stride<Fp32, 1>(s, n, maps, packed, gx); break;
    case 3: choose_stride<Fp32, 3>(s, n, maps, packed, gx); break;
    case 5: choose_stride<Fp32, 5>(s, n, maps, packed, gx); break;
  }
}
