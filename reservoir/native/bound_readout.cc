#include "bound_readout.h"

#include <algorithm>

namespace asicr {
namespace {

// Rows are filled up with zeros to the longest stretch that the dot product takes at once: no loop over what is left.
constexpr size_t kStretch = 32;

}  // namespace

bool BoundReadout::create(const double* weights, const double* intercepts, size_t features, size_t targets) {
  dot_ = vectorKernel().dot;
  targets_ = targets;
  stride_ = (features + kStretch - 1) / kStretch * kStretch;
  if (!weights_.allocate(targets, stride_) || !intercepts_.allocate(targets) || !input_.allocate(stride_) || !output_.allocate(targets)) return false;
  for (size_t t = 0; t < targets; ++t) std::copy_n(weights + t * features, features, weights_.data() + t * stride_);
  std::copy_n(intercepts, targets, intercepts_.data());
  return true;
}

void BoundReadout::step() {
  for (size_t t = 0; t < targets_; ++t) output_.data()[t] = intercepts_.data()[t] + dot_(weights_.data() + t * stride_, input_.data(), stride_);
}

}  // namespace asicr
