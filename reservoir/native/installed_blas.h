// The symmetric rank update of a BLAS that is installed on this machine, for those who ask for it. Off until then.
#pragma once
#include <cstddef>

namespace asicr {

enum class BlasAnswer { off, loaded, notFound, noUpdate, wrongAnswer };

// "off", "loaded", ..: what a person is told.
const char* nameOf(BlasAnswer answer);

// Loads the library at `path` (a file, or a name that the system's loader knows, such as libopenblas.so.0), or none for "" and "off". One
// that cannot be loaded, has no dsyrk or gets a small product wrong is not used: the own kernels go on.
BlasAnswer useInstalledBlas(const char* path);

struct InstalledBlas {
  // Adds X'X to the lower triangle of C: X is depth x columns, C columns x columns, both row-major with `stride` doubles a row.
  void update(const double* x, size_t depth, size_t columns, size_t stride, double* c, size_t threads) const;

  void* dsyrk = nullptr;
  void* setThreads = nullptr;
};

// Of the last useInstalledBlas; null when none is in use. Stays valid for good.
const InstalledBlas* installedBlas();

}  // namespace asicr
