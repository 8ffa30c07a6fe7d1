// Backward pass of the Gabor convolution, a quarter of the multiplications.
//
// A few images at a time, so that their maps stay in the cache: fold the
// gradient of y into the maps of backward.h, then the gradient of the input,
// then that of the weight. x is (B, H, W, C), gy (B, OH, OW, O*M), both dense.

#include "backward.h"

#include <memory>

namespace {

CSG_INLINE void unzip(vf a, vf b, vf& even, vf& odd) {
#if defined(__AVX512F__)
  even = __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20,
                                 22, 24, 26, 28, 30);
  odd = __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21,
                                23, 25, 27, 29, 31);
#elif defined(__AVX__)
  even = __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14);
  odd = __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15);
#else
  even = __builtin_shufflevector(a, b, 0, 2, 4, 6);
  odd = __builtin_shufflevector(a, b, 1, 3, 5, 7);
#endif
}

// M vectors in the order o*M + u -> M vectors of one orientation each.
template <int M>
CSG_INLINE void separate(vf (&v)[M]) {
  if constexpr (M > 1) {
    vf even[M / 2], odd[M / 2];
    CSG_UNROLL for (int i = 0; i < M / 2; i++)
      unzip(v[2 * i], v[2 * i + 1], even[i], odd[i]);
    separate<M / 2>(even);
    separate<M / 2>(odd);
    CSG_UNROLL for (int i = 0; i < M / 2; i++) {
      v[2 * i] = even[i];
      v[2 * i + 1] = odd[i];
    }
  }
}

// The maps of one row of a block of planes; `valid` channels of gy.
template <class E, int M, class Map>
void fold_row(const Backward& s, const E* gy, int valid, const float* bank,
              Map* maps) {
  const int pairs = s.pairs(), taps = s.taps();
  const int64_t step = pairs * VW, end = s.left + s.OW;
  std::memset(maps, 0, s.left * step * sizeof(Map));
  std::memset(maps + end * step, 0,
              (s.columns - end) * step * sizeof(Map));
  maps += s.left * step;
  for (int64_t i = 0; i < s.OW; i++, gy += s.O * M, maps += step) {
    vf g[M];
    CSG_UNROLL for (int u = 0; u < M; u++) {
      const int left = valid - u * VW;
      g[u] = left >= VW ? load(gy + u * VW)
                        : left > 0 ? load_n(gy + u * VW, left) : vf{};
    }
    separate<M>(g);
    for (int j = 0; j < pairs; j++) {
      vf sum = broadcast(bank[j]) * g[0];
      CSG_UNROLL for (int u = 1; u < M; u++)
        sum += broadcast(bank[u * taps + j]) * g[u];
      store(maps + j * VW, sum);
    }
  }
}

template <class E, int M, class Map>
void fold(const Backward& s, int64_t n, const E* gy, const float* bank,
          Map* maps) {
  const int64_t channels = s.O * M, blocks = s.blocks();
  s.share(n * s.OH, [&](int64_t row) {
    for (int64_t block = 0; block < blocks; block++) {
      const int64_t first = block * VW * M, left = channels - first;
      fold_row<E, M, Map>(s, gy + row * s.OW * channels + first,
                     int(left < VW * M ? left : VW * M), bank,
                     maps + (row * blocks + block) * s.panel());
    }
  });
}

template <class E, class Map>
void fold_m(const Backward& s, int64_t n, const void* gy, int64_t image,
            const float* bank, void* to) {
  Map* maps = static_cast<Map*>(to);
  const E* from = static_cast<const E*>(gy) + image * s.OH * s.OW * s.O * s.M;
  switch (s.M) {
    case 2: fold<E, 2>(s, n, from, bank, maps); break;
    case 4: fold<E, 4>(s, n, from, bank, maps); break;
    case 8: fold<E, 8>(s, n, from, bank, maps); break;
  }
}

// Two images as one, each number beside that of the other at its place; zeros
// beside the last of an odd number.
void pair_up(const Backward& s, int64_t n, int64_t size, const void* from,
             void* to) {
  const uint16_t* images = static_cast<const uint16_t*>(from);
  uint32_t* pairs = static_cast<uint32_t*>(to);
  s.share(s.paired(n), [&](int64_t pair) {
    const uint16_t* a = images + 2 * pair * size;
    const uint16_t* b = a + size;
    uint32_t* out = pairs + pair * size;
    if (2 * pair + 1 < n)
      for (int64_t i = 0; i < size; i++)
        out[i] = uint32_t(a[i]) | uint32_t(b[i]) << 16;
    else
      for (int64_t i = 0; i < size; i++) out[i] = a[i];
  });
}

// x of n bfloat16 images in fp32.
void widen(const Backward& s, int64_t n, const bf16* from, float* to) {
  const int64_t row = s.W * s.C;
  s.share(n * s.H, [&](int64_t y) {
    for (int64_t i = y * row; i < (y + 1) * row; i++) to[i] = to_float(from[i]);
  });
}

// Where the parts of the scratch memory lie, in floats.
struct Scratch {
  int64_t packed, partial, pairs, x, size;

  Scratch(const Backward& s, bool need_input, bool need_weight) {
    const int64_t n = s.at_once(), area = s.H * s.W * s.C;
    const bool half = s.half_maps();
    packed = s.is_bf16 && half ? (n * s.image() + 1) / 2 : n * s.image();
    packed = (packed + VW - 1) / VW * VW;  // aligned, as what follows
    partial = packed + (need_input ? packed_input_size(s) : 0);
    pairs = partial + (need_weight ? partial_size(s) : 0);
    x = pairs + (half && need_weight ? s.paired(n) * s.image() : 0);
    size = x;
    if (s.is_bf16 && need_weight) size += s.paired(n) * area;
  }
};

Backward shape(int64_t B, int64_t H, int64_t W, int64_t C, int64_t O, int M,
               int k, int stride, int padding, int is_bf16, int threads) {
  Backward s{B, H, W, C, O, (H + 2 * padding - k) / stride + 1,
             (W + 2 * padding - k) / stride + 1, M, k, stride, padding,
             is_bf16, threads, 0, 0, nullptr};
  s.lay_out();
  return s;
}

// What each thread of the region runs: they share every phase.
void pass(const Backward& s, const void* gy, const void* x,
          const float* weight, const float* bank, void* gx, float* gw,
          float* maps) {
  const int64_t at_once = s.at_once();
  const Scratch at(s, gx, gw);
  float *packed = maps + at.packed, *partial = maps + at.partial;
  const int64_t area = s.H * s.W * s.C, bytes = s.is_bf16 ? 2 : 4;
  if (gx) pack_input(s, weight, packed);
  for (int64_t b = 0; b < s.B; b += at_once) {
    const int64_t n = b + at_once < s.B ? at_once : s.B - b;
    if (s.half_maps())
      fold_m<bf16, bf16>(s, n, gy, b, bank, maps);
    else if (s.is_bf16)
      fold_m<bf16, float>(s, n, gy, b, bank, maps);
    else
      fold_m<float, float>(s, n, gy, b, bank, maps);
    if (gx)
      backward_input(s, n, maps, packed,
                     static_cast<char*>(gx) + b * area * bytes);
    if (!gw) continue;
    const void* from = static_cast<const char*>(x) + b * area * bytes;
    Images images{s.paired(n), maps, from, b == 0};
    if (s.half_maps()) {
      pair_up(s, n, s.image(), maps, maps + at.pairs);
      images.maps = maps + at.pairs;
      pair_up(s, n, area, from, maps + at.x);
      images.x = maps + at.x;
    } else if (s.is_bf16) {
      widen(s, n, static_cast<const bf16*>(from), maps + at.x);
      images.x = maps + at.x;
    }
    backward_weight(s, images, partial);
  }
  if (gw) sum_partial(s, partial, gw);
}

// At most: packing, the sum, and five of each part of the batch.
int64_t phases_of(const Backward& s) {
  return 2 + 5 * ((s.B + s.at_once() - 1) / s.at_once());
}

}  // namespace

// 1 if csg_backward handles these, 0 if not.
CSG_EXPORT int csg_backward_covers(int M, int k, int stride, int padding) {
  if (M != 2 && M != 4 && M != 8) return 0;
  if (k != 1 && k != 3 && k != 5) return 0;
  return stride >= 1 && stride <= 2 && padding >= 0 && padding < k;
}

// Bytes of scratch memory for csg_backward.
CSG_EXPORT int64_t csg_backward_bytes(int64_t B, int64_t H, int64_t W,
                                      int64_t C, int64_t O, int M, int k,
                                      int stride, int padding, int is_bf16,
                                      int need_input, int need_weight) {
  Backward s = shape(B, H, W, C, O, M, k, stride, padding, is_bf16, 1);
  const Scratch scratch(s, need_input, need_weight);
  return scratch.size * int64_t(sizeof(float)) + 64;
}

// gx like x, gw (O, C, k, k) fp32: either may be null and is not computed.
CSG_EXPORT void csg_backward(const void* gy, const void* x,
                             const float* weight, const float* bank, void* gx,
                             float* gw, void* scratch, int64_t B, int64_t H,
                             int64_t W, int64_t C, int64_t O, int M, int k,
                             int stride, int padding, int is_bf16,
                             int threads) {
  const Backward all =
      shape(B, H, W, C, O, M, k, stride, padding, is_bf16, threads);
  const uintptr_t address = reinterpret_cast<uintptr_t>(scratch);
  const uintptr_t aligned = (address + 63) / 64 * 64;
  float* maps = reinterpret_cast<float*>(aligned);
  const std::unique_ptr<Phase[]> phases(new Phase[phases_of(all)]);
  in_parallel(threads, [&] {
    Backward s = all;
    s.phase = phases.get();
    pass(s, gy, x, weight, bank, gx, gw, maps);
  });
}
