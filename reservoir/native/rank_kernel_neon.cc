// Tiles of rank_kernel.h for 64-bit ARM.
#include "rank_kernel.h"

#if defined(__aarch64__)
#include <arm_neon.h>

#include <cstring>
#include <type_traits>

namespace asicr {
namespace {

// sum + column * row[lane]
template <int lane>
float64x2_t multiplyAdd(float64x2_t sum, float64x2_t column, float64x2_t row) {
  return vfmaq_laneq_f64(sum, column, row, lane);
}
template <int lane>
float32x4_t multiplyAdd(float32x4_t sum, float32x4_t column, float32x4_t row) {
  return vfmaq_laneq_f32(sum, column, row, lane);
}

void addTo(double* c, float64x2_t sum, double sign) { vst1q_f64(c, vfmaq_n_f64(vld1q_f64(c), sum, sign)); }
void addTo(double* c, float32x4_t sum, double sign) {
  addTo(c, vcvt_f64_f32(vget_low_f32(sum)), sign);
  addTo(c + 2, vcvt_high_f64_f32(sum), sign);
}

template <typename Element>
using Register = std::conditional_t<std::is_same_v<Element, double>, float64x2_t, float32x4_t>;
template <typename Element>
constexpr size_t kLanes = sizeof(Register<Element>) / sizeof(Element);

template <typename Element>
Register<Element> load(const Element* from) {
  Register<Element> out;
  std::memcpy(&out, from, sizeof out);
  return out;
}

// Four registers wide and as high, in pieces of four rows: sixteen of the thirty-two registers accumulate.
template <typename Element>
constexpr size_t kWidth = 4 * kLanes<Element>;

template <typename Element>
void tile(const Element* rows, const Element* columns, size_t depth, double sign, bool, double* c, size_t stride) {
  constexpr size_t kAtOnce = kLanes<Element>;
  constexpr size_t kRows = 4;
  constexpr size_t kVectors = 4;
  for (size_t first = 0; first < kWidth<Element>; first += kRows) {
    Register<Element> sum[kRows][kVectors] = {};
    for (size_t k = 0; k < depth; ++k) {
      Register<Element> row[kRows / kAtOnce];
      for (size_t r = 0; r < kRows; r += kAtOnce) row[r / kAtOnce] = load(rows + k * kWidth<Element> + first + r);
      for (size_t v = 0; v < kVectors; ++v) {
        const Register<Element> column = load(columns + k * kWidth<Element> + kAtOnce * v);
        sum[0][v] = multiplyAdd<0>(sum[0][v], column, row[0]);
        sum[1][v] = multiplyAdd<1>(sum[1][v], column, row[0]);
        sum[2][v] = multiplyAdd<2 % kAtOnce>(sum[2][v], column, row[2 / kAtOnce]);
        sum[3][v] = multiplyAdd<3 % kAtOnce>(sum[3][v], column, row[3 / kAtOnce]);
      }
    }
    for (size_t r = 0; r < kRows; ++r)
      for (size_t v = 0; v < kVectors; ++v) addTo(c + (first + r) * stride + kAtOnce * v, sum[r][v], sign);
  }
}

}  // namespace

const RankKernel kNeonRank{"neon", kWidth<double>, tile<double>};
const FloatRankKernel kNeonFloatRank{"neon", kWidth<float>, tile<float>};

}  // namespace asicr
#endif
