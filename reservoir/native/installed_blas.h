// The symmetric rank update and the Cholesky factorisation of a BLAS that is installed on this machine, for those who ask for it. Off until then.
#pragma once
#include <cstddef>

namespace asicr {

enum class BlasAnswer { off, loaded, notFound, noUpdate, wrongAnswer, notFaster };

// "off", "loaded", ..: what a person is told.
const char* nameOf(BlasAnswer answer);

// Loads the library at `path` (a file, or a name that the system's loader knows, such as libopenblas.so.0), or none for "" and "off". One
// that cannot be loaded, has no dsyrk or gets a small product wrong is not used: the own kernels go on. A factorisation is used where it is
// found and right. "auto" stands for OpenBLAS where it is installed, each of the two for as long as it is faster than our own (blas_speed.h),
// which is measured the first time.
BlasAnswer useInstalledBlas(const char* path);

struct InstalledBlas {
  // Adds X'X to the lower triangle of C: X is depth x columns, C columns x columns, both row-major with `stride` doubles a row.
  void update(const double* x, size_t depth, size_t columns, size_t stride, double* c, size_t threads) const;
  // A = L L' in the lower triangle of n rows of `stride` doubles. Returns n, or the first pivot that is not positive.
  size_t factor(double* a, size_t n, size_t stride, size_t threads) const;

  // Null where the own kernels are to work.
  void* dsyrk = nullptr;
  void* dpotrf = nullptr;
  void* setThreads = nullptr;
};

// Of the last useInstalledBlas; null when none is in use. Stays valid for good.
const InstalledBlas* installedBlas();

}  // namespace asicr
