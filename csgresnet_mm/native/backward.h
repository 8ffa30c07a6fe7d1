// What the two halves of the backward pass share: the shape and the maps.
//
// With taps q and -q of the bank equal, both gradients need only the maps
// S[o,j](p) = sum over u of bank[u,j] gy[o*M+u](p), one for each pair j of
// opposite taps. They are folded for a few images at a time and stored as
// [image][row][ceil(O/VW)][column][pairs][VW planes], each row of columns
// between zeros, so that a tap beside the image reads a zero. They are floats,
// or bfloat16 where the input is and the CPU multiplies such numbers.
#pragma once

#include "simd.h"

// A register tile of gx: columns by vectors of channels, of some images at the
// same place. Narrow ones waste less of a narrow image, and load more for each
// multiplication: `cost` is that of a column.
struct InputTile {
  int columns, vectors;
  double cost;
  int images = 1;
};

#if defined(__AVX512F__) || defined(__aarch64__)
constexpr InputTile TILES[] = {
    {14, 2, 1.0}, {7, 4, 1.0}, {6, 4, 0.95}, {5, 4, 0.95}, {3, 4, 1.1, 2}};
constexpr InputTile EVEN_TILES[] = {{8, 2, 1.0}, {6, 4, 0.95}};
constexpr InputTile HALF_TILES[] = {
    {14, 2, 1.0}, {7, 4, 1.0}, {6, 4, 1.0}, {5, 4, 1.1}, {3, 4, 1.25, 2}};
#else
constexpr InputTile TILES[] = {{6, 2, 1.0}, {4, 2, 1.0}};
constexpr InputTile EVEN_TILES[] = {{4, 2, 1.0}};
constexpr InputTile HALF_TILES[] = {{6, 2, 1.0}, {4, 2, 1.0}};
#endif

constexpr int64_t CHUNK = 1 << 19;  // floats

struct Backward {
  int64_t B, H, W, C, O, OH, OW;
  int M, k, stride, padding, is_bf16, threads;
  // Of a row of maps: zeros, OW maps, zeros; set by lay_out, since the inner
  // loops have no time for these divisions.
  int64_t left, columns;
  mutable Phase* phase;  // the next of this thread, in the pass's one region

  template <class F>
  void share(int64_t count, const F& work) const {
    (phase++)->share(count, work);
  }

  bool half_maps() const { return HAS_BF16 && is_bf16 && k != 5; }
  // Images that the gradient of the weight sees in n.
  int64_t paired(int64_t n) const { return half_maps() ? (n + 1) / 2 : n; }
  int taps() const { return k * k; }
  int pairs() const { return (taps() + 1) / 2; }
  int pair(int dy, int dx) const {
    int q = dy * k + dx;
    return q < pairs() ? q : taps() - 1 - q;
  }
  int64_t blocks() const { return (O + VW - 1) / VW; }
  int64_t vectors() const { return (C + VW - 1) / VW; }
  int64_t covered(int64_t tile) const { return (W + tile - 1) / tile * tile; }
  // The cheapest of `tiles`; for a stride of 2 their columns are even.
  template <int COUNT>
  int cheapest(const InputTile (&tiles)[COUNT]) const {
    int best = 0;
    double least = 0;
    for (int i = 0; i < COUNT; i++) {
      const InputTile& t = tiles[i];
      const double cost = t.cost * double(covered(t.columns));
      if (i && (cost >= least || vectors() % t.vectors)) continue;
      best = i;
      least = cost;
    }
    return best;
  }
  int tile() const {
    if (stride == 2) return cheapest(EVEN_TILES);
    return half_maps() ? cheapest(HALF_TILES) : cheapest(TILES);
  }
  void lay_out() {
    left = (k - 1 - padding + stride - 1) / stride;
    const InputTile* tiles = half_maps() ? HALF_TILES : TILES;
    const int n = (stride == 2 ? EVEN_TILES : tiles)[tile()].columns;
    const int64_t last = (covered(n) - 1 + padding) / stride;
    columns = left + (last < OW ? OW : last + 1);
  }
  int64_t panel() const { return columns * pairs() * VW; }
  int64_t image() const { return OH * blocks() * panel(); }
  // Images at a time: few, so that their maps and x stay in the cache.
  int64_t at_once() const {
    const int64_t room = CHUNK / (image() + H * W * C);
    const int64_t n = room < 1 ? 1 : room < B ? room : B;
    const int64_t rounds = (B + n - 1) / n;
    return (B + rounds - 1) / rounds;
  }
};

// What the gradient of the weight reads: images, or pairs of them.
struct Images {
  int64_t count;
  const void* maps;
  const void* x;
  bool first;  // of the batch
};

// gx of n images; `packed` is the weight in pack_input's order.
void backward_input(const Backward& s, int64_t n, const void* maps,
                    const void* packed, void* gx);
int64_t packed_input_size(const Backward& s);
void pack_input(const Backward& s, const float* weight, void* packed);

// Adds images to the partial sums, then the sums to the gradient.
void backward_weight(const Backward& s, const Images& images, float* partial);
int64_t partial_size(const Backward& s);
void sum_partial(const Backward& s, const float* partial, float* gw);
