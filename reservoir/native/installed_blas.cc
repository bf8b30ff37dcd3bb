#include "installed_blas.h"

#include <dlfcn.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <deque>
#include <mutex>

#include "blas_speed.h"

namespace asicr {
namespace {

// Fortran's calling convention: everything by address, and the lengths of the two strings at the end. Whole numbers stand in 64 bits, so
// that a library with either width of integer reads them right (on little-endian machines, which are all there are here).
using Dsyrk = void (*)(const char* triangle, const char* transposed, const int64_t* n, const int64_t* k, const double* alpha, const double* a,
                       const int64_t* lda, const double* beta, double* c, const int64_t* ldc, size_t, size_t);
using Dpotrf = void (*)(const char* triangle, const int64_t* n, double* a, const int64_t* lda, int64_t* info, size_t);
using SetThreads = void (*)(int);

constexpr const char* kAutomatic = "libopenblas.so.0";

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

// [4 .; 2 5] = [2 0; 1 2] [2 0; 1 2]', and a matrix that has none; in rows of three.
bool factorsRight(const InstalledBlas& blas) {
  double good[] = {4, -1, -1, 2, 5, -1};
  const double expected[] = {2, -1, -1, 1, 2, -1};
  double bad[] = {4, -1, -1, 2, 1, -1};
  return blas.factor(good, 2, 3, 1) == 2 && std::memcmp(good, expected, sizeof good) == 0 && blas.factor(bad, 2, 3, 1) == 1;
}

BlasAnswer load(const char* path, InstalledBlas* blas) {
  void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return BlasAnswer::notFound;
  const auto either = [library](const char* name, const char* wideName) {
    void* const symbol = dlsym(library, name);
    return symbol != nullptr ? symbol : dlsym(library, wideName);
  };
  blas->dsyrk = either("dsyrk_", "dsyrk_64_");
  blas->dpotrf = either("dpotrf_", "dpotrf_64_");
  blas->setThreads = dlsym(library, "openblas_set_num_threads");
  if (blas->dsyrk == nullptr) return BlasAnswer::noUpdate;
  if (!isRight(*blas)) return BlasAnswer::wrongAnswer;
  if (blas->dpotrf != nullptr && !factorsRight(*blas)) blas->dpotrf = nullptr;
  return BlasAnswer::loaded;
}

BlasAnswer loadFaster(InstalledBlas* blas) {
  const BlasAnswer answer = load(kAutomatic, blas);
  if (answer != BlasAnswer::loaded) return answer;
  if (!updateIsFaster(*blas)) blas->dsyrk = nullptr;
  if (blas->dpotrf != nullptr && !factorIsFaster(*blas)) blas->dpotrf = nullptr;
  return blas->dsyrk == nullptr && blas->dpotrf == nullptr ? BlasAnswer::notFaster : BlasAnswer::loaded;
}

}  // namespace

const char* nameOf(BlasAnswer answer) {
  switch (answer) {
    case BlasAnswer::loaded: return "loaded";
    case BlasAnswer::notFound: return "not-found";
    case BlasAnswer::noUpdate: return "no-dsyrk";
    case BlasAnswer::wrongAnswer: return "wrong-answer";
    case BlasAnswer::notFaster: return "not-faster";
    default: return "off";
  }
}

BlasAnswer useInstalledBlas(const char* path) {
  inUse.store(nullptr);
  if (*path == 0 || std::strcmp(path, "off") == 0) return BlasAnswer::off;
  if (std::strcmp(path, "auto") == 0) {
    static InstalledBlas faster;
    static const BlasAnswer answer = loadFaster(&faster);
    if (answer == BlasAnswer::loaded) inUse.store(&faster);
    return answer;
  }
  InstalledBlas blas;
  const BlasAnswer answer = load(path, &blas);
  if (answer == BlasAnswer::loaded) inUse.store(keep(blas));
  return answer;
}

void InstalledBlas::update(const double* x, size_t depth, size_t columns, size_t stride, double* c, size_t threads) const {
  if (setThreads != nullptr) reinterpret_cast<SetThreads>(setThreads)(static_cast<int>(threads));
  const int64_t n = static_cast<int64_t>(columns), k = static_cast<int64_t>(depth), row = static_cast<int64_t>(stride);
  const double one = 1;
  // Rows here are Fortran's columns: the lower triangle is its upper one.
  reinterpret_cast<Dsyrk>(dsyrk)("U", "N", &n, &k, &one, x, &row, &one, c, &row, 1, 1);
}

size_t InstalledBlas::factor(double* a, size_t n, size_t stride, size_t threads) const {
  if (setThreads != nullptr) reinterpret_cast<SetThreads>(setThreads)(static_cast<int>(threads));
  const int64_t order = static_cast<int64_t>(n), row = static_cast<int64_t>(stride);
  // A library with the narrower integer fills only half of it.
  int64_t info = 0;
  reinterpret_cast<Dpotrf>(dpotrf)("U", &order, a, &row, &info, 1);
  const int32_t failed = static_cast<int32_t>(info);
  return failed > 0 ? static_cast<size_t>(failed) - 1 : n;
}

const InstalledBlas* installedBlas() { return inUse.load(); }

}  // namespace asicr
