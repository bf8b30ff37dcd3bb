// The echo state network against its update rule, and the check of its compressed rows.
#include "esn.h"

#include <vector>

#include "check.h"
#include "random_rows.h"

using namespace asicr;

namespace {

void followsTheUpdateRule() {
  // W = [[0, 0.5], [-0.25, 0]], two inputs, leak 0.6.
  const std::vector<uint32_t> rowStart{0, 1, 2}, column{1, 0};
  const std::vector<double> value{0.5, -0.25}, inputWeights{0.3, -0.2, 0.1, 0.7}, bias{0.05, -0.1};
  EsnNetwork network;
  network.nodes = 2;
  network.inputs = 2;
  network.rowStart = rowStart.data();
  network.column = column.data();
  network.value = value.data();
  network.inputWeights = inputWeights.data();
  network.bias = bias.data();
  network.leak = 0.6;
  const size_t steps = 50;
  const std::vector<double> input = randomValues(steps * 2, 12);
  std::vector<double> state{0.2, -0.4}, next(2), states(steps * 2);
  harvestEsn(network, input.data(), steps, state.data(), next.data(), states.data());
  double a = 0.2, b = -0.4;
  for (size_t t = 0; t < steps; ++t) {
    const double u = input[2 * t], v = input[2 * t + 1];
    const double nextA = 0.4 * a + 0.6 * std::tanh(0.05 + 0.3 * u - 0.2 * v + 0.5 * b);
    const double nextB = 0.4 * b + 0.6 * std::tanh(-0.1 + 0.1 * u + 0.7 * v - 0.25 * a);
    a = nextA;
    b = nextB;
    CHECK_NEAR(states[2 * t], a, 1e-15);
    CHECK_NEAR(states[2 * t + 1], b, 1e-15);
  }
  CHECK_NEAR(state[0], a, 1e-15);
}

void knowsValidRows() {
  const uint32_t column[] = {0, 1, 2};
  const auto valid = [&](std::vector<uint32_t> rowStart, size_t entries) {
    return validRows(rowStart.data(), rowStart.size() - 1, column, entries);
  };
  CHECK(valid({0, 1, 1, 3}, 3));
  CHECK(!valid({0, 2, 1, 3}, 3));  // falls
  CHECK(!valid({1, 2, 3, 3}, 3));  // does not start at 0
  CHECK(!valid({0, 1, 2, 2}, 3));  // leaves an entry out
  CHECK(!valid({0, 1, 3}, 3));     // column 2 of two nodes
}

}  // namespace

int main() {
  followsTheUpdateRule();
  knowsValidRows();
  std::printf("update rule and row checks\n");
}
