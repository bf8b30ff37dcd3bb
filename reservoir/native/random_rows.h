// Reproducible numbers in [-1, 1) for the tests of this folder.
#pragma once
#include <cstdint>
#include <vector>

inline std::vector<double> randomValues(size_t count, uint32_t seed) {
  std::vector<double> values(count);
  for (double& value : values) {
    seed = seed * 1664525u + 1013904223u;
    value = seed / 2147483648.0 - 1;
  }
  return values;
}
