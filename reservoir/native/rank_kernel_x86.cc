// Tiles of rank_kernel.h for x86-64.
#include "rank_kernel.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include "lanes.h"

namespace asicr {
namespace {

namespace avx2 {
// c[0 .. 3] += sign * sum
ASICR_AVX2 ASICR_INLINE void addTo(double* c, __m256d sum, double sign) {
  _mm256_storeu_pd(c, _mm256_fmadd_pd(_mm256_set1_pd(sign), sum, _mm256_loadu_pd(c)));
}
ASICR_AVX2 ASICR_INLINE void addTo(double* c, __m256 sum, double sign) {
  addTo(c, _mm256_cvtps_pd(_mm256_castps256_ps128(sum)), sign);
  addTo(c + 4, _mm256_cvtps_pd(_mm256_extractf128_ps(sum, 1)), sign);
}

namespace doubles {
#define TARGET ASICR_AVX2
#define ELEMENT double
#define LANES 4
#define ROWS 4
#define REGISTER __m256d
#define OF(operation) _mm256_##operation##_pd
#include "rank_kernel_x86_tile.h"
}  // namespace doubles

namespace floats {
#define TARGET ASICR_AVX2
#define ELEMENT float
#define LANES 8
#define ROWS 4
#define REGISTER __m256
#define OF(operation) _mm256_##operation##_ps
#include "rank_kernel_x86_tile.h"
}  // namespace floats
}  // namespace avx2

namespace avx512 {
ASICR_AVX512 ASICR_INLINE void addTo(double* c, __m512d sum, double sign) {
  _mm512_storeu_pd(c, _mm512_fmadd_pd(_mm512_set1_pd(sign), sum, _mm512_loadu_pd(c)));
}
ASICR_AVX512 ASICR_INLINE void addTo(double* c, __m512 sum, double sign) {
  // Masked by all ones: the plain ones leave a value undefined that compilers then warn of.
  addTo(c, _mm512_maskz_cvtps_pd(0xff, _mm512_maskz_extractf32x8_ps(0xff, sum, 0)), sign);
  addTo(c + 8, _mm512_maskz_cvtps_pd(0xff, _mm512_maskz_extractf32x8_ps(0xff, sum, 1)), sign);
}

namespace doubles {
#define TARGET ASICR_AVX512
#define ELEMENT double
#define LANES 8
#define ROWS 8
#define REGISTER __m512d
#define OF(operation) _mm512_##operation##_pd
#include "rank_kernel_x86_tile.h"
}  // namespace doubles

namespace floats {
#define TARGET ASICR_AVX512
#define ELEMENT float
#define LANES 16
#define ROWS 8
#define REGISTER __m512
#define OF(operation) _mm512_##operation##_ps
#include "rank_kernel_x86_tile.h"
}  // namespace floats
}  // namespace avx512

}  // namespace

const RankKernel kAvx2Rank{"avx2", avx2::doubles::kPanelWidth, avx2::doubles::tile};
const RankKernel kAvx512Rank{"avx512", avx512::doubles::kPanelWidth, avx512::doubles::tile};
const FloatRankKernel kAvx2FloatRank{"avx2", avx2::floats::kPanelWidth, avx2::floats::tile};
const FloatRankKernel kAvx512FloatRank{"avx512", avx512::floats::kPanelWidth, avx512::floats::tile};

}  // namespace asicr
#endif
