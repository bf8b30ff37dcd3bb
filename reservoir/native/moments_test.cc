// Moments against their definition, for every kernel of this processor and for sizes around every panel width.
#include "moments.h"

#include <cmath>
#include <initializer_list>
#include <limits>
#include <vector>

#include "check.h"
#include "instruction_set.h"
#include "random_rows.h"

using namespace asicr;

namespace {

int checked = 0;

void agreesWithDefinition(size_t rows, size_t features, size_t targets, Team& team) {
  const size_t columns = features + targets;
  // Values near 1000 with spread 1: without the shift, centring would lose six digits.
  std::vector<double> x = randomValues(rows * features, 1), y = randomValues(rows * targets, 2);
  for (double& value : x) value += 1000;
  const std::vector<double> shift(columns, 999.5);

  Moments whole, first, second;
  CHECK(whole.create(rankKernel(), features, targets));
  CHECK(first.create(rankKernel(), features, targets));
  CHECK(second.create(rankKernel(), features, targets));
  PackedRows packed;
  CHECK(packed.create(whole.stride()));
  whole.addRows(x.data(), y.data(), rows, shift.data(), packed, team);
  const size_t half = rows / 2;
  first.addRows(x.data(), y.data(), half, shift.data(), packed, team);
  second.addRows(x.data() + half * features, y.data() + half * targets, rows - half, shift.data(), packed, team);
  first.add(second);

  const auto value = [&](size_t r, size_t c) { return c < features ? x[r * features + c] : y[r * targets + c - features]; };
  std::vector<double> mean(columns, 0.0);
  for (size_t c = 0; c < columns; ++c)
    for (size_t r = 0; r < rows; ++r) mean[c] += value(r, c) / static_cast<double>(rows);
  CHECK_NEAR(whole.count(), static_cast<double>(rows), 0);
  for (size_t i = 0; i < columns; ++i) {
    CHECK_NEAR(whole.mean(i) + shift[i], mean[i], 1e-10);
    for (size_t j = 0; j < columns; ++j) {
      double expected = 0;
      for (size_t r = 0; r < rows; ++r) expected += (value(r, i) - mean[i]) * (value(r, j) - mean[j]);
      const double tolerance = 1e-10 * static_cast<double>(rows) * (i >= features || j >= features ? 1000 : 1);
      CHECK_NEAR(whole.centred(i, j), expected, tolerance);
      CHECK_NEAR(first.centred(i, j), expected, tolerance);
    }
  }
  ++checked;
}

// Against double products of the same rows: all but the products of different features agree to rounding, those as floats do, and what the
// probes say of their error is what it is.
void floatsAgreeAndTellTheirError(size_t rows, size_t features, size_t targets, Team& team) {
  const std::vector<double> x = randomValues(rows * features, 5), y = randomValues(rows * targets, 6);
  const std::vector<double> shift(features + targets, 0.125);
  std::vector<double> spread(features, 0.5);
  spread[0] = 0;  // of a feature that does not vary: taken for 1
  Moments exact, floats, half;
  PackedRows packed;
  CHECK(exact.create(rankKernel(), features, targets) && floats.createFloat(rankKernel(), features, targets, spread.data()));
  CHECK(half.createFloat(rankKernel(), features, targets, spread.data()));
  CHECK(packed.create(floats.stride(), floats.room()));
  exact.addRows(x.data(), y.data(), rows, shift.data(), packed, team);
  const size_t first = rows / 3;
  floats.addRows(x.data(), y.data(), first, shift.data(), packed, team);
  half.addRows(x.data() + first * features, y.data() + first * targets, rows - first, shift.data(), packed, team);
  floats.add(half);
  CHECK_NEAR(floats.count(), exact.count(), 0);
  CHECK_NEAR(floats.spread(0), 1, 0);
  const double n = static_cast<double>(rows);
  std::vector<double> error(features * features);
  for (size_t i = 0; i < features + targets; ++i) {
    CHECK_NEAR(floats.mean(i), exact.mean(i), 1e-13);
    for (size_t j = 0; j <= i; ++j) {
      const double difference = exact.centred(i, j) - floats.centred(i, j);
      if (i < features) error[i * features + j] = error[j * features + i] = difference;
      CHECK_NEAR(difference, 0, i < features && i != j ? 1e-6 * n : 1e-13 * n);
    }
  }
  std::vector<double> probed(kProbes * features);
  floats.probedErrors(probed.data());
  for (size_t p = 0; p < kProbes; ++p)
    for (size_t i = 0; i < features; ++i) {
      double expected = 0;
      for (size_t j = 0; j < features; ++j) expected += error[i * features + j] * probeSign(p, j) / floats.spread(j);
      CHECK_NEAR(probed[p * features + i], expected, 1e-12 * n * static_cast<double>(features));
    }
  if (features == 50 && rows > 500) CHECK(std::fabs(probed[7]) > 1e-9);
  ++checked;
}

void noticesWhatIsNotFinite() {
  std::vector<double> x = randomValues(40, 3), y = randomValues(10, 4);
  const std::vector<double> shift(5, 0.0);
  Team team(1);
  for (double* value : {&x[17], &y[9]}) {
    Moments moments;
    PackedRows packed;
    CHECK(moments.create(rankKernel(), 4, 1) && packed.create(moments.stride()));
    moments.addRows(x.data(), y.data(), 10, shift.data(), packed, team);
    CHECK(moments.finite());
    const double held = *value;
    *value = -std::numeric_limits<double>::infinity();
    moments.addRows(x.data(), y.data(), 10, shift.data(), packed, team);
    CHECK(!moments.finite());
    *value = held;
  }
}

}  // namespace

int main() {
  for (const char* kernel : {"portable", "neon", "avx2", "avx512"}) {
    if (!useInstructionSet(kernel)) continue;
    for (size_t members : {1, 2}) {
      Team team(members);
      for (size_t features : {1, 3, 7, 8, 11, 12, 13, 23, 24, 25, 50})
        for (size_t rows : {2, 127, 128, 300, 513}) {
          agreesWithDefinition(rows, features, 1 + features % 3, team);
          floatsAgreeAndTellTheirError(rows, features, 1 + features % 3, team);
        }
    }
  }
  noticesWhatIsNotFinite();
  CHECK(!useInstructionSet("abacus"));
  std::printf("%d shapes\n", checked);
}
