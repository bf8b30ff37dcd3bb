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
#undef TARGET
#undef LANES
#undef REGISTER
#undef OF
}  // namespace avx2

namespace avx512 {
#define TARGET ASICR_AVX512
#define LANES 8
#define REGISTER __m512d
#define OF(operation) _mm512_##operation##_pd
#include "rank_kernel_x86_tile.h"
}  // namespace avx512

}  // namespace

const RankKernel kAvx2Rank{"avx2", avx2::kPanelWidth, avx2::tile};
const RankKernel kAvx512Rank{"avx512", avx512::kPanelWidth, avx512::tile};

}  // namespace asicr
#endif
