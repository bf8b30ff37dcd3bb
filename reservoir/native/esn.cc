#include "esn.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>

#include "sparse_rows.h"
#include "tanh_kernel.h"

namespace asicr {
namespace {

// Connections below which meeting at every step costs more than a second member saves.
constexpr size_t kAlone = 20000;

// Steps between two decisions on how many work.
constexpr size_t kStretch = 64;

// Alone or together, whichever was faster of late: on a machine that others use, waiting for each other at every step can cost more
// than it saves. The slower way is tried again now and then.
class Pace {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Pace(size_t members) : members_(members) {}

  size_t members() {
    if (members_ == 1) return 1;
    const size_t stretch = stretch_++;
    const bool together = together_ < alone_;
    return (stretch < 2 ? stretch == 0 : stretch % kRetry == 0 ? !together : together) ? members_ : 1;
  }

  void took(size_t members, Clock::duration time) { (members == 1 ? alone_ : together_) = time; }

 private:
  static constexpr size_t kRetry = 16;
  size_t members_;
  size_t stretch_ = 0;
  Clock::duration alone_{};
  Clock::duration together_{};
};

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

size_t membersForEsn(size_t entries, size_t steps) { return entries < kAlone || steps < 2 * kStretch ? 1 : Team::defaultMembers(); }

bool harvestEsn(const EsnNetwork& network, const double* inputs, size_t steps, double* state, double* states, Team& team) {
  if (steps == 0) return true;
  const size_t nodes = network.nodes;
  SparseRows weights;
  if (!weights.create(network.rowStart, network.column, network.value, nodes)) return false;
  Pace pace(team.size());
  for (size_t first = 0; first < steps; first += kStretch) {
    const size_t last = std::min(steps, first + kStretch);
    const size_t members = pace.members();
    const Pace::Clock::time_point began = Pace::Clock::now();
    std::atomic<size_t> arrived{0};
    const std::function<void(size_t)> work = [&](size_t member) {
      const double share = 1 / static_cast<double>(members);
      const size_t from = member == 0 ? 0 : weights.rowAt(share * static_cast<double>(member));
      const size_t to = member + 1 == members ? nodes : weights.rowAt(share * static_cast<double>(member + 1));
      for (size_t t = first; t < last; ++t) {
        const double* previous = t == 0 ? state : states + (t - 1) * nodes;
        advance(network, weights, inputs + t * network.inputs, previous, states + t * nodes, from, to);
        if (members == 1) continue;
        // The next step reads what all members wrote in this one.
        arrived.fetch_add(1, std::memory_order_acq_rel);
        Patience patience;
        while (arrived.load(std::memory_order_acquire) < (t - first + 1) * members) patience.wait();
      }
    };
    if (members == 1)
      work(0);
    else
      team.run(work);
    pace.took(members, Pace::Clock::now() - began);
  }
  std::copy_n(states + (steps - 1) * nodes, nodes, state);
  return true;
}

}  // namespace asicr
