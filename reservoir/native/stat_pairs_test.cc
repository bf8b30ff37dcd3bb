// Pairs, shuffled blocks and bootstrapped means against their definitions, for every size at which parts and threads end.
#include "stat_pairs.h"

#include <algorithm>
#include <vector>

#include "check.h"
#include "random_rows.h"
#include "stat_random.h"
#include "stat_shuffle.h"

using namespace asicr;

namespace {

void countsPairs(size_t n, size_t rows, size_t cols, size_t members) {
  std::vector<uint8_t> a(n), b(n);
  std::vector<double> expected(rows * cols, 0.0), counts(rows * cols, -1.0);
  for (size_t i = 0; i < n; ++i) {
    a[i] = static_cast<uint8_t>(splitmix64(1, i) % rows);
    b[i] = static_cast<uint8_t>(splitmix64(2, i) % cols);
    expected[a[i] * cols + b[i]] += 1;
  }
  bool enough = false;
  CHECK(pairCounts(a.data(), b.data(), n, rows, cols, counts.data(), members, &enough) && enough);
  CHECK(counts == expected);
  if (n == 0) return;
  for (auto* codes : {&a, &b}) {
    const size_t most = codes == &a ? rows : cols;
    if (most == 256) continue;
    const uint8_t held = (*codes)[n - 1];
    for (size_t code : {most, size_t{255}}) {
      (*codes)[n - 1] = static_cast<uint8_t>(code);
      CHECK(!pairCounts(a.data(), b.data(), n, rows, cols, counts.data(), members, &enough) && enough);
    }
    (*codes)[n - 1] = held;
  }
}

void shufflesBlocks(size_t n, size_t length, size_t members) {
  std::vector<double> x(n), out(n, -1.0);
  for (size_t i = 0; i < n; ++i) x[i] = static_cast<double>(i);
  CHECK(shuffleBlocks(x.data(), n, length, 3, out.data(), members));
  // Whole blocks, each once.
  for (size_t i = 0; i < n;) {
    const size_t from = static_cast<size_t>(out[i]);
    CHECK(from % length == 0);
    for (size_t k = from; k < std::min(n, from + length); ++k, ++i) CHECK(out[i] == static_cast<double>(k));
  }
  std::sort(out.begin(), out.end());
  CHECK(out == x);
}

void bootstrapsMeans(size_t n, size_t length, size_t members) {
  const std::vector<double> x = randomValues(n, 4);
  std::vector<double> means(7);
  CHECK(blockMeans(x.data(), n, length, 5, 0.25, means.size(), means.data(), members));
  std::vector<uint32_t> rows(n);
  size_t used = 0;
  for (double mean : means) {
    used += blockRows(5, used, n, length, rows.data());
    double sum = 0;
    for (uint32_t row : rows) sum += x[row];
    CHECK_NEAR(mean, sum / static_cast<double>(n), 1e-13);
  }
}

}  // namespace

int main() {
  for (size_t members : {1, 2, 3}) {
    for (size_t n : {0, 1, 3, 4, 5, 1000, 4099})
      for (size_t most : {1, 7, 256}) countsPairs(n, most, 257 - most, members);
    for (size_t n : {1, 50, 513, 4099})
      for (size_t length : {1, 2, 7, 50})
        if (length <= n) {
          shufflesBlocks(n, length, members);
          bootstrapsMeans(n, length, members);
        }
    // Sums of blocks that are made anew on the way.
    bootstrapsMeans(40000, 25, members);
  }
  std::printf("teams of 1 to 3\n");
}
