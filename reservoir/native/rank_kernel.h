// The inner loop of everything quadratic here: C += sign * P' Q on register-sized tiles, chosen for the processor at run time.
#pragma once
#include <cstddef>

#include "team.h"

namespace asicr {

// P is packed in panels of `width` columns: element (k, j) of a panel is at panel[k * width + j], and panels follow each
// other every depth * width elements. Products of floats are summed as floats over `depth` rows and added to doubles.
template <typename Element>
struct RankKernelOf {
  const char* name;
  size_t width;
  // c[r * stride + v] += sign * sum_k rows[k * width + r] * columns[k * width + v] for r, v < width. A `diagonal` tile may leave
  // out what lies right of the diagonal.
  void (*tile)(const Element* rows, const Element* columns, size_t depth, double sign, bool diagonal, double* c, size_t stride);
};

using RankKernel = RankKernelOf<double>;
using FloatRankKernel = RankKernelOf<float>;

constexpr size_t kWidestPanel = 24;

// Of the instruction set in use.
const RankKernel& rankKernel();
const FloatRankKernel& floatRankKernel();

extern const RankKernel kPortableRank;
extern const FloatRankKernel kPortableFloatRank;
#if defined(__x86_64__)
extern const RankKernel kAvx2Rank;
extern const RankKernel kAvx512Rank;
extern const FloatRankKernel kAvx2FloatRank;
extern const FloatRankKernel kAvx512FloatRank;
#endif
#if defined(__aarch64__)
extern const RankKernel kNeonRank;
extern const FloatRankKernel kNeonFloatRank;
#endif

// C += sign * P' Q on the lower triangle (tiles on the diagonal may be filled beyond it). C has panels * width rows of
// `stride` doubles. `blocks` packings of `depth` rows each follow one another; each tile takes them in turn while it is in the cache.
template <typename Element>
struct RankUpdateOf {
  const Element* rows;     // P
  const Element* columns;  // Q; the same as rows for a Gram matrix
  size_t panels;
  size_t depth;
  size_t blocks = 1;
  double sign = 1;
  double* c;
  size_t stride;
};
using RankUpdate = RankUpdateOf<double>;
template <typename Element>
void rankUpdate(const RankKernelOf<Element>& kernel, const RankUpdateOf<Element>& update, Team& team);

}  // namespace asicr
