// The gradient of the weight, from the maps of backward.h:
// gw[o,c,q] = sum over b, p of S[o,|q|](p) x[c](p * stride + q - padding).
//
// A register tile is a vector of planes by the k taps of a row by a few input
// channels. Sums have three levels, so that fp32 keeps its digits: registers
// over a band of rows, a partial sum over the bands of a group, the groups.
// Groups depend on the shape alone, and so does the order of every sum. A work
// item is a group, a block of planes and a slice of the channels.
//
// bfloat16 multiplies two terms at a time: those of two images at the same
// place, whose numbers lie beside each other. Such a pair is one image here.

#include "backward.h"

namespace {

constexpr int64_t BAND = 128;   // positions in a band, about
constexpr int64_t ITEMS = 32;   // work items wanted
constexpr int64_t SLICE = 16;   // tiles in a slice of the channels, at least

#if defined(__AVX512F__) || defined(__aarch64__)
constexpr int REGISTERS = 24;  // for accumulators
#else
constexpr int REGISTERS = 12;
#endif

constexpr int MAX_WIDTH = REGISTERS / 5 * 25;  // of the 5x5 kernel, the widest

struct Plan {
  int channels;    // of a tile
  int64_t tiles;   // of a block of planes
  int64_t slices;  // of the tiles
  int64_t groups;  // of bands
  int64_t rows;    // of a band
  int64_t bands;   // of an image
  int64_t images;  // of a band, where one is small
};

Plan plan_of(const Backward& s) {
  Plan p;
  p.channels = 1;
  while (p.channels * 2 * s.k <= REGISTERS && p.channels * 2 <= s.C)
    p.channels *= 2;
  p.tiles = (s.C + p.channels - 1) / p.channels;
  p.rows = s.OW < BAND ? BAND / s.OW : 1;
  p.bands = (s.OH + p.rows - 1) / p.rows;
  p.images = p.bands == 1 && s.OH * s.OW < BAND ? BAND / (s.OH * s.OW) : 1;
  p.slices = p.tiles < 2 * SLICE ? 1 : p.tiles / SLICE;
  const int64_t items = p.slices * s.blocks();
  p.groups = (ITEMS + items - 1) / items;
  const int64_t units =
      (s.paired(s.at_once()) + p.images - 1) / p.images * p.bands;
  if (p.groups > units) p.groups = units;
  return p;
}

// Floats of a block of planes in a partial sum, [tile][dy][dx][channel][VW].
int64_t block_size(const Backward& s, const Plan& p) {
  return p.tiles * p.channels * s.taps() * VW;
}

// The last tile is moved left, not narrowed.
int64_t first_channel(const Backward& s, const Plan& p, int64_t tile) {
  const int64_t last = s.C - p.channels;
  return tile * p.channels < last ? tile * p.channels : last;
}

template <class E>
struct Band {
  const E* maps;  // of the first image and this block of planes
  const E* x;     // of the first image
  int64_t images;
  int64_t y0, y1;     // rows of maps
  bool first;         // of its partial sum
};

// How taps and maps meet at STRIDE neighbouring columns of x, a group: tap d
// of column e, if aligned, reads the map of column group + offset(e, d).
template <int K, int STRIDE, int PHASE>
struct Columns {
  static constexpr bool aligned(int e, int d) {
    return (e + PHASE - d) % STRIDE == 0;
  }
  static int64_t offset(const Backward& s, int e, int d) {
    return (e + PHASE - d) / STRIDE + s.padding / STRIDE;
  }
  static bool inside(const Backward& s, int64_t group, int e, int d) {
    const int64_t ox = group + offset(s, e, d);
    return group * STRIDE + e < s.W && ox >= 0 && ox < s.OW;
  }
  static bool all_inside(const Backward& s, int64_t group) {
    for (int e = 0; e < STRIDE; e++)
      for (int d = 0; d < K; d++)
        if (aligned(e, d) && !inside(s, group, e, d)) return false;
    return true;
  }
};

// Numbers between the maps of two columns.
template <class A, int K>
constexpr int map_step() {
  return (K * K + 1) / 2 * VW * A::step;
}

// One group of columns; `tap` and `x` are those of the row.
template <class A, bool CHECK, int K, int STRIDE, int PHASE, int NC, class E>
CSG_INLINE void add_group(const Backward& s, const E* const (&tap)[K],
                          const E* x, int64_t group, vf (&acc)[K][NC]) {
  using Cols = Columns<K, STRIDE, PHASE>;
  constexpr int STEP = map_step<A, K>();
  CSG_UNROLL for (int e = 0; e < STRIDE; e++) {
    decltype(A::w(tap[0])) m[K] = {};
    CSG_UNROLL for (int d = 0; d < K; d++) {
      if (Cols::aligned(e, d) && (!CHECK || Cols::inside(s, group, e, d)))
        m[d] = A::w(tap[d] + (group + Cols::offset(s, e, d)) * STEP);
    }
    const E* at = x + (group * STRIDE + e) * s.C * A::step;
    if constexpr (CHECK) {  // a branch for each tap, not for each product
      CSG_UNROLL for (int d = 0; d < K; d++) {
        if (Cols::aligned(e, d) && Cols::inside(s, group, e, d))
          CSG_UNROLL for (int i = 0; i < NC; i++)
            acc[d][i] = A::mac(acc[d][i], m[d], A::x(at + i * A::step));
      }
      continue;
    }
    CSG_UNROLL for (int i = 0; i < NC; i++) {
      CSG_UNROLL for (int d = 0; d < K; d++) {
        if (Cols::aligned(e, d))
          acc[d][i] = A::mac(acc[d][i], m[d], A::x(at + i * A::step));
      }
    }
  }
}

template <class A, int K, int STRIDE, int PHASE, int NC>
void weight_tile(const Backward& s, const Band<typename A::elem>& b, int dy,
                 int64_t c, float* partial) {
  using Cols = Columns<K, STRIDE, PHASE>;
  const int64_t groups = (s.W + STRIDE - 1) / STRIDE;
  int64_t from = 0, to = groups;  // no column to check between them
  while (from < groups && !Cols::all_inside(s, from)) from++;
  while (to > from && !Cols::all_inside(s, to - 1)) to--;
  vf acc[K][NC] = {};
  const int64_t first = b.y0 * STRIDE + dy - s.padding;
  const int64_t height = b.y1 - b.y0, row = s.blocks() * s.panel();
  for (int64_t i = 0; i < b.images * height; i++) {
    const int64_t image = i / height, y = i % height;
    const int64_t iy = first + y * STRIDE;
    if (iy < 0 || iy >= s.H) continue;
    const auto* x = b.x + ((image * s.H + iy) * s.W * s.C + c) * A::step;
    const typename A::elem* tap[K];
    CSG_UNROLL for (int d = 0; d < K; d++)
      tap[d] = b.maps + (image * s.image() + (b.y0 + y) * row) * A::step +
               s.left * map_step<A, K>() + s.pair(dy, d) * VW * A::step;
    for (int64_t g = 0; g < from; g++)
      add_group<A, true, K, STRIDE, PHASE, NC>(s, tap, x, g, acc);
    for (int64_t g = from; g < to; g++)
      add_group<A, false, K, STRIDE, PHASE, NC>(s, tap, x, g, acc);
    for (int64_t g = to; g < groups; g++)
      add_group<A, true, K, STRIDE, PHASE, NC>(s, tap, x, g, acc);
  }
  CSG_UNROLL for (int d = 0; d < K; d++) {
    CSG_UNROLL for (int i = 0; i < NC; i++) {
      float* p = partial + (d * NC + i) * VW;
      store(p, b.first ? acc[d][i] : load(p) + acc[d][i]);
    }
  }
}

template <class A, int K, int STRIDE, int PHASE, int NC>
void weight_tiles(const Backward& s, const Plan& p, const Images& images,
                  float* partial) {
  using E = typename A::elem;
  const int64_t size = K * NC * VW;
  const E* maps = static_cast<const E*>(images.maps);
  const E* x = static_cast<const E*>(images.x);
  const int64_t units =
      (images.count + p.images - 1) / p.images * p.bands;
  s.share(p.groups * s.blocks() * p.slices, [&](int64_t item) {
    const int64_t slice = item % p.slices, block = item / p.slices % s.blocks();
    const int64_t group = item / p.slices / s.blocks();
    const int64_t start = units * group / p.groups;
    for (int64_t u = start; u < units * (group + 1) / p.groups; u++) {
      const int64_t image = u / p.bands * p.images;
      const int64_t left = images.count - image;
      Band<E> b;
      b.images = left < p.images ? left : p.images;
      b.maps = maps + (image * s.image() + block * s.panel()) * A::step;
      b.x = x + image * s.H * s.W * s.C * A::step;
      b.y0 = u % p.bands * p.rows;
      b.y1 = b.y0 + p.rows < s.OH ? b.y0 + p.rows : s.OH;
      b.first = images.first && u == start;
      for (int64_t tile = p.tiles * slice / p.slices;
           tile < p.tiles * (slice + 1) / p.slices; tile++)
        for (int dy = 0; dy < K; dy++)
          weight_tile<A, K, STRIDE, PHASE, NC>(
              s, b, dy, first_channel(s, p, tile),
              partial + (((group * s.blocks() + block) * p.tiles + tile) * K +
                         dy) * size);
    }
  });
}

constexpr int power_of_two(int n) {  // the largest not above n
  return n < 2 ? 1 : 2 * power_of_two(n / 2);
}

template <class A, int K, int STRIDE, int PHASE,
          int NC = power_of_two(REGISTERS / K)>
void choose_channels(const Backward& s, const Plan& p, const Images& images,
                     float* partial) {
  if constexpr (NC > 1)
    if (p.channels < NC)
      return choose_channels<A, K, STRIDE, PHASE, NC / 2>(s, p, images,
                                                           partial);
  weight_tiles<A, K, STRIDE, PHASE, NC>(s, p, images, partial);
}

template <class A, int K>
void choose_stride(const Backward& s, const Images& images, float* partial) {
  const Plan p = plan_of(s);
  if (s.stride == 1)
    choose_channels<A, K, 1, 0>(s, p, images, partial);
  else if (s.padding % 2 == 0)
    choose_channels<A, K, 2, 0>(s, p, images, partial);
  else if constexpr (K > 1)
    choose_channels<A, K, 2, 1>(s, p, images, partial);
}

}  // namespace

int64_t partial_size(const Backward& s) {
  const Plan p = plan_of(s);
  return p.groups * s.blocks() * block_size(s, p);
}

void backward_weight(const Backward& s, const Images& images,
                     float* partial) {
#if defined(__AVX512BF16__)
  if (s.half_maps()) {
    if (s.k == 1) choose_stride<Bf16, 1>(s, images, partial);
    if (s.k == 3) choose_stride<Bf16, 3>(s, images, partial);
    return;
  }
#endif
  switch (s.k) {
    case 1: choose_stride<Fp32, 1>(s, images, partial); break;
    case 3: choose_stride<Fp32, 3>(s, images, partial); break;
    case 5: choose_stride<Fp32, 5>(s, images, partial); break;
  }
}

void sum_partial(const Backward& s, const float* partial, float* gw) {
  const Plan p = plan_of(s);
  const int64_t taps = s.taps(), size = block_size(s, p);
  const int64_t width = p.channels * taps;  // floats of a plane in a tile
  s.share(s.blocks() * p.tiles, [&](int64_t item) {
    const int64_t block = item / p.tiles, tile = item % p.tiles;
    const float* from = partial + item * width * VW;
    float planes[VW][MAX_WIDTH];
    for (int64_t r = 0; r < width; r++) {  // (dy, dx, channel)
      vf sum = load(from + r * VW);
      for (int64_t g = 1; g < p.groups; g++)
        sum += load(from + g * s.blocks() * size + r * VW);
      const int64_t row = s.k * p.channels;
      const int64_t dy = r / row, dx = r % row / p.channels;
      const int64_t at = r % p.channels * taps + dy * s.k + dx;
      for (int v = 0; v < VW; v++) planes[v][at] = sum[v];
    }
    // The channels that the tile before has, too, are skipped.
    const int64_t c = tile * p.channels, skip = c - first_channel(s, p, tile);
    for (int64_t v = 0; v < VW && block * VW + v < s.O; v++)
      std::memcpy(gw + ((block * VW + v) * s.C + c) * taps,
                  planes[v] + skip * taps,
                  (width - skip * taps) * sizeof(float));
  });
}
