#include "window_kernel.h"

#include "instruction_set.h"
#include "lanes.h"
#include "scattered.h"
#include "window_rows.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace asicr {

#if defined(__x86_64__)
namespace {

constexpr size_t kLanes = LaneRows::kLanes;
constexpr size_t kGroups = WindowRows::kBatch / kLanes;

// Sixteen groups of eight rows keep their sums in registers while the window passes over them. The slot serves as value and, since only
// its last four bits count there, as index: the second-level cache can hardly deliver slots as fast as they are used up.
ASICR_AVX512 void narrowAvx512(const double* slots, const std::vector<uint32_t>& base, const double* x, double* out) {
  __m512d sum[kGroups];
#pragma GCC unroll 16
  for (size_t g = 0; g < kGroups; ++g) sum[g] = _mm512_loadu_pd(out + g * kLanes);
  for (uint32_t first : base) {
    const __m512d low = _mm512_loadu_pd(x + first), high = _mm512_loadu_pd(x + first + kLanes);
#pragma GCC unroll 16
    for (size_t g = 0; g < kGroups; ++g) {
      const __m512d slot = _mm512_loadu_pd(slots + g * kLanes);
      sum[g] = _mm512_fmadd_pd(slot, _mm512_permutex2var_pd(low, _mm512_castpd_si512(slot), high), sum[g]);
    }
    slots += WindowRows::kBatch;
  }
#pragma GCC unroll 16
  for (size_t g = 0; g < kGroups; ++g) _mm512_storeu_pd(out + g * kLanes, sum[g]);
}

// As above, for two groups at a time: 32 halves can be looked up at once, the low and the high ones one after the other, by the low halves
// of the slots of both groups.
ASICR_AVX512 void wideAvx512(const double* slots, const std::vector<uint32_t>& base, const uint32_t* halves, size_t columns, double* out) {
  // The low halves of two vectors, those of a pair of rows of the one beside those of the other, as unpacking takes them apart again.
  constexpr int kLowHalves = 0x88;
  // GCC 12 warns of an uninitialised value in the unmasked forms of its own header.
  constexpr __mmask16 kAll = 0xffff;
  __m512d sum[kGroups];
#pragma GCC unroll 16
  for (size_t g = 0; g < kGroups; ++g) sum[g] = _mm512_loadu_pd(out + g * kLanes);
  for (uint32_t first : base) {
    const uint32_t* const low = halves + first;
    const uint32_t* const high = low + columns;
    const __m512i low0 = _mm512_loadu_si512(low), low1 = _mm512_loadu_si512(low + kWideWindow / 2);
    const __m512i high0 = _mm512_loadu_si512(high), high1 = _mm512_loadu_si512(high + kWideWindow / 2);
#pragma GCC unroll 16
    for (size_t g = 0; g < kGroups; g += 2) {
      const __m512d a = _mm512_loadu_pd(slots + g * kLanes), b = _mm512_loadu_pd(slots + (g + 1) * kLanes);
      const __m512i place = _mm512_castps_si512(_mm512_shuffle_ps(_mm512_castpd_ps(a), _mm512_castpd_ps(b), kLowHalves));
      const __m512i lows = _mm512_permutex2var_epi32(low0, place, low1), highs = _mm512_permutex2var_epi32(high0, place, high1);
      sum[g] = _mm512_fmadd_pd(a, _mm512_castsi512_pd(_mm512_maskz_unpacklo_epi32(kAll, lows, highs)), sum[g]);
      sum[g + 1] = _mm512_fmadd_pd(b, _mm512_castsi512_pd(_mm512_maskz_unpackhi_epi32(kAll, lows, highs)), sum[g + 1]);
    }
    slots += WindowRows::kBatch;
  }
#pragma GCC unroll 16
  for (size_t g = 0; g < kGroups; ++g) _mm512_storeu_pd(out + g * kLanes, sum[g]);
}

ASICR_INLINE ASICR_AVX512 __m512i eightOf(const double* x, const uint16_t* column) {
  const __m512d low = _mm512_castpd256_pd512(scatteredFour(x, column));
  return _mm512_castpd_si512(_mm512_maskz_insertf64x4(0xff, low, scatteredFour(x, column + 4), 1));
}

ASICR_AVX512 void halvesAvx512(const double* x, const uint16_t* order, size_t columns, uint32_t* halves) {
  const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  const __m512i odd = _mm512_add_epi32(even, _mm512_set1_epi32(1));
  for (size_t i = 0; i < columns; i += 2 * kLanes) {
    const __m512i a = eightOf(x, order + i), b = eightOf(x, order + i + kLanes);
    _mm512_storeu_si512(halves + i, _mm512_permutex2var_epi32(a, even, b));
    _mm512_storeu_si512(halves + columns + i, _mm512_permutex2var_epi32(a, odd, b));
  }
}

constexpr WindowKernel kAvx512{narrowAvx512, wideAvx512, halvesAvx512};

}  // namespace

const WindowKernel* windowKernel() { return instructionSet() == InstructionSet::avx512 ? &kAvx512 : nullptr; }
#else
const WindowKernel* windowKernel() { return nullptr; }
#endif

}  // namespace asicr
