// The inner loop of everything quadratic here: C += sign * P' P on register-sized tiles, chosen for the processor at run time.
#pragma once
#include <cstddef>

namespace asicr {

// P is packed in panels of `width` columns: element (k, j) of a panel is at panel[k * width + j], and panels follow each
// other every depth * width doubles.
struct RankKernel {
  const char* name;
  size_t width;
  // c[r * stride + v] += sign * sum_k rows[k * width + r] * columns[k * width + v] for r, v < width.
  void (*tile)(const double* rows, const double* columns, size_t depth, double sign, double* c, size_t stride);
};

constexpr size_t kWidestPanel = 24;

// "avx512", "avx2" or "portable": the widest this processor runs, unless useRankKernel chose another.
const RankKernel& rankKernel();

// Forces a kernel by name, for tests and for bug reports. Returns false when this processor lacks it.
bool useRankKernel(const char* name);

// Adds sign * P' P to the lower triangle of C, tile by tile (the tiles on the diagonal are filled whole). C has
// panels * width rows of `stride` doubles.
void rankUpdate(const RankKernel& kernel, const double* packed, size_t panels, size_t depth, double sign, double* c, size_t stride);

}  // namespace asicr
