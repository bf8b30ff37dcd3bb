// Numbers from places all over a vector.
#pragma once

#if defined(__x86_64__)
#include <immintrin.h>

#include <cstdint>
#include <cstring>

#include "lanes.h"

namespace asicr {

// x[column[0]] .. x[column[3]] by plain loads: on the processors measured they are faster than a gather. Four columns come in one load: loads
// are what it waits for.
ASICR_AVX2 ASICR_INLINE __m256d scatteredFour(const double* x, const uint16_t* column) {
  uint64_t four;
  std::memcpy(&four, column, sizeof four);
  const __m128d low = _mm_loadh_pd(_mm_load_sd(x + (four & 0xffff)), x + (four >> 16 & 0xffff));
  const __m128d high = _mm_loadh_pd(_mm_load_sd(x + (four >> 32 & 0xffff)), x + (four >> 48));
  return _mm256_insertf128_pd(_mm256_castpd128_pd256(low), high, 1);
}

}  // namespace asicr
#endif
