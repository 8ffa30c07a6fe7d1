// From the maps of a tile to its outputs:
// y[o*M+u] = relu(scale * sum over j of bank[u,j] S[j] + bias + residual).
#pragma once

#include <utility>

#include "simd.h"

// Element i of a shuffle of two vectors: a function of i gives the index.
template <class Index, size_t... I>
CSG_INLINE vf shuffle(vf a, vf b, Index index, std::index_sequence<I...>) {
  return __builtin_shufflevector(a, b, index(I)...);
}

// The 32-bit (SIZE 1) or 64-bit (SIZE 2) unpack within lanes of 128 bits, and
// the zip of whole vectors (LANE VW); HALF 1 takes the upper elements.
template <int SIZE, int LANE, int HALF>
CSG_INLINE vf zip(vf a, vf b) {
  constexpr auto index = [](int i) {
    const int in_lane = i % LANE, source = in_lane / SIZE % 2;
    const int element = in_lane / (2 * SIZE) * SIZE + in_lane % SIZE;
    return i - in_lane + element + HALF * LANE / 2 + source * VW;
  };
  return shuffle(a, b, index, std::make_index_sequence<VW>());
}

// M vectors of one orientation each -> the same numbers in the order o*M + u.
// For M = 4 nothing crosses a lane: plane_of says which plane an element is.
template <int M, bool IN_LANE = M == 4>
CSG_INLINE void interleave(vf (&v)[M]) {
  if constexpr (IN_LANE) {
    vf a = zip<1, 4, 0>(v[0], v[1]), b = zip<1, 4, 0>(v[2], v[3]);
    vf c = zip<1, 4, 1>(v[0], v[1]), d = zip<1, 4, 1>(v[2], v[3]);
    v[0] = zip<2, 4, 0>(a, b), v[1] = zip<2, 4, 1>(a, b);
    v[2] = zip<2, 4, 0>(c, d), v[3] = zip<2, 4, 1>(c, d);
  } else if constexpr (M > 1) {
    vf even[M / 2], odd[M / 2];
    CSG_UNROLL for (int i = 0; i < M / 2; i++) {
      even[i] = v[2 * i];
      odd[i] = v[2 * i + 1];
    }
    interleave<M / 2, false>(even);
    interleave<M / 2, false>(odd);
    CSG_UNROLL for (int i = 0; i < M / 2; i++) {
      v[2 * i] = zip<1, VW, 0>(even[i], odd[i]);
      v[2 * i + 1] = zip<1, VW, 1>(even[i], odd[i]);
    }
  }
}

inline int plane_of(int element, int M) {
  return M == 4 ? element % 4 * (VW / 4) + element / 4 : element;
}

// How a block ends; the usual ends without a branch for each vector.
enum class End { PLAIN, RELU, ADD_RELU, ANY };

// What one block of VW planes adds to its convolution, and where it goes.
template <class E, int M>
struct Block {
  const float* bank;  // (M, taps)
  int taps;
  bool relu;
  const E* residual;  // at this block's first channel, or null
  E* y;               // likewise
  int64_t channels;   // of y
  int valid;          // of the VW * M channels
  alignas(64) float scale[VW * M], bias[VW * M];

  CSG_INLINE void prefetch(int64_t pixel, int n) const {
    for (int i = 0; i < n; i++)
      for (int c = 0; c < VW * M; c += int(64 / sizeof(E)))
        __builtin_prefetch(y + (pixel + i) * channels + c, 1);
  }

  template <End END>
  CSG_INLINE void put(vf (&v)[M], int64_t pixel) const {
    interleave<M>(v);
    E* to = y + pixel * channels;
    const bool any = END == End::ANY;
    const E* add = residual ? residual + pixel * channels : nullptr;
    CSG_UNROLL for (int u = 0; u < M; u++) {
      const int at = u * VW, left = any ? valid - at : VW;
      v[u] = v[u] * load(scale + at) + load(bias + at);
      if (left >= VW) {
        if (any ? residual != nullptr : END == End::ADD_RELU)
          v[u] += load(add + at);
        if (any ? relu : END != End::PLAIN) v[u] = ::relu(v[u]);
        store(to + at, v[u]);
      } else if (left > 0) {
        if (residual) v[u] += load_n(add + at, left);
        store_n(to + at, relu ? ::relu(v[u]) : v[u], left);
      }
    }
  }

  // COLS columns at once, so that each bank entry is read once for them. Zero
  // entries are multiplied too: 0 * inf is NaN, as in the dense form.
  template <End END, int COLS>
  CSG_INLINE void mix(const vf* maps, int columns, int64_t pixel) const {
    vf v[COLS][M];
    CSG_UNROLL for (int i = 0; i < COLS; i++)
      CSG_UNROLL for (int u = 0; u < M; u++)
        v[i][u] = broadcast(bank[u * taps]) * maps[i];
    for (int j = 1; j < (taps + 1) / 2; j++)
      CSG_UNROLL for (int u = 0; u < M; u++) {
        vf b = broadcast(bank[u * taps + j]);
        CSG_UNROLL for (int i = 0; i < COLS; i++)
          v[i][u] += b * maps[j * columns + i];
      }
    CSG_UNROLL for (int i = 0; i < COLS; i++) put<END>(v[i], pixel + i);
  }

  template <End END>
  void finish_as(const vf* maps, int columns, int n, int64_t pixel) const {
    int i = 0;
    for (; i + 1 < n; i += 2) mix<END, 2>(maps + i, columns, pixel + i);
    if (i < n) mix<END, 1>(maps + i, columns, pixel + i);
  }

  // The first n of the tile's columns.
  void finish(const vf* maps, int columns, int n, int64_t pixel) const {
    if (valid < VW * M || (residual && !relu))
      finish_as<End::ANY>(maps, columns, n, pixel);
    else if (residual)
      finish_as<End::ADD_RELU>(maps, columns, n, pixel);
    else if (relu)
      finish_as<End::RELU>(maps, columns, n, pixel);
    else
      finish_as<End::PLAIN>(maps, columns, n, pixel);
  }
};
