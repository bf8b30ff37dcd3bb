#include "esn.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>

#include "tanh_kernel.h"

namespace asicr {
namespace {

// Connections below which meeting at every step costs more than a second member saves: at 100 000 two took longer than one, on a quiet machine.
constexpr size_t kAlone = 200000;

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

// Asks for memory that will be written soon: stores that wait for it would hold up what comes after them.
void askFor(double* values, size_t count) {
  constexpr size_t kLine = 64 / sizeof(double);
  for (size_t i = 0; i < count; i += kLine) __builtin_prefetch(values + i, 1);
}

size_t roundedUp(size_t count, size_t unit) { return (count + unit - 1) / unit * unit; }

}  // namespace

bool validRows(const uint32_t* rowStart, size_t nodes, const uint32_t* column, size_t entries) {
  if (rowStart[0] != 0 || rowStart[nodes] != entries) return false;
  for (size_t i = 0; i < nodes; ++i)
    if (rowStart[i] > rowStart[i + 1]) return false;
  return std::all_of(column, column + entries, [nodes](uint32_t j) { return j < nodes; });
}

bool Esn::create(const EsnNetwork& network) {
  nodes_ = network.nodes;
  inputs_ = network.inputs;
  entries_ = network.rowStart[network.nodes];
  leak_ = network.leak;
  inputWeights_.assign(network.inputWeights, network.inputWeights + nodes_ * inputs_);
  bias_.assign(network.bias, network.bias + nodes_);
  SparseEntries rows(nodes_);
  for (size_t i = 0; i < nodes_; ++i)
    for (uint32_t k = network.rowStart[i]; k < network.rowStart[i + 1]; ++k) rows[i].push_back({network.column[k], network.value[k]});
  return (!WindowRows::served() || windows_.create(&rows, nodes_)) && lanes_.create(rows);
}

size_t Esn::bytesPerStep() const {
  return windows_.bytes() + lanes_.bytes() + (inputWeights_.size() + bias_.size() + 2 * nodes_) * sizeof(double);
}

size_t Esn::membersFor(size_t steps) const {
  return entries_ < kAlone || steps < 2 * kStretch ? 1 : std::min(Team::defaultMembers(), units());
}

// The nodes of one unit, one step on.
void Esn::advance(const double* input, const double* previous, const double* seen, double* next, size_t unit) const {
  const size_t from = unit * kUnit;
  const size_t to = std::min(nodes_, from + kUnit);
  if (inputs_ == 1) {
    for (size_t i = from; i < to; ++i) next[i] = bias_[i] + inputWeights_[i] * input[0];
  } else {
    for (size_t i = from; i < to; ++i) {
      double sum = bias_[i];
      for (size_t d = 0; d < inputs_; ++d) sum += inputWeights_[i * inputs_ + d] * input[d];
      next[i] = sum;
    }
  }
  windows_.multiply(seen, next, unit, unit + 1);
  lanes_.multiply(previous, next, unit, unit + 1);
  tanhInPlace(next + from, to - from);
  if (leak_ == 1) return;
  for (size_t i = from; i < to; ++i) next[i] = (1 - leak_) * previous[i] + leak_ * next[i];
}

bool Esn::harvest(const double* inputs, size_t steps, double* state, double* states, Team& team) const {
  if (steps == 0) return true;
  // The state by turns in one and the other, on whole cache lines and with room to the end of a window and of a batch. What lies beyond
  // the last node is written by the products but never read by them: its weights are zero, and it starts as zero.
  const size_t stride = std::max(roundedUp(nodes_, WindowRows::kBatch), WindowRows::paddedColumns(nodes_));
  Buffer turns, rooms;
  if (!turns.allocate(2, stride) || !rooms.allocate(team.size(), windows_.room())) return false;
  const auto turn = [&](size_t t) { return turns.data() + t % 2 * stride; };
  std::copy_n(state, nodes_, turn(0));
  Pace pace(team.size());
  for (size_t first = 0; first < steps; first += kStretch) {
    const size_t last = std::min(steps, first + kStretch);
    const size_t members = pace.members();
    const Pace::Clock::time_point began = Pace::Clock::now();
    std::atomic<size_t> arrived{0};
    const std::function<void(size_t)> work = [&](size_t member) {
      const size_t from = member * units() / members;
      const size_t to = (member + 1) * units() / members;
      for (size_t t = first; t < last; ++t) {
        double* next = turn(t + 1);
        double* const seen = rooms.data() + member * windows_.room();
        windows_.see(turn(t), seen);
        // To and fro: a step begins with the weights that the one before it left in the cache.
        for (size_t k = from; k < to; ++k) {
          const size_t unit = t % 2 == 0 ? k : from + to - 1 - k;
          askFor(states + t * nodes_ + unit * kUnit, std::min(kUnit, nodes_ - unit * kUnit));
          advance(inputs + t * inputs_, turn(t), seen, next, unit);
        }
        const size_t lastRow = std::min(nodes_, to * kUnit);
        std::copy(next + from * kUnit, next + lastRow, states + t * nodes_ + from * kUnit);
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
  std::copy_n(turn(steps), nodes_, state);
  return true;
}

}  // namespace asicr
