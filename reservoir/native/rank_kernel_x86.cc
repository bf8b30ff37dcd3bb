// Tiles of rank_kernel.h for x86-64.
#include "rank_kernel.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include "lanes.h"

namespace asicr {
namespace {

namespace avx2 {
#define TARGET ASICR_AVX2
#define LANES 4
#define REGISTER __m256d
#define OF(operation) _mm256_##operation##_pd
#include "rank_kernel_x86_tile.h"
#undef LANES
#undef REGISTER
#undef OF
#define LANES 8
#define ROWS 4
#define REGISTER __m256
#define OF(operation) _mm256_##operation##_ps
#define WIDE __m256d
#define WIDE_OF(operation) _mm256_##operation##_pd
#define HALF(sum, which) _mm256_cvtps_pd(_mm256_extractf128_ps(sum, which))
#include "rank_kernel_x86_float_tile.h"
#undef TARGET
#undef LANES
#undef ROWS
#undef REGISTER
#undef OF
#undef WIDE
#undef WIDE_OF
#undef HALF
}  // namespace avx2

namespace avx512 {
#define TARGET ASICR_AVX512
#define LANES 8
#define REGISTER __m512d
#define OF(operation) _mm512_##operation##_pd
#include "rank_kernel_x86_tile.h"
#undef LANES
#undef REGISTER
#undef OF
#define LANES 16
#define ROWS 8
#define REGISTER __m512
#define OF(operation) _mm512_##operation##_ps
#define WIDE __m512d
#define WIDE_OF(operation) _mm512_##operation##_pd
// Masked by all ones: the plain ones leave a value undefined that compilers then warn of.
#define HALF(sum, which) _mm512_maskz_cvtps_pd(0xff, _mm512_maskz_extractf32x8_ps(0xff, sum, which))
#include "rank_kernel_x86_float_tile.h"
}  // namespace avx512

}  // namespace

const RankKernel kAvx2Rank{"avx2", avx2::kPanelWidth, avx2::tile};
const RankKernel kAvx512Rank{"avx512", avx512::kPanelWidth, avx512::tile};
const FloatRankKernel kAvx2FloatRank{"avx2", avx2::kFloatPanelWidth, avx2::floatTile};
const FloatRankKernel kAvx512FloatRank{"avx512", avx512::kFloatPanelWidth, avx512::floatTile};

}  // namespace asicr
#endif
