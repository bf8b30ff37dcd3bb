// The inner loop of everything quadratic here: C += sign * P' Q on register-sized tiles, chosen for the processor at run time.
#pragma once
#include <cstddef>

#include "team.h"

namespace asicr {

// P is packed in panels of `width` columns: element (k, j) of a panel is at panel[k * width + j], and panels follow each
// other every depth * width doubles.
struct RankKernel {
  const char* name;
  size_t width;
  // c[r * stride + v] += sign * sum_k rows[k * width + r] * columns[k * width + v] for r, v < width. A `diagonal` tile may leave
  // out what lies right of the diagonal.
  void (*tile)(const double* rows, const double* columns, size_t depth, double sign, bool diagonal, double* c, size_t stride);
};

constexpr size_t kWidestPanel = 24;

// Of the instruction set in use.
const RankKernel& rankKernel();

extern const RankKernel kPortableRank;
#if defined(__x86_64__)
extern const RankKernel kAvx2Rank;
extern const RankKernel kAvx512Rank;
#endif
#if defined(__aarch64__)
extern const RankKernel kNeonRank;
#endif

// C += sign * P' Q on the lower triangle (tiles on the diagonal may be filled beyond it). C has panels * width rows of
// `stride` doubles. `blocks` packings of `depth` rows each follow one another; each tile takes them in turn while it is in the cache.
struct RankUpdate {
  const double* rows;     // P
  const double* columns;  // Q; the same as rows for a Gram matrix
  size_t panels;
  size_t depth;
  size_t blocks = 1;
  double sign = 1;
  double* c;
  size_t stride;
};
void rankUpdate(const RankKernel& kernel, const RankUpdate& update, Team& team);

}  // namespace asicr
