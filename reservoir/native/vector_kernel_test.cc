// Every loop against the plain one, for every length up to beyond the widest unrolling and at odd addresses.
#include "vector_kernel.h"

#include <initializer_list>
#include <vector>

#include "check.h"
#include "instruction_set.h"
#include "random_rows.h"
#include "rank_kernel.h"

using namespace asicr;

namespace {

void sums(size_t n, size_t offset) {
  const VectorKernel& vectors = vectorKernel();
  const std::vector<double> left = randomValues(n + offset, 1), right = randomValues(n + offset, 2);
  const double *a = left.data() + offset, *b = right.data() + offset;
  double dot = 0;
  for (size_t i = 0; i < n; ++i) dot += a[i] * b[i];
  CHECK_NEAR(vectors.dot(a, b, n), dot, 1e-13);
  std::vector<double> y = randomValues(n + offset + 1, 3), before = y;
  vectors.add(-0.7, a, y.data() + offset, n);
  for (size_t i = 0; i < n; ++i) CHECK_NEAR(y[offset + i], before[offset + i] - 0.7 * a[i], 1e-15);
  CHECK(y.back() == before.back());
  y = before;
  CHECK_NEAR(vectors.dotAndAdd(a, b, 0.3, y.data() + offset, n), dot, 1e-13);
  for (size_t i = 0; i < n; ++i) CHECK_NEAR(y[offset + i], before[offset + i] + 0.3 * a[i], 1e-15);
  CHECK(y.back() == before.back());
}

void findsWhatIsNotFinite(size_t n) {
  std::vector<double> x = randomValues(n, 8);
  CHECK(vectorKernel().finite(x.data(), n));
  for (size_t i = 0; i < n; ++i)
    for (double bad : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
      const double good = x[i];
      x[i] = bad;
      CHECK(!vectorKernel().finite(x.data(), n));
      x[i] = good;
    }
}

void packs(size_t depth) {
  const size_t width = rankKernel().width, stride = width + 5;
  const std::vector<double> x = randomValues((depth + 1) * stride, 4), shift = randomValues(width, 5);
  std::vector<double> panel(depth * width);
  vectorKernel().packPanel(x.data() + 3, stride, depth, shift.data(), panel.data());
  for (size_t k = 0; k < depth; ++k)
    for (size_t v = 0; v < width; ++v) CHECK(panel[k * width + v] == x[3 + k * stride + v] - shift[v]);
}

void solves(size_t size) {
  const size_t width = rankKernel().width, stride = size + 3;
  std::vector<double> l = randomValues(size * stride, 6), a = randomValues(size * width, 7), panel = a;
  for (size_t i = 0; i < size; ++i) l[i * stride + i] += 3;
  vectorKernel().solvePanel(l.data(), stride, size, panel.data());
  // P L' = A
  for (size_t j = 0; j < size; ++j)
    for (size_t v = 0; v < width; ++v) {
      double product = 0;
      for (size_t k = 0; k <= j; ++k) product += panel[k * width + v] * l[j * stride + k];
      CHECK_NEAR(product, a[j * width + v], 1e-12);
    }
}

// C += sign P' Q on the lower triangle, and nothing outside the tiles.
template <typename Element>
void ranks(const RankKernelOf<Element>& kernel, double tolerance, size_t panels, size_t depth, size_t blocks, size_t members) {
  const size_t n = panels * kernel.width, stride = n + 3;
  const auto values = [&](uint32_t seed) {
    const std::vector<double> doubles = randomValues(n * depth * blocks, seed);
    return std::vector<Element>(doubles.begin(), doubles.end());
  };
  const std::vector<Element> p = values(8), q = values(9);
  std::vector<double> c = randomValues(n * stride, 10);
  const std::vector<double> before = c;
  Team team(members);
  rankUpdate(kernel, RankUpdateOf<Element>{p.data(), q.data(), panels, depth, blocks, -1, c.data(), stride}, team);
  const auto at = [&](const std::vector<Element>& packed, size_t block, size_t k, size_t j) {
    return static_cast<double>(packed[(block * panels + j / kernel.width) * depth * kernel.width + k * kernel.width + j % kernel.width]);
  };
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j <= i; ++j) {
      double sum = 0;
      for (size_t block = 0; block < blocks; ++block)
        for (size_t k = 0; k < depth; ++k) sum += at(p, block, k, i) * at(q, block, k, j);
      CHECK_NEAR(c[i * stride + j], before[i * stride + j] - sum, tolerance);
    }
    for (size_t j = (i / kernel.width + 1) * kernel.width; j < stride; ++j) CHECK(c[i * stride + j] == before[i * stride + j]);
  }
}

}  // namespace

int main() {
  for (const char* set : {"portable", "neon", "avx2", "avx512"}) {
    if (!useInstructionSet(set)) continue;
    for (size_t n = 0; n <= 70; ++n)
      for (size_t offset : {0, 1}) sums(n, offset);
    for (size_t n : {0, 1, 9, 33, 70}) findsWhatIsNotFinite(n);
    for (size_t depth : {0, 1, 3, 8}) packs(depth);
    for (size_t size : {1, 2, 7, 48}) solves(size);
    for (size_t members : {1, 2})
      for (size_t panels : {1, 2, 17, 33})
        for (size_t depth : {1, 5}) {
          ranks(rankKernel(), 1e-12, panels, depth, panels == 2 ? 3 : 1, members);
          ranks(floatRankKernel(), 1e-5, panels, depth, panels == 2 ? 3 : 1, members);
        }
  }
  std::printf("with %s and narrower kernels\n", instructionSetName());
}
