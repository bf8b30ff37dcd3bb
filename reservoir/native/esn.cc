#include "esn.h"

#include <algorithm>
#include <cmath>

namespace asicr {

bool validRows(const uint32_t* rowStart, size_t nodes, const uint32_t* column, size_t entries) {
  if (rowStart[0] != 0 || rowStart[nodes] != entries) return false;
  for (size_t i = 0; i < nodes; ++i)
    if (rowStart[i] > rowStart[i + 1]) return false;
  return std::all_of(column, column + entries, [nodes](uint32_t j) { return j < nodes; });
}

void harvestEsn(const EsnNetwork& network, const double* inputs, size_t steps, double* state, double* next, double* states) {
  for (size_t t = 0; t < steps; ++t) {
    const double* input = inputs + t * network.inputs;
    for (size_t i = 0; i < network.nodes; ++i) {
      double sum = network.bias[i];
      for (size_t d = 0; d < network.inputs; ++d) sum += network.inputWeights[i * network.inputs + d] * input[d];
      for (uint32_t k = network.rowStart[i]; k < network.rowStart[i + 1]; ++k) sum += network.value[k] * state[network.column[k]];
      next[i] = (1 - network.leak) * state[i] + network.leak * std::tanh(sum);
    }
    std::copy_n(next, network.nodes, state);
    std::copy_n(next, network.nodes, states + t * network.nodes);
  }
}

}  // namespace asicr
