#include "installed_blas.h"

#include <dlfcn.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <deque>
#include <mutex>

namespace asicr {
namespace {

// Fortran's calling convention: everything by address, and the lengths of the two strings at the end. Whole numbers stand in 64 bits, so
// that a library with either width of integer reads them right (on little-endian machines, which are all there are here).
using Dsyrk = void (*)(const char* triangle, const char* transposed, const int64_t* n, const int64_t* k, const double* alpha, const double* a,
                       const int64_t* lda, const double* beta, double* c, const int64_t* ldc, size_t, size_t);
using SetThreads = void (*)(int);

std::atomic<const InstalledBlas*> inUse{nullptr};

// Keeps every library that was ever in use: work that is under way may be inside.
const InstalledBlas* keep(const InstalledBlas& blas) {
  static std::mutex mutex;
  static std::deque<InstalledBlas> kept;
  const std::lock_guard<std::mutex> lock(mutex);
  return &kept.emplace_back(blas);
}

// [1 2; 3 4]' [1 2; 3 4] onto ones, in rows of three.
bool isRight(const InstalledBlas& blas) {
  const double x[] = {1, 2, -1, 3, 4, -1};
  double c[] = {1, 1, 1, 1, 1, 1};
  blas.update(x, 2, 2, 3, c, 1);
  const double expected[] = {11, 1, 1, 15, 21, 1};
  return std::memcmp(c, expected, sizeof c) == 0;
}

}  // namespace

const char* nameOf(BlasAnswer answer) {
  switch (answer) {
    case BlasAnswer::loaded: return "loaded";
    case BlasAnswer::notFound: return "not-found";
    case BlasAnswer::noUpdate: return "no-dsyrk";
    case BlasAnswer::wrongAnswer: return "wrong-answer";
    default: return "off";
  }
}

BlasAnswer useInstalledBlas(const char* path) {
  inUse.store(nullptr);
  if (*path == 0 || std::strcmp(path, "off") == 0) return BlasAnswer::off;
  void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return BlasAnswer::notFound;
  InstalledBlas blas;
  blas.dsyrk = dlsym(library, "dsyrk_");
  if (blas.dsyrk == nullptr) blas.dsyrk = dlsym(library, "dsyrk_64_");
  blas.setThreads = dlsym(library, "openblas_set_num_threads");
  if (blas.dsyrk == nullptr) return BlasAnswer::noUpdate;
  if (!isRight(blas)) return BlasAnswer::wrongAnswer;
  inUse.store(keep(blas));
  return BlasAnswer::loaded;
}

void InstalledBlas::update(const double* x, size_t depth, size_t columns, size_t stride, double* c, size_t threads) const {
  if (setThreads != nullptr) reinterpret_cast<SetThreads>(setThreads)(static_cast<int>(threads));
  const int64_t n = static_cast<int64_t>(columns), k = static_cast<int64_t>(depth), row = static_cast<int64_t>(stride);
  const double one = 1;
  // Rows here are Fortran's columns: the lower triangle is its upper one.
  reinterpret_cast<Dsyrk>(dsyrk)("U", "N", &n, &k, &one, x, &row, &one, c, &row, 1, 1);
}

const InstalledBlas* installedBlas() { return inUse.load(); }

}  // namespace asicr
