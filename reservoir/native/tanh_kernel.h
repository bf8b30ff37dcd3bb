// Hyperbolic tangent of many numbers at once.
#pragma once
#include <cstddef>

namespace asicr {

// x[i] <- tanh(x[i]), within 3 units in the last place of the exact value (tanh_kernel_test.cc). The result does not depend on where
// a number stands in the array. NaN stays NaN.
void tanhInPlace(double* x, size_t n);

}  // namespace asicr
