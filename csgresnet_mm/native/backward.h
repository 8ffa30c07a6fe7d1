// What the two halves of the backward pass share: the shape and the maps.
//
// With taps q and -q of the bank equal, both gradients need only the maps
// S[o,j](p) = sum over u of bank[u,j] gy[o*M+u](p), one for each pair j of
// opposite taps. They are folded for a few images at a time and stored as
// [image][row][ceil(O/VW)][column][pairs][VW planes], each row of columns
// between zeros, so that a tap beside the image reads a zero.
#pragma once

#include "simd.h"

// Columns of the register tile of gx: the wide one, one for narrow images, and
// that for stride 2, where the number is even.
#if defined(__AVX512F__) || defined(__aarch64__)
constexpr int WIDE = 14, NARROW = 7, EVEN = 8;
#else
constexpr int WIDE = 6, NARROW = 4, EVEN = 4;
#endif

constexpr int64_t CHUNK = 1 << 19;  // floats

struct Backward {
  int64_t B, H, W, C, O, OH, OW;
  int M, k, stride, padding, is_bf16, threads;
  // Of a row of maps: zeros, OW maps, zeros; set by lay_out, since the inner
  // loops have no time for these divisions.
  int64_t left, columns;

  int taps() const { return k * k; }
  int pairs() const { return (taps() + 1) / 2; }
  int pair(int dy, int dx) const {
    int q = dy * k + dx;
    return q < pairs() ? q : taps() - 1 - q;
  }
  int64_t blocks() const { return (O + VW - 1) / VW; }
  int64_t vectors() const { return (C + VW - 1) / VW; }
  // The tile that computes the fewest columns beyond the image.
  int small() const { return stride == 1 ? NARROW : EVEN; }
  int64_t covered(int64_t tile) const { return (W + tile - 1) / tile * tile; }
  bool is_wide() const { return covered(WIDE) <= covered(small()); }
  void lay_out() {
    left = (k - 1 - padding + stride - 1) / stride;
    const int64_t tile = is_wide() ? WIDE : small();
    const int64_t last = (covered(tile) - 1 + padding) / stride;
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

struct Images {
  int64_t count;
  const float* maps;
  const float* x;
  bool first;  // of the batch
};

// gx of n images; `packed` is the weight in pack_input's order.
void backward_input(const Backward& s, int64_t n, const float* maps,
                    const float* packed, void* gx);
int64_t packed_input_size(const Backward& s);
void pack_input(const Backward& s, const float* weight, float* packed);

// Adds images to the partial sums, then the sums to the gradient.
void backward_weight(const Backward& s, const Images& images, float* partial);
int64_t partial_size(const Backward& s);
void sum_partial(const Backward& s, const float* partial, float* gw);
