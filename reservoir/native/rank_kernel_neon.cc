// Tiles of rank_kernel.h for 64-bit ARM.
#include "rank_kernel.h"

#if defined(__aarch64__)
#include <arm_neon.h>

namespace asicr {
namespace {

template <typename Element>
struct Neon;

template <>
struct Neon<double> {
  using Register = float64x2_t;
  static constexpr size_t kLanes = 2;
  static Register zero() { return vdupq_n_f64(0); }
  static Register load(const double* from) { return vld1q_f64(from); }
  // sum + column * row[lane]
  template <int lane>
  static Register multiplyAdd(Register sum, Register column, Register row) {
    return vfmaq_laneq_f64(sum, column, row, lane);
  }
  static void addTo(double* c, Register sum, double sign) { vst1q_f64(c, vfmaq_n_f64(vld1q_f64(c), sum, sign)); }
};

template <>
struct Neon<float> {
  using Register = float32x4_t;
  static constexpr size_t kLanes = 4;
  static Register zero() { return vdupq_n_f32(0); }
  static Register load(const float* from) { return vld1q_f32(from); }
  template <int lane>
  static Register multiplyAdd(Register sum, Register column, Register row) {
    return vfmaq_laneq_f32(sum, column, row, lane);
  }
  static void addTo(double* c, Register sum, double sign) {
    Neon<double>::addTo(c, vcvt_f64_f32(vget_low_f32(sum)), sign);
    Neon<double>::addTo(c + 2, vcvt_high_f64_f32(sum), sign);
  }
};

// Four registers wide and as high, in pieces of four rows: sixteen of the thirty-two registers accumulate.
template <typename Element>
constexpr size_t kWidth = 4 * Neon<Element>::kLanes;

template <typename Element>
void tile(const Element* rows, const Element* columns, size_t depth, double sign, bool, double* c, size_t stride) {
  using N = Neon<Element>;
  using Register = typename N::Register;
  constexpr size_t kRows = 4;
  constexpr size_t kVectors = 4;
  for (size_t first = 0; first < kWidth<Element>; first += kRows) {
    Register sum[kRows][kVectors];
    for (size_t r = 0; r < kRows; ++r)
      for (size_t v = 0; v < kVectors; ++v) sum[r][v] = N::zero();
    for (size_t k = 0; k < depth; ++k) {
      Register row[kRows / N::kLanes];
      for (size_t r = 0; r < kRows; r += N::kLanes) row[r / N::kLanes] = N::load(rows + k * kWidth<Element> + first + r);
      for (size_t v = 0; v < kVectors; ++v) {
        const Register column = N::load(columns + k * kWidth<Element> + N::kLanes * v);
        sum[0][v] = N::template multiplyAdd<0>(sum[0][v], column, row[0]);
        sum[1][v] = N::template multiplyAdd<1>(sum[1][v], column, row[0]);
        sum[2][v] = N::template multiplyAdd<2 % N::kLanes>(sum[2][v], column, row[2 / N::kLanes]);
        sum[3][v] = N::template multiplyAdd<3 % N::kLanes>(sum[3][v], column, row[3 / N::kLanes]);
      }
    }
    for (size_t r = 0; r < kRows; ++r)
      for (size_t v = 0; v < kVectors; ++v) N::addTo(c + (first + r) * stride + N::kLanes * v, sum[r][v], sign);
  }
}

}  // namespace

const RankKernel kNeonRank{"neon", kWidth<double>, tile<double>};
const FloatRankKernel kNeonFloatRank{"neon", kWidth<float>, tile<float>};

}  // namespace asicr
#endif
