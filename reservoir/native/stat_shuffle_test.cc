// Shuffled values and blocks: each once, and the same whoever shares the work.
#include "stat_shuffle.h"

#include <algorithm>
#include <vector>

#include "check.h"

using namespace asicr;

namespace {

std::vector<double> wholeNumbers(size_t n) {
  std::vector<double> x(n);
  for (size_t i = 0; i < n; ++i) x[i] = static_cast<double>(i);
  return x;
}

// Blocks in another order, each whole, one of them short.
void isOrderOfBlocks(const std::vector<double>& out, size_t length) {
  const size_t n = out.size(), blocks = (n + length - 1) / length;
  std::vector<bool> seen(blocks, false);
  size_t moved = 0;
  for (size_t at = 0; at < n;) {
    const size_t from = static_cast<size_t>(out[at]);
    CHECK(from % length == 0 && !seen[from / length]);
    seen[from / length] = true;
    if (from != at) ++moved;
    const size_t here = std::min(length, n - from);
    for (size_t k = 0; k < here; ++k) CHECK(out[at + k] == static_cast<double>(from + k));
    at += here;
  }
  CHECK(blocks < 10 || moved > blocks / 2);
}

void isTheSameForAnyTeam(size_t n, size_t length) {
  const std::vector<double> x = wholeNumbers(n);
  std::vector<double> first;
  for (size_t members : {1, 2, 3}) {
    std::vector<double> out(n);
    CHECK(length > 1 ? shuffleBlocks(x.data(), n, length, 7, out.data(), members) : shuffle(x.data(), n, 7, out.data(), members));
    isOrderOfBlocks(out, length);
    if (first.empty()) first = out;
    CHECK(out == first);
  }
}

}  // namespace

int main() {
  for (size_t n : {1, 2, 1000, 200003})
    for (size_t length : {1, 2, 50, 333}) isTheSameForAnyTeam(n, length);
  std::printf("values and blocks, teams of 1 to 3\n");
}
