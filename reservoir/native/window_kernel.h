// Products of windows of columns with the entries of rows, in AVX-512 (window_rows.h).
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "window_stops.h"

namespace asicr {

struct WindowKernel {
  // Rows that are looked up at once.
  static constexpr size_t kRows = 16;

  // out[i] += slots . x for a batch of so many rows, at most WindowRows::kBatch and a multiple of kRows. At every stop there is a slot a row:
  // value and, in its last bits, place in the window. x as halves() makes it.
  void (*multiply)(const double* slots, size_t rows, const std::vector<Stop>& stops, const uint32_t* halves, size_t columns, double* out);
  // The low halves of x, between a margin of kMargin columns and another one, and behind them the high ones likewise. `columns` is a multiple of 16.
  void (*halves)(const double* x, size_t columns, uint32_t* halves);
};

// Null when this processor lacks the instructions, or others were chosen.
const WindowKernel* windowKernel();

}  // namespace asicr
