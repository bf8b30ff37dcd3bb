// Rows on their way to float products, and the sums that stay exact beside them: with targets, with ones, and with a few random
// combinations of the features, by which the error of the float products is measured.
#pragma once
#include <cstddef>
#include <cstdint>

namespace asicr {

// Random combinations of features. Four: that all of them miss nine tenths of an error has a chance of about 2e-4, whatever its shape.
constexpr size_t kProbes = 4;

// +1 or -1, the same for ever.
inline double probeSign(size_t probe, size_t column) {
  uint32_t hash = static_cast<uint32_t>(column * kProbes + probe + 1) * 0x9e3779b1u;
  hash = (hash ^ hash >> 15) * 0x85ebca6bu;
  hash = (hash ^ hash >> 13) * 0xc2b2ae35u;
  return (hash >> 16 & 1) == 0 ? 1 : -1;
}

struct FloatRows {
  size_t features;
  size_t targets;
  const double* shift;   // features + targets
  const double* probes;  // kProbes x features

  // Columns of sums beside the features: targets, ones, probes.
  size_t sides() const { return targets + 1 + kProbes; }
  // Doubles that pack() works in: sums first (sides x features, features sums of squares, then (targets + 1)^2), then its own.
  size_t room() const;

  // Packs `depth` rows for a FloatRankKernel `width` wide (whole panels, zeros to the end) and sets the exact sums in `room`.
  void pack(const double* x, const double* y, size_t depth, size_t width, float* panels, double* room) const;
};

}  // namespace asicr
