#include "esn.h"

#include <algorithm>
#include <atomic>

#include "sparse_rows.h"
#include "tanh_kernel.h"

namespace asicr {
namespace {

// Connections below which meeting at every step costs more than a second member saves.
constexpr size_t kAlone = 20000;

// Nodes [from, to) of one step.
void advance(const EsnNetwork& network, const SparseRows& weights, const double* input, const double* previous, double* next, size_t from,
             size_t to) {
  if (network.inputs == 1) {
    for (size_t i = from; i < to; ++i) next[i] = network.bias[i] + network.inputWeights[i] * input[0];
  } else {
    for (size_t i = from; i < to; ++i) {
      next[i] = network.bias[i];
      for (size_t d = 0; d < network.inputs; ++d) next[i] += network.inputWeights[i * network.inputs + d] * input[d];
    }
  }
  weights.multiply(previous, next, from, to);
  tanhInPlace(next + from, to - from);
  if (network.leak == 1) return;
  for (size_t i = from; i < to; ++i) next[i] = (1 - network.leak) * previous[i] + network.leak * next[i];
}

}  // namespace


bool validRows(const uint32_t* rowStart, size_t nodes, const uint32_t* column, size_t entries) {
  if (rowStart[0] != 0 || rowStart[nodes] != entries) return false;
  for (size_t i = 0; i < nodes; ++i)
    if (rowStart[i] > rowStart[i + 1]) return false;
  return std::all_of(column, column + entries, [nodes](uint32_t j) { return j < nodes; });
}

size_t membersForEsn(size_t entries) { return entries < kAlone ? 1 : Team::defaultMembers(); }

bool harvestEsn(const EsnNetwork& network, const double* inputs, size_t steps, double* state, double* states, Team& team) {
  if (steps == 0) return true;
  const size_t nodes = network.nodes;
  SparseRows weights;
  if (!weights.create(network.rowStart, network.column, network.value, nodes)) return false;
  std::atomic<size_t> arrived{0};
  team.run([&](size_t member) {
    const double members = static_cast<double>(team.size());
    const size_t from = member == 0 ? 0 : weights.rowAt(static_cast<double>(member) / members);
    const size_t to = member + 1 == team.size() ? nodes : weights.rowAt(static_cast<double>(member + 1) / members);
    for (size_t t = 0; t < steps; ++t) {
      const double* previous = t == 0 ? state : states + (t - 1) * nodes;
      advance(network, weights, inputs + t * network.inputs, previous, states + t * nodes, from, to);
      // The next step reads what all members wrote in this one.
      arrived.fetch_add(1, std::memory_order_acq_rel);
      Patience patience;
      while (arrived.load(std::memory_order_acquire) < (t + 1) * team.size()) patience.wait();
    }
  });
  std::copy_n(states + (steps - 1) * nodes, nodes, state);
  return true;
}

}  // namespace asicr
