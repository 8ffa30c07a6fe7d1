// How a weight is packed for the inner loops: vectors of VW numbers, where
// bfloat16 has those of two terms of a sum beside each other.
#pragma once

#include "simd.h"

// The numbers of one term; of two, in bfloat16.
CSG_INLINE void store_terms(float* to, const float* a, const float*) {
  store(to, load(a));
}
CSG_INLINE void store_terms(bf16* to, const float* a, const float* b) {
  const vu first = __builtin_convertvector(round_bf16(load(a)), vu);
  const vu second = __builtin_convertvector(round_bf16(load(b)), vu);
  const vu both = first | second << 16;
  std::memcpy(to, &both, sizeof both);
}

// to[i * VW + r] = rows[r][i] for i below `size`, zero where a row is null.
CSG_INLINE void transpose(float* to, const float* const (&rows)[VW],
                          int64_t size) {
  for (int r = 0; r < VW; r++)
    for (int64_t i = 0; i < size; i++)
      to[i * VW + r] = rows[r] ? rows[r][i] : 0.0f;
}
