// Products of windows of columns with the entries of 128 rows, in AVX-512 (window_rows.h).
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace asicr {

// Columns that a window shows. The narrow one looks whole numbers up in x as it is; the wide one looks their halves up, which takes longer
// but leaves fewer slots empty.
constexpr size_t kNarrowWindow = 16;
constexpr size_t kWideWindow = 32;

struct WindowKernel {
  // out[i] += slots . x for the 128 rows of a batch. At every stop there is a slot a row: value and, in its last bits, place in the window.
  void (*narrow)(const double* slots, const std::vector<uint32_t>& base, const double* x, double* out);
  // As above; x as halves() makes it.
  void (*wide)(const double* slots, const std::vector<uint32_t>& base, const uint32_t* halves, size_t columns, double* out);
  // The low halves of x[order[0]], x[order[1]], ... and after `columns` of them (whole wide windows) the high ones.
  void (*halves)(const double* x, const uint16_t* order, size_t columns, uint32_t* halves);
};

// Null when this processor lacks the instructions, or others were chosen.
const WindowKernel* windowKernel();

}  // namespace asicr
