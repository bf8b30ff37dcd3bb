#include "window_kernel.h"

#include "instruction_set.h"
#include "lanes.h"
#include "window_rows.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace asicr {

#if defined(__x86_64__)
namespace {

constexpr size_t kLanes = LaneRows::kLanes;

// Eight columns beside eight others.
ASICR_INLINE ASICR_AVX512 __m512i twoPieces(const uint32_t* a, const uint32_t* b) {
  const __m256i first = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(a)), second = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(b));
  return _mm512_inserti32x8(_mm512_castsi256_si512(first), second, 1);
}

// Eight slots in a register. Told nothing of where they come from, the compiler keeps them there for their second use instead of loading them
// again: one load a cycle is what there is.
ASICR_INLINE ASICR_AVX512 __m512d slotsAt(const double* from) {
  __m512d slots = _mm512_loadu_pd(from);
  __asm__("" : "+v"(slots));
  return slots;
}

// Pairs of groups of eight rows keep their sums in registers while the window passes over them. The slot serves as value and, since only its
// last five bits count there, as index: the second-level cache can hardly deliver slots as fast as they are used up. 32 halves of numbers are
// looked up at once, the low and the high ones one after the other, by the low halves of the slots of a pair.
template <size_t kPairs>
ASICR_AVX512 void batchAvx512(const double* slots, const std::vector<Stop>& stops, const uint32_t* halves, size_t columns, double* out) {
  constexpr size_t kGroups = 2 * kPairs;
  // The low halves of two vectors, those of a pair of rows of the one beside those of the other, as unpacking takes them apart again.
  constexpr int kLowHalves = 0x88;
  // GCC 12 warns of an uninitialised value in the unmasked forms of its own header.
  constexpr __mmask16 kAll = 0xffff;
  const uint32_t* const high = halves + columns + 2 * kMargin;
  __m512d sum[kGroups];
#pragma GCC unroll 16
  for (size_t g = 0; g < kGroups; ++g) sum[g] = _mm512_loadu_pd(out + g * kLanes);
  for (const Stop& stop : stops) {
    const __m512i low0 = twoPieces(halves + stop[0], halves + stop[1]), low1 = twoPieces(halves + stop[2], halves + stop[3]);
    const __m512i high0 = twoPieces(high + stop[0], high + stop[1]), high1 = twoPieces(high + stop[2], high + stop[3]);
#pragma GCC unroll 16
    for (size_t g = 0; g < kGroups; g += 2) {
      const __m512d a = slotsAt(slots + g * kLanes), b = slotsAt(slots + (g + 1) * kLanes);
      const __m512i place = _mm512_castps_si512(_mm512_shuffle_ps(_mm512_castpd_ps(a), _mm512_castpd_ps(b), kLowHalves));
      const __m512i lows = _mm512_permutex2var_epi32(low0, place, low1), highs = _mm512_permutex2var_epi32(high0, place, high1);
      sum[g] = _mm512_fmadd_pd(a, _mm512_castsi512_pd(_mm512_maskz_unpacklo_epi32(kAll, lows, highs)), sum[g]);
      sum[g + 1] = _mm512_fmadd_pd(b, _mm512_castsi512_pd(_mm512_maskz_unpackhi_epi32(kAll, lows, highs)), sum[g + 1]);
    }
    slots += kGroups * kLanes;
  }
#pragma GCC unroll 16
  for (size_t g = 0; g < kGroups; ++g) _mm512_storeu_pd(out + g * kLanes, sum[g]);
}

void multiplyAvx512(const double* slots, size_t rows, const std::vector<Stop>& stops, const uint32_t* halves, size_t columns, double* out) {
  constexpr decltype(&batchAvx512<1>) kByPairs[] = {batchAvx512<1>, batchAvx512<2>, batchAvx512<3>, batchAvx512<4>,
                                                    batchAvx512<5>, batchAvx512<6>, batchAvx512<7>, batchAvx512<8>};
  static_assert(sizeof kByPairs / sizeof kByPairs[0] == WindowRows::kBatch / WindowKernel::kRows);
  kByPairs[rows / WindowKernel::kRows - 1](slots, stops, halves, columns, out);
}

ASICR_AVX512 void halvesAvx512(const double* x, size_t columns, uint32_t* halves) {
  const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  const __m512i odd = _mm512_add_epi32(even, _mm512_set1_epi32(1));
  uint32_t* const low = halves + kMargin;
  uint32_t* const high = low + columns + 2 * kMargin;
  for (size_t i = 0; i < columns; i += 2 * kLanes) {
    const __m512i a = _mm512_loadu_si512(x + i), b = _mm512_loadu_si512(x + i + kLanes);
    _mm512_storeu_si512(low + i, _mm512_permutex2var_epi32(a, even, b));
    _mm512_storeu_si512(high + i, _mm512_permutex2var_epi32(a, odd, b));
  }
}

constexpr WindowKernel kAvx512{multiplyAvx512, halvesAvx512};

}  // namespace

const WindowKernel* windowKernel() { return instructionSet() == InstructionSet::avx512 ? &kAvx512 : nullptr; }
#else
const WindowKernel* windowKernel() { return nullptr; }
#endif

}  // namespace asicr
