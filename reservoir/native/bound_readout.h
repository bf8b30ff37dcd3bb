// A fitted readout with its input and output in fixed places: one step is one dot product per target and nothing else.
#pragma once
#include <cstddef>

#include "buffer.h"
#include "vector_kernel.h"

namespace asicr {

class BoundReadout {
 public:
  // weights is targets x features. False when the memory is not there.
  bool create(const double* weights, const double* intercepts, size_t features, size_t targets);

  // Both on a 64-byte boundary.
  double* input() { return input_.data(); }
  double* output() { return output_.data(); }

  // output[t] = intercept[t] + weights[t] . input
  void step();

 private:
  double (*dot_)(const double*, const double*, size_t) = nullptr;
  size_t stride_ = 0;
  size_t targets_ = 0;
  Buffer weights_;
  Buffer intercepts_;
  Buffer input_;
  Buffer output_;
};

}  // namespace asicr
