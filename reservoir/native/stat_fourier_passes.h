// The two passes of a transform of length rows x columns (Bailey 1990): down the columns, and along what has become of the rows.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstring>

#include "stat_fourier.h"
#include "stat_fourier_lanes.h"
#include "stat_vector_math.h"

namespace asicr {

// Rows between twiddles that are worked out from their angle.
constexpr size_t kRun = 32;

// Groups of W, the last one shifted back so that it is whole: what it shares with the one before is worked out twice.
ASICR_INLINE size_t groupsOf(size_t n, size_t w) { return (n + w - 1) / w; }
ASICR_INLINE size_t startOf(size_t group, size_t n, size_t w) { return std::min(group * w, n - w); }

// Transforms columns [from, to) in groups, turns them by their twiddles, and leaves rows of W in `middle`, ready for the second half.
template <size_t W, typename Source>
ASICR_INLINE void columnPass(const Sides& sides, const Source& source, double* work, size_t part, size_t parts) {
  const size_t rows = sides.rows, columns = sides.columns;
  Complex<W>* a = reinterpret_cast<Complex<W>*>(work);
  Complex<W>* b = a + rows;
  const size_t groups = groupsOf(columns, W), blocks = groupsOf(rows, W);
  const double n = static_cast<double>(rows * columns);
  Vector<W> lanes = {};
  for (size_t lane = 0; lane < W; ++lane) lanes[lane] = static_cast<double>(lane);
  for (size_t group = groups * part / parts; group < groups * (part + 1) / parts; ++group) {
    const size_t column = startOf(group, columns, W);
    const auto at = source.template group<W>(column);
    const size_t filled = source.rows(sides);
    for (size_t r = 0; r < filled; ++r) a[r] = source.template value<W>(at, sides, r, column);
    for (size_t r = filled; r < rows; ++r) a[r] = {Vector<W>{}, Vector<W>{}};
    Complex<W>* y = transformLanes<W>(a, b, rows, sides.rowTwiddles);
    // exp(-2 pi i row column / n) as a product of that of the run's first row and that within the run.
    const Vector<W> position = lanes + static_cast<double>(column);
    Complex<W> within[kRun];
    for (size_t k = 0; k < kRun; ++k) {
      Vector<W> sine;
      sincosOfTurns<W>(position * static_cast<double>(k) / n, within[k].re, sine);
      within[k].im = -sine;
    }
    for (size_t run = 0; run < rows; run += kRun) {
      Vector<W> c, s;
      sincosOfTurns<W>(position * static_cast<double>(run) / n, c, s);
      for (size_t k = 0; k < kRun && run + k < rows; ++k) {
        const Vector<W> wr = c * within[k].re + s * within[k].im, wi = c * within[k].im - s * within[k].re;
        Complex<W>& value = y[run + k];
        value = {value.re * wr - value.im * wi, value.re * wi + value.im * wr};
      }
    }
    for (size_t block = 0; block < blocks; ++block) {
      const Complex<W>* from = y + startOf(block, rows, W);
      Vector<W> vr[W], vi[W];
      for (size_t k = 0; k < W; ++k) {
        vr[k] = from[k].re;
        vi[k] = from[k].im;
      }
      transpose<W>(vr);
      transpose<W>(vi);
      double* to = sides.middle + (block * columns + column) * 2 * W;
      for (size_t k = 0; k < W; ++k) {
        store<W>(to + 2 * k * W, vr[k]);
        store<W>(to + (2 * k + 1) * W, vi[k]);
      }
    }
  }
}

// Coefficient k rows + row comes to k stride + row.
template <size_t W>
ASICR_INLINE void rowPass(const Sides& sides, double* re, double* im, size_t stride, double* work, size_t part, size_t parts) {
  const size_t rows = sides.rows, columns = sides.columns;
  Complex<W>* a = reinterpret_cast<Complex<W>*>(work);
  Complex<W>* b = a + columns;
  const size_t blocks = groupsOf(rows, W);
  for (size_t block = blocks * part / parts; block < blocks * (part + 1) / parts; ++block) {
    std::memcpy(static_cast<void*>(a), sides.middle + block * columns * 2 * W, columns * sizeof(Complex<W>));
    const Complex<W>* y = transformLanes<W>(a, b, columns, sides.columnTwiddles);
    const size_t row = startOf(block, rows, W);
    for (size_t k = 0; k < columns; ++k) {
      store<W>(re + k * stride + row, y[k].re);
      store<W>(im + k * stride + row, y[k].im);
    }
  }
}

}  // namespace asicr
