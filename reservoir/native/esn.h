// Leaky tanh echo state network: x <- (1 - a) x + a tanh(W x + Win u + bias).
#pragma once
#include <cstddef>
#include <cstdint>

#include "team.h"

namespace asicr {

struct EsnNetwork {
  size_t nodes = 0;
  size_t inputs = 0;
  // W by compressed rows: row i has entries rowStart[i] .. rowStart[i + 1] - 1.
  const uint32_t* rowStart = nullptr;  // nodes + 1
  const uint32_t* column = nullptr;
  const double* value = nullptr;
  const double* inputWeights = nullptr;  // nodes x inputs
  const double* bias = nullptr;          // nodes
  double leak = 1;                       // a, in (0, 1]
};

// Whether rowStart rises from 0 to `entries` and every column is a node.
bool validRows(const uint32_t* rowStart, size_t nodes, const uint32_t* column, size_t entries);

// Drives the network from `state` (nodes, updated in place) with steps x inputs values; row t of `states` (steps x nodes) is
// the state after input t. At most 65536 nodes. The numbers do not depend on how many members share the work. False when the memory is
// not there.
bool harvestEsn(const EsnNetwork& network, const double* inputs, size_t steps, double* state, double* states, Team& team);

// Members worth having for so many steps of a network of so many connections.
size_t membersForEsn(size_t entries, size_t steps);

}  // namespace asicr
