// Tiles of rank_kernel.h for 64-bit ARM.
#include "rank_kernel.h"

#if defined(__aarch64__)
#include <arm_neon.h>

namespace asicr {
namespace {

// 8 x 8 in pieces of 4 x 8: sixteen of the thirty-two registers accumulate.
void tileNeon(const double* rows, const double* columns, size_t depth, double sign, bool, double* c, size_t stride) {
  constexpr size_t kWidth = 8;
  constexpr size_t kRows = 4;
  constexpr size_t kVectors = kWidth / 2;
  for (size_t first = 0; first < kWidth; first += kRows) {
    float64x2_t sum[kRows][kVectors];
    for (size_t r = 0; r < kRows; ++r)
      for (size_t v = 0; v < kVectors; ++v) sum[r][v] = vdupq_n_f64(0);
    for (size_t k = 0; k < depth; ++k) {
      float64x2_t column[kVectors];
      for (size_t v = 0; v < kVectors; ++v) column[v] = vld1q_f64(columns + k * kWidth + 2 * v);
      const float64x2_t low = vld1q_f64(rows + k * kWidth + first);
      const float64x2_t high = vld1q_f64(rows + k * kWidth + first + 2);
      for (size_t v = 0; v < kVectors; ++v) {
        sum[0][v] = vfmaq_laneq_f64(sum[0][v], column[v], low, 0);
        sum[1][v] = vfmaq_laneq_f64(sum[1][v], column[v], low, 1);
        sum[2][v] = vfmaq_laneq_f64(sum[2][v], column[v], high, 0);
        sum[3][v] = vfmaq_laneq_f64(sum[3][v], column[v], high, 1);
      }
    }
    for (size_t r = 0; r < kRows; ++r)
      for (size_t v = 0; v < kVectors; ++v) {
        double* target = c + (first + r) * stride + 2 * v;
        vst1q_f64(target, vfmaq_n_f64(vld1q_f64(target), sum[r][v], sign));
      }
  }
}

// 16 x 16 in pieces of 4 x 16, and the sums widened at the end.
void tileNeonFloat(const float* rows, const float* columns, size_t depth, double sign, bool, double* c, size_t stride) {
  constexpr size_t kWidth = 16;
  constexpr size_t kRows = 4;
  constexpr size_t kVectors = kWidth / 4;
  for (size_t first = 0; first < kWidth; first += kRows) {
    float32x4_t sum[kRows][kVectors];
    for (size_t r = 0; r < kRows; ++r)
      for (size_t v = 0; v < kVectors; ++v) sum[r][v] = vdupq_n_f32(0);
    for (size_t k = 0; k < depth; ++k) {
      const float32x4_t row = vld1q_f32(rows + k * kWidth + first);
      for (size_t v = 0; v < kVectors; ++v) {
        const float32x4_t column = vld1q_f32(columns + k * kWidth + 4 * v);
        sum[0][v] = vfmaq_laneq_f32(sum[0][v], column, row, 0);
        sum[1][v] = vfmaq_laneq_f32(sum[1][v], column, row, 1);
        sum[2][v] = vfmaq_laneq_f32(sum[2][v], column, row, 2);
        sum[3][v] = vfmaq_laneq_f32(sum[3][v], column, row, 3);
      }
    }
    for (size_t r = 0; r < kRows; ++r)
      for (size_t v = 0; v < kVectors; ++v) {
        double* target = c + (first + r) * stride + 4 * v;
        vst1q_f64(target, vfmaq_n_f64(vld1q_f64(target), vcvt_f64_f32(vget_low_f32(sum[r][v])), sign));
        vst1q_f64(target + 2, vfmaq_n_f64(vld1q_f64(target + 2), vcvt_high_f64_f32(sum[r][v]), sign));
      }
  }
}

}  // namespace

const RankKernel kNeonRank{"neon", 8, tileNeon};
const FloatRankKernel kNeonFloatRank{"neon", 16, tileNeonFloat};

}  // namespace asicr
#endif
