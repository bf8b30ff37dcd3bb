// A bound readout gives the dot products, for every length and number of targets, from aligned places.
#include "bound_readout.h"

#include <cstdint>
#include <initializer_list>
#include <vector>

#include "check.h"
#include "instruction_set.h"
#include "random_rows.h"

using namespace asicr;

namespace {

void isTheDotProduct(size_t features, size_t targets) {
  const std::vector<double> weights = randomValues(features * targets, 71), intercepts = randomValues(targets, 72);
  BoundReadout bound;
  CHECK(bound.create(weights.data(), intercepts.data(), features, targets));
  CHECK(reinterpret_cast<uintptr_t>(bound.input()) % 64 == 0 && reinterpret_cast<uintptr_t>(bound.output()) % 64 == 0);
  for (uint32_t round = 0; round < 2; ++round) {
    const std::vector<double> x = randomValues(features, 73 + round);
    for (size_t i = 0; i < features; ++i) bound.input()[i] = x[i];
    bound.step();
    for (size_t t = 0; t < targets; ++t) {
      double sum = intercepts[t];
      for (size_t i = 0; i < features; ++i) sum += weights[t * features + i] * x[i];
      CHECK_NEAR(bound.output()[t], sum, 1e-12);
    }
  }
}

}  // namespace

int main() {
  for (const char* set : {"portable", "neon", "avx2", "avx512"}) {
    if (!useInstructionSet(set)) continue;
    for (size_t features : {1, 2, 7, 31, 32, 33, 1000})
      for (size_t targets : {1, 2, 5}) isTheDotProduct(features, targets);
  }
  std::printf("with %s and narrower kernels\n", instructionSetName());
}
