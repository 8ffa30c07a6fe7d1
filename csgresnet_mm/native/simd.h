// Vectors by the compiler's vector extensions, one source for every CPU.
//
// The vector width and the register tile are chosen here from the compiler's
// own macros, never at run time: the library is built for the machine it runs
// on. Letters: VW floats in a vector, B batch, H, W height and width, C input
// channels, O planes, M orientations, u orientation index, k kernel size.
#pragma once

#include <sched.h>

#include <atomic>
#include <cstdint>
#include <cstring>

#if defined(__AVX512BF16__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
constexpr int VW = 16;     // floats in a vector
constexpr int TILE = 7;    // output columns of the 3x3 kernel's register tile
#elif defined(__AVX2__) || defined(__AVX__)
constexpr int VW = 8;
constexpr int TILE = 4;
#elif defined(__aarch64__)
constexpr int VW = 4;      // 32 registers
constexpr int TILE = 7;
#else
constexpr int VW = 4;      // 16 registers
constexpr int TILE = 4;
#endif

#define CSG_INLINE inline __attribute__((always_inline))
#define CSG_EXPORT extern "C" __attribute__((visibility("default")))
#define CSG_UNROLL _Pragma("GCC unroll 64")

typedef float vf __attribute__((vector_size(VW * 4)));
typedef int32_t vi __attribute__((vector_size(VW * 4)));
typedef uint32_t vu __attribute__((vector_size(VW * 4)));
typedef uint16_t vh __attribute__((vector_size(VW * 2)));

// A bfloat16 number: the upper half of a float.
struct bf16 {
  uint16_t bits;
};

CSG_INLINE vf broadcast(float s) { return s - vf{}; }

CSG_INLINE float to_float(float s) { return s; }
CSG_INLINE float to_float(bf16 s) {
  uint32_t u = uint32_t(s.bits) << 16;
  float f;
  std::memcpy(&f, &u, 4);
  return f;
}

// Unaligned loads and stores of VW numbers (or of the first n of them).
CSG_INLINE vf load(const float* p) {
  vf v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
CSG_INLINE vf load(const bf16* p) {
  vh h;
  std::memcpy(&h, p, sizeof h);
  return vf(__builtin_convertvector(h, vu) << 16);
}
CSG_INLINE void store(float* p, vf v) { std::memcpy(p, &v, sizeof v); }

// Round to nearest even; a NaN stays a NaN.
CSG_INLINE vh round_bf16(vf v) {
#if defined(__AVX512BF16__)
  const auto rounded = _mm512_cvtneps_pbh(__m512(v));
  vh h;
  std::memcpy(&h, &rounded, sizeof h);
  return h;
#else
  vu u = vu(v);
  vu r = (u + 0x7fffu + ((u >> 16) & 1u)) >> 16;
  vu nan = vu(vi(u & 0x7fffffffu) > 0x7f800000);
  r = (nan & 0x7fc0u) | (~nan & r);
  return __builtin_convertvector(r, vh);
#endif
}
CSG_INLINE void store(bf16* p, vf v) {
  vh h = round_bf16(v);
  std::memcpy(p, &h, sizeof h);
}

template <class T>
CSG_INLINE vf load_n(const T* p, int n) {
  T a[VW] = {};
  std::memcpy(a, p, n * sizeof(T));
  return load(a);
}
template <class T>
CSG_INLINE void store_n(T* p, vf v, int n) {
  T a[VW];
  store(a, v);
  std::memcpy(p, a, n * sizeof(T));
}

// ReLU as torch has it: a NaN stays a NaN.
CSG_INLINE vf relu(vf v) { return v < 0.0f ? vf{} : v; }

// How an element type multiplies: `step` terms of a sum at a time, which lie
// beside each other in both factors.
struct Fp32 {
  using elem = float;
  static constexpr bool thin = false;
  static constexpr int step = 1;
  static CSG_INLINE vf x(const float* p) { return broadcast(*p); }
  static CSG_INLINE vf w(const float* p) { return load(p); }
  static CSG_INLINE vf mac(vf acc, vf w, vf x) { return acc + w * x; }
};

#if defined(__AVX512BF16__)
constexpr bool HAS_BF16 = true;

struct Bf16 {
  using elem = bf16;
  static constexpr bool thin = false;
  static constexpr int step = 2;
  static CSG_INLINE __m512i x(const bf16* p) {
    int32_t pair;
    std::memcpy(&pair, p, 4);
    return _mm512_set1_epi32(pair);
  }
  static CSG_INLINE __m512i w(const bf16* p) { return _mm512_loadu_si512(p); }
  static CSG_INLINE vf mac(vf acc, __m512i w, __m512i x) {
    __m512bh a, b;
    std::memcpy(&a, &w, 64);
    std::memcpy(&b, &x, 64);
    return vf(_mm512_dpbf16_ps(__m512(acc), a, b));
  }
};
#else
constexpr bool HAS_BF16 = false;
#endif

// The OpenMP runtime that torch has loaded, and no other: the library is
// compiled without -fopenmp and calls the one entry point that every runtime
// offers. Without a runtime in the process the work runs on one thread.
extern "C" void GOMP_parallel(void (*)(void*), void*, unsigned, unsigned)
    __attribute__((weak));

// How often a waiting thread looks before it lets another one run.
constexpr int LOOKS = 4000;

CSG_INLINE void pause_briefly() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Work that the threads of one parallel region share: each takes items until
// none is left, and goes on when all are done. Who comes late finds nothing to
// do, and nobody waits for a thread that never came.
struct Phase {
  alignas(64) std::atomic<int64_t> next{0};
  alignas(64) std::atomic<int64_t> done{0};

  template <class F>
  void share(int64_t count, const F& work) {
    int64_t mine = 0;
    for (int64_t i; (i = next.fetch_add(1)) < count; mine++) work(i);
    done.fetch_add(mine, std::memory_order_release);
    for (int looks = 0; done.load(std::memory_order_acquire) < count; looks++)
      looks < LOOKS ? pause_briefly() : void(sched_yield());
  }
};

// Run work() on up to `threads` threads at once.
template <class F>
void in_parallel(int threads, const F& work) {
  auto run = [](void* p) { (*static_cast<const F*>(p))(); };
  void* p = const_cast<F*>(&work);
  if (threads > 1 && GOMP_parallel)
    GOMP_parallel(run, p, unsigned(threads), 0);
  else
    run(p);
}

// Run work(i) for i in [0, count) on up to `threads` threads, in any order.
// Which thread takes an item must not change its result.
template <class F>
void parallel_for(int threads, int64_t count, const F& work) {
  std::atomic<int64_t> next{0};
  in_parallel(threads < count ? threads : int(count), [&] {
    for (int64_t i; (i = next.fetch_add(1)) < count;) work(i);
  });
}
