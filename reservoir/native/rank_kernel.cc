#include "rank_kernel.h"

#include <algorithm>

#include "instruction_set.h"

namespace asicr {
namespace {

// 8 x 8 in pieces of 4 x 8: compilers turn this into whatever vectors the baseline has.
template <typename Element>
void tilePortable(const Element* rows, const Element* columns, size_t depth, double sign, bool, double* c, size_t stride) {
  constexpr size_t kWidth = 8;
  constexpr size_t kRows = 4;
  for (size_t first = 0; first < kWidth; first += kRows) {
    Element sum[kRows][kWidth] = {};
    for (size_t k = 0; k < depth; ++k) {
      const Element* column = columns + k * kWidth;
      const Element* row = rows + k * kWidth + first;
      for (size_t r = 0; r < kRows; ++r)
        for (size_t v = 0; v < kWidth; ++v) sum[r][v] += row[r] * column[v];
    }
    for (size_t r = 0; r < kRows; ++r)
      for (size_t v = 0; v < kWidth; ++v) c[(first + r) * stride + v] += sign * static_cast<double>(sum[r][v]);
  }
}

// Row panels that stay in the second-level cache (400 KiB at depth 128) while the column panels pass by.
constexpr size_t kRowGroup = 16;

}  // namespace

const RankKernel kPortableRank{"portable", 8, tilePortable<double>};
const FloatRankKernel kPortableFloatRank{"portable", 8, tilePortable<float>};

const RankKernel& rankKernel() {
  switch (instructionSet()) {
#if defined(__x86_64__)
    case InstructionSet::avx512: return kAvx512Rank;
    case InstructionSet::avx2: return kAvx2Rank;
#endif
#if defined(__aarch64__)
    case InstructionSet::neon: return kNeonRank;
#endif
    default: return kPortableRank;
  }
}

const FloatRankKernel& floatRankKernel() {
  switch (instructionSet()) {
#if defined(__x86_64__)
    case InstructionSet::avx512: return kAvx512FloatRank;
    case InstructionSet::avx2: return kAvx2FloatRank;
#endif
#if defined(__aarch64__)
    case InstructionSet::neon: return kNeonFloatRank;
#endif
    default: return kPortableFloatRank;
  }
}

template <typename Element>
void rankUpdate(const RankKernelOf<Element>& kernel, const RankUpdateOf<Element>& update, Team& team) {
  const size_t panels = update.panels;
  const size_t panelSize = update.depth * kernel.width;
  const size_t groups = (panels + kRowGroup - 1) / kRowGroup;
  // Item i of a group is one column panel against the group's rows on and below the diagonal: the column panel stays in the
  // first-level cache. The last group goes first, since it has the longest list.
  size_t items = 0;
  for (size_t group = 0; group < groups; ++group) items += std::min(panels, (group + 1) * kRowGroup);
  team.share(items, [&](size_t item) {
    size_t group = groups - 1;
    size_t column = item;
    while (column >= std::min(panels, (group + 1) * kRowGroup)) {
      column -= std::min(panels, (group + 1) * kRowGroup);
      --group;
    }
    const size_t last = std::min(panels, (group + 1) * kRowGroup);
    for (size_t block = 0; block < update.blocks; ++block) {
      const size_t from = block * panels * panelSize;
      for (size_t row = std::max(column, group * kRowGroup); row < last; ++row)
        kernel.tile(update.rows + from + row * panelSize, update.columns + from + column * panelSize, update.depth, update.sign, row == column,
                    update.c + row * kernel.width * update.stride + column * kernel.width, update.stride);
    }
  });
}

template void rankUpdate(const RankKernel& kernel, const RankUpdate& update, Team& team);
template void rankUpdate(const FloatRankKernel& kernel, const RankUpdateOf<float>& update, Team& team);

}  // namespace asicr
