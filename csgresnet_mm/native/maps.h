// The maps S[j]: the part of a Gabor convolution that costs multiplications.
//
// Taps q and -q of the bank are equal, so S[j] = sum over c of
// weight[o,c,q] x[c](p+q) + weight[o,c,-q] x[c](p-q), one map for each pair j
// of opposite taps (the centre is its own), holds all that the M orientations
// of plane o need. A tile is VW planes by N output columns; its maps go to
// maps[j * N + column].
#pragma once

#include "simd.h"

constexpr int MAX_K = 7;
constexpr int64_t LONGEST_SUM = 128;
constexpr int MAX_PAIRS = (MAX_K * MAX_K + 1) / 2;

inline int64_t div_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

// x is (B, H, W, C), y (B, OH, OW, O*M), both dense.
struct Shape {
  int64_t B, H, W, C, O, OH, OW;
  int k, stride, padding;
  int64_t blocks() const { return div_up(O, VW); }
};

// Rows of an image of few channels, copied with their padding; the distance
// of two channels is not 1.
struct Thin : Fp32 {
  static constexpr bool thin = true;
};

// Output columns in a register tile of 5x5 kernels; columns beyond the end of a
// row are computed and not stored.
constexpr int SMALL_TILE = (TILE + 1) / 2;

// Columns at a time: those of a 3x3 kernel, which has every width, are about
// equal in all tiles of a row.
inline int64_t columns_of(int k, int64_t row) {
  if (k == 5) return SMALL_TILE;
  return k == 3 ? div_up(row, div_up(row, TILE)) : TILE;
}

// Where a tile reads: pixel (dy, i) is at rows[dy] + i * pixel.
template <class E>
struct Tile {
  const E* rows[MAX_K];  // the image rows under the taps, null if outside
  const E* weight;       // of this block of planes
  const E* zeros;        // a pixel that stands for those outside the image
  int64_t left, width;   // first column, may be negative; columns of a row
  int64_t begin, end;    // channels: long sums would lose digits
  int64_t pixel, channel;  // distance of two columns, of two channels
  // What is needed next is fetched while this tile computes, a line in each
  // step over the channels; all at once would stall.
  const E* ahead[3];

  CSG_INLINE const E* at(int dy, int i) const {
    const int64_t column = left + i;
    const bool inside = column >= 0 && column < width && rows[dy];
    return inside ? rows[dy] + column * pixel : zeros;
  }
};

// Which columns beside the tile lie outside the image: a tap there adds
// nothing, and a 3x3 kernel leaves it out.
enum class Edge { NONE, LEFT, RIGHT, BOTH };

// One tap row: acc[map of tap dx][column] += w x. The taps of row dy and
// those of row K-1-dy, mirrored, belong to the same maps; in the middle row
// the taps beside the centre do.
template <class A, int K, int STRIDE, int N, Edge EDGE>
CSG_INLINE void tap_row(vf (&acc)[K][N], const Shape& s,
                        const Tile<typename A::elem>& t, int dy,
                        const bool mirrored) {
  constexpr int SPAN = STRIDE * (N - 1) + K;
  constexpr int FIRST = EDGE == Edge::LEFT || EDGE == Edge::BOTH;
  constexpr int END = SPAN - (EDGE == Edge::RIGHT || EDGE == Edge::BOTH);
  if (!t.rows[dy]) return;
  const typename A::elem *p[SPAN];
  const typename A::elem* w = t.weight + (dy * s.C + t.begin) * K * VW;
  const typename A::elem* ahead = t.ahead[dy % 3] + t.begin * N * STRIDE;
  const int64_t step = A::thin ? t.channel : A::step;
  const typename A::elem* first = t.rows[dy] + t.left * t.pixel + t.begin;
  if (A::thin || EDGE != Edge::NONE ||
      (t.left >= 0 && t.left + SPAN <= t.width))
    CSG_UNROLL for (int i = FIRST; i < END; i++) p[i] = first + i * t.pixel;
  else
    CSG_UNROLL for (int i = FIRST; i < END; i++) p[i] = t.at(dy, i) + t.begin;
  const int64_t count = t.end - t.begin;
  for (int64_t c = 0, at = 0; c < count; c += A::step, at += step) {
    if (!A::thin) __builtin_prefetch(ahead);
    ahead += N * STRIDE * A::step;
    decltype(A::w(w)) taps[K];
    CSG_UNROLL for (int d = 0; d < K; d++)
      taps[d] = A::w(w + d * VW * A::step);
    w += K * VW * A::step;
    CSG_UNROLL for (int i = FIRST; i < END; i++) {
      auto value = A::x(p[i] + at);
      CSG_UNROLL for (int d = 0; d < K; d++)
        if (i >= d && (i - d) % STRIDE == 0 && (i - d) / STRIDE < N) {
          vf& a = acc[mirrored ? K - 1 - d : d][(i - d) / STRIDE];
          a = A::mac(a, taps[d], value);
        }
    }
  }
}

template <class A, int K, int STRIDE, int N, Edge EDGE>
void maps_fixed(const Shape& s, const Tile<typename A::elem>& t, vf* maps) {
  for (int dy = 0; dy < K / 2; dy++, maps += K * N) {
    vf acc[K][N] = {};
    tap_row<A, K, STRIDE, N, EDGE>(acc, s, t, dy, false);
    tap_row<A, K, STRIDE, N, EDGE>(acc, s, t, K - 1 - dy, true);
    CSG_UNROLL for (int j = 0; j < K; j++)
      CSG_UNROLL for (int i = 0; i < N; i++) maps[j * N + i] = acc[j][i];
  }
  vf acc[K][N] = {};
  tap_row<A, K, STRIDE, N, EDGE>(acc, s, t, K / 2, false);
  CSG_UNROLL for (int j = 0; j < (K + 1) / 2; j++)
    CSG_UNROLL for (int i = 0; i < N; i++) {
      const vf other = j < K / 2 ? acc[K - 1 - j][i] : vf{};
      maps[j * N + i] = acc[j][i] + other;
    }
}

// Any kernel size, one map after the other.
template <class A, int N>
void maps_any(const Shape& s, const Tile<typename A::elem>& t, vf* maps) {
  const int last = s.k * s.k - 1;
  for (int j = 0; j <= last / 2; j++) {
    vf acc[N] = {};
    for (int q = j, end = 0; !end; q = last - j) {
      end = q == last - j;
      const int dy = q / s.k, dx = q % s.k;
      const typename A::elem *p[N], *w = t.weight + dx * VW * A::step;
      w += (dy * s.C + t.begin) * s.k * VW;
      CSG_UNROLL for (int i = 0; i < N; i++)
        p[i] = t.at(dy, dx + i * s.stride);
      const int64_t step = A::thin ? t.channel : A::step;
      const int64_t first = A::thin ? t.begin * step : t.begin;
      for (int64_t c = t.begin, at = first; c < t.end;
           c += A::step, at += step) {
        auto tap = A::w(w);
        w += s.k * VW * A::step;
        CSG_UNROLL for (int i = 0; i < N; i++)
          acc[i] = A::mac(acc[i], tap, A::x(p[i] + at));
      }
    }
    CSG_UNROLL for (int i = 0; i < N; i++) maps[j * N + i] = acc[i];
  }
}

template <class A, int K, int N>
int maps_of_stride(const Shape& s, const Tile<typename A::elem>& t, vf* maps) {
  if (s.stride == 1)
    maps_fixed<A, K, 1, N, Edge::NONE>(s, t, maps);
  else
    maps_fixed<A, K, 2, N, Edge::NONE>(s, t, maps);
  return N;
}

// A 3x3 kernel; `last` is the column after those that the tile reads.
template <class A, int N>
int maps_of_edge(const Shape& s, const Tile<typename A::elem>& t, vf* maps) {
  const int64_t last = t.left + N + 2;
  const bool left = t.left == -1, right = last == t.width + 1;
  const bool inside = last <= t.width;
  if (A::thin || s.stride != 1)
    return maps_of_stride<A, 3, N>(s, t, maps);
  if (left && inside)
    maps_fixed<A, 3, 1, N, Edge::LEFT>(s, t, maps);
  else if (left && right)
    maps_fixed<A, 3, 1, N, Edge::BOTH>(s, t, maps);
  else if (t.left >= 0 && right)
    maps_fixed<A, 3, 1, N, Edge::RIGHT>(s, t, maps);
  else
    maps_fixed<A, 3, 1, N, Edge::NONE>(s, t, maps);
  return N;
}

// A 3x3 kernel: a tile of n columns, where there is one.
template <class A, int N = TILE>
int maps_of_width(int n, const Shape& s, const Tile<typename A::elem>& t,
                  vf* maps) {
  if constexpr (N > 2)
    if (n < N) return maps_of_width<A, N - 1>(n, s, t, maps);
  return maps_of_edge<A, N>(s, t, maps);
}

template <class A>
int maps_of_part(int n, const Shape& s, const Tile<typename A::elem>& t,
                 vf* maps) {
  if (s.k == 5) return maps_of_stride<A, 5, SMALL_TILE>(s, t, maps);
  if (s.k == 3) return maps_of_width<A>(n, s, t, maps);
  maps_any<A, TILE>(s, t, maps);
  return TILE;
}

// The maps of n columns or more; returns how many.
template <class A>
int maps_of(int n, const Shape& s, Tile<typename A::elem>& t, vf* maps) {
  int columns = 0;
  for (t.begin = 0; t.begin < s.C; t.begin = t.end) {
    t.end = t.begin + LONGEST_SUM < s.C ? t.begin + LONGEST_SUM : s.C;
    vf part[MAX_PAIRS * TILE];
    columns = maps_of_part<A>(n, s, t, t.begin ? part : maps);
    if (t.begin)
      for (int i = 0; i < (s.k * s.k + 1) / 2 * columns; i++)
        maps[i] += part[i];
  }
  return columns;
}
