// Forward pass of the Gabor convolution with a quarter of the multiplications:
// work items, packing and the C interface.

#include "finish.h"
#include "maps.h"
#include "pack.h"

namespace {

constexpr int64_t THIN = 4;     // an image of so few channels is copied first
constexpr int64_t STRIP = 56;   // its output columns at a time
static_assert(STRIP % TILE == 0 && STRIP % SMALL_TILE == 0, "");
constexpr int64_t MAX_ROWS = 8; // output rows in a work item
constexpr int64_t CACHE = 512 << 10;  // bytes of input for a core

bool is_thin(int64_t C, int k) { return C <= THIN && k > 1; }

template <class E>
struct Call {
  const E* x;
  const void* packed;
  const float *bank, *scale, *bias;
  const E* residual;
  E* y;
  bool relu, planar;  // planar: x is (B, C, H, W)
  int threads;
  Phase* phase;  // of a region that has begun, or null
};

template <class E, int M>
Block<E, M> block_of(const Call<E>& call, const Shape& s, int64_t block) {
  const int64_t channels = s.O * M, first = block * VW * M;
  Block<E, M> b;
  b.bank = call.bank;
  b.taps = s.k * s.k;
  b.relu = call.relu;
  b.residual = call.residual ? call.residual + first : nullptr;
  b.y = call.y + first;
  b.channels = channels;
  b.valid = int(channels - first < VW * M ? channels - first : VW * M);
  for (int i = 0; i < VW * M; i++) {
    b.scale[i] = call.scale && i < b.valid ? call.scale[first + i] : 1.0f;
    b.bias[i] = call.bias && i < b.valid ? call.bias[first + i] : 0.0f;
  }
  return b;
}

// work(block, image, first row, end row). Neighbouring rows share an item, and
// so much of the input as stays in a core's cache meets all blocks of planes
// before the next part does.
template <class Call, class F>
void for_rows(const Shape& s, size_t element, const Call& call,
              const F& work) {
  const int64_t fair = s.blocks() * s.B * s.OH / (call.threads * 12);
  const int64_t rows = fair < 1 ? 1 : fair > MAX_ROWS ? MAX_ROWS : fair;
  const int64_t groups = div_up(s.OH, rows), all = groups * s.B;
  const int64_t bytes = s.H * s.W * s.C * int64_t(element) / groups;
  const int64_t part = bytes < CACHE ? CACHE / (bytes + 1) + 1 : 1;
  const auto take = [&](int64_t item) {
    const int64_t first = item / (part * s.blocks()) * part;
    const int64_t size = all - first < part ? all - first : part;
    const int64_t rest = item - first * s.blocks();
    const int64_t block = rest / size, group = first + rest % size;
    const int64_t b = group / groups, g = group % groups;
    work(block, b, s.OH * g / groups, s.OH * (g + 1) / groups);
  };
  if (call.phase)
    call.phase->share(s.blocks() * all, take);
  else
    parallel_for(call.threads, s.blocks() * all, take);
}

template <class A, int M>
void run(const Shape& s, const Call<typename A::elem>& call) {
  using E = typename A::elem;
  const int64_t columns = columns_of(s.k, s.OW), row = s.W * s.C;
  const int64_t block_size = s.C * s.k * s.k * VW, channels = s.O * M;
  const E* packed = static_cast<const E*>(call.packed);
  for_rows(s, sizeof(E), call, [&](int64_t block, int64_t b, int64_t oy,
                                   int64_t end) {
    const Block<E, M> out = block_of<E, M>(call, s, block);
    const E* image = call.x + b * s.H * row;
    Tile<E> t;
    t.weight = packed + block * block_size;
    t.zeros = packed + s.blocks() * block_size;
    t.width = s.W;
    t.pixel = s.C;
    t.channel = 1;
    for (; oy < end; oy++) {
      const int64_t top = oy * s.stride - s.padding;
      for (int r = 0; r < s.k; r++) {
        bool inside = top + r >= 0 && top + r < s.H;
        t.rows[r] = inside ? image + (top + r) * row : nullptr;
      }
      const bool more = oy + 1 < end && top + s.k + s.stride <= s.H;
      const E* below = more ? image + (top + s.k) * row : image;
      for (int64_t ox = 0; ox < s.OW; ox += columns) {
        const int n = int(s.OW - ox < columns ? s.OW - ox : columns);
        const int64_t pixel = (b * s.OH + oy) * s.OW + ox;
        t.left = ox * s.stride - s.padding;
        t.ahead[0] = below + ox * s.stride * s.C;
        t.ahead[1] = out.y + pixel * channels;
        if (s.stride == 2) t.ahead[1] = t.ahead[0] + row;
        t.ahead[2] = (out.residual ? out.residual : out.y) + pixel * channels;
        vf maps[MAX_PAIRS * TILE];
        const int made = maps_of<A>(n, s, t, maps);
        out.finish(maps, made, n, pixel);
      }
    }
  });
}

// to[i] = from[begin + i], zero outside [0, size).
template <class E>
void copy_clipped(float* to, const E* from, int64_t begin, int64_t count,
                  int64_t size) {
  int64_t i = 0;
  for (; i < count && begin + i < 0; i++) to[i] = 0.0f;
  const int64_t end = size - begin < count ? size - begin : count;
  for (; i < end; i++) to[i] = to_float(from[begin + i]);
  for (; i < count; i++) to[i] = 0.0f;
}

// An image of few channels: its rows are first copied, as floats and with
// zeros for the padding, into a small buffer.
template <class E, int M>
void run_thin(const Shape& s, const Call<E>& call) {
  const int k = s.k, C = int(s.C);
  const int64_t columns = columns_of(k, TILE);
  const int width = int(STRIP - 1) * s.stride + k;  // of the buffer
  const float* packed = static_cast<const float*>(call.packed);
  for_rows(s, sizeof(E), call, [&](int64_t block, int64_t b, int64_t oy,
                                   int64_t end) {
    const Block<E, M> out = block_of<E, M>(call, s, block);
    const E* image = call.x + b * s.H * s.W * C;
    float buffer[MAX_K * THIN * (2 * (STRIP - 1) + MAX_K)];
    Tile<float> t;
    for (int dy = 0; dy < k; dy++) t.rows[dy] = buffer + dy * width * C;
    t.weight = packed + block * k * k * C * VW;
    t.zeros = nullptr;
    t.width = width;
    t.pixel = call.planar ? 1 : C;
    t.channel = call.planar ? width : 1;
    t.ahead[0] = t.ahead[1] = t.ahead[2] = nullptr;
    for (; oy < end; oy++)
      for (int64_t first = 0; first < s.OW; first += STRIP) {
        const int64_t left = first * s.stride - s.padding;
        for (int dy = 0; dy < k; dy++) {
          const int64_t y = oy * s.stride - s.padding + dy;
          float* to = buffer + dy * width * C;
          if (y < 0 || y >= s.H)
            std::memset(to, 0, width * C * sizeof(float));
          else if (call.planar)
            for (int c = 0; c < C; c++)
              copy_clipped(to + c * width, image + (c * s.H + y) * s.W, left,
                           width, s.W);
          else
            copy_clipped(to, image + y * s.W * C, left * C, width * C,
                         s.W * C);
        }
        const int64_t rest = s.OW - first;
        for (int64_t i = 0; i < rest && i < STRIP; i += columns) {
          const int n = int(rest - i < columns ? rest - i : columns);
          const int64_t pixel = (b * s.OH + oy) * s.OW + first + i;
          t.left = i * s.stride;
          out.prefetch(pixel, n);
          vf maps[MAX_PAIRS * TILE];
          const int made = maps_of<Thin>(n, s, t, maps);
          out.finish(maps, made, n, pixel);
        }
      }
  });
}

template <class A, int M>
void run_any(const Shape& s, const Call<typename A::elem>& call) {
  if (is_thin(s.C, s.k))
    run_thin<typename A::elem, M>(s, call);
  else
    run<A, M>(s, call);
}

// What csg_forward computes, and a link of csg_forward_chain: `x`, `residual`
// and `y` are places there.
struct Link {
  const void* packed;
  const float *bank, *scale, *bias;
  int64_t x, residual, y;
  int64_t H, W, C, O;
  int M, k, stride, padding, relu, planar;
  Shape shape(int64_t B) const {
    return {B, H, W, C, O, (H + 2 * padding - k) / stride + 1,
            (W + 2 * padding - k) / stride + 1, k, stride, padding};
  }
};

template <class A>
void run_link(const Link& l, int64_t B, const void* x, const void* residual,
              void* y, int threads, Phase* phase) {
  using E = typename A::elem;
  const Shape s = l.shape(B);
  const Call<E> call{static_cast<const E*>(x), l.packed, l.bank, l.scale,
                     l.bias, static_cast<const E*>(residual),
                     static_cast<E*>(y), l.relu != 0, l.planar != 0, threads,
                     phase};
  if (l.M == 2) run_any<A, 2>(s, call);
  if (l.M == 4) run_any<A, 4>(s, call);
  if (l.M == 8) run_any<A, 8>(s, call);
}

void run_link(const Link& l, int64_t B, const void* x, const void* residual,
              void* y, int is_bf16, int threads, Phase* phase) {
#if defined(__AVX512BF16__)
  if (is_bf16) run_link<Bf16>(l, B, x, residual, y, threads, phase);
#endif
  if (!is_bf16) run_link<Fp32>(l, B, x, residual, y, threads, phase);
}

// A shift of the planes, without a kernel: `packed` holds (H*W, M) numbers,
// the plane that a value comes from less its own.
template <class E>
void shift(const Link& l, int64_t B, const void* from, void* to,
           Phase* phase) {
  const int8_t* sources = static_cast<const int8_t*>(l.packed);
  const int64_t size = l.O * l.M;
  phase->share(B * l.H, [&](int64_t row) {
    const E* x = static_cast<const E*>(from) + row * l.W * size;
    E* y = static_cast<E*>(to) + row * l.W * size;
    const int8_t* source = sources + row % l.H * l.W * l.M;
    std::memcpy(y, x, l.W * size * sizeof(E));
    for (int64_t i = 0; i < l.W; i++, x += size, y += size)
      for (int u = 0; u < l.M; u++) {
        const int64_t step = *source++;
        if (step == 0) continue;
        for (int64_t o = 0; o < l.O; o++) {
          const bool inside = o + step >= 0 && o + step < l.O;
          y[o * l.M + u] = inside ? x[(o + step) * l.M + u] : E{};
        }
      }
  });
}

constexpr int LINKS = 64;  // in a parallel region

template <class E>
void pack(const float* weight, int64_t O, int64_t C, int M, int k, int step,
          E* out, int threads) {
  constexpr int64_t MANY = 8;  // channels at a time
  const int64_t blocks = div_up(O, VW), taps = k * k, parts = div_up(C, MANY);
  parallel_for(threads, blocks * parts, [&](int64_t item) {
    const int64_t block = item / parts, c0 = item % parts * MANY;
    const int64_t n = C - c0 < MANY ? C - c0 : MANY;
    const float* rows[VW];
    for (int i = 0; i < VW; i++) {
      const int64_t o = block * VW + plane_of(i, M);
      rows[i] = o < O ? weight + (o * C + c0) * taps : nullptr;
    }
    float planes[MANY * MAX_K * MAX_K * VW];
    transpose(planes, rows, n * taps);
    for (int64_t dy = 0; dy < k; dy++) {
      E* p = out + ((block * k + dy) * C + c0) * k * VW;
      for (int64_t c = 0; c < n; c += step)
        for (int64_t dx = 0; dx < k; dx++, p += step * VW) {
          const float* from = planes + (c * taps + dy * k + dx) * VW;
          store_terms(p, from, from + taps * VW);
        }
    }
  });
  std::memset(out + blocks * taps * C * VW, 0, C * sizeof(E));
}

bool is_half(int64_t C, int k, int is_bf16) {
  return is_bf16 && !is_thin(C, k);
}

}  // namespace

// 1 if csg_forward handles these, 0 if not.
CSG_EXPORT int csg_covers(int64_t C, int M, int k, int stride, int padding,
                          int is_bf16) {
  if (is_bf16 && (!HAS_BF16 || (C % 2 && !is_thin(C, k)))) return 0;
  if (M != 2 && M != 4 && M != 8) return 0;
  return k <= MAX_K && stride >= 1 && stride <= 2 && padding >= 0 &&
         padding < k;
}

// Whether bank[u, q] == bank[u, -q], which both directions need.
CSG_EXPORT int csg_is_symmetric(const float* bank, int M, int k) {
  for (int u = 0; u < M; u++, bank += k * k)
    for (int q = 0; q < k * k; q++)
      if (bank[q] != bank[k * k - 1 - q]) return 0;
  return 1;
}

// Bytes of the packed form of a weight (O, C, k, k).
CSG_EXPORT int64_t csg_packed_bytes(int64_t O, int64_t C, int k, int is_bf16) {
  const int64_t count = (div_up(O, VW) * VW * k * k + 1) * C;
  return count * (is_half(C, k, is_bf16) ? 2 : 4);
}

CSG_EXPORT void csg_pack(const float* weight, int64_t O, int64_t C, int M,
                         int k, int is_bf16, void* out, int threads) {
  if (is_half(C, k, is_bf16))
    pack(weight, O, C, M, k, 2, static_cast<bf16*>(out), threads);
  else
    pack(weight, O, C, M, k, 1, static_cast<float*>(out), threads);
}

// `scale` and `bias` (O*M floats) and `residual` (like y) may be null. x is
// (B, H, W, C), or (B, C, H, W) if `planar`, which wants C <= 4 and k > 1.
CSG_EXPORT void csg_forward(const void* x, const void* packed,
                            const float* bank, const float* scale,
                            const float* bias, const void* residual, void* y,
                            int64_t B, int64_t H, int64_t W, int64_t C,
                            int64_t O, int M, int k, int stride, int padding,
                            int relu, int is_bf16, int planar, int threads) {
  const Link link{packed, bank, scale, bias, 0, 0, 0, H, W, C, O, M, k,
                  stride, padding, relu, planar};
  run_link(link, B, x, residual, y, is_bf16, threads, nullptr);
}

// Links one after the other, each on what those before it wrote. `places` are
// dense (B, H, W, C), or (B, C, H, W) where a link is `planar`; a residual of
// -1 is none. A link whose k is 0 is a shift.
CSG_EXPORT void csg_forward_chain(const Link* links, int count,
                                  void* const* places, int64_t B, int is_bf16,
                                  int threads) {
  for (int first = 0; first < count; first += LINKS) {
    const int end = first + LINKS < count ? first + LINKS : count;
    Phase phases[LINKS];
    in_parallel(threads, [&] {
      for (int i = first; i < end; i++) {
        const Link& l = links[i];
        Phase* phase = phases + i - first;
        void *x = places[l.x], *y = places[l.y];
        if (l.k) {
          const void* add = l.residual < 0 ? nullptr : places[l.residual];
          run_link(l, B, x, add, y, is_bf16, threads, phase);
        } else if (is_bf16) {
          shift<bf16>(l, B, x, y, phase);
        } else {
          shift<float>(l, B, x, y, phase);
        }
      }
    });
  }
}
