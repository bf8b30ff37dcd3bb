// Factors against the matrix they came from, for sizes around both kinds of block and every kernel of this processor.
#include "cholesky.h"

#include <cmath>
#include <initializer_list>
#include <limits>
#include <vector>

#include "check.h"
#include "instruction_set.h"
#include "random_rows.h"

using namespace asicr;

namespace {

constexpr size_t kSizes[] = {1, 7, 23, 24, 25, 48, 95, 96, 97, 120, 121, 193, 300};
int checked = 0;

// B B' + n I of random B. What stands above the diagonal must not be read.
std::vector<double> fill(Cholesky* cholesky, size_t n) {
  const std::vector<double> b = randomValues(n * n, 3);
  std::vector<double> a(n * n);
  for (size_t i = 0; i < n; ++i)
    for (size_t j = 0; j < n; ++j) {
      double sum = i == j ? static_cast<double>(n) : 0;
      for (size_t k = 0; k < n; ++k) sum += b[i * n + k] * b[j * n + k];
      a[i * n + j] = sum;
      cholesky->row(i)[j] = j <= i ? sum : std::numeric_limits<double>::quiet_NaN();
    }
  return a;
}

void factorsMultiplyToTheMatrix(size_t n, Team& team) {
  Cholesky cholesky;
  CHECK(cholesky.create(rankKernel(), n));
  const std::vector<double> a = fill(&cholesky, n);
  CHECK(cholesky.factor(team) == Cholesky::kPositiveDefinite);
  for (size_t i = 0; i < n; ++i)
    for (size_t j = 0; j <= i; ++j) {
      double sum = 0;
      for (size_t k = 0; k <= j; ++k) sum += cholesky.row(i)[k] * cholesky.row(j)[k];
      CHECK_NEAR(sum, a[i * n + j], 1e-12 * static_cast<double>(n));
    }
  // A (A^-1 b) = b
  const std::vector<double> b = randomValues(n, 4);
  std::vector<double> x = b;
  cholesky.solve(x.data());
  for (size_t i = 0; i < n; ++i) {
    double sum = 0;
    for (size_t j = 0; j < n; ++j) sum += a[i * n + j] * x[j];
    CHECK_NEAR(sum, b[i], 1e-11);
  }
  ++checked;
}

// A row that repeats an earlier one: what is left of its pivot is rounding.
void theFirstDependentRowIsNamed(size_t n, size_t row, Team& team) {
  Cholesky cholesky;
  CHECK(cholesky.create(rankKernel(), n));
  const std::vector<double> a = fill(&cholesky, n);
  const auto at = [&](size_t i, size_t j) { return a[(i == row ? 0 : i) * n + (j == row ? 0 : j)]; };
  for (size_t i = 0; i < n; ++i)
    for (size_t j = 0; j <= i; ++j) cholesky.row(i)[j] = at(i, j);
  CHECK(cholesky.factor(team) == row);
}

}  // namespace

int main() {
  // By an installed BLAS too, where there is one.
  for (const char* path : {"libopenblas.so.0", "off"}) {
    useInstalledBlas(path);
    Team team(2);
    for (size_t n : kSizes) factorsMultiplyToTheMatrix(n, team);
    for (size_t row : {1, 24, 96, 199}) theFirstDependentRowIsNamed(200, row, team);
  }
  for (const char* name : {"portable", "neon", "avx2", "avx512"}) {
    if (!useInstructionSet(name)) continue;
    for (size_t members : {1, 3}) {
      Team team(members);
      for (size_t n : kSizes) factorsMultiplyToTheMatrix(n, team);
      for (size_t row : {1, 23, 24, 95, 96, 130, 199}) theFirstDependentRowIsNamed(200, row, team);
    }
  }
  std::printf("%d factorisations\n", checked);
}
