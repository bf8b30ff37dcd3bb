// Loops over contiguous doubles, compiled for each instruction set.
#pragma once
#include <cstddef>

namespace asicr {

struct VectorKernel {
  double (*dot)(const double* a, const double* b, size_t n);
  // y += factor * x
  void (*add)(double factor, const double* x, double* y, size_t n);
  // Returns row . v, and adds factor * row to y on the way: one half of a product with a symmetric matrix.
  double (*dotAndAdd)(const double* row, const double* v, double factor, double* y, size_t n);
  // Copies `depth` rows of `width` columns (`stride` apart) less `shift` into a packed panel (rank_kernel.h).
  void (*packPanel)(const double* x, size_t stride, size_t depth, const double* shift, double* panel);
  // Whether all of x is finite.
  bool (*finite)(const double* x, size_t n);
  // Solves P L' = A for a packed panel: L is `size` rows of `stride` doubles, lower; column j of A lies at panel[j * width].
  void (*solvePanel)(const double* l, size_t stride, size_t size, double* panel);
};

// Of the instruction set in use; its panels are as wide as those of rankKernel().
const VectorKernel& vectorKernel();

}  // namespace asicr
