// The echo state network against its update rule, and the check of its compressed rows.
#include "esn.h"

#include <initializer_list>
#include <vector>

#include "check.h"
#include "instruction_set.h"
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
  std::vector<double> state{0.2, -0.4}, states(steps * 2);
  Team team(1);
  Esn esn;
  CHECK(esn.create(network));
  CHECK(esn.harvest(input.data(), steps, state.data(), states.data(), team));
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

// More steps than the network takes between two decisions on who works.
constexpr size_t kSteps = 300;

// A sparse random network with rows of every length, against plain loops; and the same to the last bit by one member or three.
void isTheSameForAnyTeam(size_t nodes, double leak) {
  const std::vector<double> random = randomValues(nodes * nodes * 2, 13);
  std::vector<uint32_t> rowStart{0}, column;
  std::vector<double> value;
  for (size_t i = 0; i < nodes; ++i) {
    for (size_t j = 0; j < nodes; ++j)
      if (random[i * nodes + j] > 1 - 2 * static_cast<double>(i) / static_cast<double>(nodes)) {
        column.push_back(static_cast<uint32_t>(j));
        value.push_back(random[nodes * nodes + i * nodes + j] / static_cast<double>(nodes));
      }
    rowStart.push_back(static_cast<uint32_t>(column.size()));
  }
  CHECK(validRows(rowStart.data(), nodes, column.data(), column.size()));
  const std::vector<double> inputWeights = randomValues(nodes, 14), bias = randomValues(nodes, 15), input = randomValues(kSteps, 16);
  const EsnNetwork network{nodes, 1, rowStart.data(), column.data(), value.data(), inputWeights.data(), bias.data(), leak};
  std::vector<double> expected(kSteps * nodes), x(nodes, 0.0), next(nodes);
  for (size_t t = 0; t < kSteps; ++t) {
    for (size_t i = 0; i < nodes; ++i) {
      double sum = bias[i] + inputWeights[i] * input[t];
      for (uint32_t k = rowStart[i]; k < rowStart[i + 1]; ++k) sum += value[k] * x[column[k]];
      next[i] = (1 - leak) * x[i] + leak * std::tanh(sum);
    }
    x = next;
    std::copy(x.begin(), x.end(), expected.begin() + static_cast<std::ptrdiff_t>(t * nodes));
  }
  Esn esn;
  CHECK(esn.create(network));
  std::vector<double> first;
  for (size_t members : {1, 2, 3}) {
    Team team(members);
    std::vector<double> state(nodes, 0.0), states(kSteps * nodes);
    CHECK(esn.harvest(input.data(), kSteps, state.data(), states.data(), team));
    for (size_t i = 0; i < states.size(); ++i) CHECK_NEAR(states[i], expected[i], 1e-14);
    if (first.empty()) first = states;
    CHECK(states == first);
  }
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
  for (const char* set : {"portable", "neon", "avx2", "avx512"}) {
    if (!useInstructionSet(set)) continue;
    followsTheUpdateRule();
    for (size_t nodes : {1, 2, 3, 31, 100, 300}) isTheSameForAnyTeam(nodes, nodes == 31 ? 0.3 : 1);
  }
  knowsValidRows();
  std::printf("update rule and row checks\n");
}
