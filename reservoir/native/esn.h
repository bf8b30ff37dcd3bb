// Leaky tanh echo state network: x <- (1 - a) x + a tanh(W x + Win u + bias).
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "lane_rows.h"
#include "team.h"
#include "window_rows.h"

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

class Esn {
 public:
  // Copies the network into the layout that suits the instruction set in use. At most 65536 nodes. False when the memory is not there.
  bool create(const EsnNetwork& network);

  size_t nodes() const { return nodes_; }
  size_t inputs() const { return inputs_; }

  // Drives the network from `state` (nodes, updated in place) with steps x inputs values; row t of `states` (steps x nodes) is the state
  // after input t. The numbers do not depend on how many members share the work. False when the memory is not there.
  bool harvest(const double* inputs, size_t steps, double* state, double* states, Team& team) const;

  // What a step reads and writes, the weights in their layout foremost.
  size_t bytesPerStep() const;

  // Members worth having for so many steps.
  size_t membersFor(size_t steps) const;

 private:
  // Rows that are never split between members.
  static constexpr size_t kUnit = WindowRows::kBatch;
  static_assert(kUnit == LaneRows::kBlock);
  size_t units() const { return (nodes_ + kUnit - 1) / kUnit; }
  void advance(const double* input, const double* previous, const double* seen, double* next, size_t unit) const;

  size_t nodes_ = 0;
  size_t inputs_ = 0;
  size_t entries_ = 0;
  double leak_ = 1;
  std::vector<double> inputWeights_;
  std::vector<double> bias_;
  WindowRows windows_;
  LaneRows lanes_;
};

}  // namespace asicr
