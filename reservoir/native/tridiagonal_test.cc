// The reduction to tridiagonal form by what defines it: Q T Q' is the matrix, and shifted systems have the solutions they should.
#include "tridiagonal.h"

#include <initializer_list>
#include <vector>

#include "check.h"
#include "instruction_set.h"
#include "random_rows.h"

using namespace asicr;

namespace {

// B B' with B of the given rank.
std::vector<double> gramOf(size_t n, size_t rank) {
  const std::vector<double> b = randomValues(n * rank, 31);
  std::vector<double> a(n * n, 0.0);
  for (size_t i = 0; i < n; ++i)
    for (size_t j = 0; j < n; ++j)
      for (size_t k = 0; k < rank; ++k) a[i * n + j] += b[i * rank + k] * b[j * rank + k];
  return a;
}

void fill(Tridiagonal& t, const std::vector<double>& a, size_t n) {
  for (size_t i = 0; i < n; ++i)
    for (size_t j = 0; j <= i; ++j) t.row(i)[j] = a[i * n + j];
}

void isSimilar(size_t n, size_t rank, Team& team) {
  const std::vector<double> a = gramOf(n, rank);
  Tridiagonal t;
  CHECK(t.create(rankKernel(), n));
  // Twice, because what the first reduction leaves behind must not reach the second.
  for (int round = 0; round < 2; ++round) {
    fill(t, a, n);
    t.reduce(team);
    for (size_t j = 0; j < n; ++j) {
      // Column j of Q T Q'.
      std::vector<double> z(n, 0.0), product(n);
      z[j] = 1;
      t.rotate(z.data());
      for (size_t i = 0; i < n; ++i)
        product[i] = t.diagonal()[i] * z[i] + (i > 0 ? t.offDiagonal()[i - 1] * z[i - 1] : 0) + (i + 1 < n ? t.offDiagonal()[i] * z[i + 1] : 0);
      t.rotateBack(product.data());
      for (size_t i = 0; i < n; ++i) CHECK_NEAR(product[i], a[i * n + j], 1e-12 * static_cast<double>(n));
    }
  }
}

void solvesShifted(size_t n, size_t rank, double lambda, Team& team) {
  const std::vector<double> a = gramOf(n, rank), b = randomValues(n, 32);
  Tridiagonal t;
  CHECK(t.create(rankKernel(), n));
  fill(t, a, n);
  t.reduce(team);
  ShiftedTridiagonal shifted;
  CHECK(shifted.factor(t, lambda, 0));
  std::vector<double> z = b;
  t.rotate(z.data());
  const double quadratic = shifted.quadratic(z.data());
  shifted.solve(z.data());
  t.rotateBack(z.data());
  double expected = 0, trace = 0;
  for (size_t i = 0; i < n; ++i) {
    double left = lambda * z[i];
    for (size_t j = 0; j < n; ++j) left += a[i * n + j] * z[j];
    CHECK_NEAR(left, b[i], 1e-9 * static_cast<double>(n));
    expected += b[i] * z[i];
    std::vector<double> unit(n, 0.0);
    unit[i] = 1;
    shifted.solve(unit.data());
    trace += unit[i];
  }
  CHECK_NEAR(quadratic, expected, 1e-9 * expected);
  CHECK_NEAR(shifted.inverseTrace(t, lambda), trace, 1e-10 * trace);
}

void refusesIndefinite(Team& team) {
  Tridiagonal t;
  CHECK(t.create(rankKernel(), 3));
  fill(t, {1, 0, 0, 0, -2, 0, 0, 0, 1}, 3);
  t.reduce(team);
  ShiftedTridiagonal shifted;
  CHECK(!shifted.factor(t, 1, 0));
  CHECK(shifted.factor(t, 2.5, 0));
  CHECK(!shifted.factor(t, 2.5, 0.6));
}

}  // namespace

int main() {
  for (const char* set : {"portable", "neon", "avx2", "avx512"}) {
    if (!useInstructionSet(set)) continue;
    for (size_t members : {1, 2}) {
      Team team(members);
      for (size_t n : {1, 2, 3, 31, 32, 33, 65, 100}) {
        isSimilar(n, n, team);
        isSimilar(n, n / 2 + 1, team);
        solvesShifted(n, n / 2 + 1, 0.25, team);
      }
      isSimilar(230, 3, team);
      refusesIndefinite(team);
    }
  }
  std::printf("with %s and narrower kernels\n", instructionSetName());
}
