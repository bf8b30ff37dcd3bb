#include "blas_speed.h"

#include <time.h>

#include <algorithm>
#include <limits>

#include "cholesky.h"
#include "rank_kernel.h"
#include "team.h"

namespace asicr {
namespace {

// As many as the panels of every kernel divide.
constexpr size_t kColumns = 480;
constexpr size_t kDepth = 240;
constexpr size_t kRepeats = 5;

double threadSeconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// The shorter of their shortest runs, in turns.
template <typename Ours, typename Theirs>
bool firstIsSlower(Ours ours, Theirs theirs) {
  double least[2] = {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()};
  const auto time = [](auto work) {
    const double began = threadSeconds();
    work();
    return threadSeconds() - began;
  };
  for (size_t repeat = 0; repeat < kRepeats; ++repeat) {
    least[0] = std::min(least[0], time(ours));
    least[1] = std::min(least[1], time(theirs));
  }
  return least[1] < least[0];
}

}  // namespace

bool updateIsFaster(const InstalledBlas& blas) {
  Buffer rows, sums;
  if (!rows.allocate(kDepth, kColumns) || !sums.allocate(kColumns, kColumns)) return false;
  std::fill_n(rows.data(), kDepth * kColumns, 0.5);
  Team alone(1);
  RankUpdate update{};
  update.rows = update.columns = rows.data();
  update.panels = kColumns / rankKernel().width;
  update.depth = kDepth;
  update.c = sums.data();
  update.stride = kColumns;
  return firstIsSlower([&] { rankUpdate(rankKernel(), update, alone); },
                       [&] { blas.update(rows.data(), kDepth, kColumns, kColumns, sums.data(), 1); });
}

bool factorIsFaster(const InstalledBlas& blas) {
  Cholesky cholesky;
  if (!cholesky.create(rankKernel(), kColumns)) return false;
  Team alone(1);
  // What is left of an earlier factorisation would not be positive definite: both pay for filling it.
  const auto fill = [&] {
    for (size_t i = 0; i < kColumns; ++i) {
      std::fill_n(cholesky.row(i), i, 0.5);
      cholesky.row(i)[i] = kColumns;
    }
  };
  const size_t stride = static_cast<size_t>(cholesky.row(1) - cholesky.row(0));
  return firstIsSlower(
      [&] {
        fill();
        cholesky.factor(alone);
      },
      [&] {
        fill();
        blas.factor(cholesky.row(0), kColumns, stride, 1);
      });
}

}  // namespace asicr
