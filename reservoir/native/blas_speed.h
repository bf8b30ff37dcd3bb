// Whether an installed BLAS is faster than the own kernels on this processor, by the processor time of one thread: what other programs do
// disturbs that little. Each takes a few hundredths of a second.
#pragma once
#include "installed_blas.h"

namespace asicr {

// Of the symmetric rank update. False when there is no memory to find out.
bool updateIsFaster(const InstalledBlas& blas);
// Of the Cholesky factorisation.
bool factorIsFaster(const InstalledBlas& blas);

}  // namespace asicr
