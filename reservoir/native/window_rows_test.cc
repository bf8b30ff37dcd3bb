// Sparse products by windows and lanes against plain sums.
#include "window_rows.h"

#include <cmath>
#include <limits>

#include "check.h"
#include "instruction_set.h"
#include "random_rows.h"

using namespace asicr;

namespace {

// Rows in which each column occurs with the given probability, the later ones first; every third row is empty.
SparseEntries randomMatrix(size_t rows, size_t columns, double density, uint64_t seed) {
  const std::vector<double> random = randomValues(rows * columns * 2, seed);
  SparseEntries matrix(rows);
  for (size_t i = 0; i < rows; ++i)
    for (size_t j = columns; i % 3 != 2 && j-- > 0;)
      if (random[i * columns + j] > 1 - 2 * density) matrix[i].push_back({static_cast<uint32_t>(j), random[(rows + i) * columns + j]});
  return matrix;
}

// What windows take and what lanes take of the rest, times x.
std::vector<double> product(const SparseEntries& matrix, size_t columns, const std::vector<double>& x, bool* windowed) {
  SparseEntries rest = matrix;
  WindowRows windows;
  LaneRows lanes;
  if (WindowRows::served()) CHECK(windows.create(&rest, columns));
  CHECK(lanes.create(rest));
  *windowed = windows.stops() > 0;
  const size_t batches = (matrix.size() + WindowRows::kBatch - 1) / WindowRows::kBatch;
  std::vector<double> padded(x), out(batches * WindowRows::kBatch, 1.0);
  padded.resize(WindowRows::paddedColumns(columns), 0.0);
  std::vector<double> room(windows.room(), 0.0);
  windows.see(padded.data(), room.data());
  windows.multiply(room.data(), out.data(), 0, batches);
  lanes.multiply(padded.data(), out.data(), 0, batches);
  return out;
}

// Within the rounding of the sum and of the weights. Returns whether windows took some of it.
bool isTheSumOfAllEntries(size_t rows, size_t columns, double density) {
  const SparseEntries matrix = randomMatrix(rows, columns, density, 21 + rows);
  const std::vector<double> x = randomValues(columns, 22);
  bool windowed = false;
  const std::vector<double> out = product(matrix, columns, x, &windowed);
  for (size_t i = 0; i < rows; ++i) {
    double sum = 1, magnitude = 1;
    for (const SparseEntry& entry : matrix[i]) {
      sum += entry.value * x[entry.column];
      magnitude += std::fabs(entry.value * x[entry.column]);
    }
    const double terms = static_cast<double>(matrix[i].size() + 1);
    CHECK_NEAR(out[i], sum, magnitude * (std::ldexp(1, -48) + 2 * terms * std::ldexp(1, -53)));
  }
  return windowed;
}

// Rows of one value each: what is stored is within 2^-48 of it, the largest number does not overflow and the least stays nothing.
void keepsWeightsTo48Bits() {
  constexpr size_t kColumns = 40;
  const std::vector<double> values = {1.0 / 3, -1.0 / 7, std::nextafter(1.0, 2.0), 3.0, -1e-300, 0.0, std::numeric_limits<double>::denorm_min(),
                                      std::numeric_limits<double>::max(), std::numeric_limits<double>::lowest()};
  for (double value : values) {
    SparseEntries matrix(8);
    for (size_t j = 0; j < kColumns; ++j) matrix[j % 8].push_back({static_cast<uint32_t>(j), value});
    for (size_t j = 0; j < kColumns; ++j) {
      std::vector<double> x(kColumns, 0.0);
      x[j] = 1;
      bool windowed = false;
      const double stored = product(matrix, kColumns, x, &windowed)[j % 8];
      // The largest can only be stored from below.
      const double most = std::ldexp(std::fabs(value), std::fabs(value) == std::numeric_limits<double>::max() ? -47 : -48);
      CHECK_NEAR(stored, 1 + value, most + std::ldexp(1, -52));
    }
  }
}

}  // namespace

int main() {
  size_t sets = 0;
  for (const char* set : {"portable", "neon", "avx2", "avx512"}) {
    if (!useInstructionSet(set)) continue;
    ++sets;
    for (size_t rows : {1, 17, 40, 50, 65, 90, 100, 127, 129, 300}) isTheSumOfAllEntries(rows, 200, 0.1);
    isTheSumOfAllEntries(64, 1, 1);
    isTheSumOfAllEntries(200, 15, 0.5);
    CHECK(isTheSumOfAllEntries(256, 600, 0.1) == WindowRows::served());
    CHECK(isTheSumOfAllEntries(256, 90, 1) == WindowRows::served());
    CHECK(!isTheSumOfAllEntries(200, 1000, 0.001));
    keepsWeightsTo48Bits();
  }
  std::printf("%zu instruction sets\n", sets);
}
